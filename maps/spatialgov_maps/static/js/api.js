// Questions to the service, and what goes wrong with them as one kind of error.

import { language, text } from "./language.js";

/** An answer that is none: a problem body (RFC 9457), or no answer at all. */
export class Problem extends Error {
  /** @param {string} message @param {string} code */
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

/**
 * Ask the service.
 * @param {string} path below api/v1
 * @param {Record<string, string>} query
 * @returns {Promise<any>}
 * @throws {Problem}
 */
export async function ask(path, query = {}) {
  const search = new URLSearchParams(query).toString();
  let answer;
  try {
    answer = await fetch(`api/v1/${path}${search ? `?${search}` : ""}`, {
      headers: { Accept: "application/json", "Accept-Language": language() },
    });
  } catch {
    throw new Problem(text("unreachable"), "unreachable");
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const said = [body.detail ?? body.title ?? `${text("unreachable")} (${answer.status})`, body.remedy];
    throw new Problem(said.filter(Boolean).join(" "), body.code ?? "");
  }
  return body;
}
