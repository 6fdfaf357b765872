// @ts-check
// The pointer belongs to one tool at a time.

import { text } from "../js/language.js";

/** @typedef {import("./editor.mjs").Editor} Editor */
/** @typedef {[lon: number, lat: number]} Place */
/** @typedef {{clientX: number, clientY: number}} Point */

/** Tools with their keys and icons, in the order of the toolbar. @type {[name: string, key: string, icon: string][]} */
export const TOOLS = [
  ["view", "V", "M5 3l13 8-6 1.5L9 19z"],
  ["paint", "P", "M4 20c3 1 6 0 6-3a3 3 0 0 0-3-3c-3 0-2 4-3 6zM10 14L19 4l2 2-9 10"],
  ["rectangle", "R", "M4 6h16v12H4z"],
  ["lasso", "A", "M12 4c5 0 9 2.5 9 6s-4 6-9 6-9-2.500-9-6 4-6 9-6zM8 15.500c0 2-2 2-2 4"],
  ["erase", "E", "M8 19h12M4 15l9-9 6 6-7 7H8z"],
  ["pick", "I", "M14 7l3 3M12 9l3 3-8 8H4v-3zM15 6l2-2a2.100 2.100 0 0 1 3 3l-2 2z"],
  ["lock", "L", "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3"],
  ["split", "S", "M4 20L20 4M4 9V4h5M15 20h5v-5"],
  ["barrier", "B", "M3 15h18M3 10h18M6 10l3 5M11 10l3 5M16 10l3 5M6 15v4M18 15v4"],
];

/** Brush radii in pixels; 0 is the unit under the pointer. */
export const BRUSHES = [0, 12, 24, 40, 64];

/** Listens to the map and hands what happens to the tool in force. */
export class Pointer {
  /** @param {Editor} editor @param {SVGSVGElement} overlay */
  constructor(editor, overlay) {
    this.editor = editor;
    this.path = /** @type {SVGPathElement} */ (overlay.querySelector("path"));
    this.ring = /** @type {SVGCircleElement} */ (overlay.querySelector("circle"));
    /** Pointers that are down. @type {Map<number, Point>} */
    this.down = new Map();
    /** @type {Point[]} points of the screen of a stroke that is being made */
    this.way = [];
    this.isHeld = false; // the space key: the map moves meanwhile
    const stage = editor.view.map.getCanvasContainer();
    this.stage = stage;
    stage.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => this.#pressed(event));
    stage.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => this.#moved(event));
    for (const name of ["pointerup", "pointercancel"]) // wherever on the screen
      addEventListener(name, (event) => this.#released(/** @type {PointerEvent} */ (event), name === "pointercancel"));
    stage.addEventListener("pointerleave", () => this.#hideRing());
    this.update();
  }

  /** The tool is another, or the space key. */
  update() {
    const { map } = this.editor.view;
    const draws = !this.isHeld && this.editor.tool !== "view";
    if (draws) map.dragPan.disable();
    else map.dragPan.enable();
    map.getContainer().classList.remove(...TOOLS.map(([name]) => name));
    map.getContainer().classList.add(this.isHeld ? "view" : this.editor.tool);
    this.#hideRing();
  }

  /** Give up what has begun. */
  cancel() {
    this.way = [];
    this.#drawWay();
    this.editor.cancel();
  }

  get tool() {
    return this.isHeld ? "view" : this.editor.tool;
  }

  /** @param {PointerEvent} event */
  #pressed(event) {
    this.down.set(event.pointerId, event);
    if (this.down.size > 1) return this.cancel(); // two fingers move the map
    if (event.button !== 0) return;
    const place = this.editor.view.place(event);
    const tool = event.altKey && this.tool !== "view" ? "pick" : this.tool;
    if (tool === "view" || tool === "pick") return void (this.way = [event]);
    if (tool === "lock") return this.#lock(place);
    this.stage.setPointerCapture(event.pointerId);
    if (tool === "paint" || tool === "erase") {
      const into = tool === "erase" ? null : this.editor.active;
      if (tool === "paint" && into === null) return this.editor.shown.notice(text("wbNoActive"), "problem");
      if (this.editor.begin(place, into)) this.#brush(place, place);
    }
    this.way = [event];
  }

  /** @param {PointerEvent} event */
  #moved(event) {
    this.#showRing(event);
    const last = this.way[this.way.length - 1];
    if (!last || !this.down.has(event.pointerId)) return;
    if (this.tool === "paint" || this.tool === "erase") {
      if (!this.editor.stroke) return;
      let from = last;
      for (const point of event.getCoalescedEvents?.() ?? []) {
        this.#brush(this.editor.view.place(from), this.editor.view.place(point));
        from = point;
      }
      if (from !== event) this.#brush(this.editor.view.place(from), this.editor.view.place(event));
      this.way = [event];
    } else {
      this.way.push(event);
      this.#drawWay();
    }
  }

  /** @param {PointerEvent} event @param {boolean} isLost */
  #released(event, isLost) {
    this.down.delete(event.pointerId);
    const { way } = this;
    this.way = [];
    this.#drawWay();
    if (isLost) return this.cancel();
    if (!way.length) return;
    const { editor } = this;
    const tool = event.altKey && this.tool !== "view" ? "pick" : this.tool;
    const stayed = Math.hypot(event.clientX - way[0].clientX, event.clientY - way[0].clientY) < 4;
    if (tool === "view" || tool === "pick") {
      if (stayed) this.#pick(editor.view.place(event));
    } else if (tool === "paint" || tool === "erase") editor.end();
    else if (!stayed || way.length > 4) this.#area(tool, way, event);
  }

  /** @param {Place} from @param {Place} to */
  #brush(from, to) {
    const { editor } = this;
    const radius = editor.brushPx * editor.view.degreesPerPixel();
    editor.extend(editor.finder.along(from, to, radius));
  }

  /** @param {Place} place */
  #pick(place) {
    const { editor } = this;
    const unit = editor.finder.at(place);
    const code = unit < 0 ? null : editor.plan.codeOf(unit);
    if (code === null && editor.tool !== "view") return;
    if (editor.tool === "pick" && editor.isFree) editor.tool = "paint";
    editor.choose(code);
  }

  /** @param {Place} place */
  #lock(place) {
    const { editor } = this;
    const unit = editor.finder.at(place);
    const code = unit < 0 ? null : editor.plan.codeOf(unit);
    if (code !== null) editor.lock(code, !editor.plan.locked.has(code));
  }

  /** A rectangle, a lasso or a line is complete. @param {string} tool @param {Point[]} way @param {Point} end */
  #area(tool, way, end) {
    const { editor } = this;
    const place = (/** @type {Point} */ point) => editor.view.place(point);
    if (tool === "split") return void editor.split([...way, end].map(place));
    if (tool === "barrier") return editor.bar([...way, end].map(place));
    if (editor.active === null) return editor.shown.notice(text("wbNoActive"), "problem");
    const corners = tool === "rectangle" ? corner(way[0], end) : way;
    const units = editor.finder.inside(corners.map(place));
    if (!units.length) return;
    const { points } = editor.units;
    const founder = /** @type {Place} */ ([points[2 * units[0]], points[2 * units[0] + 1]]);
    if (!editor.begin(editor.finder.at(place(way[0])) < 0 ? founder : place(way[0]), editor.active)) return;
    editor.extend(units);
    editor.end();
  }

  #drawWay() {
    const { tool, way } = this;
    const isLine = tool === "split" || tool === "barrier";
    const points = tool === "rectangle" && way.length > 1 ? corner(way[0], way[way.length - 1]) : way;
    const box = this.stage.getBoundingClientRect();
    const steps = points.map(({ clientX, clientY }, i) => `${i ? "L" : "M"}${clientX - box.left} ${clientY - box.top}`);
    const drawn = (isLine || tool === "rectangle" || tool === "lasso") && way.length > 1;
    this.path.setAttribute("class", isLine ? "line" : "");
    this.path.setAttribute("d", drawn ? steps.join("") + (isLine ? "" : "Z") : "");
  }

  /** @param {Point} point */
  #showRing(point) {
    const brushes = this.tool === "paint" || this.tool === "erase";
    const box = this.stage.getBoundingClientRect();
    this.ring.setAttribute("cx", String(point.clientX - box.left));
    this.ring.setAttribute("cy", String(point.clientY - box.top));
    this.ring.setAttribute("r", String(brushes ? Math.max(3, this.editor.brushPx) : 0));
  }

  #hideRing() {
    this.ring.setAttribute("r", "0");
  }
}

/** @param {Point} a @param {Point} b @returns {Point[]} */
const corner = (a, b) => [
  { clientX: a.clientX, clientY: a.clientY }, { clientX: b.clientX, clientY: a.clientY },
  { clientX: b.clientX, clientY: b.clientY }, { clientX: a.clientX, clientY: b.clientY },
];
