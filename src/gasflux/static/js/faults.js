// What is wrong with a file, a configuration or a task, in the language of the page. Every fault comes from the server
// all its languages: `message`, `value` and `allowed` in English, and in `zh` what reads differently in Chinese.

import { h } from "./dom.js";
import { language, t } from "./i18n.js";

/** Faults whose "column" is a setting: what the settings say is wrong, whatever the file holds. */
const OF_SETTINGS = new Set([
  "wrong_setting", "impossible_setting", "unknown_setting", "unknown_method", "grid_too_fine", "not_settings",
  "yaml_key", "yaml_key_twice", "yaml_no_value", "unknown_column_name", "no_such_header", "unknown_unit", "no_formula",
]);

/** Return a fault with its words in the language of the page. */
const said = (fault) => ({ ...fault, ...fault[language()] });

/** Return whether a fault speaks the language of the page; older tasks and rare faults speak English only. */
const isSaid = (fault) => language() === "en" || Boolean(fault[language()]?.message);

/** Return {text, lang} of what failed: its faults in the language of the page, else `message`, which is English. */
export function inWords(message, faults = []) {
  if (language() === "en" || !faults.length || !faults.every(isSaid)) return { text: message, lang: "en" };
  return { text: faults.map((fault) => said(fault).message).join(""), lang: null };
}

/** Return {text, lang} of why a task of a list failed: lists have one sentence per language and no faults. */
export function listedWords(task) {
  const own = language() === "zh" ? task.error_zh : null;
  return own ? { text: own, lang: null } : { text: task.error, lang: "en" };
}

/** Return the faults of a file or configuration as a list of where, what and what is allowed, each thing once. */
export function faultList(faults) {
  return h("ul", { class: "fault-list" }, faults.map((fault) => entry(said(fault), isSaid(fault) ? null : "en")));
}

function entry(fault, lang) {
  const place = where(fault);
  return h("li", {},
    place && h("strong", { class: "wrap", text: place }),
    h("span", { class: "wrap", lang, text: fault.message ?? String(fault) }),
    fault.allowed &&
      !isTold(fault, fault.allowed) &&
      h("span", { class: "hint", text: t("fault.allowed", { allowed: fault.allowed }) }),
  );
}

const isTold = (fault, part) => String(fault.message ?? "").includes(part);

function where(fault) {
  const parts = [];
  if (fault.column)
    parts.push(t(OF_SETTINGS.has(fault.code) ? "fault.setting" : "fault.column", { name: fault.column }));
  if (fault.row) parts.push(t("fault.row", { n: fault.row }));
  if (fault.value !== undefined && !isTold(fault, fault.value)) parts.push(t("fault.value", { value: fault.value }));
  if (fault.count > 1) parts.push(t("fault.count", { n: fault.count }));
  return parts.join(" · ");
}
