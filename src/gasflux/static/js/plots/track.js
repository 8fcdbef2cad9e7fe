// The flight from above or in space: the path, the samples coloured by the gas, the wind.

import { h } from "../dom.js";
import { significant } from "../format.js";
import { t } from "../i18n.js";
import { colour, isDark } from "../theme.js";
import { canvasPlot, line, pointerAt, ticks, tickText } from "./canvas.js";
import { css, scale } from "./colours.js";

const TURN = 0.008;
const PAD = 34;

/**
 * Draw a track {x, y, z, value, used} (m; value null off the surface). `windFrom` in degrees; `flat` allows no third
 * dimension. `span` {start_s, end_s}: the part of the track to stand out.
 * Returns {node, setMode("plan" | "space"), mark(index)}.
 */
export function trackPlot({ track, windFrom, label, span = null, height = 340, signal }) {
  const state = { mode: "plan", angle: -0.6, tilt: 0.5, mark: null, drag: null };
  const known = track.value.filter((value) => value !== null && Number.isFinite(value));
  const limits = [0, known.reduce((most, value) => Math.max(most, value), 0) || 1];
  const colours = scale("viridis");
  const extent = bounds(track);
  let project = null;
  const plot = canvasPlot({ height, label, className: "track", signal, draw });

  function draw(context, width, tall) {
    project = state.mode === "plan" ? planView(width, tall) : spaceView(width, tall);
    if (state.mode === "plan") planScale(context, width, tall);
    else ground(context);
    path(context);
    samples(context);
    if (Number.isFinite(windFrom)) wind(context, width);
    mark(context);
  }

  const isInSpan = (i) => !span || (track.time[i] >= span.start_s && track.time[i] <= span.end_s);

  function planView(width, tall) {
    const size = Math.min((width - 2 * PAD) / extent.width, (tall - 2 * PAD) / extent.depth);
    return (x, y) => [width / 2 + (x - extent.x) * size, tall / 2 - (y - extent.y) * size];
  }

  function spaceView(width, tall) {
    const reach = Math.hypot(extent.width, extent.depth);
    const size = (width - 2 * PAD) / reach;
    const lift = Math.min((tall * 0.55) / (extent.top - extent.bottom || 1), size * 4);
    const depth = Math.min(size * Math.sin(state.tilt), (tall * 0.4) / reach);
    const [cos, sin] = [Math.cos(state.angle), Math.sin(state.angle)];
    return (x, y, z) => {
      const [east, north] = [x - extent.x, y - extent.y];
      return [
        width / 2 + (east * cos - north * sin) * size,
        tall * 0.72 - (east * sin + north * cos) * depth - (z - extent.bottom) * lift,
      ];
    };
  }

  function planScale(context, width, tall) {
    const size = Math.abs(project(1, 0)[0] - project(0, 0)[0]);
    const metres = ticks(0, 110 / size, 4).at(-1);
    context.strokeStyle = colour("soft");
    context.fillStyle = colour("soft");
    context.lineWidth = 1.5;
    line(context, 8, tall - 12, 8 + metres * size, tall - 12);
    context.textAlign = "left";
    context.textBaseline = "bottom";
    context.fillText(`${tickText(metres)} m`, 8, tall - 16);
    context.fillText(t("track.north"), 12, 18);
    line(context, 8, 32, 8, 8);
    line(context, 8, 8, 5, 13);
    line(context, 8, 8, 11, 13);
  }

  function ground(context) {
    const [left, right] = [extent.x - extent.width / 2, extent.x + extent.width / 2];
    const [near, far] = [extent.y - extent.depth / 2, extent.y + extent.depth / 2];
    context.strokeStyle = colour("plot-grid");
    context.lineWidth = 1;
    for (let i = 0; i <= 4; i += 1) {
      const [x, y] = [left + (i / 4) * extent.width, near + (i / 4) * extent.depth];
      line(context, ...project(x, near, extent.bottom), ...project(x, far, extent.bottom));
      line(context, ...project(left, y, extent.bottom), ...project(right, y, extent.bottom));
    }
    const corner = project(left, near, extent.bottom);
    const top = project(left, near, extent.top);
    context.strokeStyle = colour("soft");
    line(context, ...corner, ...top);
    context.fillStyle = colour("soft");
    context.textAlign = "left";
    context.textBaseline = "bottom";
    context.fillText(`${significant(extent.top, 3)} m`, top[0] + 4, top[1]);
    context.fillText(`${significant(extent.bottom, 3)} m`, corner[0] + 4, corner[1]);
  }

  function path(context) {
    context.strokeStyle = colour("plot-faint");
    context.lineWidth = 1;
    context.beginPath();
    track.x.forEach((x, i) => context[i ? "lineTo" : "moveTo"](...project(x, track.y[i], track.z[i])));
    context.stroke();
    if (span) partShown(context);
  }

  /** A broad line under the part that is shown elsewhere too. */
  function partShown(context) {
    context.strokeStyle = colour("accent");
    context.globalAlpha = 0.35;
    context.lineWidth = 9;
    context.beginPath();
    let isDown = false;
    track.x.forEach((x, i) => {
      const isShown = isInSpan(i);
      if (isShown) context[isDown ? "lineTo" : "moveTo"](...project(x, track.y[i], track.z[i]));
      isDown = isShown;
    });
    context.stroke();
    context.globalAlpha = 1;
  }

  function samples(context) {
    // The low end of the colours is dark: on a dark ground the dots need a rim.
    const hasRim = isDark();
    context.lineWidth = 0.6;
    context.strokeStyle = colour("line-strong");
    const order = state.mode === "plan" ? byValue(track.value) : track.x.keys();
    for (const i of order) {
      const value = track.value[i];
      context.globalAlpha = isInSpan(i) ? 1 : 0.3;
      if (value === null || !Number.isFinite(value)) continue;
      context.fillStyle = css(colours((value - limits[0]) / (limits[1] - limits[0])));
      const [x, y] = project(track.x[i], track.y[i], track.z[i]);
      context.beginPath();
      context.arc(x, y, 2.8, 0, 2 * Math.PI);
      context.fill();
      if (hasRim) context.stroke();
    }
    context.globalAlpha = 1;
  }

  function wind(context, width) {
    const to = ((windFrom + 180) * Math.PI) / 180;
    const turned = state.mode === "plan" ? 0 : state.angle;
    const [dx, dy] = [
      Math.sin(to - turned),
      -Math.cos(to - turned) * (state.mode === "plan" ? 1 : Math.sin(state.tilt)),
    ];
    const [x, y] = [width - 40, 44];
    context.strokeStyle = colour("accent");
    context.fillStyle = colour("accent");
    context.lineWidth = 2.5;
    line(context, x - dx * 22, y - dy * 22, x + dx * 22, y + dy * 22);
    const angle = Math.atan2(dy, dx);
    context.beginPath();
    context.moveTo(x + dx * 27, y + dy * 27);
    context.lineTo(x + dx * 27 - 11 * Math.cos(angle - 0.45), y + dy * 27 - 11 * Math.sin(angle - 0.45));
    context.lineTo(x + dx * 27 - 11 * Math.cos(angle + 0.45), y + dy * 27 - 11 * Math.sin(angle + 0.45));
    context.fill();
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.fillText(t("track.wind"), width - 2, y + 40);
  }

  function mark(context) {
    if (state.mark === null || track.x[state.mark] === undefined) return;
    const [x, y] = project(track.x[state.mark], track.y[state.mark], track.z[state.mark]);
    context.strokeStyle = colour("plot-2");
    context.lineWidth = 2.5;
    context.beginPath();
    context.arc(x, y, 7, 0, 2 * Math.PI);
    context.stroke();
  }

  const turn = (by, up) => {
    state.angle += by;
    state.tilt = Math.min(Math.max(state.tilt + up, 0.1), 1.4);
    plot.redraw();
  };
  plot.canvas.addEventListener("pointerdown", (event) => {
    if (state.mode !== "space") return;
    state.drag = pointerAt(plot.canvas, event);
    plot.canvas.setPointerCapture(event.pointerId);
  });
  plot.canvas.addEventListener("pointermove", (event) => {
    if (!state.drag) return;
    const now = pointerAt(plot.canvas, event);
    turn((state.drag.x - now.x) * TURN, (now.y - state.drag.y) * TURN);
    state.drag = now;
  });
  plot.canvas.addEventListener("pointerup", () => { state.drag = null; });
  plot.canvas.addEventListener("keydown", (event) => {
    const turns = { ArrowLeft: [0.1, 0], ArrowRight: [-0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] };
    if (state.mode !== "space" || !(event.key in turns)) return;
    event.preventDefault();
    turn(...turns[event.key]);
  });

  const setMode = (mode) => {
    state.mode = mode;
    plot.node.classList.toggle("space", mode === "space");
    if (mode === "space") plot.canvas.tabIndex = 0;
    else plot.canvas.removeAttribute("tabindex");
    plot.redraw();
  };
  return { node: plot.node, setMode, mark: (index) => { state.mark = index; plot.redraw(); } };
}

function bounds(track) {
  const span = (values) =>
    values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
  const [west, east] = span(track.x);
  const [south, north] = span(track.y);
  const [bottom, top] = span(track.z);
  return {
    x: (west + east) / 2,
    y: (south + north) / 2,
    width: Math.max(east - west, 1),
    depth: Math.max(north - south, 1),
    bottom,
    top,
  };
}

const byValue = (values) => [...values.keys()].sort((a, b) => (values[a] ?? -Infinity) - (values[b] ?? -Infinity));

/** Return a strip that names the ends of the colour scale. */
export function colourKey(low, high, unit) {
  const colours = scale("viridis");
  const node = h("canvas", { "aria-hidden": "true", width: 90, height: 8 });
  const context = node.getContext("2d");
  for (let x = 0; x < 90; x += 1) {
    context.fillStyle = css(colours(x / 89));
    context.fillRect(x, 0, 1, 8);
  }
  return h("span", { class: "key" }, h("span", { text: low }), node, h("span", { text: `${high} ${unit}` }));
}
