// Start: language, frame, places.

import { drawFrame, markPlace, watchConnection } from "./frame.js";
import { onLanguage, startLanguage } from "./i18n.js";
import { place, route, show, startRouter } from "./router.js";

/** Load a view only when it is wanted: the first one shows sooner. */
const view = (name) => async (main, context) => {
  const module = await import(`./views/${name}.js`);
  if (!context.signal.aborted) module.render(main, context);
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
  drawFrame();
  show(false);
});
startRouter(() => markPlace(place()));
