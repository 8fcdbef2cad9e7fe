// Light, dark, or as the system is.

export const THEMES = ["auto", "light", "dark"];
const STORED = "gasflux.theme";
const listeners = new Set();
const system = matchMedia("(prefers-color-scheme: dark)");

export const theme = () => document.documentElement.dataset.theme ?? "auto";

export const isDark = () => (theme() === "auto" ? system.matches : theme() === "dark");

export function setTheme(name) {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  try {
    localStorage.setItem(STORED, name);
  } catch {
    // Storage is forbidden: the choice lasts as long as the page.
  }
  tell();
}

/** Call `listener` whenever colours change; canvases must be drawn anew. Returns how to stop. */
export function onTheme(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Return the colour of a CSS variable, for canvases. */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

const tell = () => listeners.forEach((listener) => listener());
system.addEventListener("change", tell);
