"""What is known of a flight before its figures and its report: written by the worker, shown while it draws.

A folder of its own beside the results, which are put in their place whole or not at all. Its name bears the attempt, so
that a worker that was given up never writes into what a later attempt shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gasflux.jobs.records import GasSummary
from gasflux.results.folder import VIEW
from gasflux.storage.whole_file import write_whole

if TYPE_CHECKING:
    from gasflux.records import FlightResult

EARLY_GASES: Final = "gases.json"
"""Written last: where it is, the page's document is too, unless that stayed with the cluster."""


def gas_summaries(output_vars: Mapping[str, Any]) -> tuple[GasSummary, ...]:
    """Return the answer for every gas of an ``output_vars`` object."""
    return tuple(
        GasSummary(
            gas=gas,
            flux_kg_h=values["flux_kg_h"],
            low_kg_h=values["flux_interval_kg_h"]["low"],
            high_kg_h=values["flux_interval_kg_h"]["high"],
            level=values["flux_interval_kg_h"]["level"],
            grade=values["quality"]["grade"],
            detection_limit_kg_h=values["detection_limit_kg_h"],
        )
        for gas, values in output_vars["gases"].items()
    )


def write_early(result: FlightResult, folder: Path) -> None:
    """Write what a result without figures has to say; OSError when that cannot be done.

    Parameters
    ----------
    result
        What the processing found.
    folder
        Made when missing; what an earlier try wrote there is replaced.
    """
    from gasflux.results.output_vars import output_vars, to_json
    from gasflux.results.page_view import view_document

    write_whole(folder / VIEW, to_json(view_document(result), indent=None).encode())
    write_early_gases(folder, gases_text(gas_summaries(output_vars(result))))


def write_early_gases(folder: Path, text: str) -> None:
    """Write the answers alone, as `gases_text` has them: all that a cluster without a common disk sends early."""
    write_whole(folder / EARLY_GASES, text.encode())


def gases_text(gases: Iterable[GasSummary]) -> str:
    """Return the answers as they are written down."""
    return json.dumps([asdict(gas) for gas in gases])


def early_gases_text(folder: Path | None) -> str | None:
    """Return the answers that were written early as they stand in the file, None as long as there are none."""
    if folder is None:
        return None
    try:
        return (folder / EARLY_GASES).read_text(encoding="utf-8")
    except OSError:
        return None


def early_gases(folder: Path) -> tuple[GasSummary, ...]:
    """Return the answers that were written early, none as long as there are none."""
    return tuple(GasSummary(**entry) for entry in json.loads(early_gases_text(folder) or "[]"))
