// @ts-check
// One layer of data on a map: cells, points, or a density painted on a canvas.

import { el } from "../workbench/ui.mjs";

/** @typedef {import("./incident_data.mjs").Drawing} Drawing */

/** What can be clicked, topmost first. */
export const CLICKED = ["data-points", "data-cells"];

export class LayerDrawing {
  /** @param {any} map @param {string} below the layer that it goes under */
  constructor(map, below) {
    this.map = map;
    this.below = below;
  }

  /** Show a drawing in place of the one before; none with null. @param {Drawing | null} drawing */
  draw(drawing) {
    this.clear();
    if (!drawing) return;
    if (drawing.kind === "surface") this.#addSurface(drawing);
    else this.#addFeatures(drawing);
  }

  clear() {
    const { map } = this;
    for (const id of [...CLICKED, "data-edges", "data-surface"]) if (map.getLayer(id)) map.removeLayer(id);
    for (const id of ["data", "data-surface"]) if (map.getSource(id)) map.removeSource(id);
  }

  /** @param {Drawing & {kind: "cells" | "points"}} drawing */
  #addFeatures({ kind, features }) {
    const { map, below } = this;
    map.addSource("data", { type: "geojson", data: { type: "FeatureCollection", features } });
    const colour = ["get", "colour"];
    if (kind === "cells") {
      map.addLayer({ id: "data-cells", type: "fill", source: "data", paint: { "fill-color": colour, "fill-opacity": 0.82 } }, below);
      map.addLayer({ id: "data-edges", type: "line", source: "data", paint: { "line-color": "#1f2933", "line-opacity": 0.28, "line-width": 0.6 } }, below);
    } else {
      const wide = ["interpolate", ["linear"], ["zoom"], 10, 2.2, 16, 6];
      map.addLayer({
        id: "data-points", type: "circle", source: "data",
        paint: { "circle-color": colour, "circle-radius": wide, "circle-stroke-color": "#1f2933", "circle-stroke-width": 0.6, "circle-opacity": 0.85 },
      }, "names");
    }
  }

  /** @param {Drawing & {kind: "surface"}} drawing */
  #addSurface({ surface, pixels }) {
    const { map, below } = this;
    const { width, height, corners } = surface;
    const canvas = el("canvas", { width, height });
    canvas.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
    map.addSource("data-surface", { type: "canvas", canvas, coordinates: corners, animate: false });
    map.addLayer({ id: "data-surface", type: "raster", source: "data-surface", paint: { "raster-opacity": 0.82, "raster-fade-duration": 0 } }, below);
  }
}
