// @ts-check
// Days of the calendar as yyyy-mm-dd, and when they begin on the clock of a time zone.

const DAY_MS = 86_400_000;

/** @param {string} day */
const moment = (day) => Date.parse(`${day}T00:00:00Z`);

/** Whether a text is a day of the calendar. @param {string | undefined} text */
export const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text ?? "") && new Date(moment(/** @type {string} */ (text)) || 0).toISOString().startsWith(/** @type {string} */ (text));

/** @param {string} day @param {number} days */
export const addDays = (day, days) => new Date(moment(day) + days * DAY_MS).toISOString().slice(0, 10);

/** How many days lie between two. @param {string} first @param {string} last */
export const daysBetween = (first, last) => Math.round((moment(last) - moment(first)) / DAY_MS);

/** The same day a number of months later; the last of the month where there is none. @param {string} day @param {number} months */
export function addMonths(day, months) {
  const at = new Date(moment(day));
  const first = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + months, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  first.setUTCDate(Math.min(at.getUTCDate(), last));
  return first.toISOString().slice(0, 10);
}

/** The day after a step that begins on a day. @param {string} day @param {string} step day, week or month */
export const endOf = (day, step) => (step === "month" ? addMonths(day, 1) : addDays(day, step === "week" ? 7 : 1));

/** When a day begins on the clock of a time zone, as ISO 8601 with the offset from UTC. @param {string} day @param {string} zone IANA name */
export function midnight(day, zone) {
  const told = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" });
  const offsetAt = (/** @type {number} */ at) => told.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value.slice(3) || "+00:00";
  const minutes = (/** @type {string} */ offset) => Number(`${offset[0]}1`) * (60 * Number(offset.slice(1, 3)) + Number(offset.slice(4, 6)));
  const first = offsetAt(moment(day));
  return `${day}T00:00:00${offsetAt(moment(day) - 60_000 * minutes(first))}`;
}
