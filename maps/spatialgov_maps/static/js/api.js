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

/**
 * Ask the service.
 * @param {string} path below api/v1
 * @param {Record<string, string>} query
 * @returns {Promise<any>}
 * @throws {Problem}
 */
export const ask = (path, query = {}) => answer(path, query, {});

/**
 * Have the service do something.
 * @param {string} path below api/v1
 * @param {any} body
 * @returns {Promise<any>}
 * @throws {Problem}
 */
export const send = (path, body = {}) =>
  answer(path, {}, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });

/** @param {string} path @param {Record<string, string>} query @param {RequestInit} request */
async function answer(path, query, request) {
  const search = new URLSearchParams(query).toString();
  let got;
  try {
    got = await fetch(`api/v1/${path}${search ? `?${search}` : ""}`, {
      ...request,
      headers: { Accept: "application/json", "Accept-Language": language(), ...request.headers },
    });
  } catch {
    throw new Problem(text("unreachable"), "unreachable");
  }
  const body = await got.json().catch(() => ({}));
  if (!got.ok) {
    const said = [body.detail ?? body.title ?? `${text("unreachable")} (${got.status})`, body.remedy];
    throw new Problem(said.filter(Boolean).join(" "), body.code ?? "", got.status, body);
  }
  return body;
}
