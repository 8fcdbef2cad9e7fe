// The words of the page. One file per language in ../strings; a test holds their keys equal.

export const LANGUAGES = { en: "English", zh: "简体中文" };

const STORED = "gasflux.language";
const BASE = new URL("../strings/", import.meta.url);
const listeners = new Set();
let current = "en";
let strings = {};

/** Return the language in use. */
export const language = () => current;

/** Return the text `key` with its {placeholders} filled; numbers must come formatted. */
export function t(key, values = {}) {
  const text = strings[key];
  if (text === undefined) {
    console.error(`No text for ${key}`);
    return key;
  }
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** Return the text `key`, or `fallback` where the catalogue has none (names that come from the server). */
export const textOr = (key, fallback, values = {}) => (strings[key] === undefined ? fallback : t(key, values));

/** Return what fits the language in use of a text that came in several, {en, zh}; a plain text as it is. */
export const inLanguage = (text) => (text && typeof text === "object" ? text[current] ?? text.en : text);

/** Load the language that was chosen, or else the browser's. */
export async function startLanguage() {
  await load(stored() ?? fromBrowser());
}

/** Change the language and tell everybody who shows text. */
export async function setLanguage(code) {
  await load(code);
  try {
    localStorage.setItem(STORED, code);
  } catch {
    // Storage is forbidden: the choice lasts as long as the page.
  }
  listeners.forEach((listener) => listener(code));
}

export const onLanguage = (listener) => listeners.add(listener);

async function load(code) {
  const answer = await fetch(new URL(`${code}.json`, BASE));
  strings = await answer.json();
  current = code;
  document.documentElement.lang = code === "zh" ? "zh-CN" : "en";
}

function stored() {
  try {
    const code = localStorage.getItem(STORED);
    return code in LANGUAGES ? code : null;
  } catch {
    return null;
  }
}

function fromBrowser() {
  const wanted = navigator.languages ?? [navigator.language];
  return wanted.map((tag) => tag.toLowerCase().slice(0, 2)).find((code) => code in LANGUAGES) ?? "en";
}
