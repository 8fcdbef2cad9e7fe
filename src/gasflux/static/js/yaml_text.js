// The configuration as text and as values, both ways. A change from the form touches only its own line, so that the
// user's comments and order stay.

import { dump, load } from "../vendor/js-yaml/js-yaml.js";

/** Return {values} or {fault: {message, row}} of a YAML text. */
export function parseYaml(text) {
  try {
    const values = load(text) ?? {};
    if (typeof values !== "object" || Array.isArray(values)) return { fault: { message: "mapping" } };
    return { values };
  } catch (error) {
    return { fault: { message: error.reason ?? String(error), row: error.mark ? error.mark.line + 1 : null } };
  }
}

/** Return the value at `path`, undefined where there is none. */
export const valueAt = (values, path) => path.reduce((part, name) => part?.[name], values);

/** Return `text` with the value at `path` changed; undefined removes it. */
export function withValue(text, path, value) {
  const wanted = changed(parseYaml(text).values ?? {}, path, value);
  const edited = editedLine(text, path, value);
  if (edited !== null && isSame(parseYaml(edited).values, wanted)) return edited;
  return Object.keys(wanted).length ? dump(wanted, { lineWidth: 100, flowLevel: 2 }) : "";
}

function changed(values, [name, ...rest], value) {
  const copy = { ...values };
  const inner = rest.length
    ? changed(typeof copy[name] === "object" && copy[name] ? copy[name] : {}, rest, value)
    : value;
  const isGone = inner === undefined || (rest.length && !Object.keys(inner).length);
  if (isGone) delete copy[name];
  else copy[name] = inner;
  return copy;
}

/** Replace the value on its own line, keeping its comment; null when it has no line of its own. */
function editedLine(text, path, value) {
  if (value === undefined || path.length > 2) return null;
  const lines = text.split("\n");
  const top = lines.findIndex((line) => line.startsWith(`${path[0]}:`));
  const at = path.length === 1 ? top : innerLine(lines, top, path[1]);
  if (at < 0) return null;
  const match = /^(\s*[\w-]+:)(\s+)(\[[^\]]*\]|\{[^}]*\}|[^#\n]*?)(\s*#.*)?$/.exec(lines[at]);
  if (!match) return null;
  lines[at] = `${match[1]}${match[2] || " "}${dump(value, { flowLevel: 0 }).trim()}${match[4] ?? ""}`;
  return lines.join("\n");
}

function innerLine(lines, top, name) {
  if (top < 0) return -1;
  for (let at = top + 1; at < lines.length && !/^[^\s#]/.test(lines[at]); at += 1) {
    if (new RegExp(`^\\s+${name}:`).test(lines[at])) return at;
  }
  return -1;
}

const isSame = (left, right) => JSON.stringify(sorted(left)) === JSON.stringify(sorted(right));

function sorted(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name])]));
}
