// What the lists that search and page have in common.

import { h, uniqueId } from "../dom.js";
import { fixed } from "../format.js";
import { t } from "../i18n.js";

const TYPING_MS = 250;

/** Return a field with its label above. */
export function labelled(text, control) {
  control.id = uniqueId("filter");
  return h("div", { class: "field" }, h("label", { htmlFor: control.id, text }), control);
}

/** Return a box to search in; `found(text)` is called once typing pauses. */
export function searchBox(value, testid, found) {
  let timer = 0;
  const box = h("input", { type: "search", value, placeholder: t("tasks.search_hint"), data: { testid } });
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => found(box.value.trim()), TYPING_MS);
  });
  return box;
}

/** Return which part of a list is shown and, where there are several, the way to the others. */
export function pager({ page, pages: count, total, per_page: size }, turn) {
  const step = (by, name) =>
    h("button", {
      class: "button",
      type: "button",
      text: t(name),
      disabled: page + by < 1 || page + by > count,
      data: { act: name },
      on: { click: () => turn(page + by) },
    });
  const text = total
    ? t("tasks.shown", {
        from: fixed((page - 1) * size + 1, 0),
        to: fixed(Math.min(page * size, total), 0),
        total: fixed(total, 0),
      })
    : "";
  return [
    h("span", { class: "soft small num", text }),
    count > 1
      ? h(
          "div",
          { class: "row" },
          step(-1, "tasks.previous"),
          h("span", { class: "num small", text: t("tasks.page", { page, count }) }),
          step(1, "tasks.next"),
        )
      : null,
  ];
}
