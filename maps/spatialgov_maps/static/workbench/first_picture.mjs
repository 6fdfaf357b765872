// @ts-check
// The plan as the map will show it, drawn at once on a canvas: the map itself takes a second longer.

import { drawLabel, labelSize } from "../js/drawn.mjs";
import { NONE } from "./colours.mjs";
import { INK, PADDING, PALETTE, SOFT, SOFT_OPACITY, WIDTHS } from "./map_view.mjs";
import { el } from "./ui.mjs";

/** @typedef {import("./map_view.mjs").MapView} MapView */
/** @typedef {import("./map_view.mjs").Label} Label */
/** @typedef {(lon: number, lat: number) => [x: number, y: number]} Project to pixels */

/**
 * Lay a picture of the plan over the place of the map.
 * @param {MapView} view @param {HTMLElement} container of the map
 * @returns {HTMLCanvasElement} to be removed when the map is there
 */
export function firstPicture(view, container) {
  const { clientWidth: width, clientHeight: height } = container;
  const ratio = devicePixelRatio;
  /** @type {HTMLCanvasElement} */
  const canvas = el("canvas", { class: "first-picture", width: Math.round(width * ratio), height: Math.round(height * ratio) });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.scale(ratio, ratio);
  const { project, zoom } = fitted(view.finder.bounds, width, height);
  drawUnits(pen, view, project);
  drawBorders(pen, view, project, zoom);
  drawLabels(pen, view.labels, project);
  container.after(canvas);
  return canvas;
}

/** Web Mercator, the world one wide. @param {number} lon @param {number} lat */
const mercator = (lon, lat) => [lon / 360 + 0.5, 0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI)];

/**
 * What MapLibre's fitBounds shows.
 * @param {number[]} bounds west, south, east, north @param {number} width @param {number} height
 * @returns {{project: Project, zoom: number}}
 */
function fitted([west, south, east, north], width, height) {
  const [[left, bottom], [right, top]] = [mercator(west, south), mercator(east, north)];
  const scale = Math.min((width - 2 * PADDING) / (right - left), (height - 2 * PADDING) / (bottom - top));
  const project = (/** @type {number} */ lon, /** @type {number} */ lat) => {
    const [x, y] = mercator(lon, lat);
    return /** @type {[number, number]} */ ([width / 2 + (x - (left + right) / 2) * scale, height / 2 + (y - (top + bottom) / 2) * scale]);
  };
  return { project, zoom: Math.log2(scale / 512) };
}

/** @param {CanvasRenderingContext2D} pen @param {MapView} view @param {Project} project */
function drawUnits(pen, { units, fills }, project) {
  const paths = new Map(Array.from(new Set(fills), (fill) => [fill, new Path2D()]));
  units.shapes.forEach((polygons, unit) => {
    const path = /** @type {Path2D} */ (paths.get(fills[unit]));
    for (const ring of polygons.flat()) {
      path.moveTo(...project(ring[0], ring[1]));
      for (let i = 2; i + 1 < ring.length; i += 2) path.lineTo(...project(ring[i], ring[i + 1]));
    }
  });
  for (const [fill, path] of paths) {
    pen.fillStyle = fill < 0 ? NONE : PALETTE[fill];
    pen.fill(path, "evenodd");
  }
}

/** @param {CanvasRenderingContext2D} pen @param {MapView} view @param {Project} project @param {number} zoom */
function drawBorders(pen, { borders, cut }, project, zoom) {
  const [all, thick] = [new Path2D(), new Path2D()];
  borders.lines.forEach((pieces, line) => {
    const paths = borders.b[line] < 0 || cut[line] ? [all, thick] : [all];
    for (const piece of pieces)
      for (const path of paths)
        piece.forEach(([lon, lat], i) => (i ? path.lineTo(...project(lon, lat)) : path.moveTo(...project(lon, lat))));
  });
  const stroke = (/** @type {Path2D} */ path, /** @type {keyof typeof WIDTHS} */ name, /** @type {string} */ colour) => {
    const [[low, least], [high, most]] = WIDTHS[name];
    pen.lineWidth = least + (most - least) * Math.max(0, Math.min(1, (zoom - low) / (high - low)));
    pen.strokeStyle = colour;
    pen.stroke(path);
  };
  pen.lineJoin = "bevel";
  pen.globalAlpha = SOFT_OPACITY;
  stroke(all, "thin", SOFT);
  pen.globalAlpha = 1;
  stroke(thick, "thick", INK);
}

/** Draw those that there is room for. @param {CanvasRenderingContext2D} pen @param {Label[]} labels @param {Project} project */
function drawLabels(pen, labels, project) {
  /** @type {[west: number, north: number, east: number, south: number][]} */
  const taken = [];
  for (const { text, place } of [...labels].sort((a, b) => a.order - b.order)) {
    const [width, height] = labelSize(text).map((side) => side / 2);
    const [x, y] = project(...place);
    const [west, north, east, south] = [x - width / 2 - 1, y - height / 2 - 1, x + width / 2 + 1, y + height / 2 + 1];
    if (taken.some((other) => west < other[2] && east > other[0] && north < other[3] && south > other[1])) continue;
    taken.push([west, north, east, south]);
    pen.save();
    pen.translate(west + 1, north + 1);
    pen.scale(0.5, 0.5);
    drawLabel(pen, text);
    pen.restore();
  }
}
