// New flight: drop files, see what they hold, send them.

import { get, OfflineError, upload } from "../api.js";
import { h, replace } from "../dom.js";
import { faultList } from "../faults.js";
import { bytes, percent } from "../format.js";
import { t } from "../i18n.js";
import { icon } from "../icons.js";
import { announce } from "../notify.js";
import { previewBody, previewGases, previewSummary } from "../parts/preview.js";
import { firstMinutes } from "../parts/first_minutes.js";
import { settings } from "../parts/settings.js";
import { recentFlights } from "../parts/recent.js";
import { loading, problem, withoutKey } from "../parts/states.js";
import { go } from "../router.js";
import { readPreview } from "../preview_model.js";

/** Above this a look at a file costs a wait on a slow line, so it is offered instead of done. */
const LOOK_AT_ONCE_BYTES = 20 * 1024 * 1024;
const RECENT = 3;
const TYPES = [".xlsx", ".xls", ".csv", ".csv.gz", ".gz"];

let kept = null;

export function render(main, { signal }) {
  const flights = kept ?? { entries: [], config: undefined };
  kept = null;
  const drop = h("div", {});
  const list = h("ul", { class: "stack plain", "aria-label": t("new.files"), hidden: true });
  const recent = h("div", {});
  const options = h("section", { class: "card", hidden: true });
  const bar = h("div", { class: "send-bar", hidden: true });
  const start = firstMinutes(add);
  let form = null;

  const view = h(
    "div",
    { class: "view" },
    h(
      "div",
      { class: "view-head" },
      h("div", {}, h("h1", { text: t("new.title") }), h("p", { class: "soft", text: t("new.lead") })),
    ),
    drop,
    start,
    list,
    options,
    bar,
    recent,
  );
  main.append(view);
  signal.addEventListener("abort", keep);

  function keep() {
    // Changing the language draws the view anew; the chosen files must not be lost by it.
    if (left().length) kept = { entries: left(), config: form?.text() };
  }

  /** Return the files that the server has not taken yet. */
  function left() {
    return flights.entries.filter((entry) => entry.state !== "sent");
  }

  function add(files) {
    for (const file of files) {
      const entry = {
        file,
        id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`,
        state: "chosen",
        preview: null,
        error: null,
        node: h("li", { class: "card flight-file" }),
      };
      flights.entries.push(entry);
      list.append(entry.node);
      drawEntry(entry);
      if (file.size <= LOOK_AT_ONCE_BYTES) look(entry);
    }
    drawAll();
    announce(t("new.added", { n: files.length }));
  }

  async function look(entry) {
    Object.assign(entry, { state: "looking", sendError: null });
    drawEntry(entry);
    drawBar();
    const data = new FormData();
    data.append("file", entry.file);
    if (form?.text().trim()) data.append("config", form.text());
    try {
      entry.preview = readPreview(await upload("preview", data, { signal }), entry.file.name);
      entry.error = null;
    } catch (error) {
      if (error.name === "AbortError") return;
      entry.preview = null;
      entry.error = error;
    }
    if (entry.state === "looking") entry.state = "looked";
    drawEntry(entry);
    drawAll();
  }

  function drawEntry(entry) {
    const remove = () => {
      flights.entries.splice(flights.entries.indexOf(entry), 1);
      entry.node.remove();
      drawAll();
      view.querySelector("[data-testid=file-input]").focus();
    };
    if (entry.state === "sent") return void replace(entry.node, accepted(entry));
    replace(entry.node,
      h("div", { class: "spread" },
        h("div", {}, h("h2", { text: entry.file.name }), h("p", { class: "soft small", text: summary(entry) })),
        entry.state === "sending"
          ? null
          : h("button", {
              class: "button quiet",
              type: "button",
              text: t("act.remove"),
              "aria-label": t("new.remove", { name: entry.file.name }),
              on: { click: remove },
            }),
      ),
      content(entry),
    );
  }

  function summary(entry) {
    return [bytes(entry.file.size), entry.preview && previewSummary(entry.preview)].filter(Boolean).join(" · ");
  }

  function content(entry) {
    if (entry.state === "sending") return sending(entry);
    if (entry.state === "looking") return loading(1, "tall");
    if (entry.sendError instanceof OfflineError) return unsent(() => send([entry]));
    if (entry.error instanceof OfflineError) return unsent(() => look(entry));
    if (entry.sendError) return [refusal(entry.sendError, () => send([entry])), keptTask(entry.sendError)];
    if (entry.error) return refusal(entry.error, () => look(entry));
    if (entry.preview) return previewBody(entry.preview, signal);
    return h(
      "div",
      { class: "row" },
      h("p", { class: "hint", text: t("new.large") }),
      h("button", { class: "button", type: "button", text: t("new.look"), on: { click: () => look(entry) } }),
    );
  }

  function sending(entry) {
    entry.bar ??= h("progress", { max: 1, value: 0, "aria-label": t("new.uploading", { name: entry.file.name }) });
    return h(
      "div",
      { class: "stack" },
      entry.bar,
      (entry.share ??= h("p", { class: "hint", text: t("new.sent_share", { share: "0 %" }) })),
    );
  }

  function drawAll() {
    const entries = left();
    drawDrop(entries.length > 0);
    start.hidden = flights.entries.length > 0;
    options.hidden = bar.hidden = !entries.length;
    list.hidden = !flights.entries.length;
    recent.hidden = flights.entries.length > 0;
    if (entries.length && !form) {
      form = settings({
        text: flights.config,
        onChange: () =>
          left().forEach((entry) => entry.state !== "sending" && (entry.preview || entry.error) && look(entry)),
        onJudged: drawBar,
      });
      replace(
        options,
        h("header", {}, h("h2", { text: t("settings.title") }), h("p", { text: t("settings.lead") })),
        form.node,
      );
    }
    form?.setGases([...new Set(entries.flatMap((entry) => (entry.preview ? previewGases(entry.preview) : [])))]);
    drawBar();
  }

  /** The chooser stays the same node as long as it looks the same: a focus in it is not lost. */
  function drawDrop(isCompact) {
    if (drop.dataset.compact === String(isCompact)) return;
    drop.dataset.compact = String(isCompact);
    const hadFocus = drop.contains(document.activeElement);
    replace(drop, dropZone(add, isCompact));
    if (hadFocus) drop.querySelector("input").focus({ preventScroll: true });
  }

  function drawBar() {
    const open = left().filter((entry) => entry.state !== "sending");
    const good = open.filter((entry) => !isFaulty(entry));
    const bad = open.length - good.length;
    const isLooking = open.some((entry) => entry.state === "looking");
    const button = h(
      "button",
      {
        class: "button primary large",
        type: "button",
        data: { testid: "submit-upload" },
        disabled: isLooking || !good.length,
        on: { click: () => send(good) },
      },
      h("span", { text: t("new.send", { n: good.length }) }),
    );
    const isWrong = form && !form.isGood();
    const note = isWrong
      ? t("new.bar_settings")
      : isLooking
        ? t("new.bar_looking")
        : bad
          ? t("new.bar_faults", { n: bad })
          : t("new.bar_ready");
    const hadFocus = bar.contains(document.activeElement) && document.activeElement.dataset.testid;
    replace(
      bar,
      h("p", { class: bad || isWrong ? "fault" : "soft small", text: note }),
      h("div", { class: "row" }, toSettings(), button),
    );
    if (hadFocus) keepFocus(bar.querySelector(`[data-testid=${hadFocus}]`));
  }

  /** A button that cannot be pressed now takes no focus: then it goes to the head of the view, not to nowhere. */
  function keepFocus(node) {
    if (node && !node.disabled) return node.focus({ preventScroll: true });
    const heading = view.querySelector("h1");
    heading.tabIndex = -1;
    return heading.focus({ preventScroll: true });
  }

  /** On a phone the settings lie below every preview. */
  function toSettings() {
    const go = () => {
      const heading = options.querySelector("h2");
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
      options.scrollIntoView({ block: "start" });
    };
    return h("button", { class: "button quiet", type: "button", text: t("settings.title"), on: { click: go },
      data: { testid: "to-settings" } });
  }

  async function send(entries) {
    await Promise.all(entries.map(sendOne));
    if (signal.aborted) return;
    if (left().length) drawAll();
    else go("#/tasks");
  }

  async function sendOne(entry) {
    Object.assign(entry, { state: "sending", sendError: null, bar: null, share: null });
    drawEntry(entry);
    drawBar();
    const data = new FormData();
    data.append("file", entry.file);
    if (form.text().trim()) data.append("config", form.text());
    const onProgress = (share) => {
      entry.bar.value = share;
      entry.share.textContent =
        share < 1 ? t("new.sent_share", { share: percent(share, share < 0.1 ? 1 : 2) }) : t("new.sent_all");
    };
    try {
      const { task_id: taskId } = await upload("upload", data, {
        onProgress,
        headers: { "Idempotency-Key": entry.id },
      });
      Object.assign(entry, { state: "sent", taskId });
      announce(t("new.accepted_file", { name: entry.file.name }));
    } catch (error) {
      Object.assign(entry, { state: "looked", sendError: error });
      // What the server has judged is another request when it comes again; what it may not have seen is the same.
      if ([409, 422].includes(error.status)) entry.id = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    }
    drawEntry(entry);
    drawBar();
  }

  flights.entries.forEach((entry) => {
    list.append(entry.node);
    drawEntry(entry);
    if (entry.state === "looking") look(entry);
  });
  drawAll();
  prepare();

  /** Ask for a key before a file is chosen in vain, and show what was measured last. */
  async function prepare() {
    const config = await get("config", { signal }).catch(() => null);
    if (config?.access.role === "none") return replace(view, problem(withoutKey()));
    const last = config && (await get(`tasks?status=completed&per_page=${RECENT}`, { signal }).catch(() => null));
    return last?.tasks.length && replace(recent, recentFlights(last.tasks));
  }
}

/** Whether the server finds fault with the file itself; when it was busy or away, the file may be as good as any. */
function isFaulty(entry) {
  return (
    entry.preview?.faults.length > 0 ||
    [entry.error, entry.sendError].some((error) => [413, 415, 422].includes(error?.status))
  );
}

/** Return where a refused file is kept as a failed task, which can be run again with other settings. */
function keptTask(error) {
  return error.data?.task_id && h("p", {}, h("a", { href: `#/task/${error.data.task_id}`, text: t("new.kept_link") }));
}

/** Return the line that stands for a file the server took. */
function accepted(entry) {
  return h(
    "p",
    { data: { testid: "accepted-file" } },
    h("span", { class: "wrap", text: t("new.accepted_file", { name: entry.file.name }) }),
    " ",
    h("a", { href: `#/task/${entry.taskId}`, text: t("new.accepted_link") }),
  );
}

/** Return why a file is not taken: its faults, or the state of the server, in which the same may go well later. */
function refusal(error, retry) {
  if (error.details?.length && ![409, 429, 503].includes(error.status))
    return h(
      "div",
      { class: "note bad", role: "alert" },
      h("h3", { text: t("preview.unusable") }),
      faultList(error.details),
    );
  return problem(error, retry);
}

/** Return what to do about a file that did not reach the server: nothing goes on by itself here. */
function unsent(retry) {
  return h("section", { class: "note poor", role: "alert" },
    h("h3", { text: t("state.offline") }),
    h("p", { text: t("new.unsent") }),
    h("div", { class: "row" },
      h("button", { class: "button", type: "button", text: t("act.retry"), on: { click: retry } })));
}

/** Return the place to drop or choose files; small once there are some. */
function dropZone(add, isCompact) {
  const input = h("input", {
    type: "file",
    multiple: true,
    accept: TYPES.join(","),
    data: { testid: "file-input" },
    "aria-label": t("new.choose_label"),
  });
  // The button looks like one, so Enter opens the chooser as on any button; a file input itself hears only the blank.
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    input.click();
  });
  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = "";
    if (files.length) add(files);
  });
  const node = h("div", { class: ["drop", isCompact && "compact"] },
    icon(isCompact ? "upload" : "drone"),
    h("p", { class: "title", text: isCompact ? t("new.drop_more") : t("new.drop") }),
    h(
      "label",
      { class: isCompact ? "button file-button" : "button primary large file-button" },
      h("span", { text: t("new.choose") }),
      input,
    ),
    h("p", { class: "hint", text: t("new.accepted") }),
  );
  const hover = (event) => {
    event.preventDefault();
    node.classList.add("over");
  };
  node.addEventListener("dragenter", hover);
  node.addEventListener("dragover", hover);
  node.addEventListener("dragleave", () => node.classList.remove("over"));
  node.addEventListener("drop", (event) => {
    event.preventDefault();
    node.classList.remove("over");
    if (event.dataTransfer.files.length) add([...event.dataTransfer.files]);
  });
  return node;
}
