// The last results, for who comes back.

import { h } from "../dom.js";
import { gasName, relativeTime } from "../format.js";
import { t } from "../i18n.js";
import { listedRate, rateTexts } from "../rate.js";

export function recentFlights(tasks) {
  return h(
    "section",
    { class: "stack", "aria-labelledby": "recent" },
    h(
      "div",
      { class: "spread" },
      h("h2", { id: "recent", text: t("new.recent") }),
      h("a", { href: "#/tasks", class: "small", text: t("state.to_tasks") }),
    ),
    h("ul", { class: "recent" }, tasks.map(recentFlight)),
  );
}

function recentFlight(task) {
  const [[name, gas]] = Object.entries(task.gases);
  const texts = rateTexts(listedRate(gas));
  return h(
    "li",
    {},
    h(
      "a",
      { href: `#/task/${task.task_id}` },
      h("span", { class: "name", text: task.name }),
      h(
        "span",
        { class: "value" },
        h("span", { text: `${texts.shown} ` }),
        h("small", { text: `kg/h ${gasName(name)}` }),
      ),
      h("span", { class: "hint", text: relativeTime(task.finished_at) }),
      h("span", {
        class: `grade ${gas.grade}`,
        text: gas.grade,
        role: "img",
        "aria-label": t("grade.label", { grade: gas.grade }),
      }),
    ),
  );
}
