// @ts-check
// Hours of the week, chosen or not: from 0, Monday 0:00, to 167. None chosen is never asked for: it would be nothing.

export const HOURS = 168;

/** @typedef {boolean[]} Week 168 of them */

/** @returns {Week} */
export const everyHour = () => new Array(HOURS).fill(true);

/** Whether all hours are chosen. @param {Week} week */
export const isEvery = (week) => week.every(Boolean);

/** Read hours like 0-5,24; all where the text names none. @param {string} text @returns {Week} */
export function readHours(text) {
  const week = new Array(HOURS).fill(false);
  for (const part of text.split(",")) {
    const found = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(part);
    if (!found) continue;
    const last = Math.min(HOURS - 1, Number(found[2] ?? found[1]));
    for (let hour = Number(found[1]); hour <= last; hour++) week[hour] = true;
  }
  return week.some(Boolean) ? week : everyHour();
}

/** Write hours like 0-5,24; "" for all. @param {Week} week */
export function writeHours(week) {
  if (isEvery(week)) return "";
  const parts = [];
  for (let first = 0; first < HOURS; first++) {
    if (!week[first]) continue;
    let last = first;
    while (week[last + 1]) last++;
    parts.push(first === last ? String(first) : `${first}-${last}`);
    first = last;
  }
  return parts.join(",");
}

/** The hours of a block between two of them, corners included, row by row. @param {number} one @param {number} other @returns {number[]} */
export function block(one, other) {
  const between = (/** @type {number} */ a, /** @type {number} */ b) => Array.from({ length: Math.abs(a - b) + 1 }, (_, i) => Math.min(a, b) + i);
  const days = between(Math.floor(one / 24), Math.floor(other / 24));
  const hours = between(one % 24, other % 24);
  return days.flatMap((day) => hours.map((hour) => 24 * day + hour));
}

/** Choose or leave out some hours; a first choice among all hours chooses those alone. @param {Week} week @param {number[]} hours @returns {Week} */
export function toggled(week, hours) {
  if (isEvery(week)) return week.map((_, hour) => hours.includes(hour));
  const isIn = hours.every((hour) => week[hour]);
  const next = week.map((chosen, hour) => (hours.includes(hour) ? !isIn : chosen));
  return next.some(Boolean) ? next : everyHour();
}

/** Usual choices by name. @type {Record<string, (day: number, hour: number) => boolean>} */
export const USUAL = {
  all: () => true,
  day: (_, hour) => hour >= 6 && hour < 18,
  evening: (_, hour) => hour >= 18 && hour < 22,
  night: (_, hour) => hour >= 22 || hour < 6,
  workdays: (day) => day < 5,
  weekend: (day) => day >= 5,
};

/** @param {string} name of USUAL @returns {Week} */
export const usual = (name) => everyHour().map((_, hour) => USUAL[name](Math.floor(hour / 24), hour % 24));
