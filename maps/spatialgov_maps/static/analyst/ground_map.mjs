// @ts-check
// The map under the layers: jurisdictions with their names, grids in force, roads, barriers. Nothing else is fetched:
// no tiles, no glyphs, no sprites.

import { textImage } from "../js/drawn.mjs";
import { nameOf, text } from "../js/language.js";
import * as library from "../vendor/maplibre-gl/maplibre-gl.mjs";

/** @typedef {{edition: {id: number, valid_from: string} | null, timezone: string, jurisdictions: any[], boxes: Record<string, number[]>, layers: Record<string, any>}} Ground */

const INK = "#1f2933";
const WORKER = new URL("../vendor/maplibre-gl/maplibre-gl-worker.mjs", import.meta.url).href;
const PLAIN = { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": "#eef0eb" } }] };

/** @param {any[]} features @returns {any} */
const collection = (features) => ({ type: "FeatureCollection", features });

/**
 * Make a map that can be leaned on: without turning or tilting, and with a scale.
 * @param {HTMLElement} container @param {any} options of MapLibre's Map: `bounds`, or `center` and `zoom`
 * @returns {Promise<any>} MapLibre's map, its style loaded
 */
export function makeMap(container, options) {
  library.setWorkerUrl(WORKER);
  library.setWorkerCount(1);
  /** @type {any} its own types are not vendored */
  const map = new library.Map({
    container, style: PLAIN, attributionControl: false, dragRotate: false, pitchWithRotate: false, fadeDuration: 0,
    fitBoundsOptions: { padding: 24 }, ...options,
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  return new Promise((resolve) => map.once("style.load", () => resolve(map)));
}

/** @param {any} map */
export function addControls(map) {
  map.addControl(new library.NavigationControl({ showCompass: false }), "top-left");
  for (const [name, key] of [["in", "zoomIn"], ["out", "zoomOut"]]) {
    const button = map.getContainer().querySelector(`.maplibregl-ctrl-zoom-${name}`);
    button.removeAttribute("title"); // the library names it in English
    button.dataset.label = key;
    button.setAttribute("aria-label", text(key));
  }
  map.addControl(new library.ScaleControl({ unit: "metric" }), "bottom-left");
}

/** A card beside a place. @param {any} map @param {[number, number]} place @param {HTMLElement} content */
export const card = (map, place, content) =>
  new library.Popup({ closeButton: false, focusAfterOpen: false, maxWidth: "280px", className: "card" }).setLngLat(place).setDOMContent(content).addTo(map);

/** Add the sources and layers of the ground; roads and barriers come by `setLayers`. @param {any} map @param {Ground} ground */
export function addGround(map, ground) {
  for (const [name, layer] of Object.entries(ground.layers)) map.addSource(name, { type: "geojson", data: layer, tolerance: 0.3 });
  for (const name of ["roads", "barriers", "names", "chosen"]) map.addSource(name, { type: "geojson", data: collection([]), tolerance: 0.3 });
  const wide = ["match", ["get", "road_class"], "trunk", 3, "primary", 2.4, "secondary", 1.6, 0.7];
  map.addLayer({
    id: "roads", type: "line", source: "roads",
    paint: { "line-color": "#ffffff", "line-opacity": 0.75, "line-width": wide },
  });
  map.addLayer({
    id: "barriers", type: "line", source: "barriers",
    paint: { "line-color": ["match", ["get", "kind"], "river", "#1d6fb8", "#3d3d3d"], "line-width": 2, "line-opacity": 0.7 },
  });
  map.addLayer({
    id: "grids", type: "line", source: "grids", minzoom: 12,
    paint: { "line-color": INK, "line-width": 0.7, "line-opacity": 0.45 },
  });
  map.addLayer({
    id: "jurisdictions", type: "line", source: "jurisdictions",
    paint: { "line-color": "#7a1fa2", "line-width": ["match", ["get", "level"], "community", 1.2, 2.2], "line-dasharray": [3, 1.5] },
  });
  map.addLayer({
    id: "names", type: "symbol", source: "names",
    layout: { "icon-image": ["get", "image"], "icon-padding": 1, "symbol-sort-key": ["get", "order"] },
  });
  map.addLayer({
    id: "chosen", type: "circle", source: "chosen",
    paint: { "circle-radius": 17, "circle-opacity": 0, "circle-stroke-color": INK, "circle-stroke-width": 3 },
  });
}

/** Show other layers of the ground. @param {any} map @param {Record<string, any>} layers FeatureCollections by name */
export function setLayers(map, layers) {
  for (const [name, layer] of Object.entries(layers)) map.getSource(name).setData(layer);
}

const ORDER = ["subdistrict", "community"];

/** Write the names of the jurisdictions in the language in force. @param {any} map @param {Ground} ground */
export function writeNames(map, ground) {
  const features = ground.jurisdictions.filter(({ level }) => ORDER.includes(level)).map((one) => {
    const name = nameOf(one);
    const image = `label ${name}`;
    if (!map.hasImage(image)) map.addImage(image, textImage(name), { pixelRatio: 2 });
    return { type: "Feature", properties: { image, order: ORDER.indexOf(one.level) }, geometry: { type: "Point", coordinates: one.place } };
  });
  map.getSource("names").setData(collection(features));
}

/** Outline one jurisdiction, none with "". @param {any} map @param {string} code */
export function outline(map, code) {
  const known = map.getLayer("area");
  if (!known)
    map.addLayer({
      id: "area", type: "line", source: "jurisdictions", filter: ["==", ["get", "code"], ""],
      paint: { "line-color": "#7a1fa2", "line-width": 4 },
    }, "names");
  map.setFilter("area", ["==", ["get", "code"], code || "-"]);
}
