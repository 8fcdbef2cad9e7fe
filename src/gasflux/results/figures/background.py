"""The background of one gas: what was measured, the baseline through it, what is left above."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gasflux.records import BoolArray, FlightResult, FloatArray, IntArray
from gasflux.results.figures.colours import BACKGROUND_SAMPLES, GREY, INK, ON_SURFACE, SKY, VERMILION
from gasflux.results.figures.flight import used_rows
from gasflux.results.figures.style import (
    MAX_DRAWN_POINTS,
    decimate,
    fraction_unit,
    label_below,
    largest,
    minutes,
    new_figure,
    place,
    style,
    thin,
)
from gasflux.results.figures.texts import figure_text, gas_label


def background_fit(result: FlightResult, gas: str) -> Figure:
    """Draw the measured series with its baseline and the samples it rests on, and the enhancement below."""
    label, language = gas_label(gas), result.language
    enhancement = result.background[gas].enhancement_ppm
    rows = decimate(enhancement)
    with style(language):
        figure = new_figure(language, figure_text("title.background", language, gas=label), 4.8)
        grid = figure.add_gridspec(2, 1, height_ratios=(4, 3), hspace=0.2, **place(figure, top=0.65, left=0.7))
        upper = figure.add_subplot(grid[0])
        lower = figure.add_subplot(grid[1], sharex=upper)
        _measured(upper, result, gas, rows)
        _enhancement(lower, result, gas, rows)
        upper.tick_params(labelbottom=False)
        label_below(lower, figure_text("time", language))
        lower.set_xlim(0.0, float(minutes(result)[-1]) or 1.0)
        figure.align_ylabels([upper, lower])
    return figure


def _measured(axes: Axes, result: FlightResult, gas: str, rows: IntArray) -> None:
    """Series, background samples and baseline."""
    language, background = result.language, result.background[gas]
    measured = result.log.gas_ppm[gas]
    factor, unit = fraction_unit(largest(measured))
    time = minutes(result)
    chosen = np.flatnonzero(background.is_background)
    chosen = chosen[thin(chosen.size, MAX_DRAWN_POINTS // 2)]
    axes.plot(time[rows], measured[rows] * factor, color=GREY, linewidth=0.8, label=figure_text("measured", language))
    axes.plot(
        time[chosen], measured[chosen] * factor, ".", color=BACKGROUND_SAMPLES, markersize=2.8, markeredgewidth=0,
        label=figure_text("is_background", language),
    )  # fmt: skip
    text = figure_text("baseline", language)
    axes.plot(
        time[rows], background.baseline_ppm[rows] * factor, color=VERMILION, linewidth=1.5, linestyle=(0, (5, 2)),
        label=text,
    )  # fmt: skip
    axes.set_ylabel(figure_text("mole_fraction", language, gas=gas_label(gas), unit=unit))
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3, markerscale=3.0)


def _enhancement(axes: Axes, result: FlightResult, gas: str, rows: IntArray) -> None:
    """Enhancement with the noise band; the time on a surface shaded."""
    language, background = result.language, result.background[gas]
    factor, unit = fraction_unit(largest(background.enhancement_ppm))
    noise = 2.0 * background.noise_ppm * factor
    axes.axhspan(-noise, noise, color=SKY, alpha=0.35, linewidth=0, label=figure_text("noise_band", language))
    axes.plot(minutes(result, rows), background.enhancement_ppm[rows] * factor, color=INK, linewidth=0.8)
    axes.axhline(0.0, color=INK, linewidth=0.6)
    starts, lengths = _spans(result)
    axes.broken_barh(
        list(zip(starts, lengths, strict=True)), (-0.045, 0.03), transform=axes.get_xaxis_transform(), clip_on=False,
        color=ON_SURFACE, linewidth=0, label=figure_text("used", language),
    )  # fmt: skip
    axes.set_ylabel(figure_text("enhancement", language, gas=gas_label(gas), unit=unit))
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2)


def _spans(result: FlightResult) -> tuple[FloatArray, FloatArray]:
    """First minute and length of the stretches whose samples lie on a surface."""
    used: BoolArray = np.zeros(result.log.size + 2, dtype=np.bool_)
    used[1 + used_rows(result)] = True
    edges = np.diff(used.astype(np.int8))
    first, last = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    time = minutes(result)
    return time[first], time[last] - time[first]
