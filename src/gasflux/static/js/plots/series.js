// Time series by uPlot: several panels with one time axis and one cursor, dragging zooms all of them.

import uPlot from "../../vendor/uplot/uPlot.esm.js";
import { h } from "../dom.js";
import { significant } from "../format.js";
import { t } from "../i18n.js";
import { colour, onTheme } from "../theme.js";

const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];

/**
 * Draw panels [{title, unit, height, lines: [{label, values, colour, dots, dash}]}] over `time` (s from the start).
 * `zone` is that of the clock, null where the log names none.
 * `onTime(index | null)` follows the cursor; `span` {start_s, end_s} is shaded. Returns {node}.
 */
export function seriesPlots({ time, startMs, zone = null, panels, onTime, label, span, signal }) {
  const node = h("div", { class: "stack", role: "group", "aria-label": label });
  // On a clock, ticks must fall on round times of day, so the axis counts from midnight of some day.
  const offset = Number.isFinite(startMs) ? startMs / 1000 : 0;
  const axisTimes = time.map((value) => value + offset);
  const clock = Number.isFinite(startMs) ? timeOfDay : minutes;
  const clockLabel = zone === "UTC" ? "series.time_UTC" : "series.time_logged";
  const timeLabel = t(Number.isFinite(startMs) ? clockLabel : "series.time");
  const sync = uPlot.sync(`time-${Math.random()}`);
  let plots = [];

  const draw = () => {
    plots.forEach((plot) => plot.destroy());
    node.replaceChildren();
    plots = panels.map((panel) => {
      const holder = h("div", { class: "plot" });
      node.append(holder);
      return new uPlot(options(panel), [axisTimes, ...panel.lines.map((entry) => entry.values)], holder);
    });
  };

  const options = (panel) => ({
    width: node.clientWidth || 600,
    height: panel.height ?? 150,
    cursor: { sync: { key: sync.key, setSeries: false }, drag: { x: true, y: false }, y: false, points: { size: 7 } },
    legend: { live: true },
    scales: { x: { time: false } },
    axes: [
      axis({
        incrs: STEPS_S,
        space: 70,
        values: (_, values) => values.map((value) => clock(value).replace(/^(\d\d:\d\d):00$/, "$1")),
      }),
      axis({ size: 56, label: panel.unit, labelSize: 18, labelGap: 0, labelFont: axis({}).font }),
    ],
    series: [
      { label: timeLabel, value: (_, value) => (value === null || value === undefined ? "" : clock(value)) },
      ...panel.lines.map((entry) => lineOf(entry, panel)),
    ],
    hooks: {
      drawClear: span ? [shade] : [],
      setCursor: [(plot) => onTime?.(plot.cursor.idx ?? null)],
      setScale: [(plot, name) => name === "x" && follow(plot)],
    },
  });

  const shade = (plot) => {
    const [left, right] = [span.start_s, span.end_s].map((at) => plot.valToPos(at + offset, "x", true));
    const [from, to] = [Math.max(left, plot.bbox.left), Math.min(right, plot.bbox.left + plot.bbox.width)];
    if (to <= from) return;
    plot.ctx.save();
    plot.ctx.fillStyle = colour("wash");
    plot.ctx.fillRect(from, plot.bbox.top, to - from, plot.bbox.height);
    plot.ctx.restore();
  };

  const follow = (from) => {
    const { min, max } = from.scales.x;
    plots
      .filter((plot) => plot !== from && (plot.scales.x.min !== min || plot.scales.x.max !== max))
      .forEach((plot) => plot.setScale("x", { min, max }));
  };

  const observer = new ResizeObserver(() => {
    if (!plots.length) draw();
    else plots.forEach((plot, i) => plot.setSize({ width: node.clientWidth, height: panels[i].height ?? 150 }));
  });
  observer.observe(node);
  const forget = onTheme(draw);
  signal?.addEventListener("abort", () => {
    observer.disconnect();
    forget();
    plots.forEach((plot) => plot.destroy());
  });
  return { node };
}

function axis(more) {
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  return {
    stroke: colour("soft"),
    grid: { stroke: colour("plot-grid"), width: 1 },
    ticks: { stroke: colour("plot-grid"), width: 1 },
    font,
    ...more,
  };
}

function lineOf(entry, panel) {
  return {
    label: entry.label,
    stroke: colour(entry.colour),
    width: entry.dots ? 0 : (entry.width ?? 1.5),
    dash: entry.dash,
    spanGaps: false,
    points: entry.dots ? { show: true, size: 3, fill: colour(entry.colour), width: 0 } : { show: false },
    value: (_, value) => (value === null || value === undefined ? "" : `${significant(value, 4)} ${panel.unit}`),
  };
}

const timeOfDay = (seconds) => new Date(seconds * 1000).toISOString().slice(11, 19);

const minutes = (seconds) => `${Number((seconds / 60).toFixed(2))} min`;
