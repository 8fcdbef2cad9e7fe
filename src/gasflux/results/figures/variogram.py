"""How alike samples are by their distance: the experimental variogram and the model fitted to it."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gasflux.records import FlightResult, IntArray, VariogramFit
from gasflux.results.figures.colours import BLUE, ORANGE, VERMILION
from gasflux.results.figures.style import empty_note, label_below, mass_unit, new_figure, place, segment_title, style
from gasflux.results.figures.texts import figure_text, gas_label, named
from gasflux.surface.variogram import semivariance


def variogram(result: FlightResult, gas: str, index: int) -> Figure:
    """Draw the experimental variogram along the surface and in height, dots sized by pairs, with the fitted model.

    Parameters
    ----------
    result
        The flight.
    gas
        Formula.
    index
        Of the segment, from 0.
    """
    language = result.language
    fit = result.segments[index].gases[gas].variogram
    factor, mass = mass_unit(10.0 * float(np.sqrt(max(fit.sill + fit.nugget, 0.0))))
    with style(language):
        title = segment_title(result, figure_text("title.variogram", language, gas=gas_label(gas)), index)
        figure = new_figure(language, title, 3.4)
        grid = figure.add_gridspec(1, 2, wspace=0.1, **place(figure, top=0.82, left=0.7))
        left = figure.add_subplot(grid[0])
        right = figure.add_subplot(grid[1], sharey=left)
        scale = factor**2
        _semivariance_panel(left, result, fit, scale, vertical=False)
        _semivariance_panel(right, result, fit, scale, vertical=True)
        right.tick_params(labelleft=False)
        left.set_ylim(bottom=0.0)
        left.set_ylabel(figure_text("semivariance", language, mass=mass))
    return figure


def _semivariance_panel(axes: Axes, result: FlightResult, fit: VariogramFit, scale: float, *, vertical: bool) -> None:
    """One direction: dots, model, nugget and range."""
    language = result.language
    lags, values, pairs, reach, heading, label = (
        (fit.vertical_lags_m, fit.vertical_experimental, fit.vertical_pairs, fit.vertical_range_m, "vertical",
         "lag_height")
        if vertical
        else (fit.lags_m, fit.experimental, fit.pairs, fit.range_m, "horizontal", "lag_along")
    )  # fmt: skip
    model = figure_text("model", language, model=named("model", fit.model, language))
    axes.set_title(f"{figure_text(heading, language)} · {model}", pad=20.0)
    label_below(axes, figure_text(label, language))
    known = np.isfinite(values) & (pairs > 0)
    if not known.any():
        empty_note(axes, figure_text("no_pairs", language))
        return
    size = 8.0 + 60.0 * pairs[known] / pairs[known].max()
    dots = axes.scatter(
        lags[known], values[known] * scale, s=size, facecolor=BLUE, alpha=0.75, edgecolor="white", linewidth=0.5,
        zorder=3,
    )  # fmt: skip
    count = figure_text("pairs", language, count=_pair_span(pairs[known]))
    dots.set_label(count)
    _model_line(axes, result, fit, scale, float(lags[known].max()) * 1.05, vertical=vertical)
    if np.isfinite(reach) and reach <= lags[known].max() * 1.05:
        axes.axvline(reach, color=ORANGE, linewidth=1.0, linestyle=(0, (4, 2)))
    axes.plot([], [], color=ORANGE, linestyle=(0, (4, 2)), label=figure_text("range", language, range=f"{reach:.0f}"))
    axes.set_xlim(0.0, float(lags[known].max()) * 1.05)
    # Above the axes: at long lags semivariances fall as often as they rise, so no corner is free.
    axes.legend(
        loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3, handletextpad=0.4, handlelength=1.2, columnspacing=0.9
    )


def _pair_span(pairs: IntArray) -> str:
    """Fewest and most pairs of the classes."""
    low, high = int(pairs.min()), int(pairs.max())
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"


def _model_line(
    axes: Axes, result: FlightResult, fit: VariogramFit, scale: float, reach_m: float, *, vertical: bool
) -> None:
    """Fitted model; at lag 0 it stands on the nugget."""
    lag = np.linspace(0.0, reach_m, 120)
    none = np.zeros_like(lag)
    model = semivariance(fit, none, lag) if vertical else semivariance(fit, lag, none)
    axes.plot(lag, model * scale, color=VERMILION, linewidth=1.5, label=figure_text("fit", result.language), zorder=2)
