// The answer in large: the rate, how sure it is, and in one sentence whether to trust it; then what to know.

import { h } from "../dom.js";
import { fixed, gasName, rateTexts, significant } from "../format.js";
import { t } from "../i18n.js";
import { intervalScale } from "../plots/bars.js";

const ORDER = ["serious", "warning", "info"];

export function headline(gas, answer) {
  const texts = rateTexts(answer);
  const level = fixed(100 * answer.level, 0);
  return h("section", { class: `card headline ${answer.grade}`, "aria-label": t("result.headline", { gas: gasName(gas) }) },
    h("div", { class: "stack" },
      h("p", { class: "gas", text: t("result.rate_of", { gas: gasName(gas) }) }),
      h("p", { class: "big", data: { testid: "flux-value", gas, value: answer.flux } },
        h("span", { text: texts.flux }), h("span", { class: "std", text: ` ± ${texts.std}` }), h("span", { class: "unit", text: " kg/h" })),
      h("p", { class: "interval", text: t("result.interval", { level, ...texts }) }),
      intervalScale(answer),
      answer.limit > 0 ? h("p", { class: "hint", text: t("result.limit", { limit: significant(answer.limit, 2) }) }) : null),
    h("div", { class: "stack" },
      h("div", { class: "verdict" },
        h("span", { class: `grade ${answer.grade}`, text: answer.grade, role: "img", "aria-label": t("grade.label", { grade: answer.grade }) }),
        h("p", { class: "say", text: t(`verdict.${answer.grade}`) }),
        h("p", { class: "soft small", text: t(`verdict.${answer.grade}.more`) })),
      answer.isProven ? null : h("p", { class: "note poor", text: t("verdict.not_proven", { limit: significant(answer.limit, 2) }) })));
}

/** Return the quality flags with their advice, gravest first. */
export function flagsCard(answer) {
  const flags = [...answer.flags].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
  return h("section", { class: "card" }, h("h2", { text: t("result.flags") }),
    h("ul", { class: "flags" }, flags.map(flagItem)));
}

function flagItem(flag) {
  return h("li", { class: flag.severity },
    h("span", { class: "severity", text: t(`severity.${flag.severity}`) }),
    h("span", { text: flag.message }),
    h("span", { class: "soft", text: flag.advice }));
}
