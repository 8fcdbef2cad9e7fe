// Several flights of a site: their rates with intervals, and the estimate from all of them.

import { address, ApiError, get } from "../api.js";
import { combine } from "../combine.js";
import { h, replace } from "../dom.js";
import { fixed, gasName } from "../format.js";
import { t } from "../i18n.js";
import { announce } from "../notify.js";
import { flightPicker } from "../parts/flight_picker.js";
import { bigRate, boundLines } from "../parts/headline.js";
import { segmented } from "../parts/result_cards.js";
import { problem } from "../parts/states.js";
import { forestPlot } from "../plots/bars.js";
import { rateTexts } from "../rate.js";
import { gasAnswer } from "../result_model.js";
import { rewrite } from "../router.js";

export function render(main, { query, signal }) {
  const chosen = new Set((query.get("ids") ?? "").split(",").filter(Boolean));
  const cache = new Map();
  const answer = h("div", { class: "view" });
  const picker = flightPicker(chosen, changed, signal);
  let gas = null;
  main.append(h("div", { class: "view" },
    h("div", { class: "view-head" }, h("div", {}, h("h1", { text: t("compare.title") }), h("p", { class: "soft", text: t("compare.lead") }))), picker.node, answer));
  draw();

  function changed() {
    rewrite(chosen.size ? `#/compare?ids=${[...chosen].join(",")}` : "#/compare");
    draw();
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
    else show(flights.filter(Boolean), flights.filter((found) => !found).length);
  }

  async function flight(id) {
    if (!cache.has(id)) cache.set(id, load(id).catch((error) => { cache.delete(id); throw error; }));
    return cache.get(id);
  }

  /** Return task and figures of a flight, null when it is gone or has no result any more. */
  async function load(id) {
    const task = await get(`task/${encodeURIComponent(id)}`, { signal }).catch(nothingIfGone);
    const file = task?.results.find((result) => result.name === "output_vars.json");
    if (!file) return null;
    const response = await fetch(address(file.download_url), { signal });
    return response.ok ? { task, vars: await response.json() } : null;
  }

  function show(flights, missing) {
    const gases = [...new Set(flights.flatMap(({ vars }) => Object.keys(vars.gases)))];
    gas = gases.includes(gas) ? gas : gases.find((name) => flights.every(({ vars }) => name in vars.gases)) ?? gases[0];
    const rows = flights.filter(({ vars }) => gas in vars.gases).map(({ task, vars }) => ({ name: task.name, id: task.task_id, ...gasAnswer(vars.gases[gas]) }));
    const sum = rows.length > 1 ? combine(rows, rows[0].level) : null;
    const remove = (row) => {
      chosen.delete(row.id);
      picker.mark();
      changed();
      main.querySelector("[data-testid=compare-open]").focus();
    };
    replace(answer,
      missing ? h("p", { class: "note poor", text: t("compare.missing", { n: missing }) }) : null,
      gases.length > 1 ? segmented(t("result.gas"), gases.map((name) => [name, gasName(name)]), gas, (name) => { gas = name; show(flights, missing); }) : null,
      rows.length ? rateCards(gas, rows, sum, remove) : null);
    announce(t("compare.shown", { n: rows.length }));
  }
}

/** A flight that was deleted is no reason to show none of the others; what is no id was never one. */
function nothingIfGone(error) {
  if (error instanceof ApiError && [404, 422].includes(error.status)) return null;
  throw error;
}

function rateCards(gas, rows, sum, remove) {
  const title = t("compare.rates", { gas: gasName(gas) });
  return [
    sum ? sumCard(gas, sum, rows) : h("p", { class: "note", text: t("compare.one_with", { gas: gasName(gas) }) }),
    h("section", { class: "card" }, h("h2", { text: title }),
      h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": title }, forestPlot(rows, sum && { ...sum, name: t("compare.combined") }, t("compare.plot"))),
      table(rows, sum, remove)),
  ];
}

function sumCard(gas, sum, rows) {
  const texts = rateTexts(sum);
  const disagree = sum.between > Math.max(...rows.map((row) => row.std));
  const hasBound = rows.some((row) => rateTexts(row).bound !== null);
  return h("section", { class: "card headline" },
    h("div", { class: "stack" },
      h("p", { class: "gas", text: t("compare.sum", { gas: gasName(gas), n: rows.length }) }),
      bigRate(texts, { testid: "combined-value", value: sum.flux }),
      boundLines(texts, sum.level),
      h("p", { class: "interval", text: t("result.interval", { level: fixed(100 * sum.level, 0), ...texts }) })),
    h("div", { class: "stack small" },
      h("p", { class: "soft", text: t(disagree ? "compare.disagree" : "compare.agree") }),
      h("div", { data: { testid: "combined-assumptions" } }, h("p", { class: "label", text: t("compare.assumed") }),
        h("ul", { class: "soft notes" }, ["one_source", "independent", "common", hasBound && "bounds"].filter(Boolean).map((name) => h("li", { text: t(`compare.assumed.${name}`) }))))));
}

function table(rows, sum, remove) {
  const heads = ["flight", "rate", "interval", "weight", "grade"];
  return h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": t("compare.table") }, h("table", { class: "rates" },
    h("thead", {}, h("tr", {}, heads.map((name) => h("th", { scope: "col", class: ["rate", "interval", "weight"].includes(name) ? "n" : "", text: t(`compare.${name}`) })), h("td", {}))),
    h("tbody", {}, rows.map((row, i) => {
      const texts = rateTexts(row);
      return h("tr", {},
        h("th", { scope: "row" }, h("a", { href: `#/task/${row.id}`, text: row.name })),
        h("td", { class: "n", text: texts.shown }), h("td", { class: "n", text: t("range", texts) }),
        h("td", { class: "n", text: sum ? `${fixed(100 * sum.weight[i], 0)} %` : "" }), h("td", {}, h("span", { class: `grade ${row.grade}`, text: row.grade })),
        h("td", { class: "n" }, h("button", { class: "button quiet", type: "button", text: t("act.remove"), "aria-label": t("new.remove", { name: row.name }), on: { click: () => remove(row) } })));
    }))));
}
