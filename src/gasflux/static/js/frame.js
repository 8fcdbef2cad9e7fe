// What surrounds every view: the bar with the places and switches, the line about the connection, the foot.

import { get } from "./api.js";
import { onConnection } from "./connection.js";
import { h, hidden, replace } from "./dom.js";
import { LANGUAGES, language, setLanguage, t } from "./i18n.js";
import { icon } from "./icons.js";
import { announce } from "./notify.js";
import { THEMES, setTheme, theme } from "./theme.js";

const PLACES = ["new", "tasks", "compare", "keys", "service"];
const THEME_ICONS = { auto: "auto", light: "sun", dark: "moon" };
let here = null;

export function drawFrame() {
  const skip = document.getElementById("skip-link");
  skip.textContent = t("frame.skip");
  skip.onclick = (event) => {
    // The hash names the place, so the link must not change it.
    event.preventDefault();
    document.getElementById("main").focus();
  };
  document.getElementById("toasts").setAttribute("aria-label", t("frame.messages"));
  replace(
    document.getElementById("topbar"),
    brand(),
    places(),
    h("div", { class: "switches" }, languageSwitch(), themeSwitch()),
  );
  drawFoot();
}

/** Mark the place the user is at. */
export function markPlace(place) {
  here = place?.name === "task" ? "tasks" : place?.name;
  document.querySelectorAll(".places a").forEach((link) => {
    if (link.dataset.place === here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
}

function brand() {
  return h(
    "a",
    { class: "brand", href: "#/new" },
    h("img", { src: "static/img/mark.svg", alt: "" }),
    h("span", { text: "GasFlux" }),
  );
}

function places() {
  return h(
    "nav",
    { class: "places", "aria-label": t("frame.places") },
    h(
      "ul",
      {},
      PLACES.map((name) =>
        h(
          "li",
          {},
          h(
            "a",
            { href: `#/${name}`, data: { place: name }, "aria-current": here === name ? "page" : null },
            icon(name),
            h("span", { text: t(`place.${name}`) }),
          ),
        ),
      ),
    ),
  );
}

function languageSwitch() {
  const other = language() === "zh" ? "en" : "zh";
  const change = async () => {
    await setLanguage(other);
    document.querySelector("[data-testid=language-switch]").focus();
  };
  return h(
    "button",
    {
      class: "icon-button",
      type: "button",
      lang: other === "zh" ? "zh-CN" : "en",
      data: { testid: "language-switch" },
      on: { click: change },
    },
    icon("language"),
    h("span", { text: other === "zh" ? "中文" : "EN", "aria-hidden": "true" }),
    hidden(LANGUAGES[other]),
  );
}

function themeSwitch() {
  const button = h("button", { class: "icon-button", type: "button", data: { testid: "theme-switch" } });
  const draw = () => {
    const label = t("frame.theme", { name: t(`theme.${theme()}`) });
    replace(button, icon(THEME_ICONS[theme()]));
    button.setAttribute("aria-label", label);
    button.title = label;
  };
  button.addEventListener("click", () => {
    setTheme(THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]);
    draw();
    announce(t("frame.theme", { name: t(`theme.${theme()}`) }));
  });
  draw();
  return button;
}

async function drawFoot() {
  const links = [["docs", t("frame.api")], ["openapi.json", "OpenAPI"]];
  const version = h("span", { text: "GasFlux" });
  replace(document.getElementById("foot"), version, links.map(([href, text]) => h("a", { href, text })));
  const health = await get("health").catch((error) => error);
  if (health?.version) version.textContent = `GasFlux ${health.version}`;
}

/** Say when the server stops answering and when it is back. */
export function watchConnection() {
  const line = document.getElementById("connection");
  onConnection((isOnline) => {
    line.textContent = isOnline ? "" : t("frame.offline");
    if (isOnline) announce(t("frame.back"));
  });
}
