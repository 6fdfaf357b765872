// @ts-check
// A small map of a grid, its neighbours and the position, drawn as SVG from a field pack: nothing is fetched for it.

import { metresPerDegree } from "./borders.mjs";

/**
 * @typedef {import("./borders.mjs").Borders} Borders
 * @typedef {{borders: Borders, lon: number, lat: number, accuracy_m: number, near: import("./borders.mjs").Near}} Scene
 *   a position in WGS 84, and the nearest border
 */

const SPACE = "http://www.w3.org/2000/svg";
const ROOM = 1.25;
const MOST_CIRCLE_M = 400;
const LATTICE = 22;
const LEAST_M = 60;

/** @param {string} tag @param {Record<string, string | number>} attributes @param {...(Node | string)} children */
function shape(tag, attributes, ...children) {
  const made = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/**
 * Draw a scene.
 * @param {Scene} scene
 * @param {number} width @param {number} height pixels
 * @param {number} zoom 1: all of the grid
 * @param {(metres: number) => string} length how a length is written
 */
export function sketch(scene, width, height, zoom, length) {
  const { borders, lon, lat, accuracy_m, near } = scene;
  const [perLon, perLat] = metresPerDegree(lat);
  const metres = (/** @type {number[]} */ [x, y]) => [(x - lon) * perLon, (lat - y) * perLat];
  const [own] = borders.find(lon, lat);
  const rings = own ? borders.rings(own) : [];
  const { middle, across } = frame(rings.flat().map(metres), [metres([near.lon, near.lat])], Math.min(accuracy_m, MOST_CIRCLE_M), width, height);
  const scale = zoom / across; // pixels a metre
  const centre = zoom > 1 ? middle.map((value) => value / zoom ** 2) : middle; // from the grid's middle towards the position
  const at = (/** @type {number[]} */ place) => {
    const [x, y] = metres(place);
    return [(x - centre[0]) * scale + width / 2, (y - centre[1]) * scale + height / 2];
  };
  const back = (/** @type {number} */ x, /** @type {number} */ y) =>
    /** @type {[number, number]} */ ([
      lon + ((x - width / 2) / scale + centre[0]) / perLon, lat - ((y - height / 2) / scale + centre[1]) / perLat,
    ]);
  const path = (/** @type {number[][][]} */ lines) =>
    lines.map((line) => `M${line.map((place) => at(place).map((value) => value.toFixed(1)).join(" ")).join("L")}`).join("");

  const seen = labelPlaces(borders, back, width, height);
  const areas = [...seen.keys()].filter((face) => face && face !== own).map((face) => shape("path", { class: "neighbour", d: path(borders.rings(face)) }));
  if (own) areas.push(shape("path", { class: "own", d: path(rings) }));
  const [x, y] = at([lon, lat]);
  const [bx, by] = at([near.lon, near.lat]);
  const circle = accuracy_m * scale > 9 ? [shape("circle", { class: "accuracy", cx: x, cy: y, r: accuracy_m * scale })] : [];
  const labels = [...seen].flatMap(([face, place]) => {
    const grid = borders.grid(face);
    if (!grid || !place) return [];
    const name = grid.name || grid.code.slice(-3);
    const half = [...name].reduce((sum, letter) => sum + (letter > "\u2e80" ? 16 : 9), 8) / 2; // about: Chinese letters are square
    const left = Math.min(Math.max(place[0], half), width - half);
    return [shape("text", { class: face === own ? "label own-label" : "label", x: left, y: Math.max(place[1], 18) }, name)];
  });
  return shape(
    "svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" },
    ...areas, ...circle, shape("path", { class: "way", d: `M${x} ${y}L${bx} ${by}` }), ...labels,
    shape("circle", { class: "position", cx: x, cy: y, r: 9 }), ...ruler(scale, width, height, length),
  );
}

/**
 * What has to be in sight, in metres from the position: the middle, and metres a pixel.
 * @param {number[][]} grid @param {number[][]} also @param {number} circle_m @param {number} width @param {number} height
 */
function frame(grid, also, circle_m, width, height) {
  const places = [...grid, ...also, [-circle_m, -circle_m], [circle_m, circle_m]];
  const [xs, ys] = [0, 1].map((axis) => places.map((place) => place[axis]));
  const ends = [xs, ys].map((values) => values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [0, 0]));
  const [[west, east], [north, south]] = ends;
  const across = Math.max((ROOM * Math.max(east - west, LEAST_M)) / width, (ROOM * Math.max(south - north, LEAST_M)) / height);
  return { middle: [(west + east) / 2, (north + south) / 2], across };
}

/**
 * The faces in sight, each with the place where its name has most room, null where there is none.
 * @param {Borders} borders @param {(x: number, y: number) => [number, number]} back @param {number} width @param {number} height
 * @returns {Map<number, [number, number] | null>}
 */
function labelPlaces(borders, back, width, height) {
  const faces = new Int32Array(LATTICE * LATTICE);
  const px = (/** @type {number} */ i) => ((i + 0.5) * width) / LATTICE;
  const py = (/** @type {number} */ j) => ((j + 0.5) * height) / LATTICE;
  for (let j = 0; j < LATTICE; j++) {
    for (let i = 0; i < LATTICE; i++) faces[j * LATTICE + i] = borders.find(...back(px(i), py(j)))[0];
  }
  /** @type {Map<number, {room: number, place: [number, number]}>} */
  const best = new Map();
  for (let j = 0; j < LATTICE; j++) {
    for (let i = 0; i < LATTICE; i++) {
      const face = faces[j * LATTICE + i];
      let room = Math.min(i + 1, LATTICE - i, 2 * Math.min(j + 1, LATTICE - j)); // names are wider than high
      for (let d = 1; d < room; d++) {
        const row = j * LATTICE + i;
        if (faces[row - d] !== face || faces[row + d] !== face || (d % 2 === 0 && (faces[row - (d / 2) * LATTICE] !== face || faces[row + (d / 2) * LATTICE] !== face))) room = d;
      }
      const isTaken = (px(i) < width * 0.4 && py(j) > height - 44) || (px(i) > width - 76 && py(j) < 140); // by the ruler, by buttons
      if (!isTaken && room > (best.get(face)?.room ?? 0)) best.set(face, { room, place: [px(i), py(j)] });
    }
  }
  for (const face of faces) if (!best.has(face)) best.set(face, { room: 0, place: [0, 0] });
  return new Map([...best].map(([face, { room, place }]) => [face, room >= 2 ? place : null]));
}

/** @param {number} scale @param {number} width @param {number} height @param {(metres: number) => string} length */
function ruler(scale, width, height, length) {
  const most = width / 3 / scale;
  const power = 10 ** Math.floor(Math.log10(most));
  const metres = ([5, 2, 1].find((step) => step * power <= most) ?? 1) * power;
  const [x, y] = [14, height - 14];
  return [
    shape("path", { class: "ruler", d: `M${x} ${y - 6}v6h${(metres * scale).toFixed(1)}v-6` }),
    shape("text", { class: "ruler-label", x, y: y - 10 }, length(metres)),
  ];
}
