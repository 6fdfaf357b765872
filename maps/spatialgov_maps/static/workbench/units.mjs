// @ts-check
// The units of a plan as the service gives them (GET api/v1/plans/{id}/units), ready to be drawn, touched and summed up.

/** @typedef {Float64Array} Ring longitude and latitude by turns; the last vertex is the first */
/** @typedef {"households" | "population" | "area_m2" | "workload"} Quantity */

/** What a grid is summed up by, in the order of its sums. @type {Quantity[]} */
export const QUANTITIES = ["households", "population", "area_m2", "workload"];

/**
 * @typedef {object} Units
 * @property {number} n
 * @property {string[]} ids
 * @property {Map<string, number>} positionOf
 * @property {Float64Array[]} amounts a column for each of QUANTITIES
 * @property {boolean} hasWorkload
 * @property {Record<string, {codes: string[], of: Int32Array}>} levels
 * @property {Int32Array} starts the neighbours of unit u are neighbours[starts[u]] to neighbours[starts[u + 1] - 1]
 * @property {Int32Array} neighbours
 * @property {Uint8Array} hard whether a hard barrier separates the unit from that neighbour
 * @property {Ring[][][]} shapes unit → polygons → rings
 * @property {Float64Array} boxes west, south, east, north of each unit
 * @property {Float64Array} points a point in the middle of each unit: longitude, latitude
 */

/** @param {any} answer @returns {Units} */
export function readUnits(answer) {
  const n = answer.ids.length;
  const shapes = readShapes(answer.shapes);
  const levels = Object.fromEntries(
    Object.entries(answer.levels).map(([name, level]) => [
      name, { codes: level.codes, of: Int32Array.from(level.of) },
    ]),
  );
  const columns = QUANTITIES.map((name) => Float64Array.from(answer[name] ?? new Array(n).fill(0)));
  return {
    n,
    ids: answer.ids,
    positionOf: new Map(answer.ids.map((/** @type {string} */ id, /** @type {number} */ i) => [id, i])),
    amounts: columns,
    hasWorkload: answer.workload !== null,
    levels,
    ...readEdges(n, answer.edges, answer.hard),
    shapes,
    boxes: boxesOf(shapes),
    points: pointsOf(shapes),
  };
}

/** @param {any} coded @returns {Ring[][][]} */
function readShapes({ step, origin, xy, ring_vertices, polygon_rings, unit_polygons }) {
  let [x, y] = origin;
  let [vertex, ring, polygon] = [0, 0, 0];
  const nextRing = () => {
    const n = ring_vertices[ring++];
    const lonlat = new Float64Array(2 * n);
    for (let i = 0; i < n; i++, vertex++) {
      x += xy[2 * vertex];
      y += xy[2 * vertex + 1];
      lonlat[2 * i] = x * step;
      lonlat[2 * i + 1] = y * step;
    }
    return lonlat;
  };
  return unit_polygons.map((/** @type {number} */ polygons) =>
    Array.from({ length: polygons }, () => Array.from({ length: polygon_rings[polygon++] }, nextRing)),
  );
}

/** @param {number} n @param {number[]} edges @param {number[]} hardEdges */
function readEdges(n, edges, hardEdges) {
  const starts = new Int32Array(n + 1);
  for (const unit of edges) starts[unit + 1]++;
  for (let u = 0; u < n; u++) starts[u + 1] += starts[u];
  const at = starts.slice(0, n);
  const neighbours = new Int32Array(edges.length);
  const hard = new Uint8Array(edges.length);
  const isHard = new Set(hardEdges);
  for (let i = 0; i < edges.length; i += 2) {
    const [a, b] = [edges[i], edges[i + 1]];
    const closed = isHard.has(i / 2) ? 1 : 0;
    hard[at[a]] = hard[at[b]] = closed;
    neighbours[at[a]++] = b;
    neighbours[at[b]++] = a;
  }
  return { starts, neighbours, hard };
}

/** @param {Ring[][][]} shapes */
function boxesOf(shapes) {
  const boxes = new Float64Array(4 * shapes.length);
  shapes.forEach((polygons, unit) => {
    let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const [outer] of polygons)
      for (let i = 0; i < outer.length; i += 2) {
        west = Math.min(west, outer[i]);
        east = Math.max(east, outer[i]);
        south = Math.min(south, outer[i + 1]);
        north = Math.max(north, outer[i + 1]);
      }
    boxes.set([west, south, east, north], 4 * unit);
  });
  return boxes;
}

/** @param {Ring[][][]} shapes */
function pointsOf(shapes) {
  const points = new Float64Array(2 * shapes.length);
  shapes.forEach((polygons, unit) => {
    let most = -1;
    for (const [outer] of polygons) {
      const [x, y, area] = centroid(outer);
      if (area > most) {
        most = area;
        points.set([x, y], 2 * unit);
      }
    }
  });
  return points;
}

/** Give the centroid of a ring and its area in square degrees. @param {Ring} ring */
function centroid(ring) {
  const [x0, y0] = ring; // differences from the first vertex keep their digits
  let [x, y, twice] = [0, 0, 0];
  for (let i = 0; i + 3 < ring.length; i += 2) {
    const [ax, ay, bx, by] = [ring[i] - x0, ring[i + 1] - y0, ring[i + 2] - x0, ring[i + 3] - y0];
    const cross = ax * by - bx * ay;
    x += (ax + bx) * cross;
    y += (ay + by) * cross;
    twice += cross;
  }
  return twice ? [x0 + x / (3 * twice), y0 + y / (3 * twice), Math.abs(twice) / 2] : [x0, y0, 0];
}

/**
 * Give the borders between units as lines: of each pair of neighbours what they share, and what no other unit shares.
 * Shared borders have the same vertices on both sides; where they have not, both sides count as outer.
 * @param {Units} units
 * @returns {{a: Int32Array, b: Int32Array, lines: number[][][][]}} b is -1 for outer borders; lines: of each, pieces
 */
export function borderLines({ shapes }) {
  /** @type {Map<string, {unit: number, from: number[], to: number[]}>} */
  const waiting = new Map();
  /** @type {Map<string, number[][][]>} */
  const found = new Map();
  const add = (/** @type {string} */ pair, /** @type {number[]} */ from, /** @type {number[]} */ to) => {
    const pieces = found.get(pair);
    if (!pieces) return found.set(pair, [[from, to]]);
    const last = pieces[pieces.length - 1];
    const [start, end] = [last[0], last[last.length - 1]];
    if (same(end, from)) last.push(to);
    else if (same(start, to)) last.unshift(from);
    else if (same(start, from)) last.unshift(to);
    else if (same(end, to)) last.push(from);
    else pieces.push([from, to]);
  };
  shapes.forEach((polygons, unit) => {
    for (const ring of polygons.flat())
      for (let i = 0; i + 3 < ring.length; i += 2) {
        const from = [ring[i], ring[i + 1]];
        const to = [ring[i + 2], ring[i + 3]];
        const key = from[0] < to[0] || (from[0] === to[0] && from[1] < to[1]) ? `${from}/${to}` : `${to}/${from}`;
        const other = waiting.get(key);
        if (!other) waiting.set(key, { unit, from, to });
        else {
          waiting.delete(key);
          if (other.unit !== unit) add(`${other.unit},${unit}`, from, to);
        }
      }
  });
  for (const { unit, from, to } of waiting.values()) add(`${unit},-1`, from, to);
  const pairs = [...found.keys()].map((pair) => pair.split(",").map(Number));
  return { a: Int32Array.from(pairs, (p) => p[0]), b: Int32Array.from(pairs, (p) => p[1]), lines: [...found.values()] };
}

/** @param {number[]} p @param {number[]} q */
const same = (p, q) => p[0] === q[0] && p[1] === q[1];
