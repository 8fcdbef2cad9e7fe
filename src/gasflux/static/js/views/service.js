// Service: is it well, what did it do, how is it set up, what does its log say.

import { get, OfflineError } from "../api.js";
import { h, replace } from "../dom.js";
import { bytes, dateTime, duration, fixed, percent, significant } from "../format.js";
import { t, textOr } from "../i18n.js";
import { announce } from "../notify.js";
import { loading, problem } from "../parts/states.js";
import { poll } from "../poll.js";

const REFRESH_MS = 5000;
const LOG_LINES = 200;

export function render(main, { signal }) {
  const parts = {
    health: h("div", {}, loading(1, "tall")),
    figures: h("div", {}),
    log: h("div", {}),
    settings: h("div", {}),
  };
  main.append(
    h(
      "div",
      { class: "view" },
      h(
        "div",
        { class: "view-head" },
        h("div", {}, h("h1", { text: t("service.title") }), h("p", { class: "soft", text: t("service.lead") })),
      ),
      parts.health,
      parts.figures,
      parts.log,
      parts.settings,
    ),
  );
  const shown = { health: null, refusal: null };
  poll(refresh, signal);
  showSettings();

  /** Ask for both at once: a service that cannot count any more can still say what ails it. */
  async function refresh() {
    const [state, figures] = await Promise.allSettled([health(signal), get("stats", { signal })]);
    if (signal.aborted) return null;
    if (state.value) showHealth(state.value, figures.value);
    else replace(parts.health, problem(state.reason));
    showFigures(figures);
    return REFRESH_MS;
  }

  function showHealth(answer, stats) {
    replace(parts.health, healthCard(answer, stats));
    if (shown.health && shown.health !== answer.status) announce(t(`health.${answer.status}.text`));
    shown.health = answer.status;
  }

  function showFigures({ value, reason }) {
    const refusal = reason && String(reason.status);
    if (value) replace(parts.figures, tiles(value));
    // Silence and 503 are told above. The same refusal is not drawn again: somebody may be entering a key in it.
    else if (refusal !== shown.refusal)
      replace(parts.figures, reason instanceof OfflineError || reason.status === 503 ? null : problem(reason));
    shown.refusal = refusal;
  }

  async function showSettings() {
    try {
      const config = await get("config", { signal });
      replace(parts.settings, settingsCard(config));
      replace(
        parts.log,
        config.access.role === "admin"
          ? logCard(signal)
          : h("p", { class: "soft small", text: t("service.log_admin") }),
      );
    } catch (error) {
      if (error.name !== "AbortError") replace(parts.settings, problem(error, showSettings));
    }
  }
}

/** An unhealthy service answers 503 with the same data. */
async function health(signal) {
  return get("health", { signal }).catch((error) => {
    if (error.status === 503 && error.data) return error.data;
    throw error;
  });
}

function healthCard(answer, stats) {
  return h(
    "section",
    { class: "card" },
    h(
      "div",
      { class: "spread" },
      h("h2", { text: t(`health.${answer.status}.text`) }),
      h("span", {
        class: `status ${answer.status}`,
        text: t(`health.${answer.status}`),
        data: { testid: "health-status" },
      }),
    ),
    h(
      "dl",
      { class: "facts" },
      Object.entries(answer.checks).map(([name, check]) =>
        h(
          "div",
          {},
          h("dt", { text: t(`check.${name}`) }),
          h(
            "dd",
            {},
            h("span", {
              class: `status ${{ ok: "healthy", degraded: "degraded", failed: "unhealthy" }[check.status]}`,
              text: t(`check.state.${check.status}`),
            }),
            checkText(name, check, stats),
          ),
        ),
      ),
    ),
    h("p", {
      class: "soft small",
      text: t("service.up", { version: answer.version, time: duration(answer.uptime_s) }),
    }),
  );
}

/** Return what to know of a check: a line where all is well, else what to do, and the server's own words. */
function checkText(name, check, stats) {
  if (check.status === "ok" && stats) return h("div", { class: "hint", text: wellText(name, stats) });
  const advice = check.status === "ok" ? "" : textOr(`check.${name}.${check.status}`, "");
  return [advice && h("p", { text: advice }), h("div", { class: "hint wrap", lang: "en", text: check.message })];
}

function wellText(name, { tasks, system }) {
  return textOr(`check.${name}.ok`, "", { free: bytes(system.disk.free), pending: fixed(tasks.pending, 0) });
}

function tiles(stats) {
  const { tasks, performance, system, requests } = stats;
  const entries = [
    [fixed(tasks.processing, 0), t("stats.processing"), t("stats.pending", { n: fixed(tasks.pending, 0) })],
    [fixed(tasks.completed, 0), t("stats.completed"), t("stats.failed", { n: fixed(tasks.failed, 0) })],
    [fixed(requests.total, 0), t("stats.requests"), t("stats.since", { when: dateTime(stats.since) })],
    [
      `${significant(performance.p50_ms, 2)} ms`,
      t("stats.median"),
      t("stats.p95", { ms: significant(performance.p95_ms, 2) }),
    ],
    [percent(performance.error_rate), t("stats.errors"), ""],
    [bytes(system.disk.free), t("stats.disk"), t("stats.of", { total: bytes(system.disk.total) })],
    [`${fixed(system.memory.percent, 0)} %`, t("stats.memory"), t("stats.own", { size: bytes(system.memory.process) })],
    [`${fixed(system.cpu.percent, 0)} %`, t("stats.cpu"), t("stats.cores", { n: system.cpu.cores })],
  ];
  return h(
    "section",
    { class: "tiles", "aria-label": t("stats.title") },
    entries.map(([value, label, hint]) =>
      h(
        "div",
        { class: "tile" },
        h("p", { class: "label", text: label }),
        h("p", { class: "value", text: value }),
        hint && h("p", { class: "hint", text: hint }),
      ),
    ),
  );
}

function settingsCard(config) {
  return h(
    "section",
    { class: "card" },
    h("header", {}, h("h2", { text: t("service.settings") }), h("p", { text: t("service.settings_text") })),
    h(
      "div",
      { class: "sections" },
      Object.entries(config.settings).map(([section, values]) =>
        h(
          "details",
          {},
          h("summary", { text: `[${section}]` }),
          h(
            "table",
            { class: "config-table" },
            h(
              "thead",
              { class: "visually-hidden" },
              h(
                "tr",
                {},
                h("th", { scope: "col", text: t("service.setting") }),
                h("th", { scope: "col", text: t("service.value") }),
              ),
            ),
            h(
              "tbody",
              {},
              Object.entries(values).map(([name, value]) =>
                h("tr", {}, h("th", { scope: "row", text: name }), h("td", { text: shown(value) })),
              ),
            ),
          ),
        ),
      ),
    ),
  );
}

const shown = (value) =>
  value === null ? "" : typeof value === "object" ? JSON.stringify(value) : textOr(`value.${value}`, String(value));

function logCard(signal) {
  const text = h("pre", { class: "log", tabIndex: 0, role: "region", "aria-label": t("service.log") });
  const load = async () => {
    const answer = await get(`logs?tail=${LOG_LINES}`, { signal }).catch((error) => ({ lines: [error.message] }));
    text.textContent = answer.lines.join("\n") || t("task.log_empty");
    text.scrollTop = text.scrollHeight;
  };
  load();
  return h(
    "section",
    { class: "card" },
    h(
      "div",
      { class: "spread" },
      h("h2", { text: t("service.log") }),
      h("button", { class: "button", type: "button", text: t("act.refresh"), on: { click: load } }),
    ),
    text,
  );
}
