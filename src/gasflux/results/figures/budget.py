"""How well the rate is known: the error budget, and the segments beside each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gasflux.records import FlightResult, FluxInterval
from gasflux.results.figures.colours import BLUE, GREY, INK, ORANGE, VERMILION
from gasflux.results.figures.style import label_below, new_figure, place, style
from gasflux.results.figures.texts import figure_text, gas_label, named


def budget(result: FlightResult, gas: str) -> Figure:
    """Draw the components of the standard deviation, largest on top, under their root sum of squares."""
    answer, language = result.gases[gas], result.language
    parts = sorted(answer.budget_kg_h.items(), key=lambda part: part[1])
    names = [*(named("budget", name, language) for name, _ in parts), figure_text("total", language)]
    values = [*(value for _, value in parts), answer.flux_std_kg_h]
    colours = [*([BLUE] * len(parts)), ORANGE]
    with style(language):
        title = figure_text("title.budget", language, gas=gas_label(gas))
        figure = new_figure(language, title, 1.5 + 0.24 * len(names))
        axes = figure.add_subplot(figure.add_gridspec(1, 1, **place(figure, left=2.05, top=0.78, right=0.55))[0])
        axes.barh(np.arange(len(names)), values, 0.68, color=colours)
        axes.set_yticks(np.arange(len(names)), names)
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        axes.set_xlim(0.0, (max(values) or 1.0) * 1.12)
        label_below(axes, figure_text("budget", language))
        _share_axis(axes, result, gas, values)
    return figure


def _share_axis(axes: Axes, result: FlightResult, gas: str, values: list[float]) -> None:
    """Second scale in percent of the rate, and the percentage beside each bar; left out when the rate is zero."""
    rate = abs(result.gases[gas].flux_kg_h)
    if rate == 0.0 or max(values) / rate > 100.0:
        return
    scales: Any = (lambda kg_h: 100.0 * kg_h / rate, lambda share: share * rate / 100.0)
    top = axes.secondary_xaxis("top", functions=scales)
    top.set_xlabel(figure_text("budget_share", result.language))
    reach = axes.get_xlim()[1]
    for place_y, value in enumerate(values):
        axes.text(value + 0.008 * reach, place_y, f"{100.0 * value / rate:.2g} %", va="center", fontsize=8)


def segments(result: FlightResult, gas: str) -> Figure:
    """Draw the rate of every segment with its interval, and the combination across all of them."""
    combined, language = result.gases[gas], result.language
    answers = [(number, item.gases[gas]) for number, item in enumerate(result.segments) if gas in item.gases]
    with style(language):
        title = figure_text("title.segments", language, gas=gas_label(gas))
        figure = new_figure(language, title, 3.2, width_in=max(4.2, min(1.8 + 0.9 * (len(answers) + 1), 7.1)))
        axes = figure.add_subplot(figure.add_gridspec(1, 1, **place(figure, left=0.7, top=0.7, bottom=0.35))[0])
        level = figure_text("interval", language, level=f"{100.0 * combined.interval.level:g}")
        for place_x, (_number, answer) in enumerate(answers):
            _rate_bar(axes, place_x, answer.flux_kg_h, answer.interval, BLUE, level)
        last = len(answers)
        axes.axhspan(combined.interval.low_kg_h, combined.interval.high_kg_h, color=ORANGE, alpha=0.18, linewidth=0)
        axes.axhline(combined.flux_kg_h, color=ORANGE, linewidth=0.9)
        _rate_bar(axes, last, combined.flux_kg_h, combined.interval, VERMILION, None, "D")
        axes.axhline(0.0, color=INK, linewidth=0.6)
        names = [*(figure_text("segment", language, number=number + 1) for number, _ in answers)]
        axes.set_xticks(np.arange(last + 1), [*names, figure_text("combined", language)])
        axes.set_xlim(-0.6, last + 0.6)
        axes.grid(visible=False, axis="x")
        axes.set_ylabel(figure_text("rate", language, gas=gas_label(gas)))
        handles, labels = axes.get_legend_handles_labels()
        axes.legend(handles[:1], labels[:1], loc="lower left", bbox_to_anchor=(0.0, 1.0), labelcolor=GREY)
    return figure


def _rate_bar(
    axes: Axes, place_x: int, rate: float, interval: FluxInterval, colour: str, label: str | None, mark: str = "o"
) -> None:
    """One rate with its interval."""
    reach = [[max(rate - interval.low_kg_h, 0.0)], [max(interval.high_kg_h - rate, 0.0)]]
    axes.errorbar(
        [place_x], [rate], yerr=reach, fmt=mark, color=colour, markersize=5, capsize=4, elinewidth=1.4, label=label
    )
