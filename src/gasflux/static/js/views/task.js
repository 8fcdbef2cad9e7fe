// One task: its progress while it is at work, then the result, or why there is none.

import { address, get, getIfChanged } from "../api.js";
import { h, replace } from "../dom.js";
import { faultList, inWords } from "../faults.js";
import { dateTime, gasName } from "../format.js";
import { t, textOr } from "../i18n.js";
import { announce } from "../notify.js";
import { flagsCard, headline } from "../parts/headline.js";
import {
  budgetCard,
  curtainCard,
  filesCard,
  flightCard,
  gasesCard,
  segmented,
  seriesCard,
  trackCard,
} from "../parts/result_cards.js";
import { loading, problem } from "../parts/states.js";
import { taskActs } from "../parts/task_acts.js";
import { failureTitle, keeping, work } from "../parts/task_row.js";
import { poll } from "../poll.js";
import { fetchResult, flagsOf, gasAnswer, placeOnSurface } from "../result_model.js";
import { go } from "../router.js";
import { surfaceKind, surfaceNames } from "../surface.js";

const BUSY_MS = 1000;
const IDLE_MS = 10000;
const LOG_LINES = 200;

export function render(main, { params: [taskId], signal }) {
  const state = { etag: null, task: null, shown: null };
  const head = h("div", { class: "view-head" }, h("div", {}, h("h1", { text: t("place.task") })));
  const body = h("div", { class: "view" }, loading(2, "tall"));
  main.append(h("div", { class: "view" }, head, body));
  const now = poll(ask, signal);

  async function ask() {
    try {
      const answer = await getIfChanged(`task/${encodeURIComponent(taskId)}`, state.etag, { signal });
      if (answer.changed) {
        state.etag = answer.etag;
        await arrive(answer.data);
      }
    } catch (error) {
      if (error.name === "AbortError") return null;
      if (!state.task || error.status === 404)
        replace(
          body,
          problem(error, () => {
            replace(body, loading(2, "tall"));
            now();
          }),
        );
      return error.status === 404 ? null : IDLE_MS;
    }
    return state.task.status === "pending" || state.task.status === "processing" ? BUSY_MS : IDLE_MS;
  }

  async function arrive(task) {
    const before = state.task?.status;
    state.task = task;
    if (before && before !== task.status)
      announce(t("tasks.now", { name: task.name, status: t(`status.${task.status}`) }));
    drawHead(task);
    if (task.status === "completed") await showResult(task);
    else if (task.status === "failed") replace(body, failure(task));
    else replace(body, atWork(task));
  }

  function drawHead(task) {
    document.title = `${task.name} · GasFlux`;
    const changed = (isGone) => {
      if (isGone) return go("#/tasks");
      state.etag = null;
      return now();
    };
    const hadFocus = head.contains(document.activeElement) ? document.activeElement.dataset.act : null;
    const heading = h("h1", { text: task.name, tabIndex: -1 });
    const hadHeading = document.activeElement === head.querySelector("h1");
    replace(
      head,
      h(
        "div",
        {},
        h("p", { class: "small" }, h("a", { href: "#/tasks", text: `← ${t("task.back")}` })),
        heading,
        h("p", {
          class: "soft small",
          text: [task.input_name !== task.name && task.input_name, dateTime(task.created_at), keeping(task)]
            .filter(Boolean)
            .join(" · "),
        }),
      ),
      h("div", { class: "row" }, reportButton(task), taskActs(task, changed)),
    );
    if (hadFocus) head.querySelector(`[data-act=${hadFocus}]`)?.focus();
    if (hadHeading) heading.focus({ preventScroll: true });
  }

  /** Fetch and draw the result once; a new name or a pin need no new drawing. */
  async function showResult(task) {
    const version = JSON.stringify([task.finished_at, task.attempts]);
    if (state.shown === version) return;
    replace(body, loading(2, "tall"));
    const result = await fetchResult(task, signal);
    state.shown = version;
    drawResult(body, result, signal);
  }
}

function reportButton(task) {
  const file = task.results.find((result) => result.name === "report.html");
  return task.status === "completed" && file
    ? h("a", {
        class: "button primary",
        href: address(file.download_url),
        target: "_blank",
        rel: "noopener",
        text: t("act.open_report"),
        data: { testid: "report-link" },
      })
    : null;
}

function atWork(task) {
  const isWaiting = task.status === "pending";
  return h("section", { class: "card working" },
    h("p", { class: "stage", text: isWaiting ? t("task.waiting") : t("task.working") }),
    isWaiting
      ? h("p", { class: "soft", text: task.queue_position ? t("tasks.position", { n: task.queue_position }) : "" })
      : work(task),
    h("p", { class: "soft small", text: t("task.may_leave") }),
  );
}

function failure(task) {
  const isCancelled = task.error_type === "cancelled";
  const own = isCancelled ? t("task.cancelled_text") : textOr(`failure.text.${task.error_type}`, null);
  const isListed = task.error_details.length > 0 && own === null;
  return [
    h(
      "section",
      { class: `note ${isCancelled ? "poor" : "bad"}` },
      h("h2", { text: isCancelled ? t("task.cancelled") : failureTitle(task) }),
      isListed ? faultList(task.error_details) : null,
      h("p", { text: own ?? t("task.failed_text") }),
      isCancelled || isListed
        ? null
        : h(
            "p",
            { class: "hint wrap" },
            t("failure.said"),
            " ",
            h("span", inWords(task.error ?? task.message, task.error_details)),
          ),
    ),
    logCard(task),
  ];
}

function drawResult(body, result, signal) {
  const gases = Object.keys(result.vars.gases);
  const segments = result.view.segments;
  let drawn = null;

  const draw = (gas, number) => {
    drawn?.abort();
    drawn = new AbortController();
    signal.addEventListener("abort", () => drawn.abort());
    const inner = drawn.signal;
    const values = result.vars.gases[gas];
    const answer = gasAnswer(values);
    const flags = flagsOf(result, gas);
    const usable = segments.map((segment, i) => [i, segment]).filter(([, segment]) => gas in segment.gases);
    const chosen = usable.some(([i]) => i === number) ? number : usable[0]?.[0];
    const segment = segments[chosen];
    const curtain = segment ? curtainCard(result, gas, segment, inner) : null;
    const track = trackCard(result, gas, inner);
    const mark = (index) => {
      track.mark(index);
      curtain?.mark(placeOnSurface(result.view, segment, index));
    };
    replace(
      body,
      gases.length > 1
        ? segmented(
            t("result.gas"),
            gases.map((name) => [name, gasName(name)]),
            gas,
            (name) => draw(name, number),
          )
        : null,
      headline(gas, answer),
      flags.length ? flagsCard(t("result.flags"), flags) : null,
      usable.length > 1 ? segmentChoice(usable, chosen, (next) => draw(gas, next)) : null,
      usable.length > 1 && segmentFlags(segment, gas, chosen),
      curtain?.card,
      h("div", { class: "columns" }, track.card, flightCard(result)),
      seriesCard(result, gas, mark, inner),
      h(
        "div",
        { class: "columns" },
        budgetCard(gas, values, surfaceKind(segments)),
        gasesCard(result.vars, gas, (name) => {
          draw(name, number);
          scrollTo(0, 0);
        }),
      ),
      filesCard(result),
      logCard(result.task));
  };
  draw(gases[0], 0);
}

function segmentChoice(usable, chosen, choose) {
  const kind = surfaceKind(usable.map(([, segment]) => segment));
  return h(
    "div",
    { class: "spread" },
    h("p", { class: "soft", text: t("result.segments", { n: usable.length, surfaces: surfaceNames(kind) }) }),
    segmented(
      t("surface.one.mixed"),
      usable.map(([i, segment]) => [i, segmentName(segment, i)]),
      chosen,
      choose,
    ),
  );
}

const segmentName = (segment, number) =>
  t("result.segment_n", { surface: t(`surface.one.${segment.strategy}`), n: number + 1 });

/** Return what speaks against one of several surfaces by itself. */
function segmentFlags(segment, gas, number) {
  const flags = segment.gases[gas].flags ?? [];
  return flags.length > 0 && flagsCard(t("result.segment_flags", { name: segmentName(segment, number) }), flags);
}

/** The log of the task, fetched when it is opened. */
function logCard(task) {
  const text = h("pre", { class: "log", tabIndex: 0, role: "region", "aria-label": t("task.log") });
  const details = h("details", {}, h("summary", { text: t("task.log") }), text);
  details.addEventListener("toggle", async () => {
    if (!details.open) return;
    text.textContent = t("state.loading");
    const answer = await get(`task/${task.task_id}/log?tail=${LOG_LINES}`).catch((error) => ({
      lines: [error.message],
    }));
    text.textContent = answer.lines.join("\n") || t("task.log_empty");
  });
  return h("section", { class: "card" }, details);
}
