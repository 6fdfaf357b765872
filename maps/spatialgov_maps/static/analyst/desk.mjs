// @ts-check
// What the tabs of the analyst's page share: map, legend, table, notices, the chosen area, and the address of the view.

import { signInAddress } from "../js/api.js";
import { nameOf, text } from "../js/language.js";
import { el } from "../workbench/ui.mjs";
import { readAddress, writeAddress } from "./address.mjs";
import { Table } from "./table.mjs";

/**
 * @typedef {{colour: string, label: string, hatch?: boolean}} LegendItem
 * @typedef {{key: string, label: string, kind: "text" | "number" | "share"}} Column
 * @typedef {{id: string | number, lon: number, lat: number} & Record<string, any>} Row
 * @typedef {{label: string, href: string}} ExportUrl
 * @typedef {{show(): void, hide(): void, rows(): Row[], exportUrls(): ExportUrl[], title(): string}} Tab
 * @typedef {{code: string, level: string, parent_code: string, name: string, name_en: string}} Jurisdiction
 */

const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const NOTICE_MS = 9000;
const CHOSEN_ZOOM = 15;
const WIDE_PX = 700;
const LEGEND_PX = 250;

export class Desk {
  /** @param {any} map MapLibre's, loaded @param {Set<string>} rights @param {any} ground as the service gives it */
  constructor(map, rights, ground) {
    this.map = map;
    this.rights = rights;
    this.ground = ground;
    /** Roads and barriers, as soon as they are there. @type {Record<string, any>} */
    this.surroundings = {};
    /** A tab's own controls; emptied when another tab is chosen. @type {HTMLElement} */
    this.panel = at("panel");
    /** A strip between map and table, for a time line; hidden while it is empty. @type {HTMLElement} */
    this.band = at("band");
    /** Data layers go below this layer: roads, borders and names stay readable on them. */
    this.below = "roads";
    this.table = new Table(at("listed"), (row) => this.#goTo(row));
    /** @type {{language: (() => void)[], area: (() => void)[], edition: (() => void)[]}} */
    this.listeners = { language: [], area: [], edition: [] };
    this.legend = { items: /** @type {LegendItem[]} */ ([]), title: "", note: "" };
    /** @type {(row: Row) => void} */
    this.onChoose = () => {};
    this.waiting = 0;
    /** Two periods side by side, where the tab offers that. @type {import("./swipe.mjs").Swipe | null} */
    this.swipe = null;
    map.on("moveend", () => this.table.setView(this.view()));
    at("area").addEventListener("change", () => {
      this.remember({ area: at("area").value });
      for (const told of this.listeners.area) told();
    });
    this.writeAreas();
  }

  /** Whether the account has a permission: counts, exact_counts, incidents, cameras, plans … @param {string} permission */
  may(permission) {
    return this.rights.has(permission);
  }

  /** The code of the chosen jurisdiction; "" for all that the account may see. */
  area() {
    return this.address().area ?? "";
  }

  /** @param {() => void} told when another area has been chosen */
  onArea(told) {
    this.listeners.area.push(told);
  }

  /** @param {() => void} told when the language has been switched: legend, table and panel are to be given anew */
  onLanguage(told) {
    this.listeners.language.push(told);
  }

  /** @param {() => void} told when other grids have been put in force */
  onEdition(told) {
    this.listeners.edition.push(told);
  }

  /** What the address of the page says, by name. @returns {Record<string, string>} */
  address() {
    return readAddress(location.hash);
  }

  /** Write parts of the view to the address, so that it can be shared; "" takes a part out. @param {Record<string, string>} parts */
  remember(parts) {
    history.replaceState(null, "", writeAddress({ ...this.address(), ...parts }) || location.pathname);
  }

  /** @param {LegendItem[]} items empty: no legend @param {string} title @param {string} note */
  setLegend(items, title = "", note = "") {
    this.legend = { items, title, note };
    at("legend").hidden = !items.length && !note;
    const rows = items.map(({ colour, label, hatch }) => {
      const swatch = el("i", { class: hatch ? "key hatch" : "key", "aria-hidden": "true" });
      swatch.style.backgroundColor = colour;
      return el("li", {}, swatch, label);
    });
    at("legend").replaceChildren(
      ...[title && el("h2", { text: title }), el("ul", {}, ...rows), note && el("p", { class: "small", text: note })].filter(Boolean),
    );
  }

  /**
   * Show rows of which the table lists those in the map's view.
   * @param {{columns: Column[], rows: Row[], empty?: string}} table `empty`: said where there are no rows at all
   * @param {(row: Row) => void} onChoose a row was clicked; the map is led to its place anyway
   */
  setTable({ columns, rows, empty = "" }, onChoose = () => {}) {
    this.onChoose = onChoose;
    this.table.set(columns, rows, empty, this.view());
  }

  /** West, south, east, north of what the map shows. @returns {[number, number, number, number]} */
  view() {
    const bounds = this.map.getBounds();
    return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  }

  /** @param {Row} row */
  #goTo(row) {
    const zoom = Math.max(this.map.getZoom(), CHOSEN_ZOOM);
    this.map.flyTo({ center: [row.lon, row.lat], zoom, duration: 600 });
    this.mark([row.lon, row.lat]);
    this.onChoose(row);
  }

  /** Ring a place on the map, none with null. @param {[number, number] | null} place */
  mark(place) {
    const features = place ? [{ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: place } }] : [];
    this.map.getSource("chosen").setData({ type: "FeatureCollection", features });
  }

  /** @param {string} message @param {"" | "problem"} kind @param {{label: string, act: () => void}} [action] */
  notice(message, kind = "", action) {
    const close = () => box.remove();
    const box = el("div", { class: kind }, el("span", { text: message }));
    if (action) box.append(el("button", { type: "button", text: action.label, onclick: () => (close(), action.act()) }));
    box.append(el("button", { type: "button", text: text("anClose"), onclick: close }));
    const { children } = at("notices");
    while (children.length > 1) children[0].remove();
    at("notices").append(box);
    if (!action && !kind) setTimeout(close, NOTICE_MS);
  }

  /** Say what went wrong; where the session has ended, lead to signing in, and from there back to this view. @param {import("../js/api.js").Problem} problem */
  tell(problem, message = problem.message) {
    this.notice(message, "problem");
    if (problem.status === 401) location.href = signInAddress();
  }

  /** Take away what was said, or what was said of one kind. @param {"" | "problem"} kind */
  clearNotices(kind = "") {
    for (const one of [...at("notices").children]) if (!kind || one.className === kind) one.remove();
  }

  /** Say that something is computed for as long as a promise is open. @template T @param {Promise<T>} promise @returns {Promise<T>} */
  async during(promise) {
    this.waiting++;
    this.#writeBusy();
    try {
      return await promise;
    } finally {
      this.waiting--;
      this.#writeBusy();
    }
  }

  #writeBusy() {
    at("busy").hidden = !this.waiting;
    at("busy").textContent = this.waiting ? text("anBusy") : "";
    at("stage").setAttribute("aria-busy", String(this.waiting > 0));
  }

  /** Show a jurisdiction, or all. @param {string} code @param {number} duration ms */
  fit(code, duration = 400) {
    const box = this.ground.boxes[code] ?? this.ground.boxes[""];
    if (!box) return;
    const right = this.map.getCanvas().clientWidth > WIDE_PX ? LEGEND_PX : 24; // the legend stands there, on a phone below
    this.map.fitBounds(box, { padding: { top: 24, bottom: 24, left: right > 24 ? 56 : 24, right }, duration });
  }

  /** The chosen area as people say it. */
  areaName() {
    const found = this.ground.jurisdictions.find((/** @type {Jurisdiction} */ one) => one.code === this.area());
    return found ? nameOf(found) : text("anEverywhere");
  }

  /** Write the list of areas, each level further in, in the language in force. */
  writeAreas() {
    const of = new Map();
    for (const one of this.ground.jurisdictions) of.set(one.parent_code, [...(of.get(one.parent_code) ?? []), one]);
    const known = new Set(this.ground.jurisdictions.map((/** @type {Jurisdiction} */ one) => one.code));
    /** @type {HTMLOptionElement[]} */
    const options = [];
    const chosen = this.area();
    const add = (/** @type {Jurisdiction} */ one, /** @type {number} */ depth) => {
      options.push(el("option", { value: one.code, selected: one.code === chosen, text: `${"\u2003".repeat(depth)}${nameOf(one)}` }));
      for (const child of of.get(one.code) ?? []) add(child, depth + 1);
    };
    for (const one of this.ground.jurisdictions) if (!known.has(one.parent_code)) add(one, 0);
    at("area").replaceChildren(el("option", { value: "", selected: !chosen, text: text("anEverywhere") }), ...options);
  }
}
