// Keys: the one this browser uses, and for administrators those of everybody; from "no key yet" to a working one.

import { get, send } from "../api.js";
import { h, replace, uniqueId } from "../dom.js";
import { dateTime, duration, relativeTime } from "../format.js";
import { t, textOr } from "../i18n.js";
import { announce, ask, openDialog, toast } from "../notify.js";
import { keyForm } from "../parts/key_form.js";
import { loading, problem, sentence } from "../parts/states.js";
import { table } from "../parts/table.js";
import { forgetKey, isRemembered, key, setKey } from "../session.js";

const COMMAND = 'python create_api_key.py --admin --name "Administrator"';

export function render(main, { signal }) {
  const body = h("div", { class: "view" }, loading(2, "tall"));
  main.append(
    h(
      "div",
      { class: "view" },
      h(
        "div",
        { class: "view-head" },
        h("div", {}, h("h1", { text: t("keys.title") }), h("p", { class: "soft", text: t("keys.lead") })),
      ),
      body,
    ),
  );
  draw();

  async function draw() {
    try {
      const { access, settings } = await get("config", { signal });
      const keys = access.role === "admin" ? (await get("api_keys", { signal })).api_keys : null;
      const isFirst = keys !== null && !keys.some((entry) => !entry.revoked) && !key();
      replace(body,
        stateCard(access),
        isFirst ? firstRun() : null,
        access.role === "admin" && key() ? null : enterCard(),
        access.role === "none" && !key() ? noKeyCard(settings.security?.admin_bootstrap_key) : null,
        keys && !isFirst
          ? [listCard(keys, access, settings.security?.rotation_overlap), await auditCard(keys, signal)]
          : null,
      );
    } catch (error) {
      if (error.name !== "AbortError") replace(body, problem(error, draw));
    }
  }

  /** Say where the user stands. */
  function stateCard(access) {
    const [kind, title, text] = standing(access);
    const forget = () => {
      forgetKey();
      toast(t("keys.forgotten"));
      draw();
    };
    return h("section", { class: `note ${kind}`, "aria-label": t("keys.state") },
      h("div", { class: "key-state" },
        h("div", {}, h("h2", { text: title }), h("p", { text })),
        key()
          ? h("button", {
              class: "button",
              type: "button",
              text: t("keys.forget"),
              data: { testid: "forget-key" },
              on: { click: forget },
            })
          : null,
      ),
    );
  }

  function enterCard() {
    return h("section", { class: "card" }, h("h2", { text: t("keys.enter") }), keyForm(draw));
  }

  /** The server knows no key yet and this is its own machine. */
  function firstRun() {
    const id = uniqueId("name");
    const input = h("input", { id, type: "text", value: t("keys.first_name"), maxLength: 100, required: true });
    const submit = async (event) => {
      event.preventDefault();
      try {
        const made = await send("POST", "api_keys", { name: input.value.trim(), admin: true });
        setKey(made.api_key);
        await showSecret(made);
        draw();
      } catch (error) {
        toast(sentence(error));
      }
    };
    return h("section", { class: "card" },
      h("header", {}, h("h2", { text: t("keys.first") }), h("p", { text: t("keys.first_text") })),
      h("form", { class: "stack", on: { submit } },
        h("div", { class: "field" }, h("label", { htmlFor: id, text: t("keys.name") }), input),
        h(
          "div",
          {},
          h("button", { class: "button primary", text: t("keys.make_first"), data: { testid: "create-key" } }),
        ),
      ),
    );
  }

  /** `hasBootstrap`: whether the server has a bootstrap key; undefined where it does not tell. */
  function noKeyCard(hasBootstrap) {
    return h("section", { class: "card" }, h("h2", { text: t("keys.none") }),
      h("ol", { class: "steps" },
        h("li", {}, h("p", { text: t("keys.none_ask") })),
        h("li", {}, h("div", { class: "stack" }, h("p", { text: t("keys.none_command") }), codeLine(COMMAND))),
        hasBootstrap === false
          ? null
          : h(
              "li",
              {},
              h(
                "div",
                { class: "stack" },
                h("p", { text: t(hasBootstrap ? "keys.none_bootstrap" : "keys.none_bootstrap_maybe") }),
                bootstrapForm(),
              ),
            ),
      ),
    );
  }

  /** The bootstrap key opens one request and is kept nowhere. */
  function bootstrapForm() {
    const id = uniqueId("bootstrap");
    const input = h("input", { id, type: "password", autocomplete: "off", required: true });
    const submit = async (event) => {
      event.preventDefault();
      try {
        const made = await send(
          "POST",
          "api_keys",
          { name: t("keys.first_name"), admin: true },
          { headers: { "X-Admin-Bootstrap-Key": input.value } },
        );
        setKey(made.api_key);
        await showSecret(made);
        draw();
      } catch (error) {
        toast(error.status === 401 || error.status === 403 ? t("keys.bootstrap_refused") : sentence(error));
      }
    };
    return h("form", { class: "row at-end", on: { submit } },
      h("div", { class: "field" }, h("label", { htmlFor: id, text: t("keys.bootstrap") }), input),
      h("button", { class: "button", text: t("keys.make_first") }));
  }

  function listCard(keys, access, overlap) {
    const heads = ["name", "role", "created", "used", "condition"];
    const rows = keys.map((entry) => keyRow(entry, access, overlap));
    return h(
      "section",
      { class: "card" },
      h(
        "div",
        { class: "spread" },
        h("h2", { text: t("keys.all") }),
        h("button", {
          class: "button primary",
          type: "button",
          text: t("keys.create"),
          data: { testid: "create-key" },
          on: { click: create },
        }),
      ),
      table({
        label: t("keys.all"),
        className: "keys",
        heads: [...heads.map((name) => ({ text: t(`keys.${name}`) })), { text: "" }],
        rows,
      }),
    );
  }

  function keyRow(entry, access, overlap) {
    const isMine = access.actor === entry.key_id;
    const isOver =
      entry.revoked || (entry.expires_at && new Date(`${entry.expires_at.replace(" ", "T")}Z`) < new Date());
    const acts = isOver
      ? null
      : h(
          "div",
          { class: "row" },
          act("keys.rotate", entry, () => rotate(entry, isMine, overlap)),
          act("keys.revoke", entry, () => revoke(entry, isMine)),
        );
    const name = [
      h("span", { text: entry.name }),
      isMine ? h("span", { class: "soft", text: ` ${t("keys.mine")}` }) : null,
      h("div", { class: "hint" }, h("code", { text: `gf_${entry.key_id}_…` })),
    ];
    const state = h("span", { class: `status ${isOver ? "" : "completed"}`, text: keyState(entry, isOver) });
    const used = entry.last_used_at ? relativeTime(entry.last_used_at) : t("keys.never");
    return {
      data: { testid: "key-row", keyId: entry.key_id },
      cells: [name, t(entry.admin ? "keys.admin" : "keys.user"), dateTime(entry.created_at), used, state, acts],
    };
  }

  const act = (name, entry, run) => h("button", {
    class: "button quiet", type: "button", text: t(name), "aria-label": t("act.of", { act: t(name), name: entry.name }),
    on: { click: () => run().catch((error) => toast(sentence(error))) },
  });

  async function rotate(entry, isMine, overlap) {
    const text = Number.isFinite(overlap)
      ? t("keys.rotate_for_text", { name: entry.name, time: duration(overlap) })
      : t("keys.rotate_text", { name: entry.name });
    if (!(await ask(t("keys.rotate_title"), text, t("keys.rotate")))) return;
    const made = await send("POST", `api_keys/${entry.key_id}/rotate`, {});
    if (isMine) setKey(made.api_key, isRemembered());
    await showSecret(made);
    draw();
  }

  async function revoke(entry, isMine) {
    const text = t(isMine ? "keys.revoke_own_text" : "keys.revoke_text", { name: entry.name });
    if (!(await ask(t("keys.revoke_title"), text, t("keys.revoke"), { danger: true }))) return;
    await send("DELETE", `api_keys/${entry.key_id}`);
    if (isMine) forgetKey();
    toast(t("keys.revoked_now", { name: entry.name }));
    draw();
  }

  async function create() {
    const wanted = await openDialog(t("keys.create"), (close) => {
      const [nameId, daysId] = [uniqueId("name"), uniqueId("days")];
      const name = h("input", {
        id: nameId,
        type: "text",
        required: true,
        maxLength: 100,
        data: { testid: "key-name" },
      });
      const admin = h("input", { type: "checkbox" });
      const days = h(
        "select",
        { id: daysId },
        [
          ["", t("keys.no_end")],
          ["30", t("time.days", { n: 30 })],
          ["90", t("time.days", { n: 90 })],
          ["365", t("time.days", { n: 365 })],
        ].map(([value, text]) => h("option", { value, text })),
      );
      const submit = (event) => {
        event.preventDefault();
        close({
          name: name.value.trim(),
          admin: admin.checked,
          ...(days.value ? { expires_in_days: Number(days.value) } : {}),
        });
      };
      return h(
        "form",
        { class: "stack", on: { submit } },
        h(
          "div",
          { class: "field" },
          h("label", { htmlFor: nameId, text: t("keys.name") }),
          name,
          h("p", { class: "hint", text: t("keys.name_hint") }),
        ),
        h("div", { class: "field" }, h("label", { htmlFor: daysId, text: t("keys.expiry") }), days),
        h("label", { class: "check" }, admin, h("span", { text: t("keys.make_admin") })),
        h("div", { class: "dialog-actions" },
          h("button", { class: "button", type: "button", text: t("act.dismiss"), on: { click: () => close() } }),
          h("button", { class: "button primary", text: t("keys.create"), data: { testid: "confirm-create" } })));
    });
    if (!wanted) return;
    try {
      await showSecret(await send("POST", "api_keys", wanted));
      draw();
    } catch (error) {
      toast(sentence(error));
    }
  }
}

function standing(access) {
  if (key() && access.role === "none") return ["poor", t("state.key_expired"), t("state.key_expired_text")];
  if (key())
    return [
      "good",
      t(access.role === "admin" ? "keys.is_admin" : "keys.is_user"),
      t(isRemembered() ? "keys.kept" : "keys.kept_tab"),
    ];
  if (access.role === "none") return ["", t("state.key_needed"), t("keys.needed_text")];
  return ["", t("keys.open"), t("keys.open_text")];
}

function keyState(entry, isOver) {
  if (entry.revoked) return t("keys.revoked");
  if (isOver) return t("keys.expired");
  return entry.expires_at ? t("keys.until", { when: relativeTime(entry.expires_at) }) : t("keys.valid");
}

/** Show a new key, the only time it is ever shown. */
function showSecret(made) {
  return openDialog(t("keys.made", { name: made.name }), (close) => [
    h("p", { text: t("keys.made_text") }),
    codeLine(made.api_key, "new-key"),
    h(
      "div",
      { class: "dialog-actions" },
      h("button", { class: "button primary", type: "button", text: t("keys.saved"), on: { click: () => close(true) } }),
    ),
  ]);
}

function codeLine(text, testid) {
  const copy = async () => {
    const isDone = await navigator.clipboard?.writeText(text).then(() => true, () => false);
    announce(t(isDone ? "act.copied" : "act.not_copied"));
    button.textContent = t(isDone ? "act.copied" : "act.not_copied");
  };
  const button = h("button", { class: "button", type: "button", text: t("act.copy"), on: { click: copy } });
  return h("div", { class: "code-line" }, h("code", { text, data: testid ? { testid } : {}, tabIndex: 0 }), button);
}

async function auditCard(keys, signal) {
  const { entries } = await get("audit?limit=50", { signal });
  if (!entries.length) return null;
  const names = new Map(keys.map((entry) => [entry.key_id, entry.name]));
  const called = (who) =>
    who === "local" ? t("audit.local") : names.has(who) ? t("audit.key", { name: names.get(who), id: who }) : who;
  return h(
    "section",
    { class: "card" },
    h(
      "details",
      {},
      h("summary", { text: t("audit.title", { n: entries.length }) }),
      table({
        label: t("audit.label"),
        heads: ["at", "act", "target", "actor", "address"].map((name) => ({ text: t(`audit.${name}`) })),
        rows: entries.map((entry) => ({
          cells: [
            dateTime(entry.at),
            textOr(`audit.act.${entry.act}`, entry.act),
            called(entry.target),
            called(entry.actor),
            entry.address,
          ],
        })),
      }),
    ),
  );
}
