"""What is written out because an import costs more names the command that measures it, and the command measures it."""

from __future__ import annotations

import re

import pytest

from tools import house
from tools.import_cost import CLAIMS, Claim, import_s, measured

MODULES = {f"gasflux.{name}": path for name, path in house.modules().items()}


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: f"{claim.place}: {claim.library}")
def test_the_place_names_its_command(claim: Claim) -> None:
    assert f"python -m tools.import_cost {claim.library}" in MODULES[claim.place].read_text(encoding="utf-8")


def test_every_place_has_its_claim() -> None:
    named = {
        (place, library)
        for place, path in MODULES.items()
        for library in re.findall(r"python -m tools\.import_cost ([\w.]*\w)", path.read_text(encoding="utf-8"))
    }
    assert named == {(claim.place, claim.library) for claim in CLAIMS}


def test_what_is_written_out_for_an_import_says_how_to_measure_it() -> None:
    """In the words in which it is said: an addition in others is for its reviewer."""
    said = re.compile(r"written out because import|takes longer to import|quicker than loading", re.IGNORECASE)
    texts = {name: path.read_text(encoding="utf-8") for name, path in MODULES.items()}
    assert not [name for name, text in texts.items() if said.search(text) and "tools.import_cost" not in text]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    return measured(tmp_path_factory.mktemp("flight"), runs=1)


def test_every_claim_is_measured(work: dict[str, float]) -> None:
    """The figures depend on the machine; that there is one for each does not."""
    assert {claim.work for claim in CLAIMS} <= work.keys()
    assert all(seconds > 0.0 for seconds in work.values())
    assert work["variograms"] + work["kriging"] + work["baselines"] < work["flight"]


def test_a_library_that_is_larger_costs_more() -> None:
    """pandas brings hundreds of modules; `string` is one, which numpy has loaded already."""
    assert import_s("pandas", runs=1) > 3.0 * import_s("string", runs=1)
