// Several flights of a site: their rates with intervals, and the estimate from all of them.

import { address, get } from "../api.js";
import { combine } from "../combine.js";
import { h, replace } from "../dom.js";
import { dateTime, fixed, gasName, intervalTexts, rateTexts } from "../format.js";
import { t } from "../i18n.js";
import { announce } from "../notify.js";
import { segmented } from "../parts/result_cards.js";
import { empty, loading, problem } from "../parts/states.js";
import { forestPlot } from "../plots/bars.js";
import { gasAnswer } from "../result_model.js";
import { rewrite } from "../router.js";

const LISTED = 100;

export function render(main, { query, signal }) {
  const chosen = new Set((query.get("ids") ?? "").split(",").filter(Boolean));
  const cache = new Map();
  const picker = h("div", {}, loading(3));
  const answer = h("div", { class: "view" });
  let gas = null;
  main.append(h("div", { class: "view" },
    h("div", { class: "view-head" }, h("div", {}, h("h1", { text: t("compare.title") }), h("p", { class: "soft", text: t("compare.lead") }))), picker, answer));
  start();

  async function start() {
    try {
      const { reports } = await get(`reports?per_page=${LISTED}`, { signal });
      replace(picker, reports.length ? pickCard(reports) : empty("compare", t("compare.none"), t("compare.none_text"), h("a", { class: "button primary", href: "#/new", text: t("place.new") })));
      if (reports.length) draw();
    } catch (error) {
      if (error.name !== "AbortError") replace(picker, problem(error, start));
    }
  }

  function pickCard(reports) {
    return h("section", { class: "card" }, h("h2", { text: t("compare.pick") }), h("div", { class: "pick", tabIndex: 0, role: "group", "aria-label": t("compare.pick") }, reports.map((report) => {
      const box = h("input", { type: "checkbox", checked: chosen.has(report.task_id), data: { testid: "compare-pick" } });
      box.addEventListener("change", () => {
        if (box.checked) chosen.add(report.task_id);
        else chosen.delete(report.task_id);
        rewrite(chosen.size ? `#/compare?ids=${[...chosen].join(",")}` : "#/compare");
        draw();
      });
      return h("label", {}, box, h("span", { class: "wrap", text: report.name }), h("span", { class: "soft small", text: dateTime(report.created_at) }));
    })));
  }

  async function draw() {
    if (chosen.size < 2) {
      replace(answer, h("p", { class: "note", text: t("compare.two") }));
      return;
    }
    const wanted = [...chosen];
    const flights = await Promise.all(wanted.map(flight)).catch((error) => error);
    if (signal.aborted || wanted.join() !== [...chosen].join()) return;
    if (flights instanceof Error) replace(answer, problem(flights, draw));
    else show(flights);
  }

  async function flight(id) {
    if (!cache.has(id)) cache.set(id, load(id).catch((error) => { cache.delete(id); throw error; }));
    return cache.get(id);
  }

  async function load(id) {
    const task = await get(`task/${id}`, { signal });
    const file = task.results.find((result) => result.name === "output_vars.json");
    const response = await fetch(address(file.download_url), { signal });
    return { task, vars: await response.json() };
  }

  function show(flights) {
    const gases = [...new Set(flights.flatMap(({ vars }) => Object.keys(vars.gases)))];
    gas = gases.includes(gas) ? gas : gases.find((name) => flights.every(({ vars }) => name in vars.gases)) ?? gases[0];
    const rows = flights.filter(({ vars }) => gas in vars.gases).map(({ task, vars }) => ({ name: task.name, id: task.task_id, ...gasAnswer(vars.gases[gas]) }));
    const sum = rows.length > 1 ? combine(rows, rows[0].level) : null;
    replace(answer,
      gases.length > 1 ? segmented(t("result.gas"), gases.map((name) => [name, gasName(name)]), gas, (name) => { gas = name; show(flights); }) : null,
      sum ? sumCard(gas, sum, rows) : h("p", { class: "note", text: t("compare.one_with", { gas: gasName(gas) }) }),
      h("section", { class: "card" }, h("h2", { text: t("compare.rates", { gas: gasName(gas) }) }),
        h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": t("compare.rates", { gas: gasName(gas) }) }, forestPlot(rows, sum && { ...sum, name: t("compare.combined") }, t("compare.plot"))),
        table(rows, sum)));
    announce(t("compare.shown", { n: rows.length }));
  }
}

function sumCard(gas, sum, rows) {
  const texts = rateTexts(sum);
  const disagree = sum.between > Math.max(...rows.map((row) => row.std));
  return h("section", { class: "card headline" },
    h("div", { class: "stack" },
      h("p", { class: "gas", text: t("compare.sum", { gas: gasName(gas), n: rows.length }) }),
      h("p", { class: "big", data: { testid: "combined-value", value: sum.flux } }, h("span", { text: texts.flux }), h("span", { class: "std", text: ` ± ${texts.std}` }), h("span", { class: "unit", text: " kg/h" })),
      h("p", { class: "interval", text: t("result.interval", { level: fixed(100 * sum.level, 0), ...texts }) })),
    h("p", { class: "soft small", text: t(disagree ? "compare.disagree" : "compare.agree") }));
}

function table(rows, sum) {
  const heads = ["flight", "rate", "interval", "weight", "grade"];
  return h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": t("compare.table") }, h("table", {},
    h("thead", {}, h("tr", {}, heads.map((name) => h("th", { scope: "col", class: ["rate", "interval", "weight"].includes(name) ? "n" : "", text: t(`compare.${name}`) })))),
    h("tbody", {}, rows.map((row, i) => {
      const texts = row.std ? rateTexts(row) : intervalTexts(row.flux, row.low, row.high);
      return h("tr", {},
        h("th", { scope: "row" }, h("a", { href: `#/task/${row.id}`, text: row.name })),
        h("td", { class: "n", text: `${texts.flux} ± ${texts.std}` }), h("td", { class: "n", text: t("range", texts) }),
        h("td", { class: "n", text: sum ? `${fixed(100 * sum.weight[i], 0)} %` : "" }), h("td", {}, h("span", { class: `grade ${row.grade}`, text: row.grade })));
    }))));
}
