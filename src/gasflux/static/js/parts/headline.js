// The answer in large: the rate, how sure it is, and in one sentence whether to trust it; then what to know.

import { h } from "../dom.js";
import { fixed, gasName, significant } from "../format.js";
import { inLanguage, t } from "../i18n.js";
import { intervalScale } from "../plots/bars.js";
import { boundSentence, rateTexts } from "../rate.js";

const ORDER = ["serious", "warning", "info"];

/** Return the answer for one gas; `kept` is the line that says how long it stays, where it has one. */
export function headline(gas, answer, kept = null) {
  const texts = rateTexts(answer);
  return h(
    "section",
    { class: `card headline ${answer.grade}`, "aria-label": t("result.headline", { gas: gasName(gas) }) },
    h(
      "div",
      { class: "stack" },
      h("p", { class: "gas", text: t("result.rate_of", { gas: gasName(gas) }) }),
      bigRate(texts, { testid: "flux-value", gas, value: answer.flux }),
      boundLines(texts, answer.level),
      h("p", { class: "interval", text: t("result.interval", { level: fixed(100 * answer.level, 0), ...texts }) }),
      intervalScale(answer),
      answer.limit > 0
        ? h("p", { class: "hint", text: t("result.limit", { limit: significant(answer.limit, 2) }) })
        : null,
      kept,
    ),
    h(
      "div",
      { class: "stack" },
      h(
        "div",
        { class: "verdict" },
        h("span", {
          class: `grade ${answer.grade}`,
          text: answer.grade,
          role: "img",
          "aria-label": t("grade.label", { grade: answer.grade }),
        }),
        h("p", { class: "say", text: t(`verdict.${answer.grade}`) }),
        h("p", { class: "soft small", text: t(`verdict.${answer.grade}.more`) })),
      texts.bound === null ? null : h("p", { class: "note", text: unproven(answer) })));
}

/** Return the rate in large: with its standard deviation, or what it is at most. */
export function bigRate(texts, data) {
  const value =
    texts.bound === null
      ? [h("span", { text: texts.flux }), h("span", { class: "std", text: ` ± ${texts.std}` })]
      : h("span", { text: texts.shown });
  return h("p", { class: "big", data }, value, h("span", { class: "unit", text: " kg/h" }));
}

/** Return the lines below a rate that is not told from zero: what that means, and the estimate, kept small. */
export function boundLines(texts, level) {
  if (texts.bound === null) return null;
  return [
    h("p", { class: "bound", text: boundSentence(texts, level) }),
    h("p", { class: "soft small", text: t("rate.estimate", texts) }),
  ];
}

function unproven({ flux, limit }) {
  return limit !== null && Math.abs(flux) < limit
    ? t("rate.below_limit", { limit: significant(limit, 2) })
    : t("rate.zero_inside");
}

/** Return quality flags with advice, gravest first; they come in every language, those of older results in one. */
export function flagsCard(title, flags) {
  const sorted = [...flags].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
  return h("section", { class: "card" }, h("h2", { text: title }),
    h("ul", { class: "flags" }, sorted.map(flagItem)));
}

function flagItem(flag) {
  return h("li", { class: flag.severity, data: { testid: "flag", code: flag.code } },
    h("span", { class: "severity", text: t(`severity.${flag.severity}`) }),
    h("span", { text: inLanguage(flag.message) }),
    h("span", { class: "soft", text: inLanguage(flag.advice) }));
}
