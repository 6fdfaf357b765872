// @ts-check
// A density as the service sends it: numbers on a raster, painted in classes, and its peaks.

import { classOf } from "./classes.mjs";

/** @typedef {{width: number, height: number, corners: number[][], most: number, values: string, column: string, cell_m: number, bandwidth_m: number, bandwidth_chosen: boolean, n_incidents: number, outside: number}} Picture */
/** @typedef {{width: number, height: number, corners: number[][], values: Float64Array}} Surface `values` are NaN outside */

/** @param {Picture} picture @returns {Surface} */
export function readSurface({ width, height, corners, most, values }) {
  const bytes = Uint8Array.from(atob(values), (letter) => letter.charCodeAt(0));
  const found = new Float64Array(width * height);
  for (let i = 0; i < found.length; i++) {
    const step = bytes[2 * i] + 256 * bytes[2 * i + 1];
    found[i] = step ? ((step - 1) * most) / 65534 : NaN;
  }
  return { width, height, corners, values: found };
}

/** @param {string} colour #rrggbb */
const channels = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

/**
 * Paint a surface: nothing below the first limit, then a colour for each class.
 * @param {Surface} surface @param {number[]} limits @param {string[]} colours one for each limit
 * @returns {Uint8ClampedArray<ArrayBuffer>} red, green, blue and opacity of each cell
 */
export function painted({ values }, limits, colours) {
  const inks = colours.map(channels);
  const pixels = new Uint8ClampedArray(4 * values.length);
  values.forEach((value, i) => {
    const found = Number.isNaN(value) ? 0 : classOf(value, limits);
    if (found) pixels.set([...inks[found - 1], 255], 4 * i);
  });
  return pixels;
}

/** Where the middle of a cell lies. @param {Surface} surface @param {number} cell @returns {[lon: number, lat: number]} */
export function placeOf({ width, height, corners }, cell) {
  const x = ((cell % width) + 0.5) / width;
  const y = (Math.floor(cell / width) + 0.5) / height;
  const [nw, ne, se, sw] = corners;
  const at = (/** @type {number} */ i) => (1 - y) * ((1 - x) * nw[i] + x * ne[i]) + y * ((1 - x) * sw[i] + x * se[i]);
  return [at(0), at(1)];
}

/**
 * The cells that are higher than all around them, the highest first.
 * @param {Surface} surface @param {number} least only those from this value on @param {number} most how many
 * @returns {number[]}
 */
export function peaks({ width, height, values }, least, most) {
  /** @type {number[]} */
  const found = [];
  for (let cell = 0; cell < values.length; cell++) {
    if (!(values[cell] >= least)) continue;
    const [x, y] = [cell % width, Math.floor(cell / width)];
    let isPeak = true;
    for (let dy = -1; dy <= 1 && isPeak; dy++)
      for (let dx = -1; dx <= 1; dx++) {
        if ((!dx && !dy) || x + dx < 0 || x + dx >= width || y + dy < 0 || y + dy >= height) continue;
        const other = cell + dy * width + dx;
        // of cells that are equal the first is the peak
        if (values[other] > values[cell] || (values[other] === values[cell] && other < cell)) isPeak = false;
      }
    if (isPeak) found.push(cell);
  }
  return found.sort((a, b) => values[b] - values[a]).slice(0, most);
}

/** The value of the surface that is shown at a place, NaN outside. @param {Surface} surface @param {[number, number]} place */
export function valueAt(surface, [lon, lat]) {
  const { width, height, values } = surface;
  const [nw, ne, , sw] = surface.corners;
  // the raster is as good as a parallelogram: two equations for the shares of the way east and south
  const [ax, ay, bx, by] = [ne[0] - nw[0], ne[1] - nw[1], sw[0] - nw[0], sw[1] - nw[1]];
  const area = ax * by - ay * bx;
  const east = ((lon - nw[0]) * by - (lat - nw[1]) * bx) / area;
  const south = (ax * (lat - nw[1]) - ay * (lon - nw[0])) / area;
  if (!(east >= 0 && east < 1 && south >= 0 && south < 1)) return NaN;
  return values[Math.floor(south * height) * width + Math.floor(east * width)];
}
