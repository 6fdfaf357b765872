// @ts-check
// The layers of the tab “Coverage”: buildings and zones, gaps, what cameras see, the cameras, and what is thought through.

import { dots, hatch } from "../js/drawn.mjs";
import { sectorShape } from "./coverage_geometry.mjs";

/** @typedef {import("./coverage_changes.mjs").Figures} Figures */
/** @typedef {{id: string, figures: any, isNew?: boolean, isRefused?: boolean}} Drawn */

export const STATE_COLOURS = { covered: "#0d9488", uncertain: "#e0a526", gap: "#d6604d" };
export const REASON_COLOURS = {
  data_missing: "#e0a526", out_of_service: "#b91c1c", turned_away: "#7c3aed", class_too_low: "#2563eb",
  below_camera: "#0e7490", hidden: "#475569", no_camera: "#f4a582",
};
export const KIND_COLOURS = { fixed: "#1d4ed8", dome: "#7c3aed", ptz: "#be185d", panoramic: "#0e7490" };
export const REMEDY_COLOURS = { repair: "#b91c1c", survey: "#d97706", turn: "#7c3aed", build: "#047857" };
/** What is thought through. */
export const CHANGED = "#c2185b";
const NOTHING = "#4b5563";
/** Closer than this the buildings are fetched and the sectors drawn. */
export const CLOSE = 14.5;

const SOURCES = ["cv-buildings", "cv-zones", "cv-places", "cv-gaps", "cv-seen", "cv-sectors", "cv-cameras", "cv-new-seen", "cv-new-sectors", "cv-steps"];

/** @param {any[]} features @returns {any} */
const collection = (features) => ({ type: "FeatureCollection", features });

/** @param {string} property @param {Record<string, string>} colours @returns {any} */
const matched = (property, colours) => ["match", ["get", property], ...Object.entries(colours).flat(), NOTHING];

/** @param {any} geometry @param {any} properties */
const feature = (geometry, properties) => ({ type: "Feature", geometry, properties });

export class CoverageMap {
  /** @param {any} map MapLibre's @param {string} below layers of ground go below this one */
  constructor(map, below) {
    this.map = map;
    this.below = below;
    /** @type {string[]} */
    this.layers = [];
    this.changed = /** @type {string[]} */ ([]);
  }

  add() {
    const { map } = this;
    for (const [name, image] of [["cv-hatch", hatch("#7a4b00")], ["cv-forbidden", hatch("#9f1d1d")], ["cv-private", dots("#1f2933")]])
      if (!map.hasImage(name)) map.addImage(name, image, { pixelRatio: 2 });
    for (const name of SOURCES) map.addSource(name, { type: "geojson", data: collection([]), tolerance: 0.2 });
    this.#addGround();
    this.#addCameras();
    this.colourGaps("state");
  }

  /** @param {any} layer @param {boolean} [onTop] */
  #layer(layer, onTop = false) {
    this.map.addLayer(layer, onTop ? undefined : this.below);
    this.layers.push(layer.id);
  }

  #addGround() {
    const certain = ["==", ["get", "seen"], "certain"];
    const patch = ["==", ["get", "form"], "patch"];
    this.#layer({ id: "cv-gaps", type: "fill", source: "cv-gaps", filter: patch, paint: { "fill-opacity": 0.5, "fill-antialias": false } });
    this.#layer({
      id: "cv-uncertain", type: "fill", source: "cv-gaps", filter: ["all", patch, ["==", ["get", "state"], "uncertain"]],
      paint: { "fill-pattern": "cv-hatch", "fill-opacity": 0.55 },
    });
    this.#layer({
      id: "cv-seen", type: "fill", source: "cv-seen", filter: certain,
      paint: { "fill-color": STATE_COLOURS.covered, "fill-opacity": 0.45 },
    });
    this.#layer({ id: "cv-buildings", type: "fill", source: "cv-buildings", minzoom: CLOSE, paint: { "fill-color": "#8a929b" } });
    this.#layer({
      id: "cv-zones", type: "fill", source: "cv-zones",
      paint: { "fill-pattern": ["match", ["get", "kind"], "no_view", "cv-private", "cv-forbidden"], "fill-opacity": ["match", ["get", "kind"], "consent", 0.35, 0.8] },
    });
    this.#layer({ id: "cv-zone-lines", type: "line", source: "cv-zones", paint: { "line-color": "#9f1d1d", "line-width": 1.2 } });
    this.#layer({
      id: "cv-gap-roads", type: "line", source: "cv-gaps", filter: ["==", ["get", "form"], "road"], minzoom: 13,
      paint: { "line-width": ["interpolate", ["linear"], ["zoom"], 13, 1.2, 17, 4], "line-opacity": 0.8 },
    });
    this.#layer({
      id: "cv-was", type: "line", source: "cv-seen", filter: ["in", ["get", "camera_id"], ["literal", []]],
      paint: { "line-color": "#1f2933", "line-width": 1.2, "line-dasharray": [3, 2] },
    });
    this.#layer({
      id: "cv-new-seen", type: "fill", source: "cv-new-seen", filter: certain,
      paint: { "fill-color": CHANGED, "fill-opacity": 0.4 },
    });
    this.#layer({
      id: "cv-new-perhaps", type: "fill", source: "cv-new-seen", filter: ["!", certain],
      paint: { "fill-pattern": "cv-hatch", "fill-opacity": 0.8 },
    });
  }

  #addCameras() {
    this.#layer({
      id: "cv-sectors", type: "line", source: "cv-sectors", minzoom: CLOSE,
      paint: { "line-color": matched("kind", KIND_COLOURS), "line-width": 1, "line-opacity": 0.7, "line-dasharray": [4, 1] },
    }, true);
    this.#layer({
      id: "cv-new-sectors", type: "line", source: "cv-new-sectors",
      paint: { "line-color": ["case", ["get", "refused"], "#9f1d1d", CHANGED], "line-width": 2 },
    }, true);
    const size = (/** @type {number} */ far, /** @type {number} */ near) => ["interpolate", ["linear"], ["zoom"], 12, far, 17, near];
    const works = ["get", "working"];
    this.#layer({
      id: "cv-places", type: "circle", source: "cv-places", minzoom: CLOSE,
      paint: { "circle-color": "#fff7d6", "circle-radius": 4, "circle-stroke-color": "#7a4b00", "circle-stroke-width": 1.6 },
    }, true);
    this.#layer({
      id: "cv-cameras", type: "circle", source: "cv-cameras",
      paint: {
        "circle-radius": size(2.2, 6),
        "circle-color": ["case", ["get", "changed"], CHANGED, works, matched("kind", KIND_COLOURS), "#ffffff"],
        "circle-stroke-color": ["case", works, "#ffffff", "#b91c1c"],
        "circle-stroke-width": ["case", works, 1, 2],
      },
    }, true);
    this.#layer({
      id: "cv-steps", type: "circle", source: "cv-steps",
      paint: { "circle-radius": size(4, 8), "circle-color": matched("remedy", REMEDY_COLOURS), "circle-stroke-color": "#ffffff", "circle-stroke-width": 1.5 },
    }, true);
  }

  remove() {
    for (const id of this.layers) this.map.removeLayer(id);
    for (const name of SOURCES) this.map.removeSource(name);
    this.layers = [];
  }

  /** @param {string} name @param {any[]} features */
  set(name, features) {
    this.map.getSource(`cv-${name}`)?.setData(collection(features));
  }

  /** @param {"state" | "reason"} by */
  colourGaps(by) {
    const colour = by === "state" ? matched("state", STATE_COLOURS) : matched("reason", REASON_COLOURS);
    this.map.setPaintProperty("cv-gaps", "fill-color", colour);
    this.map.setPaintProperty("cv-gap-roads", "line-color", colour);
    this.map.setLayoutProperty("cv-uncertain", "visibility", by === "state" ? "visible" : "none");
  }

  /** Show or hide groups of layers. @param {string[]} ids @param {boolean} isOn */
  show(ids, isOn) {
    for (const id of ids) this.map.setLayoutProperty(id, "visibility", isOn ? "visible" : "none");
  }

  /** Draw cameras as they are today, but for those that are thought to be otherwise. @param {Map<string, any>} cameras @param {Map<string, any>} patches */
  drawCameras(cameras, patches) {
    const points = [], sectors = [];
    for (const [id, figures] of cameras) {
      const patch = patches.get(id);
      if (patch?.removed) continue;
      const now = { ...figures, ...patch };
      const working = ["in_service", ""].includes(now.status);
      const properties = { id, kind: now.kind, working, changed: Boolean(patch) };
      points.push(feature({ type: "Point", coordinates: [now.lon, now.lat] }, properties));
      if (!patch) sectors.push(feature(sectorShape(figures), properties));
    }
    for (const [id, patch] of patches)
      if (patch.added) points.push(feature({ type: "Point", coordinates: [patch.lon, patch.lat] }, { id, kind: patch.kind, working: true, changed: true }));
    this.set("cameras", points);
    this.set("sectors", sectors);
    this.#markChanged([...patches.keys()]);
  }

  /** What changed cameras see today becomes an outline. @param {string[]} ids */
  #markChanged(ids) {
    if (ids.join("\n") === this.changed.join("\n")) return;
    this.changed = ids;
    const isChanged = ["in", ["get", "camera_id"], ["literal", ids]];
    this.map.setFilter("cv-seen", ["all", ["==", ["get", "seen"], "certain"], ["!", isChanged]]);
    this.map.setFilter("cv-was", isChanged);
  }

  /** Draw the sectors of what is thought through, as they are dragged. @param {Drawn[]} drawn */
  drawSectors(drawn) {
    this.set("new-sectors", drawn.map(({ id, figures, isRefused }) => feature(sectorShape(figures), { id, refused: Boolean(isRefused) })));
  }
}
