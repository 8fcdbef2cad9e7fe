// What can be done with a task, from the list and from its own page.

import { address, send } from "../api.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { ask, askText, openDialog, toast } from "../notify.js";
import { sentence } from "./states.js";
import { settings } from "./settings.js";

const isFinal = (task) => task.status === "completed" || task.status === "failed";

/** Return the buttons for a task; `changed(isGone)` is called after each act. */
export function taskActs(task, changed) {
  const acts = [
    !isFinal(task) && ["cancel", cancel],
    isFinal(task) && ["rerun", rerun],
    ["rename", rename],
    isFinal(task) && [task.pinned ? "unpin" : "pin", pin],
    ["delete", remove],
  ].filter(Boolean);
  return acts.map(([name, run]) => h("button", {
    class: "button quiet",
    type: "button",
    text: t(`act.${name}`),
    "aria-label": t("act.of", { act: t(`act.${name}`), name: task.name }),
    data: { act: name },
    on: { click: () => attempt(run, task, changed) },
  }));
}

async function attempt(run, task, changed) {
  try {
    const outcome = await run(task, changed);
    if (outcome) changed(outcome === "gone");
  } catch (error) {
    toast(sentence(error));
  }
}

const change = (task, values) => send("PUT", `task/${task.task_id}`, values);

async function cancel(task) {
  if (
    !(await ask(t("cancel.title"), t("cancel.text", { name: task.name }), t("act.cancel"), {
      danger: true,
      no: t("act.keep"),
    }))
  )
    return null;
  await change(task, { status: "failed" });
  toast(t("cancel.done"));
  return "changed";
}

async function rename(task) {
  const name = await askText(t("rename.title"), t("rename.label"), task.name, t("act.save"));
  if (!name || name === task.name) return null;
  await change(task, { name });
  return "changed";
}

/** Keep a task from the cleaning, or give it free again; return that it is changed. */
export async function pin(task, changed) {
  await change(task, { pinned: !task.pinned });
  toast(task.pinned ? t("pin.off") : t("pin.on"), {
    action: {
      label: t("act.undo"),
      run: () => change(task, { pinned: task.pinned }).then(() => changed(), (error) => toast(sentence(error))),
    },
  });
  return "changed";
}

async function remove(task) {
  if (!(await ask(t("delete.title"), t("delete.text", { name: task.name }), t("act.delete"), { danger: true })))
    return null;
  await send("DELETE", `task/${task.task_id}`);
  toast(t("delete.done", { name: task.name }));
  return "gone";
}

async function rerun(task) {
  const before = await usedConfig(task);
  const gases = Object.keys(task.gases);
  const config = await openDialog(
    t("rerun.title", { name: task.name }),
    (close) => {
      const form = settings({ text: before, gases });
      const run = () => form.isGood() && close(form.text());
      return [
        h("p", { class: "soft", text: t("rerun.text") }),
        form.node,
        h(
          "div",
          { class: "dialog-actions" },
          h("button", { class: "button", type: "button", text: t("act.dismiss"), on: { click: () => close() } }),
          h("button", {
            class: "button primary",
            type: "button",
            text: t("act.rerun_now"),
            data: { testid: "rerun-now" },
            on: { click: run },
          }),
        ),
      ];
    },
    { wide: true },
  );
  if (config === null) return null;
  await change(task, { status: "pending", config });
  toast(t("rerun.done"));
  return "changed";
}

/** Return the configuration of the last run, with every key, where there is one. */
async function usedConfig(task) {
  const file = task.results.find((result) => result.name === "config.yaml");
  if (!file) return undefined;
  const answer = await fetch(address(file.download_url)).catch(() => null);
  return answer?.ok ? answer.text() : undefined;
}
