// @ts-check
// Handles on the map by which a camera is moved, turned, and given another range and field of view; by pointer and keys.

import { el } from "../workbench/ui.mjs";
import { text } from "../js/language.js";
import { away, dragged, looksOneWay, pressed } from "./coverage_geometry.mjs";

/** @typedef {import("./coverage_changes.mjs").Patch} Patch */
/** @typedef {import("./coverage_geometry.mjs").HandleName} HandleName */
/** @typedef {[number, number]} Place */

/** Beyond the sector's edge, so that the handle to turn by doesn't lie on that for the range. */
const BEYOND_PX = 26;

export class Handles {
  /**
   * @param {any} map MapLibre's
   * @param {(patch: Patch, isDone: boolean) => void} edit while a handle is dragged, and when it is let go
   */
  constructor(map, edit) {
    this.map = map;
    this.edit = edit;
    /** @type {any} */
    this.figures = null;
    this.box = el("div", { class: "cv-handles" });
    map.getContainer().append(this.box);
    this.place = () => this.#place();
    map.on("move", this.place);
    /** @type {Record<HandleName, HTMLButtonElement>} */
    this.buttons = /** @type {any} */ (Object.fromEntries(["move", "turn", "range", "field"].map((name) => [name, this.#button(/** @type {HandleName} */ (name))])));
    this.box.append(...Object.values(this.buttons));
    this.show(null);
  }

  remove() {
    this.map.off("move", this.place);
    this.box.remove();
  }

  /** Show the handles of a camera, none with null. @param {any} figures @param {string} id */
  show(figures, id = "") {
    this.figures = figures;
    this.box.hidden = !figures;
    if (!figures) return;
    const values = { move: "", turn: `${Math.round(figures.azimuth_deg ?? 0)}°`, range: `${Math.round(figures.range_m)} m`, field: `${Math.round(figures.fov_deg)}°` };
    for (const [name, button] of Object.entries(this.buttons)) {
      const label = text(`cvHandle_${name}`, { id, value: values[/** @type {HandleName} */ (name)] });
      button.setAttribute("aria-label", label);
      button.title = label;
      button.hidden = name !== "move" && name !== "range" && !looksOneWay(figures);
    }
    this.#place();
  }

  #place() {
    if (!this.figures) return;
    const { lon, lat, azimuth_deg, fov_deg, range_m } = this.figures;
    const middle = azimuth_deg ?? 0;
    const angle = (middle * Math.PI) / 180;
    this.#put("move", [lon, lat]);
    this.#put("range", away([lon, lat], middle, range_m));
    this.#put("turn", away([lon, lat], middle, range_m), [BEYOND_PX * Math.sin(angle), -BEYOND_PX * Math.cos(angle)]);
    this.#put("field", away([lon, lat], middle + fov_deg / 2, range_m));
  }

  /** @param {HandleName} name @param {Place} place @param {[number, number]} beside pixels */
  #put(name, place, beside = [0, 0]) {
    const { x, y } = this.map.project(place);
    this.buttons[name].style.transform = `translate(${x + beside[0]}px, ${y + beside[1]}px) translate(-50%, -50%)`;
  }

  /** @param {HandleName} name @returns {HTMLButtonElement} */
  #button(name) {
    let isHeld = false;
    /** @type {Patch | null} */
    let last = null;
    const off = [0, 0];
    const patch = (/** @type {PointerEvent} */ event) => {
      const box = this.map.getCanvas().getBoundingClientRect();
      const { lng, lat } = this.map.unproject([event.clientX - box.left - off[0], event.clientY - box.top - off[1]]);
      return dragged(name, this.figures, [lng, lat]);
    };
    const end = (/** @type {PointerEvent} */ event) => {
      if (!isHeld) return;
      isHeld = false;
      event.preventDefault();
      if (last) this.edit(last, true);
      last = null;
    };
    return el("button", {
      type: "button", class: `cv-handle ${name}`,
      onpointerdown: (/** @type {PointerEvent} */ event) => {
        if (event.button !== 0) return;
        event.preventDefault();
        event.stopPropagation();
        const button = /** @type {HTMLElement} */ (event.currentTarget);
        button.setPointerCapture(event.pointerId);
        button.focus({ preventScroll: true });
        isHeld = true;
        const box = button.getBoundingClientRect();
        off[0] = event.clientX - box.left - box.width / 2;
        off[1] = event.clientY - box.top - box.height / 2;
      },
      onpointermove: (/** @type {PointerEvent} */ event) => {
        if (!isHeld) return;
        last = patch(event);
        this.edit(last, false);
      },
      onpointerup: end,
      onpointercancel: end,
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        const changed = this.figures && pressed(name, this.figures, event.key, event.shiftKey);
        if (!changed) return;
        event.preventDefault();
        event.stopPropagation();
        this.edit(changed, true);
      },
    });
  }
}
