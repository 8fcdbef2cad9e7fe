// A rate as it may be told: with its standard deviation, or, where it is not told from zero, by what it is at most.

import { decimalsFor, fixed, plain } from "./format.js";
import { t } from "./i18n.js";

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

/** Return what a rate is at most when it is not told from zero, null when it is told or unknown: the report's rule. */
export function upperBound({ flux, low, high, limit }) {
  if (![flux, low, high].every(isNumber)) return null;
  const isBelowLimit = isNumber(limit) && Math.abs(flux) < limit;
  if (!isBelowLimit && !(low <= 0 && high >= 0)) return null;
  return isNumber(limit) ? Math.max(high, limit) : high;
}

/**
 * Return the texts of a rate {flux, std, low, high, limit}; digits follow the standard deviation, or the interval where
 * there is none. `shown` is what stands for the rate; `bound` is null unless it is not told from zero.
 */
export function rateTexts({ flux, std, low, high, limit }) {
  const width = isNumber(low) && isNumber(high) ? (high - low) / 4 : flux;
  const decimals = decimalsFor(isNumber(std) && std > 0 ? std : width, 2);
  const bound = upperBound({ flux, low, high, limit });
  const texts = {
    flux: fixed(flux, decimals),
    std: fixed(std, decimals),
    low: fixed(low, decimals),
    high: fixed(high, decimals),
  };
  const measured = isNumber(std) ? `${texts.flux} ± ${texts.std}` : texts.flux;
  return {
    ...texts,
    measured,
    bound: bound === null ? null : fixed(bound, decimals),
    shown: bound === null ? measured : `< ${fixed(bound, decimals)}`,
  };
}

/** Return the sentence of a rate not told from zero; the end of a two-sided interval is a bound at a higher level. */
export const boundSentence = (texts, level) =>
  t("rate.not_told", { bound: texts.bound, level: plain(50 * (1 + level), 3) });

/** Return the rate of one gas as lists of tasks and reports have it. */
export function listedRate(gas) {
  const { level, low, high } = gas.flux_interval_kg_h;
  return { flux: gas.flux_kg_h, low, high, level, limit: gas.detection_limit_kg_h ?? null, grade: gas.grade };
}

/** Return what stands behind a rate in a list: its interval, or that it is not told from zero. */
export const rateRemark = (texts) => (texts.bound === null ? t("range", texts) : t("rate.not_told.short"));
