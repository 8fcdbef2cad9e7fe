// For who comes here the first time: a flight to try, a workbook to fill in, and how to fly for a good rate.

import { address } from "../api.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { toast } from "../notify.js";

const SAMPLE = "sample_flight.xlsx";
const TEMPLATE = "gasflux_template.xlsx";
const ADVICE = ["across", "passes", "top", "low", "wind", "clean"];

/** Return the first steps; `add(files)` takes the sample as if it had been dropped. */
export function firstMinutes(add) {
  const trySample = async () => {
    const answer = await fetch(address(`static/examples/${SAMPLE}`)).catch(() => null);
    if (!answer?.ok) return toast(t("state.offline"));
    return add([new File([await answer.blob()], SAMPLE)]);
  };
  return h("section", { class: "card first", data: { testid: "first-minutes" } },
    h("div", { class: "spread" },
      h("h2", { text: t("first.title") }),
      h("div", { class: "row" },
        h("button", { class: "button", type: "button", text: t("first.sample"), on: { click: trySample },
          data: { testid: "try-sample" } }),
        h("a", { class: "button quiet", href: address(`static/examples/${TEMPLATE}`), download: TEMPLATE,
          text: t("first.template"), data: { testid: "template" } }))),
    h("details", { data: { testid: "guide" } },
      h("summary", { text: t("first.guide") }),
      h("ul", { class: "notes" }, ADVICE.map((name) => h("li", { text: t(`first.guide.${name}`) })))));
}
