// Tasks: the list, live. The server searches, sorts and pages, so that it stays light however long it is.

import { getIfChanged } from "../api.js";
import { h, replace } from "../dom.js";
import { t } from "../i18n.js";
import { announce } from "../notify.js";
import { labelled, pager, searchBox } from "../parts/filters.js";
import { selectionBar } from "../parts/selection_bar.js";
import { empty, loading, problem } from "../parts/states.js";
import { taskRow } from "../parts/task_row.js";
import { poll } from "../poll.js";
import { rewrite } from "../router.js";

const BUSY_MS = 1000;
const IDLE_MS = 4000;
const SORTS = ["created_at:desc", "created_at:asc", "updated_at:desc", "name:asc", "status:asc", "size:desc"];
const DEFAULTS = { q: "", status: "", sort: "created_at:desc", page: "1", per_page: "25" };

export function render(main, { query, signal }) {
  const wanted = Object.fromEntries(Object.entries(DEFAULTS).map(([name, value]) => [name, query.get(name) ?? value]));
  const state = { etag: null, tasks: [], pagination: null, statuses: new Map(), rows: new Map(), selected: new Map() };
  const list = h("ul", { class: "task-list", "aria-label": t("place.tasks"), hidden: true });
  const other = h("div", {}, loading(4));
  const pages = h("nav", { class: "pages", "aria-label": t("tasks.pages") });
  const bar = h("div", { class: "send-bar select-bar", hidden: true });
  main.append(
    h(
      "div",
      { class: "view" },
      h(
        "div",
        { class: "view-head" },
        h("h1", { text: t("tasks.title") }),
        h("a", { class: "button primary", href: "#/new", text: t("place.new") }),
      ),
      filters(),
      other,
      list,
      pages,
      bar,
    ),
  );

  const now = poll(ask, signal);

  async function ask() {
    const asked = path();
    try {
      const answer = await getIfChanged(asked, state.etag, { signal });
      if (asked !== path()) return 0;
      if (answer.changed) {
        Object.assign(state, answer.data, { etag: answer.etag });
        draw();
      }
    } catch (error) {
      if (error.name === "AbortError") return null;
      if (!state.tasks.length) fail(error);
      return IDLE_MS;
    }
    return state.tasks.some((task) => task.status === "pending" || task.status === "processing") ? BUSY_MS : IDLE_MS;
  }

  function fail(error) {
    list.hidden = true;
    replace(other, problem(error, () => { replace(other, loading(4)); now(); }));
    replace(pages);
  }

  function path() {
    const [sort, order] = wanted.sort.split(":");
    const parts = new URLSearchParams({ page: wanted.page, per_page: wanted.per_page, sort, order });
    if (wanted.q) parts.set("q", wanted.q);
    if (wanted.status) parts.set("status", wanted.status);
    return `tasks?${parts}`;
  }

  function want(change) {
    Object.assign(wanted, { page: "1" }, change);
    state.etag = null;
    const parts = Object.entries(wanted).filter(([name, value]) => value !== DEFAULTS[name]);
    rewrite(parts.length ? `#/tasks?${new URLSearchParams(parts)}` : "#/tasks");
    now();
  }

  function draw() {
    tellChanges();
    list.hidden = !state.tasks.length;
    const rows = state.tasks.map((task) => rowOf(task));
    const gone = [...state.rows.keys()].filter((id) => !state.tasks.some((task) => task.task_id === id));
    gone.forEach((id) => state.rows.delete(id));
    place(rows);
    replace(other, state.tasks.length ? null : nothing());
    drawPages();
    if (state.isTurned) {
      state.isTurned = false;
      toHeading();
      scrollTo(0, 0);
    }
  }

  /** Keep the row, and the focus in it, of a task that did not change. */
  function rowOf(task) {
    const text = JSON.stringify(task);
    const old = state.rows.get(task.task_id);
    if (old?.text === text) return old.node;
    const focused = old?.node.contains(document.activeElement) ? (document.activeElement.dataset.act ?? "name") : null;
    const node = taskRow(task, {
      changed: () => {
        state.etag = null;
        now();
      },
      isSelected: state.selected.has(task.task_id),
      select,
    });
    state.rows.set(task.task_id, { text, node, focused });
    old?.node.replaceWith(node);
    if (focused) (node.querySelector(`[data-act=${focused}]`) ?? node.querySelector(".name")).focus();
    return node;
  }

  function place(rows) {
    const isSame = rows.length === list.children.length && rows.every((row, i) => row === list.children[i]);
    if (!isSame) replace(list, rows);
  }

  /** A screen reader hears when a task ends. */
  function tellChanges() {
    for (const task of state.tasks) {
      const before = state.statuses.get(task.task_id);
      if (before && before !== task.status)
        announce(t("tasks.now", { name: task.name, status: t(`status.${task.status}`) }));
      state.statuses.set(task.task_id, task.status);
    }
  }

  function nothing() {
    if (wanted.q || wanted.status)
      return empty(
        "tasks",
        t("tasks.none_found"),
        t("tasks.none_found_text"),
        h("button", { class: "button", type: "button", text: t("tasks.clear"), on: { click: clear } }),
      );
    return empty(
      "drone",
      t("tasks.none"),
      t("tasks.none_text"),
      h("a", { class: "button primary", href: "#/new", text: t("place.new") }),
    );
  }

  function clear() {
    main.querySelector("[data-testid=task-search]").value = "";
    main.querySelector("[data-testid=task-status]").value = "";
    want({ q: "", status: "" });
  }

  function drawPages() {
    replace(pages, pager(state.pagination, turn));
  }

  function toHeading() {
    const heading = main.querySelector("h1");
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }

  /** Another page begins at its top, also for who does not see it. */
  function turn(page) {
    state.isTurned = true;
    want({ page: String(page) });
  }

  function select(task, isOn) {
    if (isOn) state.selected.set(task.task_id, task);
    else state.selected.delete(task.task_id);
    drawChosen();
  }

  function drawChosen() {
    const chosen = [...state.selected.values()];
    replace(bar, chosen.length ? selectionBar(chosen, chosenChanged) : null);
    bar.hidden = !chosen.length;
  }

  /** After an act on all that was chosen: what is gone cannot be chosen any more. */
  function chosenChanged(gone) {
    gone.forEach((id) => state.selected.delete(id));
    state.rows.clear();
    state.etag = null;
    drawChosen();
    toHeading();
    return now();
  }

  function filters() {
    const search = searchBox(wanted.q, "task-search", (q) => want({ q }));
    const status = options(["", "pending", "processing", "completed", "failed"], wanted.status, (name) =>
      t(name ? `status.${name}` : "status.all"),
    );
    status.dataset.testid = "task-status";
    status.addEventListener("change", () => want({ status: status.value }));
    const sort = options(SORTS, wanted.sort, (name) => t(`sort.${name}`));
    sort.addEventListener("change", () => want({ sort: sort.value }));
    return h("form", { class: "filters", role: "search", on: { submit: (event) => event.preventDefault() } },
      labelled(t("tasks.search"), search), labelled(t("tasks.status"), status), labelled(t("tasks.sort"), sort));
  }
}

function options(values, chosen, name) {
  return h("select", {}, values.map((value) => h("option", { value, selected: value === chosen, text: name(value) })));
}
