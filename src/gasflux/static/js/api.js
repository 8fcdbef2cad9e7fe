// The one way to the server. Answers are {code, message, data, error}; refusals become ApiError, silence OfflineError.

import { key } from "./session.js";
import { setOnline } from "./connection.js";

export class ApiError extends Error {
  constructor(status, body, retryAfter) {
    super(body?.message || `HTTP ${status}`);
    this.status = status;
    this.type = body?.error?.type ?? "error";
    this.details = body?.error?.details ?? [];
    this.data = body?.data ?? null;
    this.requestId = body?.error?.request_id ?? null;
    this.retryAfter = Number(retryAfter) || null;
    this.keySent = Boolean(key());
  }
}

export class OfflineError extends Error {}

/** Return the address of a path of the API, also where the service lives below a prefix. */
export const address = (path) => new URL(path.replace(/^\//, ""), document.baseURI.split("#")[0]).href;

/** Return `data` of a GET. */
export const get = (path, options = {}) => request("GET", path, options);

/** Send JSON and return `data`. */
export const send = (method, path, json, options = {}) => request(method, path, { ...options, json });

/** Return {data, etag, changed}; `changed` is false when the server says the copy with `etag` is still good. */
export async function getIfChanged(path, etag, { signal } = {}) {
  const answer = await fetched("GET", path, { signal, headers: etag ? { "If-None-Match": etag } : {} });
  if (answer.status === 304) return { data: null, etag, changed: false };
  const body = await parsed(answer);
  return { data: body.data, etag: answer.headers.get("ETag"), changed: true };
}

async function request(method, path, { signal, json, form, headers = {} } = {}) {
  const body = json === undefined ? form : JSON.stringify(json);
  const type = json === undefined ? {} : { "Content-Type": "application/json" };
  const answer = await fetched(method, path, { signal, body, headers: { ...type, ...headers } });
  return (await parsed(answer)).data;
}

async function fetched(method, path, { signal, body, headers }) {
  const secret = key() ? { "X-API-Key": key() } : {};
  try {
    // The ETags are handled here: the browser's own cache would turn a 304 into the old answer.
    const answer = await fetch(address(path), {
      method,
      signal,
      body,
      headers: { ...secret, ...headers },
      cache: "no-store",
    });
    setOnline(true);
    return answer;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    setOnline(false);
    throw new OfflineError(String(error));
  }
}

async function parsed(answer) {
  const body = await answer.json().catch(() => null);
  if (!answer.ok) throw new ApiError(answer.status, body, answer.headers.get("Retry-After"));
  return body ?? { data: null };
}

/** Post a form with its progress (0 to 1); fetch cannot tell how much of a body is sent. */
export function upload(path, form, { onProgress, signal, headers = {} } = {}) {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open("POST", address(path));
    if (key()) call.setRequestHeader("X-API-Key", key());
    Object.entries(headers).forEach(([name, value]) => call.setRequestHeader(name, value));
    call.responseType = "json";
    call.upload.onprogress = (event) => event.lengthComputable && onProgress?.(event.loaded / event.total);
    call.onerror = () => {
      setOnline(false);
      reject(new OfflineError("upload"));
    };
    call.onabort = () => reject(new DOMException("stopped", "AbortError"));
    call.onload = () => {
      setOnline(true);
      if (call.status >= 200 && call.status < 300) resolve(call.response.data);
      else reject(new ApiError(call.status, call.response, call.getResponseHeader("Retry-After")));
    };
    signal?.addEventListener("abort", () => call.abort());
    call.send(form);
  });
}
