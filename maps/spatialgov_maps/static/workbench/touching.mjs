// @ts-check
// Which units a click, a brush, a rectangle or a lasso touches. Plane geometry in degrees with longitudes shortened to
// the scale of latitudes: true enough over a city.

/** @typedef {import("./units.mjs").Units} Units */
/** @typedef {[lon: number, lat: number]} Place */

/** Finds units by place; made once for a set of units. */
export class Finder {
  /** @param {Units} units */
  constructor(units) {
    this.units = units;
    const { boxes, n } = units;
    let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let u = 0; u < n; u++) {
      west = Math.min(west, boxes[4 * u]);
      south = Math.min(south, boxes[4 * u + 1]);
      east = Math.max(east, boxes[4 * u + 2]);
      north = Math.max(north, boxes[4 * u + 3]);
    }
    /** West, south, east, north of all units. */
    this.bounds = [west, south, east, north];
    /** A degree of longitude in degrees of latitude. */
    this.shrink = Math.cos((((south + north) / 2) * Math.PI) / 180);
    this.side = Math.max(1, Math.ceil(Math.sqrt(n)));
    this.cell = [(east - west) / this.side || 1, (north - south) / this.side || 1];
    /** @type {number[][]} */
    this.cells = Array.from({ length: this.side ** 2 }, () => []);
    for (let u = 0; u < n; u++) {
      const box = /** @type {any} */ (boxes.subarray(4 * u, 4 * u + 4));
      this.#eachCell(box, (cell) => cell.push(u));
    }
  }

  /** @param {ArrayLike<number>} box @param {(cell: number[]) => void} visit */
  #eachCell(box, visit) {
    const { side, cell, bounds } = this;
    const column = (/** @type {number} */ x) => clamp(Math.floor((x - bounds[0]) / cell[0]), side);
    const row = (/** @type {number} */ y) => clamp(Math.floor((y - bounds[1]) / cell[1]), side);
    for (let r = row(box[1]); r <= row(box[3]); r++)
      for (let c = column(box[0]); c <= column(box[2]); c++) visit(this.cells[r * side + c]);
  }

  /** Give the units whose box meets a box. @param {number[]} box @returns {number[]} */
  #near(box) {
    const { boxes } = this.units;
    const found = new Set();
    this.#eachCell(box, (cell) => {
      for (const u of cell)
        if (boxes[4 * u] <= box[2] && boxes[4 * u + 2] >= box[0] && boxes[4 * u + 1] <= box[3] && boxes[4 * u + 3] >= box[1])
          found.add(u);
    });
    return [...found];
  }

  /** Give the unit at a place, -1 where there is none. @param {Place} place */
  at([x, y]) {
    return this.#near([x, y, x, y]).find((u) => this.#holds(u, x, y)) ?? -1;
  }

  /** @param {number} unit @param {number} x @param {number} y */
  #holds(unit, x, y) {
    return this.units.shapes[unit].some((rings) => rings.filter((ring) => inRing(ring, x, y)).length % 2 === 1);
  }

  /**
   * Give the units that a round brush touches on its way between two places.
   * @param {Place} from @param {Place} to @param {number} radius degrees of latitude; 0: a unit must be under the way
   */
  along(from, to, radius) {
    const wide = radius / this.shrink;
    const box = [
      Math.min(from[0], to[0]) - wide, Math.min(from[1], to[1]) - radius,
      Math.max(from[0], to[0]) + wide, Math.max(from[1], to[1]) + radius,
    ];
    return this.#near(box).filter((u) => this.#holds(u, to[0], to[1]) || this.#meets(u, from, to, radius));
  }

  /** @param {number} unit @param {Place} from @param {Place} to @param {number} radius */
  #meets(unit, from, to, radius) {
    const { shrink } = this;
    const [px, py, qx, qy] = [from[0] * shrink, from[1], to[0] * shrink, to[1]];
    for (const rings of this.units.shapes[unit])
      for (const ring of rings)
        for (let i = 0; i + 3 < ring.length; i += 2)
          if (apart(px, py, qx, qy, ring[i] * shrink, ring[i + 1], ring[i + 2] * shrink, ring[i + 3]) <= radius) return true;
    return false;
  }

  /** Give the units whose middle lies in a ring of places: a rectangle or a lasso. @param {Place[]} places */
  inside(places) {
    const ring = Float64Array.from([...places, places[0]].flat());
    const xs = places.map((p) => p[0]);
    const ys = places.map((p) => p[1]);
    const { points } = this.units;
    return this.#near([Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]).filter((u) =>
      inRing(ring, points[2 * u], points[2 * u + 1]),
    );
  }
}

/** @param {number} i @param {number} n */
const clamp = (i, n) => Math.max(0, Math.min(n - 1, i));

/** Whether a place lies in a closed ring (crossings of a ray eastwards). @param {Float64Array} ring */
export function inRing(ring, /** @type {number} */ x, /** @type {number} */ y) {
  let inside = false;
  for (let i = 0; i + 3 < ring.length; i += 2) {
    const [ax, ay, bx, by] = [ring[i], ring[i + 1], ring[i + 2], ring[i + 3]];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

/** Give how far two pieces of line, p–q and a–b, are apart. */
function apart(...c) {
  const [px, py, qx, qy, ax, ay, bx, by] = /** @type {number[]} */ (c);
  const side = (x1, y1, x2, y2, x, y) => (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1);
  const crosses =
    side(px, py, qx, qy, ax, ay) * side(px, py, qx, qy, bx, by) < 0 &&
    side(ax, ay, bx, by, px, py) * side(ax, ay, bx, by, qx, qy) < 0;
  if (crosses) return 0;
  return Math.min(
    offLine(px, py, ax, ay, bx, by), offLine(qx, qy, ax, ay, bx, by),
    offLine(ax, ay, px, py, qx, qy), offLine(bx, by, px, py, qx, qy),
  );
}

function offLine(x, y, ax, ay, bx, by) {
  const [dx, dy] = [bx - ax, by - ay];
  const t = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}

/**
 * Tell on which side of a drawn line a place lies; beyond its ends the line goes straight on.
 * @param {Place[]} line two places at least @param {number} shrink see Finder.shrink @param {Place} place
 */
export function isLeft(line, shrink, [x, y]) {
  let [least, left] = [Infinity, false];
  for (let i = 0; i + 1 < line.length; i++) {
    const [ax, ay, bx, by] = [line[i][0] * shrink, line[i][1], line[i + 1][0] * shrink, line[i + 1][1]];
    const [dx, dy] = [bx - ax, by - ay];
    let t = ((x * shrink - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1);
    if (i > 0) t = Math.max(0, t);
    if (i + 2 < line.length) t = Math.min(1, t);
    const distance = Math.hypot(x * shrink - ax - t * dx, y - ay - t * dy);
    if (distance < least) [least, left] = [distance, dx * (y - ay) - dy * (x * shrink - ax) > 0];
  }
  return left;
}

/**
 * Give the neighbours that a drawn line separates: it runs between their middles.
 * @param {Units} units @param {Place[]} line
 * @returns {[number, number][]} the smaller number first
 */
export function crossed({ n, starts, neighbours, points }, line) {
  /** @type {[number, number][]} */
  const found = [];
  for (let u = 0; u < n; u++)
    for (let i = starts[u]; i < starts[u + 1]; i++) {
      const v = neighbours[i];
      if (v > u && cuts(line, points[2 * u], points[2 * u + 1], points[2 * v], points[2 * v + 1])) found.push([u, v]);
    }
  return found;
}

/** Whether a line crosses the way from one place to another; a place on the line lies to its right. @param {Place[]} line */
function cuts(line, ax, ay, bx, by) {
  const side = (x1, y1, x2, y2, x, y) => (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1) > 0;
  for (let i = 0; i + 1 < line.length; i++) {
    const [[px, py], [qx, qy]] = [line[i], line[i + 1]];
    if (Math.max(px, qx) < Math.min(ax, bx) || Math.min(px, qx) > Math.max(ax, bx)) continue;
    if (Math.max(py, qy) < Math.min(ay, by) || Math.min(py, qy) > Math.max(ay, by)) continue;
    if (side(px, py, qx, qy, ax, ay) !== side(px, py, qx, qy, bx, by) && side(ax, ay, bx, by, px, py) !== side(ax, ay, bx, by, qx, qy)) return true;
  }
  return false;
}
