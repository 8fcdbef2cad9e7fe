// What happens away from the eye: spoken announcements, short messages with an undo, questions.

import { h, uniqueId } from "./dom.js";
import { t } from "./i18n.js";

const SHOWN_MS = 8000;
let announcedAt = 0;

/** Say something to a screen reader. */
export function announce(text) {
  announcedAt = Date.now();
  document.getElementById("announcer").textContent = text;
}

/** Say nothing more of what was announced over `milliseconds` ago: it is of another view, or another language. */
export function hush(milliseconds = 0) {
  if (Date.now() - announcedAt >= milliseconds) document.getElementById("announcer").textContent = "";
}

/** Show a message; `action` {label, run} may undo it. `onGone` runs once when it leaves without the action. */
export function toast(text, { action, onGone, milliseconds = SHOWN_MS } = {}) {
  const button = action && h("button", { type: "button", text: action.label });
  const node = h("div", { class: "toast" }, h("span", { text }), button);
  let isDone = false;
  const end = (run) => {
    if (isDone) return;
    isDone = true;
    clearTimeout(timer);
    node.remove();
    run?.();
  };
  const timer = setTimeout(() => end(onGone), milliseconds);
  button?.addEventListener("click", () => end(action.run));
  document.getElementById("toasts").append(node);
  announce(text);
  return { close: () => end(onGone) };
}

/** Open a dialogue; `build(close)` returns its content. Resolves to what was given to `close`, null when dismissed. */
export function openDialog(title, build, { wide = false } = {}) {
  return new Promise((resolve) => {
    const id = uniqueId("dialog");
    const node = h("dialog", { class: wide && "wide", "aria-labelledby": id });
    const close = (value = null) => {
      node.close();
      node.remove();
      resolve(value);
    };
    node.addEventListener("cancel", (event) => {
      event.preventDefault();
      close();
    });
    node.append(h("div", { class: "stack" }, h("h2", { id, text: title }), build(close)));
    document.body.append(node);
    node.showModal();
  });
}

/** Ask a yes-or-no question. */
export function ask(title, text, yes, { danger = false, no = t("act.dismiss") } = {}) {
  return openDialog(title, (close) => [
    h("p", { text }),
    h("div", { class: "dialog-actions" },
      h("button", { class: "button", type: "button", text: no, on: { click: () => close(false) } }),
      h("button", {
        class: `button ${danger ? "danger" : "primary"}`,
        type: "button",
        text: yes,
        on: { click: () => close(true) },
      }),
    ),
  ]);
}

/** Ask for one line of text. */
export function askText(title, label, value, yes) {
  return openDialog(title, (close) => {
    const id = uniqueId("ask");
    const input = h("input", { id, type: "text", value, maxLength: 200, autocomplete: "off" });
    const submit = (event) => {
      event.preventDefault();
      close(input.value.trim());
    };
    queueMicrotask(() => input.select());
    return h("form", { on: { submit } },
      h("div", { class: "field" }, h("label", { htmlFor: id, text: label }), input),
      h("div", { class: "dialog-actions" },
        h("button", { class: "button", type: "button", text: t("act.dismiss"), on: { click: () => close() } }),
        h("button", { class: "button primary", text: yes })));
  });
}
