// The kriged surface, curtain or unrolled spiral, as a map of cells, with the samples on top; hovering or the arrow
// keys read a cell.

import { h, replace } from "../dom.js";
import { fixed, massUnit, significant } from "../format.js";
import { t } from "../i18n.js";
import { colour } from "../theme.js";
import { axes, canvasPlot, pointerAt } from "./canvas.js";
import { css, scale } from "./colours.js";

/** A layer above the highest pass takes at most this share of the height that was flown: a thin tail is long. */
const MOST_ABOVE = 0.3;
const MARGIN = { left: 46, right: 78, top: 26, bottom: 42 };

/**
 * Draw one surface. `grid`: {x, z, flux, std} with flux and std row by row from the lowest; `samples`: {x, z, value};
 * `reach`: how high the estimated layer above the highest pass goes; `ends`: what lies left and right, such as W and E.
 * Returns {node, show(field), showSamples(bool), mark(x, z)}.
 */
export function curtainPlot({ grid, samples, kind, title, lowestPass, ground, reach, ends, signal }) {
  const state = { field: "flux", hasSamples: true, cell: null, mark: null };
  const limits = { flux: fluxLimits(grid.flux, samples.value), std: [0, largest(grid.std)] };
  const cellWidth = step(grid.x);
  const cellHeight = step(grid.z);
  const rangeX = [grid.x[0] - cellWidth / 2, grid.x.at(-1) + cellWidth / 2];
  const floor = Math.min(ground ?? Infinity, grid.z[0] - cellHeight / 2);
  const sampledTop = grid.z.at(-1) + cellHeight / 2;
  const highest = samples.z.reduce((top, z) => Math.max(top, z), sampledTop);
  const rangeZ = [floor, Math.max(highest, Math.min(reach ?? 0, sampledTop + MOST_ABOVE * (sampledTop - floor)))];
  const [factor, mass] = massUnit(Math.max(...grid.flux.map((value) => Math.abs(value ?? 0))));
  const unit = t("unit.flux_density", { mass });
  let scales = null;
  const tip = h("div", { class: "plot-tip", hidden: true });
  const readOut = h("p", { class: "read-out", text: t("curtain.hint") });

  const plot = canvasPlot({
    height: (width) => Math.max(260, Math.min(430, width * 0.42)),
    label: title,
    className: "curtain",
    signal,
    draw,
  });

  function draw(context, width, height) {
    const box = {
      left: MARGIN.left,
      top: MARGIN.top,
      width: width - MARGIN.left - MARGIN.right,
      height: height - MARGIN.top - MARGIN.bottom,
    };
    const colours = scale(state.field === "flux" ? "viridis" : "cividis");
    const limit = limits[state.field];
    scales = {
      ...axes(context, box, {
        x: rangeX,
        y: rangeZ,
        xLabel: t(`curtain.along.${kind}`),
        yLabel: t("curtain.height"),
        grid: false,
      }),
      box,
    };
    paintCells(context, box, grid[state.field], colours, limit);
    if (lowestPass !== null && lowestPass !== undefined && lowestPass > rangeZ[0])
      paintUnflown(context, box, rangeZ[0], lowestPass, lowestPass);
    if (rangeZ[1] > highest) paintUnflown(context, box, sampledTop, rangeZ[1], sampledTop);
    if (ends) paintEnds(context, box);
    if (state.hasSamples && state.field === "flux") paintSamples(context, colours, limit);
    paintBar(context, box, colours, limit);
    paintMarks(context);
  }

  function paintCells(context, box, values, colours, [low, high]) {
    const image = new ImageData(grid.x.length, grid.z.length);
    values.forEach((value, i) => {
      const row = grid.z.length - 1 - Math.floor(i / grid.x.length);
      const at = 4 * (row * grid.x.length + (i % grid.x.length));
      if (value !== null && Number.isFinite(value))
        image.data.set([...colours((value - low) / (high - low || 1)), 255], at);
    });
    const small = document.createElement("canvas");
    small.width = grid.x.length;
    small.height = grid.z.length;
    small.getContext("2d").putImageData(image, 0, 0);
    const top = scales.y(grid.z.at(-1) + cellHeight / 2);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, box.left, top, box.width, scales.y(grid.z[0] - cellHeight / 2) - top);
  }

  function paintEnds(context, box) {
    context.fillStyle = colour("soft");
    context.textBaseline = "top";
    context.textAlign = "left";
    context.fillText(`← ${ends[0]}`, 0, box.top + box.height + 22);
    context.textAlign = "right";
    context.fillText(`${ends[1]} →`, box.left + box.width + MARGIN.right, box.top + box.height + 22);
  }

  /** Hatch the heights from `low` to `high`, with a line at `edge`, where the passes end. */
  function paintUnflown(context, box, low, high, edge) {
    const y = scales.y(edge);
    context.save();
    context.beginPath();
    context.rect(box.left, scales.y(high), box.width, scales.y(low) - scales.y(high));
    context.clip();
    context.strokeStyle = colour("hatch");
    for (let x = box.left - box.height; x < box.left + box.width; x += 9) {
      context.beginPath();
      context.moveTo(x, box.top + box.height);
      context.lineTo(x + box.height, box.top);
      context.stroke();
    }
    context.restore();
    context.strokeStyle = colour("soft");
    context.setLineDash([5, 4]);
    context.beginPath();
    context.moveTo(box.left, y);
    context.lineTo(box.left + box.width, y);
    context.stroke();
    context.setLineDash([]);
  }

  function paintSamples(context, colours, [low, high]) {
    const isCrowded = scales.box.width < 400 || samples.x.length > 800;
    const radius = isCrowded ? 1.3 : 2.6;
    context.lineWidth = radius / 2.6;
    context.strokeStyle = "rgb(255 255 255 / 75%)";
    samples.x.forEach((x, i) => {
      context.fillStyle = css(colours((samples.value[i] - low) / (high - low || 1)));
      context.beginPath();
      context.arc(scales.x(x), scales.y(samples.z[i]), radius, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    });
  }

  function paintBar(context, box, colours, [low, high]) {
    const left = box.left + box.width + 12;
    for (let y = 0; y < box.height; y += 1) {
      context.fillStyle = css(colours(1 - y / box.height));
      context.fillRect(left, box.top + y, 10, 1.5);
    }
    context.fillStyle = colour("soft");
    context.textAlign = "left";
    [[high, 0], [(high + low) / 2, 0.5], [low, 1]].forEach(([value, share]) => {
      context.textBaseline = ["top", "middle", "bottom"][share * 2];
      context.fillText(significant(factor * value, 2), left + 15, box.top + share * box.height);
    });
    context.textAlign = "right";
    context.textBaseline = "bottom";
    context.fillText(unit, box.left + box.width + MARGIN.right, box.top - 6);
  }

  function paintMarks(context) {
    context.lineWidth = 2;
    if (state.cell !== null) {
      const [column, row] = [state.cell % grid.x.length, Math.floor(state.cell / grid.x.length)];
      const width = scales.x(grid.x[column] + cellWidth / 2) - scales.x(grid.x[column] - cellWidth / 2);
      const height = scales.y(grid.z[row] - cellHeight / 2) - scales.y(grid.z[row] + cellHeight / 2);
      context.strokeStyle = "#fff";
      context.strokeRect(
        scales.x(grid.x[column] - cellWidth / 2),
        scales.y(grid.z[row] + cellHeight / 2),
        width,
        height,
      );
    }
    if (state.mark) {
      context.strokeStyle = "#d55e00";
      context.beginPath();
      context.arc(scales.x(state.mark.x), scales.y(state.mark.z), 7, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  function read(cell) {
    state.cell = cell;
    plot.redraw();
    if (cell === null) {
      tip.hidden = true;
      return;
    }
    const [column, row] = [cell % grid.x.length, Math.floor(cell / grid.x.length)];
    const place = t(`curtain.place.${kind}`, { x: fixed(grid.x[column], 1), z: fixed(grid.z[row], 1) });
    const value = t("curtain.value", {
      value: significant(factor * grid.flux[cell], 3),
      std: significant(factor * grid.std[cell], 2),
      unit,
    });
    replace(tip, h("div", { text: place }), h("div", { text: value }));
    readOut.textContent = `${place}: ${value}`;
    tip.hidden = false;
    const x = scales.x(grid.x[column]);
    tip.style.left = `${Math.min(Math.max(x, 105), plot.node.clientWidth - 105)}px`;
    tip.style.top = `${scales.y(grid.z[row])}px`;
    tip.classList.toggle("below", scales.y(grid.z[row]) < 80);
  }

  function cellAt(event) {
    if (!scales) return null;
    const { x, y } = pointerAt(plot.canvas, event);
    const column = Math.floor(((x - scales.box.left) / scales.box.width) * grid.x.length);
    const top = scales.y(grid.z.at(-1) + cellHeight / 2);
    const bottom = scales.y(grid.z[0] - cellHeight / 2);
    const row = grid.z.length - 1 - Math.floor(((y - top) / (bottom - top)) * grid.z.length);
    const isInside = column >= 0 && column < grid.x.length && row >= 0 && row < grid.z.length;
    return isInside ? row * grid.x.length + column : null;
  }

  function move(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: grid.x.length, ArrowDown: -grid.x.length };
    if (event.key === "Escape") read(null);
    if (!(event.key in steps) || !scales) return;
    event.preventDefault();
    const from = state.cell ?? Math.floor(grid.flux.length / 2);
    const to = from + steps[event.key];
    if (to >= 0 && to < grid.flux.length) read(to);
  }

  plot.canvas.tabIndex = 0;
  plot.canvas.addEventListener("pointermove", (event) => read(cellAt(event)));
  plot.canvas.addEventListener("pointerdown", (event) => read(cellAt(event)));
  // A finger leaves with every tap: what it tapped stays to be read.
  plot.canvas.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && read(null));
  plot.canvas.addEventListener("keydown", move);
  plot.canvas.addEventListener("blur", () => read(null));
  readOut.setAttribute("aria-live", "polite");
  plot.node.append(tip);

  return {
    node: h("div", { class: "stack" }, plot.node, readOut),
    show: (field) => { state.field = field; plot.redraw(); },
    showSamples: (value) => { state.hasSamples = value; plot.redraw(); },
    mark: (place) => { state.mark = place; plot.redraw(); },
  };
}

const step = (values) => (values.length > 1 ? values[1] - values[0] : 1);

function largest(values) {
  return values.reduce((most, value) => (value !== null && value > most ? value : most), 0) || 1;
}

/** Colours span the map and nearly all samples: one stray sample must not darken everything. */
function fluxLimits(values, samples) {
  const known = values.filter((value) => value !== null && Number.isFinite(value));
  const sorted = [...samples].filter(Number.isFinite).sort((a, b) => a - b);
  const at = (share) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  const low = known.reduce((least, value) => Math.min(least, value), Infinity);
  const high = known.reduce((most, value) => Math.max(most, value), -Infinity);
  return [Math.min(low, at(0.02)), Math.max(high, at(0.98))];
}

/** Return the map as a table of heights, for who cannot see it. */
export function curtainTable(grid) {
  const [factor, mass] = massUnit(Math.max(...grid.flux.map((value) => Math.abs(value ?? 0))));
  const rows = grid.z
    .map((z, row) => {
      const values = grid.flux.slice(row * grid.x.length, (row + 1) * grid.x.length);
      const errors = grid.std.slice(row * grid.x.length, (row + 1) * grid.x.length);
      const peak = values.reduce(
        (best, value, i) => (value !== null && value > (values[best] ?? -Infinity) ? i : best),
        0,
      );
      const mean = values.reduce((total, value) => total + (value ?? 0), 0) / values.length;
      return [
        fixed(z, 1),
        significant(factor * mean, 3),
        significant(factor * values[peak], 3),
        significant(factor * errors[peak], 2),
        fixed(grid.x[peak], 1),
      ];
    })
    .reverse();
  const names = [
    "curtain.table.height",
    "curtain.table.mean",
    "curtain.table.peak",
    "curtain.table.std",
    "curtain.table.at",
  ];
  return h(
    "div",
    { class: "scroll", tabIndex: 0, role: "region", "aria-label": t("curtain.table") },
    h(
      "table",
      {},
      h("caption", { text: t("curtain.table.caption", { unit: t("unit.flux_density", { mass }) }) }),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          names.map((name) => h("th", { class: "n", scope: "col", text: t(name) })),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map(([head, ...cells]) =>
          h(
            "tr",
            {},
            h("th", { class: "n", scope: "row", text: head }),
            cells.map((text) => h("td", { class: "n", text })),
          ),
        ),
      ),
    ),
  );
}
