// @ts-check
// What the page asks first: it is under way before the code of the map has come.

import { ask } from "../js/api.js";
import { readAddress } from "./address.mjs";
import { PATHS, incidentQuery, usualStep, viewFor, viewQuery } from "./view.mjs";

/** @typedef {[name: string, value: string][]} Query */

export const account = ask("account");

/** @type {Promise<import("./ground_map.mjs").Ground>} */
export const ground = ask("analyst/ground");

/** Answers that are under way, by what was asked. @type {Map<string, Promise<any>>} */
const early = new Map();

/** @param {string} path @param {Query} query */
const keyOf = (path, query) => `${path}?${new URLSearchParams(query)}`;

/** @param {string} path @param {Query} [query] */
function begin(path, query = []) {
  const asked = ask(path, query);
  asked.catch(() => {}); // whoever takes it is told
  early.set(keyOf(path, query), asked);
}

/** Ask the service; what is under way is taken, once. @param {string} path @param {Query} [query] @returns {Promise<any>} */
export function answerTo(path, query = []) {
  const key = keyOf(path, query);
  const asked = early.get(key) ?? ask(path, query);
  early.delete(key);
  return asked;
}

/** From now on everything is asked anew. */
export const forget = () => early.clear();

Promise.all([account, ground])
  .then(([{ permissions }, known]) => {
    const parts = readAddress(location.hash);
    if (!known.edition || parts.tab === "coverage") return; // as the tab of incidents asks, and when
    const rights = new Set(permissions);
    const [view, area] = [viewFor(parts, rights), parts.area ?? ""];
    begin("categories");
    begin("analyst/profile", [...incidentQuery(view, known.timezone, area), ["step", view.step || usualStep(rights)]]);
    begin(PATHS[view.layer], viewQuery(view, known, area));
  })
  .catch(() => {}); // the page tells what went wrong when it awaits them
