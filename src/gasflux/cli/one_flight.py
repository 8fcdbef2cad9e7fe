"""What several files of one flight turned out to be, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gasflux.cli.tables import TableRow, format_table, inspection_json, inspection_lines
from gasflux.results.output_vars import fusion_vars

if TYPE_CHECKING:
    from gasflux.reading.one_flight import FusedInspection
    from gasflux.records import FusedFile

_HEADER: TableRow = ("file", "role", "rows", "from", "to", "step s", "clock s", "± s", "found by")


def fused_json(found: FusedInspection) -> dict[str, Any]:
    """Return what was recognised as a JSON-ready object: each file, how they fit, what they make together."""
    together = inspection_json(_name(found), found.together)
    return together | {"fusion": None if found.fusion is None else fusion_vars(found.fusion)}


def fused_lines(found: FusedInspection) -> Iterator[str]:
    """Yield what was recognised as text: the files, then the flight they make with every fault."""
    if found.fusion is not None:
        yield format_table(_HEADER, [_row(file) for file in found.fusion.files])
    yield from inspection_lines(_name(found), found.together)


def _name(found: FusedInspection) -> str:
    """Return the names of the files."""
    return " + ".join(part.report.name for part in found.parts if part.report is not None)


def _row(file: FusedFile) -> TableRow:
    """Return one file of a flight."""
    std = "?" if file.clock_offset_std_s is None else f"{file.clock_offset_std_s:.2f}"
    offset, step = f"{file.clock_offset_s:+.2f}", f"{file.step_s:.3g}"
    return file.name, file.role, str(file.rows), file.start, file.end, step, offset, std, file.how
