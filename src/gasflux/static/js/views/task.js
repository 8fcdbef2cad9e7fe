// One task: its progress while it is at work, then the result, or why there is none.

import { address, get, getIfChanged } from "../api.js";
import { h, replace } from "../dom.js";
import { faultList, inWords } from "../faults.js";
import { dateTime, gasName } from "../format.js";
import { t, textOr } from "../i18n.js";
import { announce } from "../notify.js";
import { curtainsCard, segmentName } from "../parts/curtains.js";
import { flagsCard, headline } from "../parts/headline.js";
import { keptLine } from "../parts/kept.js";
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
import { listedRate } from "../rate.js";
import { go, rewrite } from "../router.js";
import { surfaceKind } from "../surface.js";

const BUSY_MS = 1000;
const IDLE_MS = 10000;
const LOG_LINES = 200;
/** What a result shows when the address names nothing: gas, curtain, map of the curtain, view of the flight. */
const SHOWN = { gas: "", curtain: "1", map: "flux", view: "plan" };
const CHOICES = { map: ["flux", "std"], view: ["plan", "space"] };

export function render(main, { params: [taskId], query, signal }) {
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
      if (error.status === 404) {
        // Its buttons would do nothing any more; the name stays, so that one knows what is gone.
        const name = state.task?.name ?? t("place.task");
        replace(head, h("div", {}, wayBack(), h("h1", { text: name, tabIndex: -1 })));
        state.task = null;
        state.shown = null;
      }
      if (!state.task)
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
    if (task.status === "completed" || isComputed(task)) await showResult(task);
    else {
      state.shown = null;
      replace(body, task.status === "failed" ? failure(task) : atWork(task));
    }
  }

  function changed(isGone) {
    if (isGone) return go("#/tasks");
    state.etag = null;
    return now();
  }

  function drawHead(task) {
    document.title = `${task.name} · GasFlux`;
    const hadFocus = head.contains(document.activeElement) ? document.activeElement.dataset.act : null;
    const heading = h("h1", { text: task.name, tabIndex: -1 });
    const hadHeading = document.activeElement === head.querySelector("h1");
    replace(
      head,
      h(
        "div",
        {},
        wayBack(),
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

  /** Fetch and draw the result once; figures that follow, a new name or a pin need no new drawing. */
  async function showResult(task) {
    if (state.shown?.attempt !== task.attempts) {
      if (task.status === "completed") replace(body, loading(2, "tall"));
      let result;
      try {
        result = await fetchResult(task, signal);
      } catch (error) {
        // A cluster keeps the plots until the end, and the task may be completed between two questions.
        if (task.status === "completed" || error.status !== 404) throw error;
        replace(body, ratesSoFar(task), atWork(task));
        return;
      }
      const kept = keptLine(changed);
      state.shown = { attempt: task.attempts, kept, ...drawResult(body, result, { query, signal, kept: kept.node }) };
    }
    state.shown.kept.follow(task);
    state.shown.follow(task);
  }
}

/** Whether the rates of a task are known while its figures are being drawn. */
const isComputed = (task) => task.status === "processing" && Object.keys(task.gases).length > 0;

const wayBack = () => h("p", { class: "small" }, h("a", { href: "#/tasks", text: `← ${t("task.back")}` }));

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

/** Return what is known of a result whose plots are not here yet. */
function ratesSoFar(task) {
  return Object.entries(task.gases).map(([gas, values]) => headline(gas, listedRate(values)));
}

/** Draw a result; `follow(task)` then shows what has come to it: first the figures are being drawn, then the files. */
function drawResult(body, result, { query, signal, kept }) {
  const gases = Object.keys(result.vars.gases);
  const segments = result.view.segments;
  const wanted = wantedOf(query);
  const slots = { work: h("div", { class: "slot" }), files: h("div", { class: "slot" }) };
  let drawn = null;

  const want = (change, isDrawn = true) => {
    Object.assign(wanted, change);
    rewrite(placeOf(result.task.task_id, wanted));
    if (isDrawn) draw();
  };

  const draw = () => {
    const { testid, choice } = body.contains(document.activeElement) ? document.activeElement.dataset : {};
    const place = [...body.querySelectorAll(`[data-testid="${testid}"]`)].indexOf(document.activeElement);
    drawAnew();
    const same = testid ? body.querySelectorAll(`[data-testid="${testid}"]`)[place] : null;
    (same ?? (choice && body.querySelector(`[data-choice="${choice}"]`)))?.focus({ preventScroll: true });
  };

  const drawAnew = () => {
    drawn?.abort();
    drawn = new AbortController();
    signal.addEventListener("abort", () => drawn.abort());
    const inner = drawn.signal;
    const gas = gases.includes(wanted.gas) ? wanted.gas : gases[0];
    const values = result.vars.gases[gas];
    const flags = flagsOf(result, gas);
    const usable = segments.map((segment, i) => [i, segment]).filter(([, segment]) => gas in segment.gases);
    const chosen = usable.some(([i]) => i === wanted.curtain - 1) ? wanted.curtain - 1 : usable[0]?.[0];
    const segment = segments[chosen];
    const span = usable.length > 1 ? segment : null;
    const field = { shown: wanted.map, choose: (map) => want({ map }, false) };
    const name = usable.length > 1 ? segmentName(segment, chosen) : null;
    const curtain = segment ? curtainCard(result, gas, segment, { name, field, signal: inner }) : null;
    const mode = { shown: wanted.view, choose: (view) => want({ view }, false) };
    const track = trackCard(result, gas, { mode, span, signal: inner });
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
            (name) => want({ gas: name }),
          )
        : null,
      headline(gas, gasAnswer(values), kept),
      slots.work,
      flags.length ? flagsCard(t("result.flags"), flags) : null,
      usable.length > 1
        ? curtainsCard(result, gas, { usable, chosen, choose: (next) => want({ curtain: next + 1 }) })
        : null,
      usable.length > 1 && segmentFlags(segment, gas, chosen),
      curtain?.card,
      h("div", { class: "columns" }, track.card, flightCard(result)),
      seriesCard(result, gas, { mark, span, signal: inner }),
      h(
        "div",
        { class: "columns" },
        budgetCard(gas, values, surfaceKind(segments)),
        gasesCard(result.vars, gas, (name) => {
          want({ gas: name });
          scrollTo(0, 0);
        }),
      ),
      slots.files,
      logCard(result.task));
  };

  const follow = (task) => {
    replace(slots.work, task.status === "completed" ? null : stillDrawing(task));
    if (task.status === "completed") replace(slots.files, filesCard({ task, view: result.view }));
  };
  draw();
  return { follow };
}

/** Return what the address asks to see of a result, as far as there is such a thing. */
function wantedOf(query) {
  const wanted = Object.fromEntries(Object.entries(SHOWN).map(([name, value]) => [name, query.get(name) ?? value]));
  Object.entries(CHOICES).forEach(([name, values]) => {
    if (!values.includes(wanted[name])) wanted[name] = SHOWN[name];
  });
  return wanted;
}

/** Return the address of what is seen of a result. */
function placeOf(taskId, wanted) {
  const parts = Object.entries(wanted).filter(([name, value]) => String(value) !== SHOWN[name]);
  return `#/task/${taskId}${parts.length ? `?${new URLSearchParams(parts)}` : ""}`;
}

/** Return the line that says that nothing needs to be waited for. */
function stillDrawing(task) {
  return h("section", { class: "card", data: { testid: "still-drawing" } },
    h("p", { text: t("task.still_drawing") }), work(task));
}

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
