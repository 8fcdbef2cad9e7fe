// Where a key is entered: on the page of keys, and wherever one turns out to be needed.

import { get } from "../api.js";
import { h, uniqueId } from "../dom.js";
import { t } from "../i18n.js";
import { announce } from "../notify.js";
import { forgetKey, isRemembered, key, setKey } from "../session.js";

/** Return a form for a key; `entered` is called once the server takes it. */
export function keyForm(entered) {
  const id = uniqueId("key");
  const input = h("input", {
    id,
    type: "password",
    autocomplete: "off",
    spellcheck: false,
    required: true,
    placeholder: "gf_…",
    data: { testid: "api-key-input" },
    "aria-describedby": `${id}-fault`,
  });
  const show = h("input", {
    type: "checkbox",
    on: {
      change: (event) => {
        input.type = event.target.checked ? "text" : "password";
      },
    },
  });
  const remember = h("input", { type: "checkbox", data: { testid: "remember-key" } });
  const fault = h("p", { class: "fault", id: `${id}-fault`, role: "alert" });

  async function submit(event) {
    event.preventDefault();
    const before = key() && { value: key(), isRemembered: isRemembered() };
    setKey(input.value.trim(), remember.checked);
    const answer = await get("config").catch((error) => error);
    if (["user", "admin"].includes(answer?.access?.role)) {
      announce(t("keys.works"));
      return entered();
    }
    if (before) setKey(before.value, before.isRemembered);
    else forgetKey();
    input.setAttribute("aria-invalid", "true");
    fault.textContent =
      answer.access || answer.status === 401
        ? t("keys.refused")
        : answer.status
          ? answer.message
          : t("state.offline_text");
    return input.focus();
  }

  return h("form", { class: "stack key-form", on: { submit } },
    h("div", { class: "field" }, h("label", { htmlFor: id, text: t("keys.label") }), input, fault),
    h("div", { class: "row" },
      h("label", { class: "check" }, show, h("span", { text: t("keys.show") })),
      h("label", { class: "check" }, remember, h("span", { text: t("keys.remember") }))),
    h("p", { class: "hint", text: t("keys.remember_hint") }),
    h("div", {}, h("button", { class: "button primary", text: t("keys.use"), data: { testid: "use-key" } })));
}
