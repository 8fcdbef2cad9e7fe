// Elements are built, never parsed from text: what a file or a user wrote can only ever become text.

const SVG = "http://www.w3.org/2000/svg";

/** Make an HTML element. `props`: class, data {}, on {}, text; a property if the element has one, else an attribute. */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** Return an SVG element. */
export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

/** Replace everything in `node` by `children`. */
export function replace(node, ...children) {
  node.replaceChildren(...flat(children));
  return node;
}

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value !== undefined && value !== null && value !== false) setProperty(node, name, value);
  }
  node.append(...flat(children));
  return node;
}

function setProperty(node, name, value) {
  if (name === "class") node.setAttribute("class", Array.isArray(value) ? value.filter(Boolean).join(" ") : value);
  else if (name === "data") Object.assign(node.dataset, value);
  else if (name === "on") Object.entries(value).forEach(([event, listener]) => node.addEventListener(event, listener));
  else if (name === "text") node.textContent = value;
  else if (name in node && !name.includes("-") && !(node instanceof SVGElement) && name !== "list" && name !== "form")
    node[name] = value;
  else node.setAttribute(name, value === true ? "" : value);
}

function flat(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

let lastId = 0;

/** Return an id that no other element has, for labels and descriptions. */
export function uniqueId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

/** Return text only a screen reader sees. */
export function hidden(text) {
  return h("span", { class: "visually-hidden", text });
}

/** Return a description list from pairs; empty values are left out. */
export function facts(pairs, className = "facts") {
  const rows = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return h(
    "dl",
    { class: className },
    rows.map(([term, value]) => h("div", {}, h("dt", { text: term }), h("dd", {}, value))),
  );
}
