// A table that becomes a list on a narrow screen, where nothing should have to be pushed aside to be read.

import { h } from "../dom.js";

/**
 * Return a table in a region that scrolls where it must. `heads`: [{text, isNumber}], an empty text for a column of
 * buttons; `rows`: [{cells, data}], the first cell names the row.
 */
export function table({ label, caption, heads, rows, className = "" }) {
  // The roles are written out: elements of a table lose theirs when they are laid out as something else.
  return h(
    "div",
    { class: "scroll", tabIndex: 0, role: "region", "aria-label": label },
    h(
      "table",
      { class: `stacking ${className}`, role: "table" },
      caption && h("caption", { text: caption }),
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads.map(headCell))),
      h(
        "tbody",
        { role: "rowgroup" },
        rows.map(({ cells, data = {} }) =>
          h(
            "tr",
            { role: "row", data },
            cells.map((cell, i) => bodyCell(cell, heads[i], i)),
          ),
        ),
      ),
    ),
  );
}

function headCell({ text, isNumber }) {
  return text
    ? h("th", { scope: "col", role: "columnheader", class: isNumber && "n", text })
    : h("td", { role: "cell" });
}

function bodyCell(content, head, column) {
  if (column === 0) return h("th", { scope: "row", role: "rowheader" }, content);
  return h(
    "td",
    { role: "cell", class: head.isNumber && "n", data: head.text ? { label: head.text } : {} },
    h("span", {}, content),
  );
}
