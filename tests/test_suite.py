"""The tests pass on any machine: none compares an elapsed time with a constant, none gives up while something comes."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import patience
import pytest
from patience import HANG_S, times_longer, wait_until
from server_guard import marked

TESTS = Path(__file__).parent
FILES = sorted(path for path in TESTS.rglob("*.py") if "vendor" not in path.parts)

CLOCKS = {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "thread_time", "time_ns"}
WAITS = {"timeout", "within_s", "limit_s", "wait_s"}
"""Arguments that end a wait."""

PATIENT_S = 60.0
"""A limit below it may pass on a busy machine before what is waited for has come."""

ALLOWED = {
    ("service/test_server.py", "waiting.join(0.5)"): "nothing may come in that time, however short",
    ("service/test_client.py", "client.wait(TASK_ID, timeout=0.3)"): "the task never ends; the limit is what is tested",
    (
        "service/test_db.py",
        "sqlite3.connect(path, timeout=0, isolation_level=None)",
    ): "another program that does not wait",
    ("service/test_callbacks.py", "over.wait(0.05)"): "a receiver that trickles, a byte each time",
    ("service/chaos_faults.py", "over.wait(SHORTAGE_S)"): "the age of a fault; nothing is waited for",
    ("service/test_proxies.py", "server.get('/health', timeout=SOON_S)"): "no answer may come, and a slow one is none",
}
"""File and call -> why so short a limit cannot fail on a slow machine."""


def calls_a_clock(node: ast.AST) -> bool:
    """Whether an expression asks for the time."""
    return any(
        isinstance(part, ast.Call)
        and isinstance(part.func, ast.Attribute)
        and (part.func.attr in CLOCKS or ast.unparse(part.func) == "time.time")
        for part in ast.walk(node)
    )


def timed_names(tree: ast.AST) -> set[str]:
    """Return the names of values and functions that come from a clock, at first or second hand."""
    names: set[str] = set()
    while True:
        found = {name for node in ast.walk(tree) for name in _named(node, names)}
        if found <= names:
            return names
        names |= found


def _named(node: ast.AST, names: set[str]) -> Iterator[str]:
    """Yield what a statement names, where it is made of clocks or of names that are."""
    if isinstance(node, ast.FunctionDef):
        returned = [part.value for part in ast.walk(node) if isinstance(part, ast.Return) and part.value is not None]
        if any(is_timed(value, names) for value in returned):
            yield node.name
    elif isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if is_timed(node.value, names):
            yield from (target.id for target in targets if isinstance(target, ast.Name))
    elif isinstance(node, ast.Call) and any(is_timed(value, names) for value in node.args):
        match node.func:
            case ast.Attribute(value=ast.Name(id=name), attr="append"):
                yield name


def is_timed(node: ast.AST, names: set[str]) -> bool:
    """Whether an expression holds a time of a clock."""
    return calls_a_clock(node) or any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(node))


def upper_bounds(tree: ast.AST) -> Iterator[ast.Compare]:
    """Yield the comparisons in assertions in which a time must be less than something that is none."""
    if not calls_a_clock(tree):
        return
    names = timed_names(tree)
    compares = (part for node in ast.walk(tree) if isinstance(node, ast.Assert) for part in ast.walk(node))
    for compare in compares:
        if not isinstance(compare, ast.Compare):
            continue
        terms = [compare.left, *compare.comparators]
        for less, operator, more in zip(terms, compare.ops, terms[1:], strict=False):
            if isinstance(operator, ast.Gt | ast.GtE):
                less, more = more, less
            is_bound = isinstance(operator, ast.Lt | ast.LtE | ast.Gt | ast.GtE)
            if is_bound and is_timed(less, names) and not is_timed(more, names) and not _is_patient(more):
                yield compare


def _is_patient(limit: ast.AST) -> bool:
    """Whether a limit only guards against a hang."""
    return isinstance(limit, ast.Name) and limit.id == "HANG_S"


def short_waits(tree: ast.Module) -> Iterator[ast.Call]:
    """Yield the calls that wait a constant time, for what may take longer."""
    known = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and any(_is_short(limit, known) for limit in _limits(node)):
            yield node


def _limits(call: ast.Call) -> Iterator[ast.expr]:
    """Yield the limits that are given to a call."""
    yield from (keyword.value for keyword in call.keywords if keyword.arg in WAITS)
    if isinstance(call.func, ast.Attribute) and call.func.attr in ("wait", "join", "settimeout", "result"):
        yield from call.args[:1]


def _is_short(limit: ast.expr, known: dict[str, ast.expr]) -> bool:
    """Whether a limit is a number of seconds that a busy machine may need."""
    value = known.get(limit.id, limit) if isinstance(limit, ast.Name) else limit
    return isinstance(value, ast.Constant) and isinstance(value.value, int | float) and value.value < PATIENT_S


def told(path: Path, node: ast.expr) -> tuple[str, str]:
    """Return file and code of a finding, as `ALLOWED` names it."""
    return path.relative_to(TESTS).as_posix(), ast.unparse(node)


@cache
def trees() -> dict[Path, ast.Module]:
    """Return the code of every file of the tests."""
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}


def test_no_elapsed_time_is_compared_with_a_constant() -> None:
    assert [told(path, compare) for path, tree in trees().items() for compare in upper_bounds(tree)] == []


def test_no_wait_ends_before_what_is_waited_for() -> None:
    found = {told(path, call) for path, tree in trees().items() for call in short_waits(tree)}
    assert found - ALLOWED.keys() == set(), "wait HANG_S of patience.py, or say in ALLOWED why it cannot fail"
    assert ALLOWED.keys() - found == set(), "no longer there"


@pytest.mark.parametrize(
    "code",
    [
        "began = time.monotonic()\nassert time.monotonic() - began < 2.0",
        "assert 5 > time.perf_counter() - began",
        "took = time.time() - began\nassert 0.1 < took <= LIMIT_S",
        "def seconds():\n    return time.process_time() - began\nassert seconds() < 0.2",
        "all_s = []\nall_s.append(time.thread_time() - began)\nassert min(all_s) < 0.02",
    ],
)
def test_an_upper_bound_is_found(code: str) -> None:
    assert list(upper_bounds(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        "assert time.monotonic() - began >= 1.0",
        "long, short = (time.monotonic() - began for began in (1.0, 2.0))\nshort = time.time()\n"
        "long = time.time()\nassert long < 4.0 * short",
        "assert abs(time.time() - stamp) < HANG_S",
        "while time.monotonic() < end:\n    pass",
    ],
)
def test_what_every_machine_passes_is_none(code: str) -> None:
    assert not list(upper_bounds(ast.parse(code)))


@pytest.mark.parametrize("code", ["x.wait(5)", "LIMIT_S = 20.0\nrun(timeout=LIMIT_S)", "server.terminate(within_s=5)"])
def test_a_short_wait_is_found(code: str) -> None:
    assert list(short_waits(ast.parse(code)))
    assert not list(short_waits(ast.parse("x.wait(HANG_S)\nx.wait()\nx.join(None)\nrun(timeout=900)\n', '.join(y)")))


SHARED = """
import pytest

tries = []

@pytest.fixture(scope="module")
def shared():
    tries.append(1)
    assert len(tries) > {failures}, "it is slow"

@pytest.mark.parametrize("number", range(10))
def test_with_it(shared, number):
    pass
"""


@pytest.mark.parametrize(
    ("failures", "outcome"), [(0, "10 passed"), (1, "9 passed, 1 error"), (99, "8 skipped, 2 errors")]
)
def test_a_shared_fixture_that_fails_does_not_take_all_tests_with_it(
    tmp_path: Path, failures: int, outcome: str
) -> None:
    (tmp_path / "conftest.py").write_text("from slow_fixtures import pytest_fixture_setup\n", encoding="utf-8")
    (tmp_path / "test_it.py").write_text(SHARED.format(failures=failures), encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -ra -p no:cacheprovider\n", encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-m", "pytest", "-q", str(tmp_path)]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert outcome in run.stdout, run.stdout
    assert failures == 0 or "the fixture shared, shared by a module, failed after" in run.stdout
    assert failures < 99 or "the fixture shared failed 2 times, see there: AssertionError: it is slow" in run.stdout


LEAVING = """
import os, signal, sys
from pathlib import Path
from live_server import LiveServer

server = LiveServer(Path(sys.argv[1]), {"GASFLUX_TASKS_WORKERS": "1"}).start()
print(server.mark, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_no_server_outlives_a_session_that_is_killed(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", LEAVING, str(tmp_path)]
    run = subprocess.run(command, env=environment, stdout=subprocess.PIPE, encoding="utf-8", check=False)
    assert run.returncode == -signal.SIGKILL
    assert len(run.stdout.strip()) == 32
    wait_until(lambda: not marked({run.stdout.strip()}), "the end of the server")


def test_a_wait_goes_on_as_long_as_something_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "HANG_S", 0.02)
    monkeypatch.setattr(patience, "slowness", lambda: 1.0)
    steps = iter(range(1000))
    assert wait_until(lambda: next(steps) >= 60, "the end", lambda: next(steps))
    with pytest.raises(patience.WaitedInVainError, match=r"in vain on a machine 1\.0 times slow: nothing"):
        wait_until(lambda: None, "nothing")


def test_slowness_is_that_of_this_moment() -> None:
    assert patience.slowness() >= 1.0


def test_waiting_returns_what_was_seen() -> None:
    answers = iter([0, None, 7])
    assert wait_until(lambda: next(answers)) == 7
    assert HANG_S > PATIENT_S


def test_the_longer_work_takes_longer() -> None:
    """Ten times the work; between 4 and 25, because a fixed part counts too and the clock has steps."""
    assert 4.0 < times_longer(lambda: sum(range(2_000_000)), lambda: sum(range(200_000))) < 25.0
