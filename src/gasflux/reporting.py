"""The report: a flight's result and figures in one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gasflux.records import FlightResult, Plane
from gasflux.results.figures.names import FigureKey, figure_keys
from gasflux.results.figures.texts import gas_label
from gasflux.results.report.sections import (
    budget_lines,
    card,
    clock_text,
    column_cells,
    flag_table,
    flight_facts,
    input_facts,
    level_text,
    method_lines,
    rate_line,
    segment_lines,
    surface_numbers,
    wind_facts,
)
from gasflux.results.report.texts import caption, report_text
from gasflux.version import __version__

if TYPE_CHECKING:
    from jinja2 import Environment

MAX_REPORT_BYTES: Final = 3_000_000
"""The contract's limit for one report."""

TEXT_RESERVE_BYTES: Final = 400_000
"""Kept free for text and tables beside the figures."""

PRIORITY: Final = (
    "curtain", "segments", "budget", "profile", "background", "flight_map", "wind_rose", "variogram", "wind_series",
    "flight_3d",
)  # fmt: skip
"""Which figures stay when not all of them fit."""

COLUMN_FIELDS: Final = ("name", "header", "unit", "conversion", "minimum", "maximum", "missing")

_TEMPLATES: Final = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class EmbeddedFigure:
    """A figure inside the report."""

    kind: str
    """Of `FigureKey.kind`: what decides how wide it is printed."""
    number: int
    source: str
    """Data URI."""
    caption: str
    width_px: int
    height_px: int


@dataclass(frozen=True)
class Album:
    """The figures of a report by what they show, and the names of those that did not fit."""

    figures: Mapping[FigureKey, EmbeddedFigure]
    omitted: tuple[str, ...]

    def of(self, gas: str | None, segment: int | None, *kinds: str) -> list[EmbeddedFigure]:
        """Return the figures of a gas (None: the wind) and segment (None: the whole flight), in order of number.

        Parameters
        ----------
        gas
            Formula; None for figures of the wind.
        segment
            Number of the surface; None for figures of the whole flight.
        kinds
            Kinds of figure that are wanted.
        """
        wanted = [key for key in self.figures if (key.gas, key.segment) == (gas, segment) and key.kind in kinds]
        return sorted((self.figures[key] for key in wanted), key=lambda figure: figure.number)


def render_report(result: FlightResult, figures: Mapping[str, bytes], config_yaml: str) -> str:
    """Return the report of a flight.

    Parameters
    ----------
    result
        The flight; its `language` is the report's.
    figures
        File name -> PNG as `plotting.render_figures` returns them; may be empty or incomplete.
    config_yaml
        Effective configuration, shown as it is.

    Returns
    -------
    str
        HTML below 3 MB: figures that do not fit are named instead. Every text of the input is escaped, there is no
        script, and nothing is loaded from elsewhere.
    """
    say = functools.partial(report_text, language=result.language)
    album = _album(result, figures, MAX_REPORT_BYTES - TEXT_RESERVE_BYTES - len(config_yaml.encode()))
    return (
        _environment()
        .get_template("report.html")
        .render(
            **_content(result),
            album=album,
            t=say,
            gas_label=gas_label,
            config_yaml=config_yaml,
            config_sha256=hashlib.sha256(config_yaml.encode()).hexdigest(),
            has_figures=bool(figures),
        )
    )


@functools.cache
def _environment() -> Environment:
    """Return the one of this process: to compile a template takes longer than to fill it."""
    # A run without a report need not load it: some hundredths of a small flight (python -m tools.import_cost jinja2).
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip


def _content(result: FlightResult) -> dict[str, Any]:
    """Gather everything the template shows but the figures."""
    report = result.log.report
    say: Callable[..., str] = functools.partial(report_text, language=result.language)
    return {
        "result": result,
        "cards": [card(result, gas) for gas in result.gases],
        "rates": [rate_line(gas_label(gas), answer) for gas, answer in result.gases.items()],
        "level": next((level_text(answer.interval) for answer in result.gases.values()), ""),
        "segment_lines": {gas: segment_lines(result, gas) for gas in result.gases},
        "budgets": {gas: budget_lines(result, gas) for gas in result.gases},
        "numbers": functools.partial(surface_numbers, result),
        "flight_facts": flight_facts(result),
        "wind_facts": wind_facts(result),
        "flags": flag_table(result),
        "methods": method_lines(result),
        "input_facts": input_facts(result),
        "column_names": [say(f"column.{name}") for name in COLUMN_FIELDS],
        "columns": [column_cells(column, result.language) for column in report.columns],
        "zone": say(f"zone.{(report.time_zone or 'unknown').lower()}"),
        "start": clock_text(result.summary.start),
        "end": clock_text(result.summary.end),
        "finished": clock_text(result.finished_at),
        "version": __version__,
        "limit_mb": f"{MAX_REPORT_BYTES / 1e6:g}",
    }


def _album(result: FlightResult, figures: Mapping[str, bytes], budget_bytes: int) -> Album:
    """Embed the figures that fit, the most telling kinds first; number them in the order of the report."""
    drawn = [key for key in _reading_order(result) if key.file_name in figures]
    chosen: set[FigureKey] = set()
    for key in sorted(drawn, key=lambda key: PRIORITY.index(key.kind)):
        size = 4 * len(figures[key.file_name]) // 3 + 1000
        if size <= budget_bytes:
            chosen.add(key)
            budget_bytes -= size
    kept = [key for key in drawn if key in chosen]
    return Album(
        figures={key: _embed(result, key, figures[key.file_name], number) for number, key in enumerate(kept, start=1)},
        omitted=tuple(key.file_name for key in drawn if key not in chosen),
    )


def _reading_order(result: FlightResult) -> Iterable[FigureKey]:
    """Figures in the order in which the report shows them: by gas, its segments within, the wind last."""
    gases, kinds = list(result.gases), ("segments", "curtain", "profile", "budget", "background", "flight_map")

    def position(key: FigureKey) -> tuple[int, int, int]:
        gas = gases.index(key.gas) if key.gas in gases else len(gases)
        kind = kinds.index(key.kind) if key.kind in kinds else len(kinds)
        on_surface = key.gas is not None and key.segment is not None
        return (gas, 1 + (key.segment or 0) if on_surface else 0 if key.kind == "segments" else 999, kind)

    return sorted(figure_keys(result), key=position)


def _embed(result: FlightResult, key: FigureKey, png: bytes, number: int) -> EmbeddedFigure:
    """Return a figure as a data URI with its caption and its size, which the PNG header tells."""
    width, height = (int.from_bytes(png[start : start + 4], "big") for start in (16, 20))
    is_spiral = not isinstance(result.segments[key.segment or 0].segment.surface, Plane)
    text = caption(key.kind, result.language, gas_label(key.gas or ""), is_spiral=is_spiral)
    source = "data:image/png;base64," + base64.b64encode(png).decode("ascii")
    return EmbeddedFigure(key.kind, number, source, text, width, height)
