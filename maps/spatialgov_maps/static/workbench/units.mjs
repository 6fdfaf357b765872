// @ts-check
// The units of a plan as the service gives them (GET api/v1/plans/{id}/units), ready to be drawn, touched and summed up.

import { inRing } from "./touching.mjs";

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
    for (const rings of polygons) {
      const [x, y, area] = centroid(rings[0]);
      if (area > most) {
        most = area;
        points.set(isInside(rings, x, y) ? [x, y] : insideOf(rings, y), 2 * unit);
      }
    }
  });
  return points;
}

/** @param {Ring[]} rings @param {number} x @param {number} y */
const isInside = (rings, x, y) => rings.filter((ring) => inRing(ring, x, y)).length % 2 === 1;

/**
 * Give a place in a polygon: the middle of the longest piece of a parallel that lies in it.
 * @param {Ring[]} rings @param {number} y latitude of the parallel, between the southernmost and the northernmost vertex
 * @returns {[x: number, y: number]}
 */
function insideOf(rings, y) {
  const crossings = [];
  for (const ring of rings)
    for (let i = 0; i + 3 < ring.length; i += 2) {
      const [ax, ay, bx, by] = [ring[i], ring[i + 1], ring[i + 2], ring[i + 3]];
      if (ay > y !== by > y) crossings.push(((bx - ax) * (y - ay)) / (by - ay) + ax);
    }
  crossings.sort((a, b) => a - b);
  let [from, to] = [rings[0][0], rings[0][0]];
  for (let i = 0; i + 1 < crossings.length; i += 2) if (crossings[i + 1] - crossings[i] > to - from) [from, to] = [crossings[i], crossings[i + 1]];
  return [(from + to) / 2, y];
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
export function borderLines({ n, shapes }) {
  const rings = shapes.flatMap((polygons, unit) => polygons.flat().map((ring) => ({ unit, ring })));
  const { count, numbers } = numbered(rings.map(({ ring }) => ring));
  /** Edges that one unit has so far, by their ends. @type {Map<number, {unit: number, from: number[], to: number[]}>} */
  const waiting = new Map();
  /** Pieces by the two units, the second of them counted from 1. @type {Map<number, number[][][]>} */
  const found = new Map();
  const add = (/** @type {number} */ one, /** @type {number} */ other, /** @type {number[]} */ from, /** @type {number[]} */ to) => {
    const pair = one * (n + 1) + other + 1;
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
  rings.forEach(({ unit, ring }, place) => {
    const ends = numbers[place];
    for (let i = 0; i + 1 < ends.length; i++) {
      const key = Math.min(ends[i], ends[i + 1]) * count + Math.max(ends[i], ends[i + 1]);
      const from = [ring[2 * i], ring[2 * i + 1]];
      const to = [ring[2 * i + 2], ring[2 * i + 3]];
      const other = waiting.get(key);
      if (!other) waiting.set(key, { unit, from, to });
      else {
        waiting.delete(key);
        if (other.unit !== unit) add(other.unit, unit, from, to);
      }
    }
  });
  for (const { unit, from, to } of waiting.values()) add(unit, -1, from, to);
  const pairs = [...found.keys()];
  return {
    a: Int32Array.from(pairs, (pair) => Math.floor(pair / (n + 1))),
    b: Int32Array.from(pairs, (pair) => (pair % (n + 1)) - 1),
    lines: [...found.values()],
  };
}

/**
 * Number the vertices of rings: the same place has the same number.
 * @param {Ring[]} rings @returns {{count: number, numbers: Int32Array[]}} how many places there are, and those of each ring
 */
function numbered(rings) {
  const most = rings.reduce((sum, ring) => sum + ring.length / 2, 0);
  const places = new Float64Array(2 * most);
  const mask = 2 ** Math.ceil(Math.log2(2 * most + 1)) - 1;
  const slots = new Int32Array(mask + 1).fill(-1); // a place stands in the first free slot from that of its hash on
  let count = 0;
  const numberOf = (/** @type {number} */ x, /** @type {number} */ y) => {
    const hash = Math.imul(Math.round(x * 1e7), 0x9e3779b1) ^ Math.imul(Math.round(y * 1e7), 0x85ebca6b);
    let slot = (hash ^ (hash >>> 15)) & mask;
    while (slots[slot] >= 0 && (places[2 * slots[slot]] !== x || places[2 * slots[slot] + 1] !== y)) slot = (slot + 1) & mask;
    if (slots[slot] < 0) {
      places[2 * count] = x;
      places[2 * count + 1] = y;
      slots[slot] = count++;
    }
    return slots[slot];
  };
  const numbers = rings.map((ring) => Int32Array.from({ length: ring.length / 2 }, (_, i) => numberOf(ring[2 * i], ring[2 * i + 1])));
  return { count, numbers };
}

/** @param {number[]} p @param {number[]} q */
const same = (p, q) => p[0] === q[0] && p[1] === q[1];
