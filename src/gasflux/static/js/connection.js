// Whether the server answers. While it does not, it is asked every few seconds, and who waits for it is told.

const PROBE_MS = 3000;
const listeners = new Set();
let isOnline = true;

export const online = () => isOnline;

export function onConnection(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function setOnline(value) {
  if (value === isOnline) return;
  isOnline = value;
  if (!value) setTimeout(probe, PROBE_MS);
  listeners.forEach((listener) => listener(value));
}

async function probe() {
  if (isOnline) return;
  const answer = await fetch(new URL("health", document.baseURI.split("#")[0]), { cache: "no-store" }).catch(
    () => null,
  );
  if (answer) setOnline(true);
  else setTimeout(probe, PROBE_MS);
}
