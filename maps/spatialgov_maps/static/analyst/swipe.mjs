// @ts-check
// A second map over the left part of the first, up to a divider that is dragged or moved by keys.

import { el } from "../workbench/ui.mjs";
import { addGround, makeMap, setLayers, writeNames } from "./ground_map.mjs";
import { LayerDrawing } from "./layer_drawing.mjs";

/** @typedef {import("./desk.mjs").Desk} Desk */
/** @typedef {import("./incident_data.mjs").Drawing} Drawing */

const STEP = 4;

export class Swipe {
  /** @param {Desk} desk @param {HTMLElement} frame @param {HTMLElement} container of the second map */
  constructor(desk, frame, container) {
    this.desk = desk;
    this.frame = frame;
    this.container = container;
    /** Share of the width that the second map takes, percent. */
    this.at = 50;
    this.divider = el("div", { class: "divider", role: "slider", tabindex: 0, "aria-valuemin": 0, "aria-valuemax": 100 });
    this.names = { before: el("span", { class: "period before" }), now: el("span", { class: "period now" }) };
    frame.append(this.divider, this.names.before, this.names.now);
    /** @type {any} the second map */
    this.map = null;
    this.follow = () => this.map?.jumpTo({ center: desk.map.getCenter(), zoom: desk.map.getZoom() });
    this.#listen();
  }

  get isOpen() {
    return !this.frame.hidden;
  }

  /** @param {Drawing} drawing @param {{before: string, now: string, label: string}} names */
  async open(drawing, { before, now, label }) {
    this.frame.hidden = false;
    this.names.before.textContent = before;
    this.names.now.textContent = now;
    this.divider.setAttribute("aria-label", label);
    this.#divide(this.at);
    if (!this.map) {
      const { map } = this.desk;
      this.map = await makeMap(this.container, { center: map.getCenter(), zoom: map.getZoom(), interactive: false });
      addGround(this.map, this.desk.ground);
      setLayers(this.map, this.desk.surroundings);
      writeNames(this.map, this.desk.ground);
      map.on("move", this.follow);
    }
    if (!this.isOpen) return;
    this.map.resize();
    this.follow();
    new LayerDrawing(this.map, this.desk.below).draw(drawing);
  }

  close() {
    this.frame.hidden = true;
    if (!this.map) return;
    this.desk.map.off("move", this.follow);
    this.map.remove();
    this.map = null;
  }

  /** @param {number} at percent */
  #divide(at) {
    this.at = Math.max(0, Math.min(100, at));
    this.frame.style.setProperty("--at", `${this.at}%`);
    this.divider.setAttribute("aria-valuenow", String(Math.round(this.at)));
  }

  #listen() {
    this.divider.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      this.divider.setPointerCapture(event.pointerId);
      event.preventDefault();
      this.divider.focus();
    });
    this.divider.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
      if (!this.divider.hasPointerCapture(event.pointerId)) return;
      const box = this.frame.getBoundingClientRect();
      this.#divide((100 * (event.clientX - box.left)) / box.width);
    });
    this.divider.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const by = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP, Home: -100, End: 100 }[event.key];
      if (!by) return;
      event.preventDefault();
      this.#divide(this.at + by);
    });
  }
}
