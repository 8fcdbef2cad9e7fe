// Places are hashes: #/tasks, #/task/<id>, #/compare?ids=a,b. A change of place moves the focus to its heading.

import { replace } from "./dom.js";
import { t } from "./i18n.js";
import { hush } from "./notify.js";

/** What led to a change of place, such as "deleted", is still being read aloud. */
const JUST_SAID_MS = 2000;

const routes = [];
let leave = () => {};
let shown = null;

/** Add a place: `load(main, {params, query, signal})` fills the main element and returns a promise of its beginning. */
export function route(name, pattern, load) {
  routes.push({ name, pattern, load });
}

/** Return the place that the address names. */
export function place() {
  const [path, query = ""] = location.hash.replace(/^#/, "").split("?");
  for (const { name, pattern, load } of routes) {
    const match = pattern.exec(path);
    if (match) return { name, load, params: match.slice(1).map(decodeURIComponent), query: new URLSearchParams(query) };
  }
  return null;
}

/** Go to a place, or draw the present one anew. */
export function go(hash) {
  if (location.hash === hash) show(false);
  else location.hash = hash;
}

/** Change the address without drawing anew. */
export function rewrite(hash) {
  history.replaceState(null, "", hash);
  shown = hash.split("?")[0];
}

export function startRouter(onPlace) {
  let isFirst = true;
  const arrive = () => {
    show(!isFirst);
    isFirst = false;
    onPlace(place());
  };
  if (!place()) history.replaceState(null, "", "#/new");
  addEventListener("hashchange", arrive);
  arrive();
}

/** Draw the present place. */
export function show(moveFocus) {
  const here = place();
  if (!here) {
    location.replace("#/new");
    return;
  }
  leave();
  hush(JUST_SAID_MS);
  const stop = new AbortController();
  leave = () => stop.abort();
  const main = replace(document.getElementById("main"));
  document.title = `${t(`place.${here.name}`)} · GasFlux`;
  const isSame = shown === location.hash.split("?")[0];
  shown = location.hash.split("?")[0];
  here
    .load(main, { ...here, signal: stop.signal })
    .then(() => moveFocus && !isSame && !stop.signal.aborted && focusHeading(main));
}

function focusHeading(main) {
  const heading = main.querySelector("h1");
  if (heading) heading.tabIndex = -1;
  (heading ?? main).focus({ preventScroll: true });
  scrollTo(0, 0);
}
