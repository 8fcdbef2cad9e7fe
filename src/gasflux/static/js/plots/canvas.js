// A canvas that is sharp on every screen and drawn anew when its size or the theme changes; axes with round numbers.

import { h } from "../dom.js";
import { colour, onTheme } from "../theme.js";

/** Return {node, canvas, redraw}; `draw(context, width, height)` works in CSS pixels. */
export function canvasPlot({ height, label, className, draw, signal }) {
  const canvas = h("canvas", { role: "img", "aria-label": label });
  const node = h("div", { class: ["plot", className].filter(Boolean).join(" ") }, canvas);
  let frame = 0;

  const paint = () => {
    frame = 0;
    const width = node.clientWidth;
    if (!width) return;
    const tall = typeof height === "function" ? height(width) : height;
    const ratio = Math.min(devicePixelRatio || 1, 3);
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(tall * ratio);
    canvas.style.height = `${tall}px`;
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, tall);
    context.font = `12px ${getComputedStyle(document.body).fontFamily}`;
    draw(context, width, tall);
  };
  const redraw = () => {
    frame ||= requestAnimationFrame(paint);
  };

  const observer = new ResizeObserver(redraw);
  observer.observe(node);
  const forget = onTheme(redraw);
  signal?.addEventListener("abort", () => {
    observer.disconnect();
    forget();
    cancelAnimationFrame(frame);
  });
  return { node, canvas, redraw };
}

/** Return round numbers between `low` and `high`. */
export function ticks(low, high, wanted = 5) {
  if (!(high > low)) return [low];
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step);
}

export const tickText = (value) => String(Number(value.toPrecision(6))).replace("-", "−");

/** Draw axes round `box` {left, top, width, height} and return {x, y} from values to pixels. */
export function axes(context, box, { x, y, xLabel, yLabel, grid = true }) {
  const toX = (value) => box.left + ((value - x[0]) / (x[1] - x[0] || 1)) * box.width;
  const toY = (value) => box.top + box.height - ((value - y[0]) / (y[1] - y[0] || 1)) * box.height;
  context.lineWidth = 1;
  context.strokeStyle = colour("plot-grid");
  context.fillStyle = colour("soft");
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const value of ticks(x[0], x[1], Math.max(2, box.width / 90))) {
    if (grid) line(context, toX(value), box.top, toX(value), box.top + box.height);
    context.fillText(tickText(value), toX(value), box.top + box.height + 6);
  }
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const value of ticks(y[0], y[1], Math.max(2, box.height / 45))) {
    if (grid) line(context, box.left, toY(value), box.left + box.width, toY(value));
    context.fillText(tickText(value), box.left - 7, toY(value));
  }
  context.textAlign = "right";
  context.textBaseline = "top";
  context.fillText(xLabel, box.left + box.width, box.top + box.height + 22);
  context.textAlign = "left";
  context.textBaseline = "bottom";
  context.fillText(yLabel, 0, box.top - 6);
  return { x: toX, y: toY };
}

export function line(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

/** Return the pointer's place in CSS pixels of the canvas. */
export function pointerAt(canvas, event) {
  const frame = canvas.getBoundingClientRect();
  return { x: event.clientX - frame.left, y: event.clientY - frame.top };
}
