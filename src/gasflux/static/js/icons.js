// Line icons, drawn here so that nothing is loaded; they are always beside a word or carry a label.

import { svg } from "./dom.js";

const PATHS = {
  new: "M12 5v14M5 12h14",
  tasks: "M4 6h16M4 12h16M4 18h10",
  compare: "M5 7h9M5 12h14M5 17h6M17 5v4M19 10v4M11 15v4",
  keys: "M14.5 9.5a4.5 4.5 0 1 0-3.2 4.3L13 15.5h2v2h2v2h3v-3l-5.7-5.4c.1-.5.2-1 .2-1.6zM8.5 8.5h.01",
  service: "M4 12h4l2-6 4 12 2-6h4",
  upload: "M12 16V4M7 9l5-5 5 5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3",
  drone: "M9 10h6v4H9zM9 10 6 7M15 10l3-3M9 14l-3 3M15 14l3 3M3 7h6M15 7h6M3 17h6M15 17h6",
  file: "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9h.01",
  table: "M4 5h16v14H4zM4 10h16M4 15h16M10 5v14",
  globe: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18",
  archive: "M4 4h16v5H4zM6 9v11h12V9M10 13h4",
  report: "M6 3h12v18H6zM9 16v-3M12 16V9M15 16v-5",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
  auto: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 3v18M15 4v16M18 6v12",
  language: "M4 6h10M9 4v2M6 14c4-1 6-4 7-8M7 9c1 2 3 4 5 5M12 20l4-10 4 10M13.5 17h5",
  pin: "M9 3h6l-1 7 4 4H6l4-4zM12 14v7",
  alert: "M12 4 2.5 20h19zM12 10v4M12 17h.01",
  offline: "M3 3l18 18M5 11a11 11 0 0 1 4-2.5M19 11a11 11 0 0 0-6-3M8 15a6 6 0 0 1 8 0M12 19h.01",
};

/** Return an icon that is hidden from screen readers. */
export function icon(name) {
  const path = svg("path", {
    d: PATHS[name],
    fill: "none",
    stroke: "currentColor",
    "stroke-width": 1.7,
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
  });
  return svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" }, path);
}
