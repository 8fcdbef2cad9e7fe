// Several flights of a site: their rates with intervals, and the estimate from all of them, which the server works out.

import { get } from "../api.js";
import { h, replace } from "../dom.js";
import { fixed, gasName } from "../format.js";
import { t } from "../i18n.js";
import { announce } from "../notify.js";
import { flightPicker } from "../parts/flight_picker.js";
import { bigRate, boundLines } from "../parts/headline.js";
import { segmented } from "../parts/result_cards.js";
import { problem } from "../parts/states.js";
import { table } from "../parts/table.js";
import { forestPlot } from "../plots/bars.js";
import { listedRate, rateTexts } from "../rate.js";
import { rewrite } from "../router.js";

const ID = /^[0-9a-f-]{36}$/;

export function render(main, { query, signal }) {
  const chosen = new Set((query.get("ids") ?? "").split(",").filter((id) => ID.test(id)));
  const answer = h("div", { class: "view" });
  const picker = flightPicker(chosen, { changed, listed }, signal);
  let gas = null;
  let canChoose = false;
  main.append(
    h(
      "div",
      { class: "view" },
      h(
        "div",
        { class: "view-head" },
        h("div", {}, h("h1", { text: t("compare.title") }), h("p", { class: "soft", text: t("compare.lead") })),
      ),
      picker.node,
      answer,
    ),
  );
  draw();

  function changed() {
    rewrite(chosen.size ? `#/compare?ids=${[...chosen].join(",")}` : "#/compare");
    draw();
  }

  function listed() {
    canChoose = true;
    if (chosen.size < 2) draw();
  }

  async function draw() {
    if (chosen.size < 2) {
      replace(answer, canChoose ? h("p", { class: "note", text: t("compare.two") }) : null);
      return;
    }
    const wanted = [...chosen].join(",");
    const isOld = () => signal.aborted || wanted !== [...chosen].join(",");
    try {
      const comparison = await get(`reports/combined?ids=${wanted}`, { signal });
      if (!isOld()) show(comparison);
    } catch (error) {
      if (!isOld()) replace(answer, problem(error, draw));
    }
  }

  function show(comparison) {
    const { gases, missing, repeated = [] } = comparison;
    const names = Object.keys(gases);
    const most = Math.max(...names.map((name) => gases[name].flights.length));
    gas = names.includes(gas) ? gas : names.find((name) => gases[name].flights.length === most);
    const rows = gases[gas].flights.map(flightRate);
    const sum =
      rows.length > 1
        ? { ...flightRate(gases[gas].combined), between: gases[gas].combined.between_flights_std_kg_h }
        : null;
    replace(
      answer,
      missing.length ? h("p", { class: "note poor", text: t("compare.missing", { n: missing.length }) }) : null,
      repeated.length
        ? h("p", {
            class: "note poor",
            data: { testid: "compare-repeated" },
            text: t("compare.repeated", { n: repeated.length }),
          })
        : null,
      timeAndPlace(comparison),
      names.length > 1
        ? segmented(
            t("result.gas"),
            names.map((name) => [name, gasName(name)]),
            gas,
            (name) => {
              gas = name;
              show(comparison);
            },
          )
        : null,
      rateCards(gas, rows, sum, remove),
    );
    announce(t("compare.shown", { n: rows.length }));
  }

  function remove(row) {
    chosen.delete(row.id);
    picker.mark();
    changed();
    main.querySelector("[data-testid=compare-open]").focus();
  }
}

/** Return what is told of flights that count, though they say less than others or may be of another source. */
function timeAndPlace({ gases, simultaneous = [], elsewhere = {} }) {
  const names = Object.fromEntries(
    Object.values(gases).flatMap(({ flights }) => flights.map((flight) => [flight.task_id, flight.name])),
  );
  const note = (kind, text) => h("p", { class: "note", data: { testid: `compare-${kind}` }, text });
  return [
    ...simultaneous.map((group) =>
      note("simultaneous", t("compare.simultaneous", { names: group.map((id) => names[id]).join(" · ") })),
    ),
    ...Object.entries(elsewhere).map(([id, metres]) =>
      note("elsewhere", t("compare.elsewhere", { name: names[id], km: fixed(metres / 1000, 1) })),
    ),
  ];
}

const flightRate = (flight) => ({
  ...listedRate(flight),
  std: flight.flux_std_kg_h,
  id: flight.task_id,
  name: flight.name,
  weight: flight.weight,
});

function rateCards(gas, rows, sum, remove) {
  const title = t("compare.rates", { gas: gasName(gas) });
  return [
    sum ? sumCard(gas, sum, rows) : h("p", { class: "note", text: t("compare.one_with", { gas: gasName(gas) }) }),
    h(
      "section",
      { class: "card" },
      h("h2", { text: title }),
      h(
        "div",
        { class: "scroll", tabIndex: 0, role: "region", "aria-label": title },
        forestPlot(rows, sum && { ...sum, name: t("compare.combined") }, t("compare.plot")),
      ),
      rateTable(rows, remove),
    ),
  ];
}

/** Return how well flights agree: a scatter that few flights show is itself hardly known, and widens the interval. */
function agreement(rows, sum) {
  if (sum.between === 0) return "agree";
  return sum.between > Math.max(...rows.map((row) => row.std)) ? "disagree" : "somewhat";
}

function sumCard(gas, sum, rows) {
  const texts = rateTexts(sum);
  const hasBound = rows.some((row) => rateTexts(row).bound !== null);
  const assumed = ["one_source", "independent", "common", hasBound && "bounds"].filter(Boolean);
  return h("section", { class: "card headline" },
    h("div", { class: "stack" },
      h("p", { class: "gas", text: t("compare.sum", { gas: gasName(gas), n: rows.length }) }),
      bigRate(texts, { testid: "combined-value", value: sum.flux }),
      boundLines(texts, sum.level),
      h("p", { class: "interval", text: t("result.interval", { level: fixed(100 * sum.level, 0), ...texts }) })),
    h("div", { class: "stack small" },
      h("p", { class: "soft", text: t(`compare.${agreement(rows, sum)}`) }),
      h("div", { data: { testid: "combined-assumptions" } }, h("p", { class: "label", text: t("compare.assumed") }),
        h("ul", { class: "soft notes" }, assumed.map((name) => h("li", { text: t(`compare.assumed.${name}`) }))))));
}

function rateTable(rows, remove) {
  const heads = ["flight", "rate", "interval", "weight", "grade"].map((name) => ({
    text: t(`compare.${name}`),
    isNumber: ["rate", "interval", "weight"].includes(name),
  }));
  return table({
    label: t("compare.table"),
    className: "rates",
    heads: [...heads, { text: "" }],
    rows: rows.map((row) => {
      const texts = rateTexts(row);
      return {
        cells: [
          h("a", { href: `#/task/${row.id}`, text: row.name }),
          texts.shown,
          t("range", texts),
          `${fixed(100 * row.weight, 0)} %`,
          h("span", { class: `grade ${row.grade}`, text: row.grade }),
          h("button", {
            class: "button quiet",
            type: "button",
            text: t("act.remove"),
            "aria-label": t("new.remove", { name: row.name }),
            on: { click: () => remove(row) },
          }),
        ],
      };
    }),
  });
}
