// @ts-check
// The categories of incidents with what each would add, chosen by ticks; a click on a name chooses it alone.

import { nameOf, number, text } from "../js/language.js";
import { el } from "../workbench/ui.mjs";

/** @typedef {{code: string, name: string, name_en: string}} Category */

const MANY = 15;

export class CategoryList {
  /** @param {(codes: string[]) => void} onChange none for all */
  constructor(onChange) {
    this.onChange = onChange;
    /** Names by code. @type {Map<string, Category>} */
    this.names = new Map();
    /** Codes that are listed whether there are such incidents or not. @type {string[]} */
    this.listed = [];
    /** All codes. @type {string[]} */
    this.codes = [];
    /** @type {Record<string, number | null>} */
    this.counts = {};
    /** @type {string[]} none for all */
    this.chosen = [];
    /** Colours of categories that are drawn one by one. @type {Map<string, string>} */
    this.colours = new Map();
    this.filter = "";
    this.place = el("div", { class: "categories" });
    this.list = el("ul", {});
  }

  /** Of version 0, the standard's big classes, those are listed that occur. @param {{version: number, categories: Category[]}} table */
  setNames({ version, categories }) {
    this.names = new Map(categories.map((one) => [one.code, one]));
    this.listed = version ? [...this.names.keys()] : [];
  }

  /** The name of a category; of one without a name that of its class, the first two digits. @param {string} code */
  name(code) {
    const own = this.names.get(code);
    const its = own ?? this.names.get(code.slice(0, 2));
    return its ? (own ? nameOf(its) : `${nameOf(its)} ${code}`) : code;
  }

  /** @param {string[]} chosen @param {Record<string, number | null>} counts @param {Map<string, string>} colours */
  set(chosen, counts, colours) {
    const codes = [...new Set([...this.listed, ...Object.keys(counts)])];
    Object.assign(this, { chosen, counts, colours, codes });
    this.write();
  }

  /** Write it in the language in force. */
  write() {
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);
    const held = focused && this.place.contains(focused) ? focused.dataset.key : undefined;
    const all = el("button", { type: "button", class: "quiet", "data-key": "all", text: text("inAllCategories"), disabled: !this.chosen.length, onclick: () => this.#choose([]) });
    const parts = [el("div", { class: "buttons" }, all)];
    if (this.codes.length > MANY)
      parts.push(el("input", { type: "search", "data-key": "filter", "aria-label": text("inFind"), placeholder: text("inFind"), value: this.filter, oninput: (/** @type {any} */ event) => {
        this.filter = event.target.value;
        this.#writeList();
      } }));
    this.place.replaceChildren(...parts, this.list);
    this.#writeList();
    if (held) /** @type {HTMLElement | null} */ (this.place.querySelector(`[data-key="${CSS.escape(held)}"]`))?.focus({ preventScroll: true });
  }

  #writeList() {
    const most = Math.max(1, ...Object.values(this.counts).map((count) => count ?? 0));
    const wanted = this.filter.trim().toLowerCase();
    const shown = this.codes.filter((code) => `${code} ${this.name(code)}`.toLowerCase().includes(wanted));
    this.list.replaceChildren(...shown.map((code) => this.#row(code, most)));
  }

  /** @param {string} code @param {number} most */
  #row(code, most) {
    const name = this.name(code);
    const count = this.counts[code];
    const isChosen = !this.chosen.length || this.chosen.includes(code);
    const tick = el("input", { type: "checkbox", "data-key": `tick ${code}`, checked: isChosen, "aria-label": name, onchange: () => this.#toggle(code) });
    const bar = el("i", { class: "bar-of", "aria-hidden": "true" });
    bar.style.width = `${(100 * (count ?? 0)) / most}%`;
    const colour = this.colours.get(code);
    const key = el("i", { class: "key round", "aria-hidden": "true", hidden: !colour });
    if (colour) key.style.backgroundColor = colour;
    const alone = el("button", { type: "button", class: "alone", "data-key": `alone ${code}`, title: text("inOnly", { name }), onclick: () => this.#choose([code]) }, key, el("span", { text: name }));
    const said = count === null ? text("inFew") : number(count ?? 0);
    return el("li", { class: isChosen ? "" : "left-out" }, tick, alone, el("span", { class: "count", text: said }), bar);
  }

  /** @param {string} code */
  #toggle(code) {
    const all = this.codes;
    const now = this.chosen.length ? this.chosen : all;
    const next = now.includes(code) ? now.filter((one) => one !== code) : [...now, code];
    this.#choose(next.length === all.length ? [] : next);
  }

  /** @param {string[]} codes */
  #choose(codes) {
    this.chosen = codes;
    this.write();
    this.onChange(codes);
  }
}
