"""A shared fixture that fails takes one or two tests with it and not the hundreds that share it.

pytest remembers the failure of a fixture for all tests of its scope. Here the next test tries once more: what was slow
once may come. After a second failure the others are skipped and say why; the two that failed make the run fail.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Generator
from typing import Any

import pytest
from _pytest.fixtures import SubRequest

TRIES = 2
_failures: defaultdict[tuple[str, str, int], list[str]] = defaultdict(list)
"""Folder or module, name and parameter of a fixture -> why it could not be made."""


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any], request: SubRequest) -> Generator[None, Any, Any]:
    """Make a fixture; that a shared one failed is not remembered for all who share it."""
    if fixturedef.scope == "function":
        return (yield)
    failures = _failures[fixturedef.baseid, fixturedef.argname, getattr(request, "param_index", 0)]
    if len(failures) >= TRIES:
        end = pytest.skip.Exception(f"the fixture {fixturedef.argname} failed {TRIES} times, see there: {failures[-1]}")
        fixturedef.cached_result = None, fixturedef.cache_key(request), (end, None)  # this is remembered
        raise end
    began = time.monotonic()
    try:
        return (yield)
    except Exception as error:
        took = f"the fixture {fixturedef.argname}, shared by a {fixturedef.scope}, failed after"
        error.add_note(f"{took} {time.monotonic() - began:.0f} s")
        failures.append(f"{type(error).__name__}: {error}"[:200])
        fixturedef.finish(request)  # which forgets the failure too
        raise
