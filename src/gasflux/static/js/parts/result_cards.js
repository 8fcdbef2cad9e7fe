// The parts of a result below its headline: map, track, series, error budget, gases, files.

import { address } from "../api.js";
import { budgetBars } from "../plots/bars.js";
import { curtainPlot, curtainTable } from "../plots/curtain.js";
import { seriesPlots } from "../plots/series.js";
import { colourKey, trackPlot } from "../plots/track.js";
import { facts, h, uniqueId } from "../dom.js";
import { bytes, compass, duration, fixed, fractionUnit, gasName, percent, significant } from "../format.js";
import { t, textOr } from "../i18n.js";
import { icon } from "../icons.js";
import { rateTexts } from "../rate.js";
import { gasAnswer, nearest, onOneAxis, startMs, surfaceOf, trackOf } from "../result_model.js";
import { table } from "./table.js";
import { surfaceKind, surfaceName, surfaceNames } from "../surface.js";

const FILE_ORDER = ["report.html", "results.zip", "processed.csv", "output_vars.json"];
const FILE_ICONS = {
  html: "report",
  zip: "archive",
  csv: "table",
  json: "file",
  geojson: "globe",
  kml: "globe",
  png: "picture",
  yaml: "file",
};

/** Return buttons of which one is pressed. */
export function segmented(label, options, chosen, choose) {
  const buttons = options.map(([value, text]) =>
    h("button", {
      type: "button",
      text,
      "aria-pressed": String(value === chosen),
      data: { choice: value },
      on: { click: () => press(value) },
    }),
  );
  const press = (value) => {
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(options[i][0] === value)));
    choose(value);
  };
  return h("div", { class: "segmented", role: "group", "aria-label": label }, buttons);
}

/** Return one surface, of several the one called `name`, as a map; `field` {shown, choose(name)}: flux or its error. */
export function curtainCard(result, gas, segment, { name, field, signal }) {
  const surface = surfaceOf(segment, gas);
  const kind = segment.strategy;
  const plot = curtainPlot({ ...surface, kind, title: t("curtain.label", { gas: gasName(gas) }), signal });
  plot.show(field.shown);
  const id = uniqueId("samples");
  const samples = h("input", {
    type: "checkbox",
    id,
    checked: true,
    on: { change: (event) => plot.showSamples(event.target.checked) },
  });
  const card = h(
    "section",
    { class: "card" },
    h(
      "div",
      { class: "spread" },
      h(
        "header",
        {},
        h("h2", {
          text: name
            ? t("curtain.title_of", { gas: gasName(gas), name })
            : t("curtain.title", { gas: gasName(gas), surface: surfaceName(kind) }),
        }),
        h("p", { class: "soft small", text: t(`curtain.lead.${kind}`) }),
      ),
      h(
        "div",
        { class: "row" },
        segmented(
          t("curtain.field"),
          [
            ["flux", t("curtain.flux")],
            ["std", t("curtain.std")],
          ],
          field.shown,
          (name) => {
            plot.show(name);
            field.choose(name);
          },
        ),
        h("label", { class: "check", htmlFor: id }, samples, h("span", { text: t("curtain.samples") })),
      ),
    ),
    plot.node,
    h("details", {}, h("summary", { text: t("curtain.table") }), curtainTable(surface.grid)));
  return { card, mark: plot.mark };
}

/** Return the mean wind as people say it, with its direction in degrees where `key` has a place for them. */
const windFrom = (flight, digits, key = "flight.wind_from") =>
  t(key, {
    speed: significant(flight.wind_mean_m_s, digits),
    from: compass(flight.wind_from_deg),
    degrees: fixed(flight.wind_from_deg, 0),
  });

/** Return the flight as a path; `mode` {shown, choose(name)}: from above or in space; `span` is the curtain shown. */
export function trackCard(result, gas, { mode, span, signal }) {
  const track = trackOf(result.view, gas);
  const flight = result.vars.flight;
  const plot = trackPlot({
    track,
    windFrom: flight.wind_from_deg,
    label: t("track.label", { wind: windFrom(flight, 2) }),
    span,
    signal,
  });
  plot.setMode(mode.shown);
  const most = track.value.reduce((best, value) => Math.max(best, value ?? 0), 0);
  const [factor, unit] = fractionUnit(most);
  const card = h(
    "section",
    { class: "card" },
    h(
      "div",
      { class: "spread" },
      h("h2", { text: t("track.title") }),
      segmented(
        t("track.mode"),
        [
          ["plan", t("track.plan")],
          ["space", t("track.space")],
        ],
        mode.shown,
        (name) => {
          plot.setMode(name);
          mode.choose(name);
        },
      ),
    ),
    plot.node,
    h(
      "div",
      { class: "legend" },
      h("span", { text: t("track.enhancement", { gas: gasName(gas) }) }),
      colourKey("0", significant(factor * most, 3), unit),
    ),
  );
  return { card, mark: plot.mark };
}

export function flightCard(result) {
  const { flight, input } = result.vars;
  const surface = surfaceName(surfaceKind(result.view.segments));
  const metres = (value) => `${significant(value, 3)} m`;
  const dropped = Object.values(input.rows_dropped).reduce((total, count) => total + count, 0);
  return h(
    "section",
    { class: "card" },
    h("h2", { text: t("flight.title") }),
    facts([
      [t("flight.strategy"), t(`strategy.${flight.strategy}`)],
      [t("flight.transects"), fixed(flight.transects, 0)],
      [t("flight.duration"), duration(flight.duration_s)],
      [t("flight.rate"), `${significant(flight.sample_hz, 2)} Hz`],
      [t("flight.length"), metres(flight.length_m)],
      [
        t("flight.heights"),
        t("range.unit", {
          low: significant(flight.height_min_m, 3),
          high: significant(flight.height_max_m, 3),
          unit: "m",
        }),
      ],
      [t("flight.wind"), windFrom(flight, 2)],
      [t("flight.normal", { surface }), `${significant(flight.wind_normal_mean_m_s, 2)} m/s`],
      Number.isFinite(flight.wind_angle_to_plane_deg)
        ? [t("flight.angle"), `${fixed(flight.wind_angle_to_plane_deg, 0)}°`]
        : ["", ""],
      [t("flight.air"), `${fixed(flight.temperature_mean_c, 1)} °C, ${fixed(flight.pressure_mean_hpa, 0)} hPa`],
      [t("flight.rows"), t("flight.rows_used", { used: fixed(input.rows_used, 0), read: fixed(input.rows_read, 0) })],
      dropped
        ? [
            t("flight.dropped"),
            Object.entries(input.rows_dropped)
              .map(([reason, count]) => t("flight.dropped_for", { reason: dropReason(reason), n: fixed(count, 0) }))
              .join(t("list.comma")),
          ]
        : ["", ""],
    ]),
  );
}

/** Return why rows were left out, in the language of the page. */
function dropReason(reason) {
  const [column] = reason.split(" out of range");
  if (column !== reason) return t("dropped.out of range", { column: textOr(`column.${column}`, gasName(column)) });
  return textOr(`dropped.${reason}`, reason);
}

/** Series of gas and wind with one time; `mark(index of the track | null)` follows the cursor, `span` is shaded. */
export function seriesCard(result, gas, { mark, span, signal }) {
  const { view } = result;
  const surface = surfaceName(surfaceKind(view.segments));
  const series = view.gases[gas];
  const winds = view.segments.map((segment) => segment.wind);
  const windTime = winds.flatMap((wind) => wind.time_s);
  const { times, values } = onOneAxis([
    { time: series.time_s, values: series.measured_ppm },
    { time: series.time_s, values: series.baseline_ppm },
    { time: windTime, values: winds.flatMap((wind) => wind.normal_m_s) },
    { time: windTime, values: winds.flatMap((wind) => wind.speed_m_s) },
  ]);
  const [measured, baseline, normal, speed] = values;
  const panels = [
    {
      unit: "ppm",
      height: 190,
      lines: [
        { label: t("series.measured", { gas: gasName(gas) }), values: measured, colour: "plot-1" },
        { label: t("series.baseline"), values: baseline, colour: "plot-2", width: 2 },
      ],
    },
    {
      unit: "m/s",
      height: 150,
      lines: [
        { label: t("series.speed"), values: speed, colour: "plot-faint" },
        { label: t("series.normal", { surface }), values: normal, colour: "plot-3" },
      ],
    },
  ];
  const plots = seriesPlots({
    time: times,
    startMs: startMs(view),
    zone: view.time_zone,
    panels,
    label: t("series.title"),
    span,
    signal,
    onTime: (index) => mark(index === null ? null : nearest(view.track.time_s, times[index])),
  });
  return h(
    "section",
    { class: "card" },
    h("header", {}, h("h2", { text: t("series.title") }), h("p", { text: t("series.lead", { surface }) })),
    plots.node,
    h("details", {}, h("summary", { text: t("series.table") }), facts(seriesFacts(result, gas))),
  );
}

function seriesFacts(result, gas) {
  const { background } = result.vars.gases[gas];
  const { flight } = result.vars;
  return [
    [t("series.background"), `${significant(background.mean_ppm, 5)} ppm`],
    [t("series.noise"), `${significant(background.noise_ppm, 2)} ppm`],
    [t("series.points"), `${fixed(background.points, 0)} / ${fixed(background.signal_points, 0)}`],
    [t("series.algorithm"), background.algorithm],
    [t("flight.wind"), windFrom(flight, 3, "flight.wind_exact")],
    [
      t("flight.normal", { surface: surfaceName(surfaceKind(result.view.segments)) }),
      `${significant(flight.wind_normal_mean_m_s, 3)} m/s`,
    ],
  ];
}

export function budgetCard(gas, values, kind) {
  const answer = gasAnswer(values);
  const below = values.flux_below_lowest_sample_kg_h;
  return h(
    "section",
    { class: "card" },
    h("header", {}, h("h2", { text: t("budget.title") }), h("p", { text: t("budget.lead") })),
    budgetBars(answer.budget, surfaceNames(kind)),
    h("div", {}, facts([
      [t("budget.below"), `${percent(below / (answer.flux || 1))}`],
      [t("budget.above"), `${percent((values.flux_above_highest_sample_kg_h ?? 0) / (answer.flux || 1))}`],
      [t("budget.backward", { surface: surfaceName(kind) }), `${significant(values.flux_negative_kg_h, 2)} kg/h`],
      [t("budget.limit"), `${significant(values.detection_limit_kg_h, 2)} kg/h`],
    ])));
}

/** Gases side by side. */
export function gasesCard(vars, chosen, choose) {
  const heads = ["gas", "rate", "interval", "limit", "grade"];
  let isTold = true;
  const rows = Object.entries(vars.gases).map(([gas, values]) => {
    const answer = gasAnswer(values);
    const texts = rateTexts(answer);
    isTold &&= texts.bound === null;
    const button = h("button", {
      class: "button quiet",
      type: "button",
      text: gasName(gas),
      "aria-pressed": String(gas === chosen),
      on: { click: () => choose(gas) },
    });
    return {
      cells: [
        button,
        texts.shown,
        t("range", texts),
        significant(answer.limit, 2),
        h("span", { class: `grade ${answer.grade}`, text: answer.grade }),
      ],
    };
  });
  return h("section", { class: "card" }, h("h2", { text: t("gases.title") }), table({
    label: t("gases.title"),
    caption: t(isTold ? "gases.caption" : "gases.caption_bound"),
    className: "gases",
    heads: heads.map((name) => ({ text: t(`gases.${name}`), isNumber: ["rate", "interval", "limit"].includes(name) })),
    rows,
  }));
}

/** A button for every file; the report and the archive first, figures at the end. */
export function filesCard({ task, view }) {
  const surface = surfaceName(surfaceKind(view.segments));
  const rank = (file) => (FILE_ORDER.indexOf(file.name) + 1 || 9) + (file.name.endsWith(".png") ? 10 : 0);
  const files = [...task.results].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
  const isFigure = (file) => file.name.startsWith("figures/");
  const figures = files.filter(isFigure);
  return h(
    "section",
    { class: "card" },
    h("h2", { text: t("files.title") }),
    h(
      "ul",
      { class: "files" },
      files.filter((file) => !isFigure(file)).map((file) => fileItem(file, surface)),
    ),
    figures.length
      ? h(
          "details",
          {},
          h("summary", { text: t("files.figures", { n: figures.length }) }),
          h(
            "ul",
            { class: "files" },
            figures.map((file) => fileItem(file, surface)),
          ),
        )
      : null,
  );
}

function fileItem(file, surface) {
  const ending = file.name.split(".").at(-1);
  const kind = file.name.startsWith("grid_") ? "grid" : file.name;
  const isPage = ending === "html";
  const attributes = isPage ? { target: "_blank", rel: "noopener" } : { download: file.name.split("/").at(-1) };
  return h(
    "li",
    {},
    h(
      "a",
      { href: address(file.download_url), ...attributes },
      icon(FILE_ICONS[ending] ?? "file"),
      h("span", { class: "file-name", text: file.name.replace("figures/", "") }),
      h("span", {
        class: "hint",
        text: [textOr(`file.${kind}`, "", { surface }), bytes(file.size)].filter(Boolean).join(" · "),
      }),
    ),
  );
}
