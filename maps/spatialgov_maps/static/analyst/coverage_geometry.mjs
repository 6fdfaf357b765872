// @ts-check
// Geometry around a camera: places at bearings and distances, and the sector that it is meant to see. On the ellipsoid's
// local scale, true to a centimetre over the range of a camera.

/** @typedef {[lon: number, lat: number]} Place */
/** @typedef {{lon: number, lat: number, azimuth_deg: number | null, fov_deg: number, range_m: number, near_m?: number}} Sector */

/** @typedef {"move" | "turn" | "range" | "field"} HandleName what a camera is changed by */
/** @typedef {import("./coverage_changes.mjs").Patch} Patch */

const STEP_DEG = 3;

/** Metres in a degree of longitude and of latitude (WGS 84, series of the meridian). @param {number} lat */
function metresPerDegree(lat) {
  const a = (lat * Math.PI) / 180;
  return [
    111412.84 * Math.cos(a) - 93.5 * Math.cos(3 * a) + 0.118 * Math.cos(5 * a),
    111132.954 - 559.822 * Math.cos(2 * a) + 1.175 * Math.cos(4 * a),
  ];
}

/** Bring an angle into [0, 360). @param {number} degrees */
export const turned = (degrees) => ((degrees % 360) + 360) % 360;

/** Give the place at a bearing (degrees clockwise from north) and a distance. @param {Place} from @param {number} bearingDeg @param {number} m @returns {Place} */
export function away([lon, lat], bearingDeg, m) {
  const [east, north] = metresPerDegree(lat);
  const angle = (bearingDeg * Math.PI) / 180;
  return [lon + (m * Math.sin(angle)) / east, lat + (m * Math.cos(angle)) / north];
}

/** @param {Place} from @param {Place} to @returns {[east: number, north: number]} metres */
function metres([lon, lat], [x, y]) {
  const [east, north] = metresPerDegree(lat);
  return [(x - lon) * east, (y - lat) * north];
}

/** Give the bearing from one place to another, degrees clockwise from north. @param {Place} from @param {Place} to */
export function bearing(from, to) {
  const [east, north] = metres(from, to);
  return turned((Math.atan2(east, north) * 180) / Math.PI);
}

/** Give the distance between two places in metres. @param {Place} from @param {Place} to */
export const distance = (from, to) => Math.hypot(...metres(from, to));

/** Whether a camera looks one way and it is known which. @param {Sector} sector */
export const looksOneWay = ({ azimuth_deg, fov_deg }) => azimuth_deg !== null && fov_deg < 360;

/**
 * Give the sector that a camera is meant to see, as if there were no buildings; the whole disc where it looks all round,
 * or where its direction is not known.
 * @param {Sector} sector @returns {{type: "Polygon", coordinates: Place[][]}}
 */
export function sectorShape(sector) {
  const { lon, lat, range_m, near_m = 0 } = sector;
  const whole = !looksOneWay(sector);
  const width = whole ? 360 : sector.fov_deg;
  const first = whole ? 0 : Number(sector.azimuth_deg) - width / 2;
  const n = Math.max(2, Math.ceil(width / STEP_DEG));
  const arc = (/** @type {number} */ m) => Array.from({ length: n + 1 }, (_, i) => away([lon, lat], first + (i * width) / n, m));
  const outer = arc(range_m);
  const inner = near_m > 0 && near_m < range_m ? arc(near_m).reverse() : [];
  if (whole) return { type: "Polygon", coordinates: inner.length ? [outer, inner] : [outer] };
  const ring = inner.length ? [...outer, ...inner] : [[lon, lat], ...outer];
  return { type: "Polygon", coordinates: [/** @type {Place[]} */ ([...ring, ring[0]])] };
}

const LEAST_RANGE_M = 1;
const MOST_RANGE_M = 2000;
const KEYS = ["ArrowUp", "ArrowRight", "ArrowDown", "ArrowLeft"];

/** @param {number} value @param {number} low @param {number} high */
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const tenths = (/** @type {number} */ value) => Math.round(value * 10) / 10;

/**
 * Give what a handle that was dragged to a place makes of a camera.
 * @param {HandleName} name @param {any} figures the camera's @param {Place} place @returns {Patch}
 */
export function dragged(name, figures, place) {
  const at = /** @type {Place} */ ([figures.lon, figures.lat]);
  if (name === "move") return { lon: Number(place[0].toFixed(7)), lat: Number(place[1].toFixed(7)) };
  if (name === "turn") return { azimuth_deg: turned(tenths(bearing(at, place))) };
  if (name === "range") return { range_m: clamp(tenths(distance(at, place)), LEAST_RANGE_M, MOST_RANGE_M) };
  const off = Math.abs(((bearing(at, place) - figures.azimuth_deg + 540) % 360) - 180);
  return { fov_deg: clamp(Math.round(2 * off), 1, 359) };
}

/**
 * Give what a key does to a camera through a handle; null for other keys.
 * @param {HandleName} name @param {any} figures @param {string} key @param {boolean} isFar with Shift @returns {Patch | null}
 */
export function pressed(name, figures, key, isFar) {
  const side = KEYS.indexOf(key);
  if (side < 0) return null;
  if (name === "move") {
    const [lon, lat] = away([figures.lon, figures.lat], 90 * side, isFar ? 10 : 1);
    return { lon, lat };
  }
  const step = (key === "ArrowUp" || key === "ArrowRight" ? 1 : -1) * (isFar ? 10 : 1);
  if (name === "turn") return { azimuth_deg: turned(figures.azimuth_deg + step) };
  if (name === "range") return { range_m: clamp(figures.range_m + step, LEAST_RANGE_M, MOST_RANGE_M) };
  return { fov_deg: clamp(figures.fov_deg + step, 1, 359) };
}
