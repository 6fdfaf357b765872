// @ts-check
// Which rows a table shows: those in the view, in order.

/** @typedef {import("./desk.mjs").Row} Row */
/** @typedef {[west: number, south: number, east: number, north: number]} Box */

/** Give the rows whose place lies in a box. @param {Row[]} rows @param {Box} box */
export const inView = (rows, [west, south, east, north]) =>
  rows.filter(({ lon, lat }) => lon >= west && lon <= east && lat >= south && lat <= north);

/**
 * Give rows in the order of a column; those without a value come last whichever way, and equal ones stay as they were.
 * @param {Row[]} rows @param {string} key @param {boolean} descending
 */
export function ordered(rows, key, descending) {
  const way = descending ? -1 : 1;
  const isMissing = (/** @type {any} */ value) => value === null || value === undefined || value === "";
  return [...rows].sort((one, other) => {
    const [a, b] = [one[key], other[key]];
    if (isMissing(a) || isMissing(b)) return Number(isMissing(a)) - Number(isMissing(b));
    if (typeof a === "number" && typeof b === "number") return way * (a - b);
    return way * String(a).localeCompare(String(b));
  });
}

/** Whether a place lies in a ring (even-odd rule). @param {number[][]} ring @param {number} lon @param {number} lat */
function inRing(ring, lon, lat) {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [[x0, y0], [x1, y1]] = [ring[i], ring[j]];
    if (y0 > lat !== y1 > lat && lon < ((x1 - x0) * (lat - y0)) / (y1 - y0) + x0) inside = !inside;
  }
  return inside;
}

/** Whether a place lies in a polygon of GeoJSON, in several parts or one. @param {any} geometry @param {number} lon @param {number} lat */
export function isInside(geometry, lon, lat) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.type === "MultiPolygon" ? geometry.coordinates : [];
  return polygons.some((/** @type {number[][][]} */ rings) => rings.reduce((inside, ring) => inside !== inRing(ring, lon, lat), false));
}

/** The middle of the corners of a polygon. @param {any} geometry @returns {[lon: number, lat: number]} */
export function middleOf(geometry) {
  const ring = geometry.coordinates[0].slice(1);
  const mean = (/** @type {number} */ i) => ring.reduce((/** @type {number} */ sum, /** @type {number[]} */ place) => sum + place[i], 0) / ring.length;
  return [mean(0), mean(1)];
}
