// @ts-check
// A stretch of the time line: from its first step to before its last one, both counted from 0.

/** @typedef {{first: number, last: number}} Span `last` is not part of it */

/** Keep a stretch inside n steps, one long at least. @param {Span} span @param {number} n @returns {Span} */
export function kept({ first, last }, n) {
  const from = Math.max(0, Math.min(n - 1, Math.min(first, last)));
  return { first: from, last: Math.max(from + 1, Math.min(n, Math.max(first, last))) };
}

/** Move a stretch without changing its length. @param {Span} span @param {number} by @param {number} n */
export function moved({ first, last }, by, n) {
  const way = Math.max(-first, Math.min(n - last, by));
  return { first: first + way, last: last + way };
}

/** Move one end. @param {Span} span @param {"first" | "last"} end @param {number} to @param {number} n @returns {Span} */
export function pulled({ first, last }, end, to, n) {
  return end === "first"
    ? { first: Math.max(0, Math.min(last - 1, to)), last }
    : { first, last: Math.min(n, Math.max(first + 1, to)) };
}

/**
 * The steps that lie in a period of days, those that are cut included.
 * @param {string[]} firstDays of the steps, ascending @param {string} end day after the last step
 * @param {string} from "" for no limit @param {string} to the last day; "" for no limit
 * @returns {Span | null} null where it holds none
 */
export function spanOf(firstDays, end, from, to) {
  const ends = [...firstDays.slice(1), end];
  let first = 0;
  let last = firstDays.length;
  while (from && first < last && ends[first] <= from) first++;
  while (to && last > first && firstDays[last - 1] > to) last--;
  return last > first ? { first, last } : null;
}
