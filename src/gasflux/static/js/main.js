// Start: language, frame, places.

import { drawFrame, markPlace, watchConnection } from "./frame.js";
import { onLanguage, startLanguage } from "./i18n.js";
import { hush } from "./notify.js";
import { problem } from "./parts/states.js";
import { place, route, show, startRouter } from "./router.js";
import { render as compare } from "./views/compare.js";
import { render as keys } from "./views/keys.js";
import { render as newFlight } from "./views/new_flight.js";
import { render as service } from "./views/service.js";
import { render as task } from "./views/task.js";
import { render as tasks } from "./views/tasks.js";

/** Return how a place is drawn; what goes wrong in it is told where it would stand. */
const view = (render) => async (main, context) => {
  try {
    render(main, context);
  } catch (error) {
    main.replaceChildren(problem(error, () => show(false)));
  }
};

route("new", /^\/new$/, view(newFlight));
route("tasks", /^\/tasks$/, view(tasks));
route("task", /^\/task\/([^/]+)$/, view(task));
route("compare", /^\/compare$/, view(compare));
route("keys", /^\/keys$/, view(keys));
route("service", /^\/service$/, view(service));

await startLanguage();
drawFrame();
watchConnection();
onLanguage(() => {
  hush();
  drawFrame();
  show(false);
});
startRouter(() => markPlace(place()));
