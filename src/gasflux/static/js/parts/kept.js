// Next to the headline: what is deleted when, and one click to keep it.

import { h, replace } from "../dom.js";
import { dateTime, relativeTime } from "../format.js";
import { t } from "../i18n.js";
import { pin } from "./task_acts.js";
import { sentence } from "./states.js";
import { toast } from "../notify.js";

/** Return {node, follow(task)}; `changed()` is called when the task was kept or given free. */
export function keptLine(changed) {
  const node = h("p", { class: "kept small", tabIndex: -1, data: { testid: "kept" } });
  let shown = null;
  const follow = (task) => {
    const text = JSON.stringify([task.status, task.pinned, task.delete_at]);
    if (text === shown) return;
    shown = text;
    const hadFocus = node.contains(document.activeElement);
    node.hidden = task.status !== "completed";
    replace(node, h("span", { text: saying(task) }), " ", task.delete_at ? keepButton(task, changed) : null);
    if (hadFocus) (node.querySelector("button") ?? node).focus({ preventScroll: true });
  };
  return { node, follow };
}

const saying = (task) =>
  task.delete_at
    ? t("kept.until", { when: relativeTime(task.delete_at), at: dateTime(task.delete_at) })
    : t("kept.pinned");

function keepButton(task, changed) {
  const keep = () => pin(task, changed).then(() => changed(), (error) => toast(sentence(error)));
  return h("button", { class: "button", type: "button", text: t("kept.keep"), on: { click: keep },
    data: { testid: "keep" } });
}
