// @ts-check
// The table under the map: rows in the map's view, sorted by a click on a column, each leading to its place.

import { number, text } from "../js/language.js";
import { el } from "../workbench/ui.mjs";
import { inView, ordered } from "./rows.mjs";

/** @typedef {import("./desk.mjs").Column} Column */
/** @typedef {import("./desk.mjs").Row} Row */
/** @typedef {import("./rows.mjs").Box} Box */

const MOST_SHOWN = 200;

/** Write a value of a column. @param {Pick<Column, "kind">} column @param {any} value */
export function said({ kind }, value) {
  if (value === null || value === undefined || value === "") return "–";
  if (kind === "text") return String(value);
  if (kind === "share") return `${number(Math.round(1000 * value) / 10)} %`;
  const size = Math.abs(value);
  return number(size < 1 ? Number(value.toPrecision(2)) : size < 100 ? Math.round(10 * value) / 10 : Math.round(value));
}

export class Table {
  /** @param {HTMLElement} place @param {(row: Row) => void} onChoose */
  constructor(place, onChoose) {
    this.place = place;
    this.onChoose = onChoose;
    /** @type {Column[]} */
    this.columns = [];
    /** @type {Row[]} */
    this.rows = [];
    this.empty = "";
    /** @type {Box} */
    this.view = [-180, -90, 180, 90];
    /** The column to sort by; none keeps the order that rows were given in. */
    this.key = "";
    this.descending = false;
    /** @type {string | number | null} */
    this.chosen = null;
  }

  /** @param {Column[]} columns @param {Row[]} rows @param {string} empty @param {Box} view */
  set(columns, rows, empty, view) {
    if (!columns.some(({ key }) => key === this.key)) this.key = "";
    Object.assign(this, { columns, rows, empty, view });
    this.write();
  }

  /** @param {Box} view */
  setView(view) {
    this.view = view;
    this.write();
  }

  /** Give the rows that the table lists now. */
  shown() {
    const seen = inView(this.rows, this.view);
    return this.key ? ordered(seen, this.key, this.descending) : seen;
  }

  write() {
    this.place.hidden = !this.columns.length;
    if (!this.columns.length) return this.place.replaceChildren();
    const focused = document.activeElement;
    const held = focused instanceof HTMLElement && this.place.contains(focused) ? focused.dataset.key : undefined;
    const rows = this.shown();
    const count = !this.rows.length ? this.empty
      : text(rows.length > MOST_SHOWN ? "anRowsCut" : "anRows", { n: number(rows.length), all: number(this.rows.length), most: MOST_SHOWN });
    const table = el("table", {}, this.#head(), el("tbody", {}, ...rows.slice(0, MOST_SHOWN).map((row) => this.#row(row))));
    this.place.replaceChildren(el("p", { class: "small", role: "status", text: count }), ...(this.rows.length ? [el("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": text("anTable") }, table)] : []));
    if (held !== undefined) /** @type {HTMLElement | null} */ (this.place.querySelector(`[data-key="${CSS.escape(held)}"]`))?.focus({ preventScroll: true });
  }

  #head() {
    const cells = this.columns.map((column) => {
      const sorted = column.key === this.key;
      const sort = el("button", { type: "button", "data-key": `sort ${column.key}`, text: column.label, onclick: () => this.#sortBy(column) });
      const order = sorted ? (this.descending ? "descending" : "ascending") : "none";
      return el("th", { scope: "col", class: column.kind === "text" ? "" : "number", "aria-sort": order }, sort);
    });
    return el("thead", {}, el("tr", {}, ...cells));
  }

  /** Numbers begin with the largest. @param {Column} column */
  #sortBy({ key, kind }) {
    this.descending = key === this.key ? !this.descending : kind !== "text";
    this.key = key;
    this.write();
  }

  /** @param {Row} row */
  #row(row) {
    const choose = () => {
      this.chosen = row.id;
      for (const one of this.place.querySelectorAll("tbody tr")) one.classList.toggle("chosen", one === made);
      this.onChoose(row);
    };
    const cells = this.columns.map((column, place) => {
      const what = said(column, row[column.key]);
      const content = place ? what : el("button", { type: "button", class: "to", "data-key": `row ${row.id}`, text: what });
      return el("td", { class: column.kind === "text" ? "" : "number" }, content);
    });
    const made = el("tr", { class: row.id === this.chosen ? "chosen" : "", onclick: choose }, ...cells);
    return made;
  }
}
