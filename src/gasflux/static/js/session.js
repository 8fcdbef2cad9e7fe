// The key of this browser: kept for the tab only, unless the user asks to stay signed in.

const NAME = "gasflux.key";
const listeners = new Set();
let unstored = null;

export function key() {
  return read(sessionStorage) ?? read(localStorage) ?? unstored;
}

export const isRemembered = () => read(localStorage) !== null;

export function setKey(value, remember = false) {
  forget();
  unstored = value;
  write(remember ? localStorage : sessionStorage, value);
  listeners.forEach((listener) => listener());
}

export function forgetKey() {
  forget();
  listeners.forEach((listener) => listener());
}

export const onKey = (listener) => listeners.add(listener);

function forget() {
  unstored = null;
  [sessionStorage, localStorage].forEach((storage) => {
    try {
      storage.removeItem(NAME);
    } catch {
      // Storage is forbidden: nothing was kept.
    }
  });
}

function read(storage) {
  try {
    return storage.getItem(NAME);
  } catch {
    return null;
  }
}

function write(storage, value) {
  try {
    storage.setItem(NAME, value);
  } catch {
    // Storage is forbidden: the key lives as long as the page.
  }
}
