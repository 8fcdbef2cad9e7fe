// Several curtains of one flight: rate, interval and grade of each, and how they compare with their combination.

import { h } from "../dom.js";
import { gasName } from "../format.js";
import { t } from "../i18n.js";
import { forestPlot } from "../plots/bars.js";
import { rateRemark, rateTexts } from "../rate.js";
import { gasAnswer } from "../result_model.js";
import { surfaceKind, surfaceNames } from "../surface.js";

/** Return the name of a surface in the order of the flight: "Curtain 2". */
export const segmentName = (segment, number) =>
  t("result.segment_n", { surface: t(`surface.one.${segment.strategy}`), n: number + 1 });

/** Return the curtains to choose from; `usable`: pairs of number and segment, `choose(number)` shows one. */
export function curtainsCard(result, gas, { usable, chosen, choose }) {
  const kind = surfaceKind(usable.map(([, segment]) => segment));
  const rows = usable.map(([number, segment]) => ({
    number,
    name: segmentName(segment, number),
    ...gasAnswer(result.vars.segments[number].gases[gas]),
  }));
  const sum = { name: t("curtains.combined"), ...gasAnswer(result.vars.gases[gas]) };
  const words = { n: usable.length, surfaces: surfaceNames(kind) };
  return h("section", { class: "card", data: { testid: "curtains" } },
    h("header", {}, h("h2", { text: t(`curtains.title.${kind}`) }), h("p", { text: t("result.segments", words) })),
    h("div", { class: "tabs", role: "group", "aria-label": t("surface.one.mixed") },
      rows.map((row) => tab(row, row.number === chosen, choose))),
    forestPlot(rows, sum, t("curtains.plot", { gas: gasName(gas), ...words })));
}

function tab(row, isChosen, choose) {
  const texts = rateTexts(row);
  return h("button",
    {
      class: "tab",
      type: "button",
      "aria-pressed": String(isChosen),
      data: { testid: "curtain-tab", value: row.flux },
      on: { click: () => choose(row.number) },
    },
    h("span", { class: "name", text: row.name }),
    h("span", { class: "value", text: `${texts.shown} kg/h` }),
    h("span", { class: "soft small", text: rateRemark(texts) }),
    h("span", { class: `grade ${row.grade}`, text: row.grade, role: "img",
      "aria-label": t("grade.label", { grade: row.grade }) }));
}
