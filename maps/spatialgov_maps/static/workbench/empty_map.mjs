// @ts-check
// MapLibre's map, of nothing yet. The library is large and takes long to begin: whoever needs no map does not import it.

import * as library from "../vendor/maplibre-gl/maplibre-gl.mjs";

const WORKER = new URL("../vendor/maplibre-gl/maplibre-gl-worker.mjs", import.meta.url).href;

/**
 * Make a map of nothing.
 * @param {HTMLElement} container
 * @returns {{map: any, styled: Promise<void>}} styled: sources and layers can be added
 */
export function emptyMap(container) {
  library.setWorkerUrl(WORKER);
  library.setWorkerCount(1);
  /** @type {any} its own types are not vendored */
  const map = new library.Map({
    container,
    style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": "#eef0eb" } }] },
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    boxZoom: false,
    doubleClickZoom: false,
    fadeDuration: 0,
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new library.ScaleControl({ unit: "metric" }), "bottom-left");
  return { map, styled: new Promise((resolve) => map.once("style.load", () => resolve())) };
}
