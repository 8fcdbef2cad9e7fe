// The states every view has beside its content: loading, empty, and each way to fail, with what to do about it.

import { ApiError, OfflineError } from "../api.js";
import { h, hidden } from "../dom.js";
import { inWords } from "../faults.js";
import { t, textOr } from "../i18n.js";
import { icon } from "../icons.js";
import { show } from "../router.js";
import { keyForm } from "./key_form.js";

/** Return placeholders in the shape of what comes. */
export function loading(rows = 3, className = "") {
  const bars = Array.from({ length: rows }, () => h("div", { class: `skeleton ${className}` }));
  return h("div", { class: "stack", "aria-busy": "true" }, hidden(t("state.loading")), bars);
}

export function empty(iconName, title, text, ...actions) {
  return h(
    "section",
    { class: "card empty" },
    icon(iconName),
    h("h2", { text: title }),
    h("p", { text }),
    h("div", { class: "row" }, actions),
  );
}

/** Return what to show instead of content that could not be had. `retry` adds a button. */
export function problem(error, retry) {
  const { title, text, link, kind } = explained(error);
  if (error.status === 401) return keyNeeded(title, text, kind);
  return h("section", { class: `note ${kind}`, role: "alert" },
    h("h2", { text: title }),
    h("p", { text, lang: saidIn(error) }),
    error instanceof ApiError && error.requestId
      ? h("p", { class: "hint", text: t("state.request_id", { id: error.requestId }) })
      : null,
    h(
      "div",
      { class: "row" },
      link && h("a", { class: "button primary", href: link.href, text: link.text }),
      retry && h("button", { class: "button", type: "button", text: t("act.retry"), on: { click: retry } })));
}

/** A key is asked for where it is missing; the view then goes on by itself. */
function keyNeeded(title, text, kind) {
  return h("section", { class: "view" },
    h("div", { class: `note ${kind}`, role: "alert" }, h("h2", { text: title }), h("p", { text })),
    h(
      "div",
      { class: "card" },
      keyForm(() => show(false)),
      h("p", { class: "small" }, h("a", { href: "#/keys", text: t("keys.none") })),
    ),
  );
}

/** Return the error of somebody without a good key. */
export const withoutKey = () => new ApiError(401, null, null);

function explained(error) {
  if (error instanceof OfflineError) return { kind: "poor", title: t("state.offline"), text: t("state.offline_text") };
  if (!(error instanceof ApiError)) {
    console.error(error);
    return { kind: "bad", title: t("state.error"), text: String(error.message ?? error) };
  }
  const toKeys = { href: "#/keys", text: t("state.to_keys") };
  if (error.status === 401 && error.keySent)
    return { kind: "poor", title: t("state.key_expired"), text: t("state.key_expired_text") };
  if (error.status === 401) return { kind: "", title: t("state.key_needed"), text: t("state.key_needed_text") };
  if (error.status === 403) return { kind: "poor", title: t("state.forbidden"), text: words(error).text, link: toKeys };
  if (error.status === 404)
    return {
      kind: "poor",
      title: t("state.not_found"),
      text: t("state.not_found_text"),
      link: { href: "#/tasks", text: t("state.to_tasks") },
    };
  const wait = error.retryAfter ? ` ${t("state.retry_after", { n: error.retryAfter })}` : "";
  return { kind: "bad", title: textOr(`refusal.${error.type}`, t("state.error")), text: words(error).text + wait };
}

const words = (error) => inWords(error.message, error.details);

/** Return the language of an error's text: what the server says only in English, and everything else in the page's. */
const saidIn = (error) => (error instanceof ApiError && ![401, 404].includes(error.status) ? words(error).lang : null);

/** Return the sentence of an error, for a message in passing. */
export const sentence = (error) => explained(error).text;
