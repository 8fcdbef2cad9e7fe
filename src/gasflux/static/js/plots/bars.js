// Small drawings of numbers: the interval on a scale, the parts of the error budget, rates of several flights.

import { h, svg } from "../dom.js";
import { percent, significant } from "../format.js";
import { t, textOr } from "../i18n.js";
import { rateTexts, upperBound } from "../rate.js";
import { ticks, tickText } from "./canvas.js";

/** Draw rate, interval and detection limit on one line from zero. */
export function intervalScale({ flux, low, high, limit }) {
  const least = Math.min(0, low, flux);
  const most = Math.max(0, high, flux, limit ?? 0) * 1.06 || 1;
  const x = (value) => 6 + (988 * (value - least)) / (most - least);
  const marks = ticks(least, most, 5);
  const described = t("result.scale_text", rateTexts({ flux, low, high }));
  const node = svg(
    "svg",
    { class: "scale", viewBox: "0 0 1000 40", preserveAspectRatio: "none", role: "img", "aria-label": described },
    svg("line", { class: "axis", x1: x(least), x2: x(most), y1: 30, y2: 30 }),
    marks.map((value) => svg("line", { class: "axis", x1: x(value), x2: x(value), y1: 27, y2: 33 })),
    svg("rect", { class: "band", x: x(low), width: Math.max(x(high) - x(low), 2), y: 6, height: 18, rx: 3 }),
    svg("rect", { class: "mark", x: x(flux) - 2, width: 4, y: 2, height: 26, rx: 1 }),
    limit > 0 && svg("line", { class: "limit", x1: x(limit), x2: x(limit), y1: 2, y2: 30 }),
  );
  return h(
    "div",
    { class: "scale-box" },
    node,
    h(
      "div",
      { class: "scale-ticks", "aria-hidden": "true" },
      marks.map((value) => {
        const label = h("span", { text: tickText(value) });
        label.style.left = `${x(value) / 10}%`;
        return label;
      }),
    ),
  );
}

/** Draw the error budget, largest first, with shares of the variance; `surfaces` is what curtains are called here. */
export function budgetBars(budget, surfaces) {
  const parts = Object.entries(budget).filter(([, value]) => value > 0).sort((a, b) => b[1] - a[1]);
  const variance = parts.reduce((total, [, value]) => total + value ** 2, 0);
  return h(
    "div",
    { class: "bars" },
    parts.map(([name, value]) =>
      h(
        "div",
        {},
        h("span", { text: textOr(`budget.${name}`, name, { surfaces }) }),
        bar(value / parts[0][1]),
        h(
          "span",
          { class: "n" },
          h("span", { text: t("budget.share", { std: significant(value, 2) }) }),
          h("span", {
            class: "visually-hidden",
            text: t("budget.variance", { share: percent(value ** 2 / variance) }),
          }),
        ),
      ),
    ),
  );
}

function bar(share) {
  return svg(
    "svg",
    { viewBox: "0 0 100 12", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { x: 0, y: 0, width: 100 * share, height: 12 }),
  );
}

/** Draw rates with intervals of several flights and their combination; `rows`: {name, flux, low, high, limit}. */
export function forestPlot(rows, sum, label) {
  const all = sum ? [...rows, { ...sum, isSum: true }] : rows;
  const least = Math.min(0, ...all.map((row) => row.low));
  const most = Math.max(...all.map((row) => row.high)) * 1.04 || 1;
  const { height, left, right, width } = forestShape();
  const x = (value) => left + ((right - left) * (value - least)) / (most - least);
  const bottom = all.length * height + 6;
  const marks = ticks(least, most, 6);
  return svg(
    "svg",
    { class: "forest", viewBox: `0 0 ${width} ${bottom + 26}`, role: "img", "aria-label": label },
    marks.map((value) => [
      svg("line", { class: "grid", x1: x(value), x2: x(value), y1: 0, y2: bottom }),
      svg("text", { class: "soft", x: x(value), y: bottom + 18, "text-anchor": "middle" }, tickText(value)),
    ]),
    svg("line", { class: "axis", x1: x(least), x2: x(most), y1: bottom, y2: bottom }),
    all.map((row, i) => forestRow(row, (i + 1) * height - 17, x)));
}

/** On a phone the names stand above their lines, so that all of it is seen at once. */
function forestShape() {
  const isNarrow = matchMedia("(max-width: 40rem)").matches;
  return isNarrow ? { height: 48, left: 8, right: 322, width: 330 } : { height: 34, left: 180, right: 700, width: 720 };
}

function forestRow(row, y, x) {
  const { height, left } = forestShape();
  const most = left < 100 ? 40 : 24;
  const name = row.name.length > most ? `${row.name.slice(0, most - 1)}…` : row.name;
  const label = svg("text", { x: 0, y: y + 38 - height, "font-weight": row.isSum ? 700 : 400 }, name);
  if (row.isSum) {
    const points = [[x(row.low), y], [x(row.flux), y - 9], [x(row.high), y], [x(row.flux), y + 9]];
    return [label, svg("polygon", { class: "sum", points: points.map((point) => point.join(",")).join(" ") })];
  }
  return [label,
    svg("line", { class: "whisker", x1: x(row.low), x2: x(row.high), y1: y, y2: y }),
    svg("line", { class: "whisker", x1: x(row.low), x2: x(row.low), y1: y - 5, y2: y + 5 }),
    svg("line", { class: "whisker", x1: x(row.high), x2: x(row.high), y1: y - 5, y2: y + 5 }),
    svg("circle", { class: upperBound(row) === null ? "dot" : "dot open", cx: x(row.flux), cy: y, r: 5 })];
}
