// @ts-check
// What lies around a location, by the borders of a field pack: how far which border is, who may be meant where a position
// is not exact, the nearest grid from outside, and the outline of a grid.

/**
 * @typedef {{code: string, name: string, chain: any[]}} Grid
 * @typedef {{distance_m: number, lon: number, lat: number, face: number}} Near
 *   a place on a border, how far it is, and the face beyond it; 0: outside the pack
 */

const { cos, hypot, max, min, sin, sqrt, PI } = Math;
const A_M = 6378137;
const E2 = 0.0066943799901413165;

/** Length of a degree of longitude and of latitude on the ellipsoid of WGS 84. @param {number} lat @returns {[number, number]} */
export function metresPerDegree(lat) {
  const phi = (lat * PI) / 180;
  const w = 1 - E2 * sin(phi) ** 2;
  const across = A_M / sqrt(w);
  return [(across * cos(phi) * PI) / 180, (across * (1 - E2) * PI) / 180 / w];
}

export class Borders {
  /** @param {{outline: () => {xy: Float64Array, labels: Uint32Array, grids: Grid[], find: (lon: number, lat: number) => [number, boolean]}}} pack */
  constructor(pack) {
    const { xy, labels, grids, find } = pack.outline();
    this.xy = xy;
    this.labels = labels;
    this.grids = grids;
    this.find = find;
    /** Of the edge that a vertex begins: the face on one side; that on the other is its XOR with the label. */
    this.side = new Uint32Array(labels.length);
    labels.forEach((label, v) => {
      if (label) this.side[v] = this.#sideOf(v, label);
    });
  }

  /** Find the face on one side of an edge: that of a place on it, whichever side rounding leaves it on. @param {number} v @param {number} label */
  #sideOf(v, label) {
    const [x1, y1, x2, y2] = this.xy.subarray(2 * v, 2 * v + 4);
    for (const part of [0.5, 0.25, 0.75, 0.1, 0.9]) {
      const [face] = this.find(x1 + part * (x2 - x1), y1 + part * (y2 - y1));
      if ((face ^ label) <= this.grids.length) return face;
    }
    return label <= this.grids.length ? label : 0;
  }

  /** The grid of a face, null outside. @param {number} face @returns {Grid | null} */
  grid(face) {
    return this.grids[face - 1] ?? null;
  }

  /**
   * Visit every edge with the nearest place on it.
   * @param {number} lon @param {number} lat
   * @param {(square_m: number, x: number, y: number, one: number, other: number) => void} visit
   */
  #each(lon, lat, visit) {
    const [perLon, perLat] = metresPerDegree(lat);
    const { xy, labels, side } = this;
    for (let v = 0; v < labels.length; v++) {
      if (!labels[v]) continue;
      const i = 2 * v;
      const ax = (xy[i] - lon) * perLon, ay = (xy[i + 1] - lat) * perLat;
      const wx = (xy[i + 2] - xy[i]) * perLon, wy = (xy[i + 3] - xy[i + 1]) * perLat;
      const along = min(max(-(ax * wx + ay * wy) / (wx * wx + wy * wy), 0), 1);
      const dx = ax + along * wx, dy = ay + along * wy;
      const x = xy[i] + along * (xy[i + 2] - xy[i]), y = xy[i + 1] + along * (xy[i + 3] - xy[i + 1]);
      visit(dx * dx + dy * dy, x, y, side[v], side[v] ^ labels[v]);
    }
  }

  /**
   * The border of the face that a location (WGS 84) lies in where it is nearest, and the face beyond.
   * @param {number} lon @param {number} lat @returns {Near}
   */
  nearest(lon, lat) {
    const [own] = this.find(lon, lat);
    let best = Infinity;
    const near = { distance_m: Infinity, lon, lat, face: 0 };
    this.#each(lon, lat, (square_m, x, y, one, other) => {
      if (square_m >= best || (one !== own && other !== own)) return;
      best = square_m;
      Object.assign(near, { lon: x, lat: y, face: one === own ? other : one });
    });
    return { ...near, distance_m: metresBetween(lon, lat, near.lon, near.lat) };
  }

  /**
   * The other faces that a circle about a location reaches, the nearest first.
   * @param {number} lon @param {number} lat @param {number} radius_m @returns {number[]}
   */
  within(lon, lat, radius_m) {
    const [own] = this.find(lon, lat);
    /** @type {Map<number, number>} */
    const reached = new Map();
    this.#each(lon, lat, (square_m, _x, _y, one, other) => {
      if (square_m > radius_m * radius_m) return;
      for (const face of [one, other]) {
        if (face !== own) reached.set(face, min(square_m, reached.get(face) ?? Infinity));
      }
    });
    return [...reached].sort(([, a], [, b]) => a - b).map(([face]) => face);
  }

  /**
   * The rings of a face, for drawing: closed, in no order, holes among them (even-odd).
   * @param {number} face @returns {number[][][]} rings of [lon, lat]
   */
  rings(face) {
    const { xy, labels, side } = this;
    /** @type {Map<string, number[]>} */
    const at = new Map();
    const key = (/** @type {number} */ v) => `${xy[2 * v]} ${xy[2 * v + 1]}`;
    const edges = new Set();
    for (let v = 0; v < labels.length; v++) {
      if (!labels[v] || (side[v] !== face && (side[v] ^ labels[v]) !== face)) continue;
      edges.add(v);
      for (const end of [v, v + 1]) at.set(key(end), [...(at.get(key(end)) ?? []), v]);
    }
    const rings = [];
    for (const first of edges) {
      const ring = [];
      let edge = first;
      let end = first; // the vertex that the walk comes from
      while (edges.delete(edge)) {
        ring.push([xy[2 * end], xy[2 * end + 1]]);
        const from = key(end);
        end = key(edge) === from ? edge + 1 : edge;
        edge = (at.get(key(end)) ?? []).find((v) => edges.has(v)) ?? -1;
      }
      rings.push([...ring, ring[0]]);
    }
    return rings;
  }
}

/** Metres between two places some kilometres apart at most. @param {number} lon @param {number} lat @param {number} x @param {number} y */
export function metresBetween(lon, lat, x, y) {
  const [perLon, perLat] = metresPerDegree((lat + y) / 2);
  return hypot((x - lon) * perLon, (y - lat) * perLat);
}

/** Compass point (0 north, 1 north-east, … 7) from one place to another. @param {number} lon @param {number} lat @param {number} x @param {number} y */
export function compass(lon, lat, x, y) {
  const [perLon, perLat] = metresPerDegree(lat);
  const turn = Math.atan2((x - lon) * perLon, (y - lat) * perLat) / (PI / 4);
  return (Math.round(turn) + 8) % 8;
}

