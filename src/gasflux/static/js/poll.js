// Ask again and again: quickly while something moves, slowly when the tab is hidden, at once when it comes back.

import { onConnection } from "./connection.js";

const HIDDEN_MS = 30000;

/** Run `ask` (async, returns the pause in ms until the next time, or null to end) until `signal` aborts. */
export function poll(ask, signal) {
  let timer = null;
  let isRunning = false;

  async function run() {
    clearTimeout(timer);
    if (signal.aborted || isRunning) return;
    isRunning = true;
    const pause = await ask().catch((error) => {
      if (error.name !== "AbortError") throw error;
      return null;
    }).finally(() => { isRunning = false; });
    if (pause === null || signal.aborted) return;
    timer = setTimeout(run, document.hidden ? Math.max(pause, HIDDEN_MS) : pause);
  }

  const onVisible = () => document.hidden || run();
  document.addEventListener("visibilitychange", onVisible, { signal });
  const forget = onConnection((isOnline) => isOnline && run());
  signal.addEventListener("abort", () => { clearTimeout(timer); forget(); });
  run();
  return run;
}
