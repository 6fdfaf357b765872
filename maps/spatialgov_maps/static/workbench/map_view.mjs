// @ts-check
// The map: units painted by feature-state, borders between grids, hatches over locked ones, labels drawn on a canvas.
// Nothing is fetched: no tiles, no glyphs, no sprites.

import { dots, hatch, textImage } from "../js/drawn.mjs";
import { DEVIATIONS, FILLS, NONE } from "./colours.mjs";
import { Painting } from "./painting.mjs";

/** @typedef {import("./units.mjs").Units} Units */
/** @typedef {import("./touching.mjs").Finder} Finder */
/** @typedef {[lon: number, lat: number]} Place */
/** @typedef {{text: string, place: Place, order: number}} Label those of a smaller order come first where there is no room for all */

/** Of a map that shows all units, pixels. */
export const PADDING = 24;
/** Colours by the numbers that units are painted with. */
export const PALETTE = [...FILLS, ...DEVIATIONS];
export const INK = "#1f2933";
export const SOFT = "#52606d";
export const SOFT_OPACITY = 0.35;
/** Widths of the borders between units and between grids: pixels at a zoom, and at another. @type {Record<"thin" | "thick", [[zoom: number, px: number], [zoom: number, px: number]]>} */
export const WIDTHS = { thin: [[11, 0.2], [16, 1]], thick: [[11, 1], [15, 2.6]] };
const BARRED = "#b3001b";

/** @param {string} name @param {any} yes @param {any} no @returns {any} */
const when = (name, yes, no) => ["case", ["boolean", ["feature-state", name], false], yes, no];

/** @param {keyof typeof WIDTHS} name @param {(px: number) => any} of */
const wideBy = (name, of) => ["interpolate", ["linear"], ["zoom"], ...WIDTHS[name].flatMap(([zoom, px]) => [zoom, of(px)])];

/** @param {any[]} features @returns {any} */
const collection = (features) => ({ type: "FeatureCollection", features });

export class MapView extends Painting {
  /** @param {Units} units @param {Finder} finder */
  constructor(units, finder) {
    super(units, (source, id, state) => this.#set(source, id, state));
    this.finder = finder;
    /** MapLibre's, as soon as there is one. @type {any} */
    this.map = null;
    /** What was set before there was a map. @type {[source: "units" | "borders", id: number, state: Record<string, any>][]} */
    this.waiting = [];
    /** @type {Label[]} */
    this.labels = [];
    /** Kept when there is a map, with all that was set. @type {Promise<void>} */
    this.drawn = new Promise((resolve) => (this.begun = resolve));
    /** What the map shows at first. @type {[bounds: number[], options: any]} */
    this.start = [finder.bounds, { padding: PADDING }];
  }

  /** From now on draw on a map. @param {ReturnType<typeof import("./empty_map.mjs").emptyMap>} ground */
  async drawOn({ map, styled }) {
    await styled;
    this.#addLayers(map);
    this.map = map;
    map.fitBounds(this.start[0], { ...this.start[1], duration: 0 });
    for (const [source, id, state] of this.waiting.splice(0)) this.#set(source, id, state);
    this.setLabels(this.labels);
    this.begun?.();
  }

  /** @param {any} map */
  #addLayers(map) {
    const { units } = this;
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
    // a tile holds what its lines are wide beyond it: with the usual 128 pixels it has more of its neighbours than its own
    const kept = { type: "geojson", tolerance: 0.2, maxzoom: 16, buffer: 8 };
    map.addSource("units", { ...kept, data: collection(shapes) });
    map.addSource("borders", { ...kept, data: collection(lines) });
    for (const name of ["around", "labels"]) map.addSource(name, { type: "geojson", data: collection([]) });
    map.addImage("hatch", hatch(INK), { pixelRatio: 2 });
    map.addImage("marks", dots("#9f1d1d"), { pixelRatio: 2 });
    const colour = PALETTE.flatMap((one, i) => [i, one]);
    const fill = ["match", ["coalesce", ["feature-state", "fill"], -1], ...colour, NONE];
    map.addLayer({ id: "units", type: "fill", source: "units", paint: { "fill-color": fill, "fill-antialias": false } });
    for (const [id, image] of [["locked", "hatch"], ["marked", "marks"]]) {
      const paint = { "fill-pattern": image, "fill-opacity": when(id, 1, 0) };
      map.addLayer({ id, type: "fill", source: "units", paint, layout: { visibility: "none" } });
    }
    const thin = { "line-color": SOFT, "line-opacity": SOFT_OPACITY, "line-width": wideBy("thin", (px) => px) };
    map.addLayer({ id: "unit-borders", type: "line", source: "borders", paint: thin });
    this.#addSurroundings(map);
    // no width where nothing is to be seen: what is drawn with no opacity costs as much as what is seen
    const thick = (/** @type {number} */ px) => ["case", ["get", "outer"], px, when("cut", px, 0)];
    const layout = { "line-cap": "butt", "line-join": "bevel" };
    map.addLayer({
      id: "grid-borders", type: "line", source: "borders", layout,
      paint: { "line-color": INK, "line-width": wideBy("thick", thick) },
    });
    for (const effect of ["hard", "penalty"]) {
      const opacity = ["case", ["==", ["feature-state", "barred"], effect], 1, 0];
      const dashes = effect === "penalty" ? { "line-dasharray": [2, 1] } : {};
      map.addLayer({ id: `barred-${effect}`, type: "line", source: "borders", layout: { ...layout, visibility: "none" }, paint: { "line-color": BARRED, "line-width": 4.5, "line-opacity": opacity, ...dashes } });
    }
    map.addLayer({
      id: "communities", type: "line", source: "around", filter: ["==", ["get", "layer"], "jurisdictions"],
      paint: { "line-color": "#7a1fa2", "line-width": 2.2, "line-dasharray": [3, 1.5] },
    });
    map.addLayer({
      id: "labels", type: "symbol", source: "labels",
      layout: { "icon-image": ["get", "image"], "icon-padding": 1, "symbol-sort-key": ["get", "order"] },
    });
  }

  /** @param {any} map */
  #addSurroundings(map) {
    const of = (/** @type {string} */ layer) => ["==", ["get", "layer"], layer];
    const wide = ["match", ["get", "road_class"], "trunk", 3, "primary", 2.4, "secondary", 1.6, 0.7];
    map.addLayer({
      id: "roads", type: "line", source: "around", filter: of("roads"),
      paint: { "line-color": "#ffffff", "line-opacity": 0.75, "line-width": wide },
    });
    map.addLayer({
      id: "barriers", type: "line", source: "around", filter: of("barriers"), layout: { "line-cap": "butt" },
      paint: { "line-color": ["match", ["get", "kind"], "river", "#1d6fb8", "#3d3d3d"], "line-width": 3, "line-opacity": 0.85 },
    });
  }

  /** @param {"units" | "borders"} source @param {number} id @param {Record<string, any>} state */
  #set(source, id, state) {
    if (!this.map) return void this.waiting.push([source, id, state]);
    const layer = state.barred ? `barred-${state.barred}` : state.locked ? "locked" : state.marked ? "marked" : "";
    // what lies over all units and is not seen yet would cost every picture dear
    if (layer && this.map.getLayoutProperty(layer, "visibility") === "none") this.map.setLayoutProperty(layer, "visibility", "visible");
    this.map.setFeatureState({ source, id }, state);
  }

  /** @param {Label[]} labels */
  setLabels(labels) {
    this.labels = labels;
    if (!this.map) return;
    const features = labels.map(({ text, place, order }) => {
      const image = `label ${text}`;
      if (!this.map.hasImage(image)) this.map.addImage(image, textImage(text), { pixelRatio: 2 });
      return { type: "Feature", properties: { image, order }, geometry: { type: "Point", coordinates: place } };
    });
    this.map.getSource("labels").setData(collection(features));
  }

  /** @param {Record<string, any>} layers FeatureCollections by name */
  setSurroundings(layers) {
    const features = Object.entries(layers).flatMap(([layer, { features: all }]) =>
      all
        .filter((/** @type {any} */ one) => layer !== "jurisdictions" || one.properties.level === "community")
        .map((/** @type {any} */ one) => ({ ...one, properties: { ...one.properties, layer } })),
    );
    this.map.getSource("around").setData(collection(features));
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
    if (!units.length || (unlessSeen && !this.map)) return; // all is seen at first
    const { boxes } = this.units;
    const edge = (/** @type {number} */ i, /** @type {(...n: number[]) => number} */ pick) =>
      units.reduce((found, u) => pick(found, boxes[4 * u + i]), boxes[4 * units[0] + i]);
    const bounds = [edge(0, Math.min), edge(1, Math.min), edge(2, Math.max), edge(3, Math.max)];
    const options = { padding: 80, maxZoom: 16 };
    if (!this.map) return void (this.start = [bounds, options]);
    const seen = this.map.getBounds();
    const isSeen = seen.contains([bounds[0], bounds[1]]) && seen.contains([bounds[2], bounds[3]]);
    if (!(unlessSeen && isSeen)) this.map.fitBounds(bounds, { ...options, duration: 300 });
  }

  showAll() {
    this.map?.fitBounds(this.finder.bounds, { padding: PADDING, duration: 300 });
  }
}
