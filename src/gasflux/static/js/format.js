// Numbers, times and names as a reader wants them: as many digits as the uncertainty allows, with a true minus sign.

import { language, t } from "./i18n.js";

export const DASH = "–";

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

/** Return the decimal places that show `digits` significant digits of `size`; negative means tens, hundreds. */
export function decimalsFor(size, digits = 2) {
  if (!isNumber(size) || size === 0) return 2;
  const rounded = Number(Math.abs(size).toExponential(digits - 1));
  return digits - 1 - Math.floor(Math.log10(rounded));
}

/** Return `value` with fixed decimals (negative: rounded to tens), thousands grouped. */
export function fixed(value, decimals) {
  if (!isNumber(value)) return DASH;
  const scale = 10 ** decimals;
  const rounded = decimals < 0 ? Math.round(value * scale) / scale : value;
  const shown = Math.max(decimals, 0);
  const text = rounded.toLocaleString("en-US", { minimumFractionDigits: shown, maximumFractionDigits: shown });
  return /[1-9]/.test(text) ? text.replace("-", "−") : text.replace("-", "");
}

/** Return `value` with significant digits. */
export function significant(value, digits = 3) {
  if (!isNumber(value)) return DASH;
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e7) {
    const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
    return `${mantissa}×10${superscript(Number(exponent))}`.replace("-", "−");
  }
  return fixed(value, decimalsFor(size, digits));
}

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const superscript = (value) =>
  (value < 0 ? "⁻" : "") + [...String(Math.abs(value))].map((digit) => SUPERSCRIPTS[digit]).join("");

/** Return `value` with significant digits but no zeros behind them. */
export function plain(value, digits = 5) {
  const text = significant(value, digits);
  return text.includes(".") && !text.includes("×") ? text.replace(/\.?0+$/, "") : text;
}

/** Return a unit as it is written. */
export const unitText = (unit) => ({ degC: "°C", deg: "°", degrees: "°", ug: "µg" })[unit] ?? unit;

/** Return how a column was converted ("K -> degC (-273.15)") with units as they are written. */
export function conversionText(conversion) {
  const text = conversion
    .replace(/\bdeg(C|F)?\b/g, "°$1")
    .replaceAll(" -> ", " → ")
    .replace("(-", "(−")
    .replace("(x ", "(× ");
  return language() === "zh" ? text.replace(/ \(([^)]*)\)/g, "（$1）") : text;
}

/** Return factor and unit in which masses of up to `kilograms` read well, as the report has them. */
export function massUnit(kilograms) {
  return [[1, "kg"], [1e3, "g"], [1e6, "mg"]].find(([factor]) => kilograms * factor >= 1) ?? [1e9, "µg"];
}

/** Return factor and unit in which mole fractions of up to `ppm` read well, as the report has them. */
export const fractionUnit = (ppm) => (ppm >= 1 ? [1, "ppm"] : [1e3, "ppb"]);

export const percent = (share, digits = 2) => `${significant(100 * share, digits)} %`;

const locale = () => (language() === "zh" ? "zh-CN" : "en-GB");

/** Read "YYYY-MM-DD HH:MM:SS" as UTC. */
export function utc(text) {
  if (!text) return null;
  const iso = text.includes("T") ? text : text.replace(" ", "T");
  return new Date(/Z$|[+-]\d\d:\d\d$/.test(iso) ? iso : `${iso}Z`);
}

export function dateTime(text) {
  const time = utc(text);
  if (!time) return DASH;
  return time.toLocaleString(locale(), {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  });
}

/** Return how long ago or ahead a time is, in words. */
export function relativeTime(text) {
  const time = utc(text);
  if (!time) return DASH;
  const seconds = (time - Date.now()) / 1000;
  const words = new Intl.RelativeTimeFormat(locale(), { numeric: "auto", style: "long" });
  const steps = [["day", 86400], ["hour", 3600], ["minute", 60]];
  const [unit, size] = steps.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  if (unit === "second" && Math.abs(seconds) < 10) return t("time.now");
  // Chinese comes as "4分钟前"; everywhere else a blank stands between a figure and its word.
  return words.format(Math.round(seconds / size), unit).replace(/(\d)(?=\p{Script=Han})/gu, "$1 ");
}

export function duration(seconds) {
  if (!isNumber(seconds)) return DASH;
  if (seconds < 10) return t("time.seconds", { n: significant(seconds, 2) });
  if (seconds < 90) return t("time.seconds", { n: fixed(seconds, 0) });
  if (seconds < 5400) return t("time.minutes", { n: fixed(seconds / 60, 0) });
  if (seconds < 172800) return t("time.hours", { n: plain(seconds / 3600, 2) });
  return t("time.days", { n: plain(seconds / 86400, 2) });
}

export function bytes(count) {
  if (!isNumber(count)) return DASH;
  const units = ["B", "KB", "MB", "GB", "TB"];
  const step = Math.min(Math.floor(Math.log(Math.max(count, 1)) / Math.log(1024)), units.length - 1);
  return `${step === 0 ? count : significant(count / 1024 ** step, 3)} ${units[step]}`;
}

const SYMBOLS = /cl|br|he|ar|ne|kr|xe|si|se|hg|[a-z]/g;
const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

/** Return a gas as a chemist writes it: ch4 becomes CH₄. */
export function gasName(name) {
  if (!/^[a-z0-9]+$/i.test(name)) return name;
  return name.toLowerCase()
    .replace(SYMBOLS, (symbol) => symbol[0].toUpperCase() + symbol.slice(1))
    .replace(/\d/g, (digit) => SUBSCRIPTS[digit]);
}

/** Return a compass direction such as "SW". */
export function compass(degrees) {
  if (!isNumber(degrees)) return DASH;
  const names = ["n", "ne", "e", "se", "s", "sw", "w", "nw"];
  return t(`compass.${names[Math.round(((degrees % 360) + 360) / 45) % 8]}`);
}
