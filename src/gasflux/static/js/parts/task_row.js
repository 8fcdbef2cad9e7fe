// One task in the list.

import { address } from "../api.js";
import { h } from "../dom.js";
import { listedWords } from "../faults.js";
import { dateTime, duration, gasName, relativeTime } from "../format.js";
import { t, textOr } from "../i18n.js";
import { listedRate, rateRemark, rateTexts } from "../rate.js";
import { taskActs } from "./task_acts.js";

/** Return the row of a task; `changed` is called after an act, `select` (or null) when it is ticked for comparison. */
export function taskRow(task, { changed, isSelected, select }) {
  const href = `#/task/${task.task_id}`;
  const row = h("li", { class: "task", data: { testid: "task-row", taskId: task.task_id, status: task.status } },
    tick(task, isSelected, select),
    h("div", { class: "who" },
      h("a", { class: "name", href, text: task.name }),
      h("div", { class: "meta" }, meta(task).map((text) => h("span", { text })))),
    h("div", { class: "answer" }, answer(task)),
    task.status === "failed" && task.error_type !== "cancelled" && task.error ? failed(task) : null,
    h("div", { class: "acts" }, report(task), taskActs(task, changed)));
  row.addEventListener("click", (event) => {
    const isControl = event.target.closest("a, button, input, label, dialog");
    if (!isControl && !String(getSelection())) location.hash = href;
  });
  return row;
}

function tick(task, isSelected, select) {
  const box = h("input", {
    type: "checkbox",
    checked: isSelected,
    disabled: task.status !== "completed" && task.status !== "failed",
    "aria-label": t("tasks.select", { name: task.name }),
  });
  box.addEventListener("change", () => select(task, box.checked));
  return box;
}

function meta(task) {
  return [
    task.input_name !== task.name && task.input_name,
    dateTime(task.created_at),
    task.duration_s !== null && t("tasks.took", { time: duration(task.duration_s) }),
    keeping(task),
  ].filter(Boolean);
}

/** Return what becomes of a finished task. */
export function keeping(task) {
  if (task.pinned) return t("tasks.pinned");
  return task.delete_at ? t("tasks.delete_at", { when: relativeTime(task.delete_at) }) : null;
}

function report(task) {
  const file = task.results.find((result) => result.name === "report.html");
  if (!file) return null;
  return h("a", {
    class: "button quiet",
    href: address(file.download_url),
    target: "_blank",
    rel: "noopener",
    text: t("act.report"),
    "aria-label": t("act.of", { act: t("act.report"), name: task.name }),
    data: { testid: "report-link" },
  });
}

function answer(task) {
  if (task.status === "completed") return rates(task);
  const status = task.error_type === "cancelled" ? t("status.cancelled") : t(`status.${task.status}`);
  const badge = h("span", { class: `status ${task.error_type === "cancelled" ? "" : task.status}`, text: status });
  return task.status === "processing" ? [badge, work(task)] : [badge, waiting(task)];
}

function rates(task) {
  const gases = Object.entries(task.gases);
  const worst = gases.map(([, gas]) => gas.grade).sort().at(-1);
  return [
    h(
      "div",
      { class: "answers" },
      gases.slice(0, 3).map(([name, gas], i) => rate(name, gas, i === 0)),
      gases.length > 3 && h("span", { class: "soft", text: t("tasks.more", { n: gases.length - 3 }) }),
    ),
    h(
      "div",
      { class: "row" },
      h("span", { class: "soft small", text: textOr(`grade.short.${worst}`, "") }),
      h("span", {
        class: `grade ${worst}`,
        text: worst,
        "aria-label": t("grade.label", { grade: worst }),
        role: "img",
      }),
    ),
  ];
}

function rate(name, gas, isFirst) {
  const texts = rateTexts(listedRate(gas));
  return h("span", { class: "rate" },
    h("small", { text: `${gasName(name)} ` }),
    h("span", {
      text: `${texts.shown} kg/h`,
      data: isFirst ? { testid: "flux-value", gas: name, value: gas.flux_kg_h } : {},
    }),
    h("small", { text: t("aside", { text: rateRemark(texts) }) }),
  );
}

/** Return why a task failed, in a few words. */
export const failureTitle = (task) => textOr(`failure.${task.error_type}`, t("task.failed"));

function failed(task) {
  return h(
    "p",
    { class: "error" },
    h("strong", { text: failureTitle(task) }),
    " ",
    h("span", listedWords(task)),
  );
}

function waiting(task) {
  return task.status === "pending" && task.queue_position
    ? h("span", { class: "soft small", text: t("tasks.position", { n: task.queue_position }) })
    : null;
}

/** Return bar, stage, percent and time left of a task at work. */
export function work(task) {
  const stage = textOr(`stage.${task.stage}`, task.stage ?? "");
  const left = task.time_left_s !== null ? t("tasks.left", { time: duration(task.time_left_s) }) : "";
  return h("div", { class: "work" },
    h("progress", { max: 100, value: task.progress, "aria-label": t("tasks.progress", { name: task.name }) }),
    h("span", { text: [stage, `${Math.round(task.progress)} %`, left].filter(Boolean).join(" · ") }));
}
