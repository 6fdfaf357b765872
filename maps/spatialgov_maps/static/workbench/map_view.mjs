// @ts-check
// The map: units painted by feature-state, borders between grids, hatches over locked ones, labels drawn on a canvas.
// Nothing is fetched: no tiles, no glyphs, no sprites.

import * as library from "../vendor/maplibre-gl/maplibre-gl.mjs";
import { DEVIATIONS, FILLS, NONE } from "./colours.mjs";
import { borderLines } from "./units.mjs";

/** @typedef {import("./units.mjs").Units} Units */
/** @typedef {import("./touching.mjs").Finder} Finder */
/** @typedef {[lon: number, lat: number]} Place */

const PALETTE = [...FILLS, ...DEVIATIONS];
const INK = "#1f2933";
const WORKER = new URL("../vendor/maplibre-gl/maplibre-gl-worker.mjs", import.meta.url).href;

/** @param {string} name @param {any} yes @param {any} no @returns {any} */
const when = (name, yes, no) => ["case", ["boolean", ["feature-state", name], false], yes, no];

/** @param {any[]} features @returns {any} */
const collection = (features) => ({ type: "FeatureCollection", features });

export class MapView {
  /** @param {HTMLElement} container @param {Units} units @param {Finder} finder */
  constructor(container, units, finder) {
    this.units = units;
    this.finder = finder;
    library.setWorkerUrl(WORKER);
    library.setWorkerCount(1);
    const [west, south, east, north] = finder.bounds;
    /** @type {any} its own types are not vendored */
    this.map = new library.Map({
      container,
      style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": "#eef0eb" } }] },
      bounds: [west, south, east, north],
      fitBoundsOptions: { padding: 24 },
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      boxZoom: false,
      doubleClickZoom: false,
      fadeDuration: 0,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.addControl(new library.ScaleControl({ unit: "metric" }), "bottom-left");
    this.fills = new Int16Array(units.n).fill(-1);
    this.hatched = new Uint8Array(units.n);
    this.marked = new Set();
    this.borders = borderLines(units);
    this.cut = new Uint8Array(this.borders.a.length);
    /** The borders of each unit. */
    this.bordersOf = units.ids.map(() => /** @type {number[]} */ ([]));
    this.borders.a.forEach((a, id) => this.bordersOf[a].push(id));
    this.borders.b.forEach((b, id) => b >= 0 && this.bordersOf[b].push(id));
    /** Sources and layers are there. @type {Promise<void>} */
    this.loaded = new Promise((resolve) => {
      this.map.once("style.load", () => {
        this.#addLayers();
        resolve();
      });
    });
  }

  #addLayers() {
    const { map, units } = this;
    const rings = (/** @type {Float64Array} */ ring) =>
      Array.from({ length: ring.length / 2 }, (_, i) => [ring[2 * i], ring[2 * i + 1]]);
    const shapes = units.shapes.map((polygons, id) => ({
      type: "Feature", id, properties: {},
      geometry: { type: "MultiPolygon", coordinates: polygons.map((p) => p.map(rings)) },
    }));
    const lines = this.borders.lines.map((coordinates, id) => ({
      type: "Feature", id, properties: { outer: this.borders.b[id] < 0 },
      geometry: { type: "MultiLineString", coordinates },
    }));
    map.addSource("units", { type: "geojson", data: collection(shapes), tolerance: 0.2, maxzoom: 16 });
    map.addSource("borders", { type: "geojson", data: collection(lines), tolerance: 0.2, maxzoom: 16 });
    for (const name of ["around", "labels"]) map.addSource(name, { type: "geojson", data: collection([]) });
    map.addImage("hatch", hatch(INK), { pixelRatio: 2 });
    map.addImage("marks", dots("#9f1d1d"), { pixelRatio: 2 });
    const colour = PALETTE.flatMap((one, i) => [i, one]);
    const fill = ["match", ["coalesce", ["feature-state", "fill"], -1], ...colour, NONE];
    map.addLayer({ id: "units", type: "fill", source: "units", paint: { "fill-color": fill, "fill-antialias": false } });
    for (const [id, image] of [["locked", "hatch"], ["marked", "marks"]]) {
      const paint = { "fill-pattern": image, "fill-opacity": when(id, 1, 0) };
      map.addLayer({ id, type: "fill", source: "units", paint });
    }
    const thin = { "line-color": "#52606d", "line-opacity": 0.35, "line-width": ["interpolate", ["linear"], ["zoom"], 11, 0.2, 16, 1] };
    map.addLayer({ id: "unit-borders", type: "line", source: "borders", paint: thin });
    this.#addSurroundings();
    const thick = ["interpolate", ["linear"], ["zoom"], 11, 1, 15, 2.6];
    const shown = ["case", ["get", "outer"], 1, when("cut", 1, 0)];
    const layout = { "line-cap": "butt", "line-join": "bevel" };
    map.addLayer({
      id: "grid-borders", type: "line", source: "borders", layout,
      paint: { "line-color": INK, "line-width": thick, "line-opacity": shown },
    });
    map.addLayer({
      id: "communities", type: "line", source: "around", filter: ["==", ["get", "layer"], "jurisdictions"],
      paint: { "line-color": "#7a1fa2", "line-width": 2.2, "line-dasharray": [3, 1.5] },
    });
    map.addLayer({
      id: "labels", type: "symbol", source: "labels",
      layout: { "icon-image": ["get", "image"], "icon-padding": 1, "symbol-sort-key": ["get", "order"] },
    });
  }

  #addSurroundings() {
    const of = (/** @type {string} */ layer) => ["==", ["get", "layer"], layer];
    const wide = ["match", ["get", "road_class"], "trunk", 3, "primary", 2.4, "secondary", 1.6, 0.7];
    this.map.addLayer({
      id: "roads", type: "line", source: "around", filter: of("roads"),
      paint: { "line-color": "#ffffff", "line-opacity": 0.75, "line-width": wide },
    });
    this.map.addLayer({
      id: "barriers", type: "line", source: "around", filter: of("barriers"), layout: { "line-cap": "butt" },
      paint: { "line-color": ["match", ["get", "kind"], "river", "#1d6fb8", "#3d3d3d"], "line-width": 3, "line-opacity": 0.85 },
    });
  }

  /** Give a unit a colour of the palette, -1 for none. @param {number} unit @param {number} fill */
  paint(unit, fill) {
    if (this.fills[unit] === fill) return;
    this.fills[unit] = fill;
    this.map.setFeatureState({ source: "units", id: unit }, { fill });
  }

  /** @param {number} unit @param {boolean} locked */
  hatch(unit, locked) {
    if (Boolean(this.hatched[unit]) === locked) return;
    this.hatched[unit] = Number(locked);
    this.map.setFeatureState({ source: "units", id: unit }, { locked });
  }

  /** Mark units with dots, and no others. @param {Iterable<number>} units */
  mark(units) {
    const next = new Set(units);
    for (const unit of this.marked) if (!next.has(unit)) this.map.setFeatureState({ source: "units", id: unit }, { marked: false });
    for (const unit of next) if (!this.marked.has(unit)) this.map.setFeatureState({ source: "units", id: unit }, { marked: true });
    this.marked = next;
  }

  /** Draw the borders of some units anew. @param {Iterable<number>} units @param {Int32Array} labels grid of each unit */
  drawBorders(units, labels) {
    const { a, b } = this.borders;
    for (const unit of units)
      for (const line of this.bordersOf[unit]) {
        const cut = b[line] >= 0 && labels[a[line]] !== labels[b[line]] ? 1 : 0;
        if (cut === this.cut[line]) continue;
        this.cut[line] = cut;
        this.map.setFeatureState({ source: "borders", id: line }, { cut: Boolean(cut) });
      }
  }

  /** @param {{text: string, place: Place, order: number}[]} labels */
  setLabels(labels) {
    const features = labels.map(({ text, place, order }) => {
      const image = `label ${text}`;
      if (!this.map.hasImage(image)) this.map.addImage(image, textImage(text), { pixelRatio: 2 });
      return { type: "Feature", properties: { image, order }, geometry: { type: "Point", coordinates: place } };
    });
    this.map.getSource("labels")?.setData(collection(features));
  }

  /** @param {Record<string, any>} layers FeatureCollections by name */
  setSurroundings(layers) {
    const features = Object.entries(layers).flatMap(([layer, { features: all }]) =>
      all
        .filter((/** @type {any} */ one) => layer !== "jurisdictions" || one.properties.level === "community")
        .map((/** @type {any} */ one) => ({ ...one, properties: { ...one.properties, layer } })),
    );
    this.map.getSource("around")?.setData(collection(features));
  }

  /** Give the place under a point of the screen. @param {{clientX: number, clientY: number}} event @returns {Place} */
  place({ clientX, clientY }) {
    const box = this.map.getCanvas().getBoundingClientRect();
    const { lng, lat } = this.map.unproject([clientX - box.left, clientY - box.top]);
    return [lng, lat];
  }

  /** Degrees of latitude in a pixel, in the middle of the map. */
  degreesPerPixel() {
    const { x, y } = this.map.project(this.map.getCenter());
    return Math.abs(this.map.unproject([x, y]).lat - this.map.unproject([x, y + 100]).lat) / 100;
  }

  /** Show some units. @param {number[]} units @param {boolean} unlessSeen leave the map where all of them are seen */
  fit(units, unlessSeen = false) {
    if (!units.length) return;
    const { boxes } = this.units;
    const edge = (/** @type {number} */ i, /** @type {(...n: number[]) => number} */ pick) =>
      units.reduce((found, u) => pick(found, boxes[4 * u + i]), boxes[4 * units[0] + i]);
    const bounds = [edge(0, Math.min), edge(1, Math.min), edge(2, Math.max), edge(3, Math.max)];
    const seen = this.map.getBounds();
    const isSeen = seen.contains([bounds[0], bounds[1]]) && seen.contains([bounds[2], bounds[3]]);
    if (!(unlessSeen && isSeen)) this.map.fitBounds(bounds, { padding: 80, maxZoom: 16, duration: 300 });
  }

  showAll() {
    this.map.fitBounds(this.finder.bounds, { padding: 24, duration: 300 });
  }
}

/** @param {number} side @param {(pen: CanvasRenderingContext2D) => void} draw */
function picture(side, draw, height = side) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [side, height];
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  draw(pen);
  return pen.getImageData(0, 0, side, height);
}

/** @param {string} colour */
function hatch(colour) {
  return picture(16, (pen) => {
    pen.strokeStyle = colour;
    pen.lineWidth = 1.6;
    for (const shift of [-16, 0, 16]) {
      pen.moveTo(shift, 16);
      pen.lineTo(shift + 16, 0);
    }
    pen.stroke();
  });
}

/** @param {string} colour */
function dots(colour) {
  return picture(16, (pen) => {
    pen.fillStyle = colour;
    for (const [x, y] of [[4, 4], [12, 12]]) {
      pen.beginPath();
      pen.arc(x, y, 2.6, 0, 7);
      pen.fill();
    }
  });
}

/** @param {string} text */
function textImage(text) {
  const font = "600 24px system-ui, sans-serif";
  const measured = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
  measured.font = font;
  const width = Math.ceil(measured.measureText(text).width) + 14;
  return picture(width, (pen) => {
    pen.fillStyle = "rgba(255, 255, 255, .88)";
    pen.beginPath();
    pen.roundRect(0, 0, width, 34, 8);
    pen.fill();
    pen.font = font;
    pen.fillStyle = INK;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(text, width / 2, 18);
  }, 34);
}
