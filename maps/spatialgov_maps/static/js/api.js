// Questions to the service, and what goes wrong with them as one kind of error.

import { language, text } from "./language.js";

/** An answer that is none: a problem body (RFC 9457), or no answer at all. */
export class Problem extends Error {
  /** @param {string} message @param {string} code @param {number} status 0 without an answer @param {any} body */
  constructor(message, code, status = 0, body = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.body = body;
  }
}

/** Where to sign in, and to come back from to what this page shows. */
export const signInAddress = () => `sign-in?lang=${language()}&next=${location.pathname.replace(/.*\//, "")}${location.hash}`;

/** Tells this browser from others where there are no accounts: undo takes back its own strokes. */
const BROWSER = browserTag();

function browserTag() {
  const made = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => (byte % 36).toString(36)).join("");
  try {
    const kept = localStorage.getItem("spatialgov.browser") ?? "";
    if (/^[0-9a-z]{8}$/.test(kept)) return kept;
    localStorage.setItem("spatialgov.browser", made);
  } catch {
    // Storage is forbidden: the tag lasts as long as the page.
  }
  return made;
}

/**
 * Ask the service.
 * @param {string} path below api/v1
 * @param {Record<string, string> | [name: string, value: string][]} query
 * @returns {Promise<any>}
 * @throws {Problem}
 */
export const ask = (path, query = {}) => answer(path, query, {});

/**
 * Ask the service for a file.
 * @param {string} path below api/v1
 * @returns {Promise<Blob>}
 * @throws {Problem}
 */
export const askFile = async (path) => (await fetched(path, {}, { headers: { Accept: "*/*" } })).blob();

/**
 * Have the service do something.
 * @param {string} path below api/v1
 * @param {any} body
 * @returns {Promise<any>}
 * @throws {Problem}
 */
export const send = (path, body = {}) =>
  answer(path, {}, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });

/**
 * Have the service read a file.
 * @param {string} path below api/v1
 * @param {Blob} file
 * @param {string} type
 * @returns {Promise<any>}
 * @throws {Problem}
 */
export const sendFile = (path, file, type) => answer(path, {}, { method: "POST", body: file, headers: { "Content-Type": type } });

/**
 * Have the service delete something.
 * @param {string} path below api/v1
 * @returns {Promise<any>}
 * @throws {Problem}
 */
export const remove = (path) => answer(path, {}, { method: "DELETE" });

/** @param {string} path @param {Record<string, string> | [name: string, value: string][]} query @param {RequestInit} request */
async function answer(path, query, request) {
  const got = await fetched(path, query, request);
  return got.json().catch(() => ({}));
}

/**
 * Ask the service for what is no JSON, or may be unchanged (304).
 * @param {string} path below api/v1
 * @param {Record<string, string> | [name: string, value: string][]} query
 * @param {RequestInit} request
 * @returns {Promise<Response>}
 * @throws {Problem}
 */
export async function fetched(path, query, request) {
  const search = new URLSearchParams(query).toString();
  let got;
  try {
    got = await fetch(`api/v1/${path}${search ? `?${search}` : ""}`, {
      ...request,
      headers: { Accept: "application/json", "Accept-Language": language(), "X-Browser": BROWSER, ...request.headers },
    });
  } catch {
    throw new Problem(text("unreachable"), "unreachable");
  }
  if (got.ok || got.status === 304) return got;
  const body = await got.json().catch(() => ({}));
  const said = [body.detail ?? body.title ?? `${text("unreachable")} (${got.status})`, body.remedy];
  throw new Problem(said.filter(Boolean).join(" "), body.code ?? "", got.status, body);
}
