// Start: language, frame, places.

import { drawFrame, markPlace, watchConnection } from "./frame.js";
import { onLanguage, startLanguage } from "./i18n.js";
import { hush } from "./notify.js";
import { problem } from "./parts/states.js";
import { place, route, show, startRouter } from "./router.js";

const VIEWS = ["new_flight", "tasks", "task", "compare", "keys", "service"];

/** Load a view when it is wanted: the first one shows sooner. */
const view = (name) => async (main, context) => {
  try {
    const module = await import(`./views/${name}.js`);
    if (!context.signal.aborted) module.render(main, context);
  } catch (error) {
    main.replaceChildren(problem(error, () => show(false)));
  }
};

route("new", /^\/new$/, view("new_flight"));
route("tasks", /^\/tasks$/, view("tasks"));
route("task", /^\/task\/([^/]+)$/, view("task"));
route("compare", /^\/compare$/, view("compare"));
route("keys", /^\/keys$/, view("keys"));
route("service", /^\/service$/, view("service"));

await startLanguage();
drawFrame();
watchConnection();
onLanguage(() => {
  hush();
  drawFrame();
  show(false);
});
startRouter(() => markPlace(place()));
// The others come while nothing else is to do, so that they are here when the server is not.
(window.requestIdleCallback ?? setTimeout)(() => Promise.allSettled(VIEWS.map((name) => import(`./views/${name}.js`))));
