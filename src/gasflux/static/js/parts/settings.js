// The settings that matter as a form, and the YAML behind them: one text, two ways to write it.

import { get, send } from "../api.js";
import { h, replace, uniqueId } from "../dom.js";
import { faultList } from "../faults.js";
import { gasName } from "../format.js";
import { language, t, textOr } from "../i18n.js";
import { parseYaml, valueAt, withValue } from "../yaml_text.js";

const CHECK_PAUSE_MS = 500;
/** Any mole fraction: only the enhancement counts, and an instrument may have an offset. */
const ANY_PPM = [-1000, 1000000];

const FIELDS = [
  { path: ["strategies", "spatial"], kind: "choice", options: ["auto", "curtain", "spiral"], standard: "auto" },
  {
    path: ["algorithmic_baseline_settings", "algorithm"],
    kind: "choice",
    options: ["fastchrom", "dietrich", "golotvin", "std_distribution", "fabc", "cwt_br"],
    standard: "fastchrom",
  },
  { path: ["algorithmic_baseline_settings", "smooth_half_window"], kind: "number", standard: 50, least: 0 },
  { path: ["algorithmic_baseline_settings", "num_std"], kind: "number", standard: 2, least: 0 },
  {
    path: ["ground", "method"],
    kind: "choice",
    options: ["plume", "wind-profile", "constant", "linear", "none"],
    standard: "plume",
  },
  { path: ["ground", "height"], kind: "number", standard: null },
  { path: ["out_of_range"], kind: "choice", options: ["error", "drop"], standard: "error" },
  { path: ["language"], kind: "choice", options: ["en", "zh"], standard: "en" },
];

/** Return the text a new flight starts with: the report speaks the language of the page. */
export const firstConfig = () => (language() === "zh" ? "language: zh\n" : "");

/**
 * Return {node, text(), isGood(), setGases(names)}; `onChange` is called with every text that can be read, `onJudged`
 * after each.
 */
export function settings({ text: first = firstConfig(), gases = [], onChange = () => {}, onJudged = () => {} }) {
  const state = { text: first, gases, mode: "form", isGood: true, timer: 0 };
  const body = h("div", { class: "stack" });
  const faults = h("div", { role: "alert" });
  const modes = h(
    "div",
    { class: "segmented", role: "group", "aria-label": t("settings.mode") },
    ["form", "yaml"].map((mode) =>
      h("button", { type: "button", text: t(`settings.${mode}`), data: { mode }, on: { click: () => setMode(mode) } }),
    ),
  );

  function change(text) {
    state.text = text;
    clearTimeout(state.timer);
    state.timer = setTimeout(check, CHECK_PAUSE_MS);
  }

  async function check() {
    const { fault } = parseYaml(state.text);
    const asked = state.text;
    const refusal = await send("POST", "config/check", { config: asked }).then(() => null, (error) => error);
    if (asked !== state.text) return null;
    // Only a judgement of the text counts here; a server that is away says so elsewhere.
    const isJudged = [400, 422].includes(refusal?.status);
    const own = fault && [
      { message: fault.message === "mapping" ? t("settings.not_mapping") : fault.message, row: fault.row },
    ];
    tell(isJudged ? (refusal.details.length ? refusal.details : [{ message: refusal.message }]) : (own ?? []));
    onJudged();
    return state.isGood && onChange(asked);
  }

  function tell(found) {
    state.isGood = !found.length;
    replace(
      faults,
      found.length ? h("div", { class: "note bad" }, h("h3", { text: t("settings.faults") }), faultList(found)) : null,
    );
  }

  function setMode(mode) {
    state.mode = mode;
    modes
      .querySelectorAll("button")
      .forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.mode === mode)));
    replace(body, mode === "yaml" ? yamlEditor() : form());
  }

  function form() {
    const { values, fault } = parseYaml(state.text);
    if (fault)
      return h("p", {
        class: "fault",
        text: t(fault.message === "mapping" ? "settings.not_mapping" : "settings.unreadable"),
      });
    const set = (path, value) => change(withValue(state.text, path, value));
    return h(
      "div",
      { class: "settings-grid" },
      gasField(state.gases, values, set),
      FIELDS.map((field) => formField(field, values, set)),
    );
  }

  function yamlEditor() {
    const id = uniqueId("yaml");
    const area = h("textarea", {
      id,
      class: "yaml",
      value: state.text,
      spellcheck: false,
      autocapitalize: "off",
      autocomplete: "off",
      placeholder: t("settings.yaml_empty"),
    });
    area.addEventListener("input", () => change(area.value));
    const showAll = async () => {
      const { yaml } = await get("defaults");
      area.value = state.text.trim()
        ? `${state.text.trimEnd()}\n\n# ${t("settings.all_below")}\n${yaml.replace(/^/gm, "# ")}`
        : yaml;
      change(area.value);
    };
    return h(
      "div",
      { class: "field" },
      h("label", { htmlFor: id, text: t("settings.yaml_label") }),
      area,
      h(
        "div",
        { class: "row" },
        h("button", { class: "button quiet", type: "button", text: t("settings.show_all"), on: { click: showAll } }),
      ),
    );
  }

  setMode("form");
  const node = h("div", { class: "stack" }, h("div", { class: "spread" }, modes), body, faults);
  return {
    node,
    text: () => state.text,
    isGood: () => state.isGood,
    setGases: (names) => {
      if (names.join() === state.gases.join()) return;
      state.gases = names;
      if (state.mode === "form") setMode("form");
    },
  };
}

function gasField(gases, values, set) {
  if (!gases.length) return null;
  const listed = values.gases && Object.keys(values.gases).length ? values.gases : null;
  const boxes = gases.map((gas) => h("input", { type: "checkbox", value: gas, checked: !listed || gas in listed }));
  const change = () => {
    const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
    const isAll = chosen.length === gases.length || !chosen.length;
    if (!chosen.length) boxes.forEach((box) => { box.checked = true; });
    set(["gases"], isAll ? undefined : Object.fromEntries(chosen.map((gas) => [gas, listed?.[gas] ?? ANY_PPM])));
  };
  boxes.forEach((box) => box.addEventListener("change", change));
  return h(
    "fieldset",
    { class: "field wide" },
    h("legend", { text: t("settings.gases") }),
    h(
      "div",
      { class: "chips" },
      boxes.map((box, i) => h("label", { class: "chip" }, box, h("span", { text: gasName(gases[i]) }))),
    ),
    h("p", { class: "hint", text: t("settings.gases.hint") }),
  );
}

function formField(field, values, set) {
  const name = field.path.join(".");
  const id = uniqueId("setting");
  const value = valueAt(values, field.path) ?? field.standard;
  const control = field.kind === "choice" ? choice(field, id, name, value) : number(field, id, value);
  control.addEventListener("change", () => set(field.path, read(field, control)));
  const hint = textOr(`settings.${name}.hint`, "");
  if (hint) control.setAttribute("aria-describedby", `${id}-hint`);
  return h(
    "div",
    { class: "field" },
    h("label", { htmlFor: id, text: t(`settings.${name}`) }),
    control,
    hint && h("p", { class: "hint", id: `${id}-hint`, text: hint }),
  );
}

function choice(field, id, name, value) {
  const options = field.options.includes(value) ? field.options : [...field.options, value];
  return h(
    "select",
    { id },
    options.map((option) =>
      h("option", {
        value: option,
        selected: option === value,
        text: textOr(`settings.${name}.${option}`, String(option)),
      }),
    ),
  );
}

function number(field, id, value) {
  return h("input", {
    id,
    type: "number",
    step: "any",
    min: field.least ?? "",
    value: value ?? "",
    placeholder: field.standard === null ? t("settings.automatic") : "",
  });
}

/** Return what a control holds; the standard value needs no line in the YAML. */
function read(field, control) {
  const value = field.kind === "number" ? (control.value === "" ? null : Number(control.value)) : control.value;
  return value === field.standard ? undefined : value;
}
