// What a flight measured through is called: a plane is a curtain, a cylinder round the source a spiral.

import { t } from "./i18n.js";

/** Return "curtain" or "spiral", or "mixed" where a flight holds both. */
export function surfaceKind(segments) {
  const kinds = new Set(segments.map((segment) => segment.strategy));
  return kinds.size === 1 ? [...kinds][0] : "mixed";
}

/** Return the word as it stands in a sentence. */
export const surfaceName = (kind) => t(`surface.${kind}`);

/** Return the word for several of them. */
export const surfaceNames = (kind) => t(`surface.many.${kind}`);
