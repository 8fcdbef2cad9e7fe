// What can be done with all the flights that are ticked in the list: compare, keep, delete.

import { send } from "../api.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { ask, toast } from "../notify.js";
import { sentence } from "./states.js";

/** Return the bar's content; `changed(ids of what is gone)` is called after an act. */
export function selectionBar(tasks, changed) {
  const ids = tasks.filter((task) => task.status === "completed").map((task) => task.task_id);
  const canCompare = ids.length > 1;
  const act = (name, run) =>
    h("button", {
      class: "button",
      type: "button",
      text: t(`act.${name}`),
      data: { testid: `chosen-${name}` },
      on: { click: () => run(tasks, changed).catch((error) => toast(sentence(error))) },
    });
  return [
    h("span", { text: t("tasks.selected", { n: tasks.length }) }),
    h("div", { class: "row" },
      act("pin", keep),
      act("delete", remove),
      canCompare &&
        h("a", { class: "button primary", href: `#/compare?ids=${ids.join(",")}`, text: t("tasks.compare") })),
  ];
}

async function keep(tasks, changed) {
  const { done, failed } = await each(tasks, (task) => send("PUT", `task/${task.task_id}`, { pinned: true }));
  tell("tasks.kept", done, failed);
  return changed([]);
}

async function remove(tasks, changed) {
  const isMeant = await ask(t("delete.many_title", { n: tasks.length }), t("delete.many_text"), t("act.delete"), {
    danger: true,
  });
  if (!isMeant) return null;
  const { done, failed } = await each(tasks, (task) => send("DELETE", `task/${task.task_id}`));
  tell("tasks.deleted", done, failed);
  return changed(done.map((task) => task.task_id));
}

/** Do the same to one after the other; what is gone already counts as done. */
async function each(tasks, run) {
  const [done, failed] = [[], []];
  for (const task of tasks) {
    const error = await run(task).then(() => null, (reason) => reason);
    if (error && error.status !== 404) failed.push(error);
    else done.push(task);
  }
  return { done, failed };
}

function tell(key, done, failed) {
  const parts = [t(key, { n: done.length }), failed.length && `${failed.length} × ${sentence(failed[0])}`];
  toast(parts.filter(Boolean).join(" "));
}
