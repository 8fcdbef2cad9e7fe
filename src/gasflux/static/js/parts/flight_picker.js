// The flights to compare, chosen from all that are done: searched by the server, page by page.

import { get } from "../api.js";
import { h, replace } from "../dom.js";
import { dateTime, gasName } from "../format.js";
import { t } from "../i18n.js";
import { listedRate, rateTexts } from "../rate.js";
import { labelled, pager, searchBox } from "./filters.js";
import { empty, loading, problem } from "./states.js";

const PER_PAGE = 20;

/**
 * Return a node with the flights; `chosen` is a set of ids, `changed` is called after each change of it, `listed` once
 * there are flights to choose from.
 */
export function flightPicker(chosen, { changed, listed }, signal) {
  const wanted = { q: "", since: "", until: "", page: 1 };
  const list = h("div", { class: "pick", tabIndex: 0, role: "group", "aria-label": t("compare.pick") });
  const pages = h("nav", { class: "pages", "aria-label": t("tasks.pages") });
  const count = h("span", { class: "small" });
  const clear = h("button", {
    class: "button quiet",
    type: "button",
    text: t("compare.clear"),
    data: { testid: "compare-clear" },
    on: { click: () => choose([...chosen], false) },
  });
  const all = h("button", {
    class: "button quiet",
    type: "button",
    text: t("compare.all_shown"),
    data: { testid: "compare-all" },
    on: {
      click: () =>
        choose(
          boxes().map((box) => box.value),
          true,
        ),
    },
  });
  const search = filters();
  const acts = h("div", { class: "row" }, all, clear);
  const body = h("div", { class: "stack" }, search, list, pages, acts);
  const details = h(
    "details",
    { open: chosen.size < 2 },
    h("summary", { data: { testid: "compare-open" } }, h("span", { text: t("compare.pick") }), " ", count),
    body,
  );
  const node = h("section", { class: "card" }, details);
  const boxes = () => [...list.querySelectorAll("input")];
  replace(list, loading(3));
  search.hidden = acts.hidden = true;
  mark();
  ask(true);

  async function ask(isFirst = false) {
    const path = address();
    try {
      const { reports, pagination } = await get(path, { signal });
      if (path !== address()) return;
      if (isFirst && !reports.length)
        return void replace(
          node,
          empty(
            "compare",
            t("compare.none"),
            t("compare.none_text"),
            h("a", { class: "button primary", href: "#/new", text: t("place.new") }),
          ),
        );
      replace(list, reports.length ? reports.map(row) : h("p", { class: "soft", text: t("tasks.none_found_text") }));
      replace(pages, pager(pagination, (page) => want({ page })));
      all.hidden = !reports.length;
      search.hidden = acts.hidden = false;
      if (isFirst) listed();
    } catch (error) {
      if (error.name !== "AbortError" && path === address()) replace(list, problem(error, () => ask(isFirst)));
    }
  }

  function address() {
    const parts = new URLSearchParams({ page: wanted.page, per_page: PER_PAGE });
    if (wanted.q) parts.set("q", wanted.q);
    // Days are those of the reader; the server counts in UTC.
    if (wanted.since) parts.set("since", new Date(`${wanted.since}T00:00`).toISOString());
    if (wanted.until) parts.set("until", new Date(`${wanted.until}T23:59:59`).toISOString());
    return `reports?${parts}`;
  }

  function want(change) {
    Object.assign(wanted, { page: 1 }, change);
    ask();
  }

  function row(report) {
    const box = h("input", {
      type: "checkbox",
      value: report.task_id,
      checked: chosen.has(report.task_id),
      data: { testid: "compare-pick" },
    });
    box.addEventListener("change", () => choose([report.task_id], box.checked));
    const [[gas, values]] = Object.entries(report.gases);
    return h("label", {}, box, h("span", { class: "wrap", text: report.name }),
      h("span", { class: "small num", text: `${gasName(gas)} ${rateTexts(listedRate(values)).shown} kg/h` }),
      h("span", { class: "soft small", text: dateTime(report.created_at) }));
  }

  function choose(ids, isOn) {
    ids.forEach((id) => (isOn ? chosen.add(id) : chosen.delete(id)));
    mark();
    changed();
  }

  /** Show the choice as it is, whoever changed it. */
  function mark() {
    boxes().forEach((box) => { box.checked = chosen.has(box.value); });
    count.textContent = chosen.size ? `· ${t("tasks.selected", { n: chosen.size })}` : "";
    clear.hidden = !chosen.size;
  }

  function filters() {
    const day = (name) =>
      h("input", {
        type: "date",
        data: { testid: `compare-${name}` },
        on: { change: (event) => want({ [name]: event.target.value }) },
      });
    return h(
      "form",
      { class: "filters", role: "search", on: { submit: (event) => event.preventDefault() } },
      labelled(
        t("tasks.search"),
        searchBox("", "compare-search", (q) => want({ q })),
      ),
      labelled(t("compare.since"), day("since")),
      labelled(t("compare.until"), day("until")),
    );
  }

  return { node, mark };
}
