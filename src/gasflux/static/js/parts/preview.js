// What a file holds, before it is sent for good: columns and units, ranges, where was flown, what was measured.

import { h } from "../dom.js";
import { faultList } from "../faults.js";
import { conversionText, dateTime, duration, fixed, gasName, plain, significant, unitText } from "../format.js";
import { inLanguage, t, textOr } from "../i18n.js";
import { seriesPlots } from "../plots/series.js";
import { colourKey, trackPlot } from "../plots/track.js";

const EARTH_RADIUS_M = 6371000;
const SERIES_COLOURS = ["plot-1", "plot-3", "plot-4", "plot-2"];

/** Return the names of the gases in a preview. */
export const previewGases = (preview) => Object.keys(preview.series ?? {});

/** Return everything known about one file. */
export function previewBody(preview, signal) {
  const hasTrack = preview.track?.latitude?.length > 1;
  return h("div", { class: "stack" },
    preview.faults.length ? faults(preview) : null,
    preview.notes.length
      ? h(
          "ul",
          { class: "hint notes" },
          preview.notes.map((note) => h("li", { text: inLanguage(note) })),
        )
      : null,
    hasTrack ? h("div", { class: "preview-plots" }, track(preview, signal), series(preview, signal)) : null,
    preview.columns.length ? columns(preview) : null);
}

/** Return one line: rows, duration, gases. */
export function previewSummary(preview) {
  const parts = [
    Number.isFinite(preview.rows) && t("preview.rows", { n: fixed(preview.rows, 0) }),
    Number.isFinite(preview.duration_s) && duration(preview.duration_s),
    preview.start && dateTime(preview.start),
    previewGases(preview).map(gasName).join(t("list.names")),
  ];
  return parts.filter(Boolean).join(" · ");
}

function faults(preview) {
  return h(
    "div",
    { class: "note bad" },
    h("h3", { text: t("preview.faults", { n: preview.faults.length }) }),
    faultList(preview.faults),
    h("p", { class: "hint", text: t("preview.faults_hint") }),
  );
}

function track(preview, signal) {
  const { latitude, longitude, height } = preview.track;
  const [lat0, lon0] = [latitude[0], longitude[0]];
  const metre = (Math.PI / 180) * EARTH_RADIUS_M;
  const gas = previewGases(preview)[0];
  const values = gas ? atTimes(preview.series[gas], preview.track.time_s) : latitude.map(() => null);
  const floor = lowest(values);
  const plot = trackPlot({
    track: {
      x: longitude.map((value) => (value - lon0) * metre * Math.cos((lat0 * Math.PI) / 180)),
      y: latitude.map((value) => (value - lat0) * metre),
      z: height,
      value: values.map((value) => (value === null ? null : value - floor)),
    },
    windFrom: preview.wind_from_deg,
    label: t("preview.track_label", { name: preview.name }),
    height: 260,
    signal,
  });
  const most = values.reduce((best, value) => Math.max(best, value ?? -Infinity), -Infinity);
  return h(
    "figure",
    { class: "stack" },
    h("figcaption", { class: "label", text: t("preview.track") }),
    plot.node,
    gas && Number.isFinite(floor)
      ? h(
          "div",
          { class: "legend" },
          h("span", { text: gasName(gas) }),
          colourKey(significant(floor, 3), significant(most, 3), "ppm"),
        )
      : null,
  );
}

function lowest(values) {
  return values.reduce((least, value) => (value === null ? least : Math.min(least, value)), Infinity);
}

/** Return the series' values nearest to each time. */
function atTimes(series, times) {
  let at = 0;
  return times.map((time) => {
    while (
      at + 1 < series.time_s.length &&
      Math.abs(series.time_s[at + 1] - time) <= Math.abs(series.time_s[at] - time)
    )
      at += 1;
    return series.ppm[at] ?? null;
  });
}

function series(preview, signal) {
  const gases = previewGases(preview).slice(0, 4);
  if (!gases.length) return null;
  const height = gases.length > 2 ? 105 : 130;
  return h(
    "figure",
    { class: "stack" },
    h("figcaption", { class: "label", text: t("preview.series") }),
    gases.map(
      (gas, i) =>
        seriesPlots({
          time: preview.series[gas].time_s,
          startMs: NaN,
          panels: [
            {
              unit: "ppm",
              height,
              lines: [{ label: gasName(gas), values: preview.series[gas].ppm, colour: SERIES_COLOURS[i] }],
            },
          ],
          label: t("preview.series_label", { gas: gasName(gas) }),
          signal,
        }).node,
    ),
  );
}

/** Return the unit in the file; a conversion that begins with it says it already. */
function unitCell({ unit, conversion }) {
  if (conversion && unit && conversion.startsWith(`${unit} -> `))
    return h("span", { text: conversionText(conversion) });
  return [
    h("span", { text: unitText(unit) }),
    conversion && h("span", { class: "hint", text: ` ${conversionText(conversion)}` }),
  ];
}

function columns(preview) {
  const names = ["name", "header", "unit", "minimum", "maximum", "missing"];
  const numeric = new Set(["minimum", "maximum", "missing"]);
  return h("details", { open: preview.faults.length > 0 },
    h("summary", { text: t("preview.columns", { n: preview.columns.length }) }),
    h(
      "div",
      { class: "scroll", tabIndex: 0, role: "region", "aria-label": t("preview.columns_label") },
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            names.map((name) =>
              h("th", { scope: "col", class: numeric.has(name) ? "n" : "", text: t(`preview.column.${name}`) }),
            ),
          ),
        ),
        h(
          "tbody",
          {},
          preview.columns.map((column) =>
            h(
              "tr",
              {},
              h("th", { scope: "row", text: textOr(`column.${column.name}`, gasName(column.name)) }),
              h("td", { text: column.header }),
              h("td", {}, unitCell(column)),
              h("td", { class: "n", text: plain(column.minimum) }),
              h("td", { class: "n", text: plain(column.maximum) }),
              h("td", { class: "n", text: column.missing ? fixed(column.missing, 0) : "" }),
            ),
          ),
        ),
      ),
    ),
    preview.ignored.length
      ? h("p", { class: "hint", text: t("preview.ignored", { names: preview.ignored.join(t("list.names")) }) })
      : null,
  );
}
