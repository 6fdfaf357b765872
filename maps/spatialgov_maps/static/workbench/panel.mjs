// @ts-check
// The panel beside the map: the state of the plan, the chosen grid, and every grid against its band, live.

import { nameOf, number, text } from "../js/language.js";
import { bandOf, deviationPct, placeOf, standing, stateOf } from "./balance.mjs";
import { FILLS } from "./colours.mjs";
import { NEW } from "./editor.mjs";
import { short } from "./labels.mjs";
import { LOCK, amount, el, icon, signed } from "./ui.mjs";
import { QUANTITIES } from "./units.mjs";

/** @typedef {import("./editor.mjs").Editor} Editor */
/** @typedef {import("./plan_store.mjs").Grid} Grid */

const at = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

export class Panel {
  /** @param {Editor} editor @param {{next: () => void}} acts */
  constructor(editor, acts) {
    this.editor = editor;
    this.acts = acts;
    this.quantity = editor.plan.settings.balance;
    this.order = "code";
    /** What a full bar stands for. */
    this.full = 1;
    /** Names of jurisdictions by their codes. @type {Map<string, {name: string, name_en: string}>} */
    this.names = new Map();
    /** @type {Map<string, any>} */
    this.rows = new Map();
    /** Grids whose sums have changed and are not written yet. @type {Set<string>} */
    this.waiting = new Set();
  }

  /** Write everything anew: in another language, after grids came and went. */
  write() {
    this.#writeChoices();
    this.#writeList();
    this.writeState();
    this.writeActive();
  }

  get quantities() {
    return QUANTITIES.filter((name) => name !== "workload" || this.editor.units.hasWorkload);
  }

  #writeChoices() {
    const choice = (/** @type {string} */ label, /** @type {string[][]} */ options, /** @type {string} */ chosen, /** @type {(value: string) => void} */ take) => {
      const select = el("select", { onchange: (/** @type {any} */ event) => take(event.target.value) });
      select.append(...options.map(([value, said]) => el("option", { value, selected: value === chosen, text: said })));
      return el("label", {}, label, select);
    };
    const quantities = this.quantities.map((name) => [name, text(name)]);
    at("choices").replaceChildren(
      choice(text("wbBars"), quantities, this.quantity, (value) => {
        this.quantity = /** @type {any} */ (value);
        this.#writeList();
      }),
      choice(text("wbSort"), [["code", text("wbByCode")], ["deviation", text("wbByDeviation")]], this.order, (value) => {
        this.order = value;
        this.#writeList();
      }),
      el("span", { class: "buttons" },
        el("button", { type: "button", class: "quiet", text: text("wbLockAll"), onclick: () => this.editor.lockAll(true) }),
        el("button", { type: "button", class: "quiet", text: text("wbUnlockAll"), onclick: () => this.editor.lockAll(false) })),
    );
  }

  #writeList() {
    const { plan } = this.editor;
    const grids = plan.present();
    at("count").textContent = text("wbGridsOf", { n: number(grids.length) });
    const { target, low, high, minimum, maximum } = bandOf(plan.settings);
    const said = (/** @type {number | null} */ value) => (value === null ? "–" : amount(plan.settings.balance, value));
    const band = text("wbTarget", { target: said(target), low: said(low), high: said(high) });
    const limited = minimum === null ? "wbAtMost" : maximum === null ? "wbAtLeast" : "wbLimits";
    const limits = minimum === null && maximum === null ? "" : ` · ${text(limited, { low: said(minimum), high: said(maximum) })}`;
    at("band").textContent = `${text(plan.settings.balance)}: ${band}${limits}`;
    this.full = this.#full(grids);
    this.rows.clear();
    const items = [];
    let parent = null;
    if (this.order === "deviation")
      grids.sort((a, b) => Math.abs(deviationPct(b, plan.settings) ?? 0) - Math.abs(deviationPct(a, plan.settings) ?? 0));
    for (const grid of grids) {
      if (this.order === "code" && grid.parent_code !== parent) {
        parent = grid.parent_code;
        if (parent) items.push(el("li", { class: "parent", text: this.#nameOf(parent) }));
      }
      items.push(this.#row(grid));
    }
    at("grids").replaceChildren(...items);
    for (const grid of grids) this.#writeRow(grid);
  }

  /** @param {string} code */
  #nameOf(code) {
    const known = this.names.get(code);
    return known ? nameOf(known) : code;
  }

  /** What a full bar stands for: twice the target, or twice the mean. @param {Grid[]} grids */
  #full(grids) {
    const { settings } = this.editor.plan;
    if (this.quantity === settings.balance) return 2 * settings.target;
    const place = placeOf(this.quantity);
    return (2 * grids.reduce((sum, grid) => sum + grid.sums[place], 0)) / Math.max(1, grids.length) || 1;
  }

  /** @param {Grid} grid */
  #row({ code }) {
    const { editor } = this;
    const fill = el("i", { class: "fill" });
    const bars = el("span", { class: "bars", "aria-hidden": "true" }, el("i", { class: "zone" }), fill);
    const { low, high, minimum, maximum } = bandOf(editor.plan.settings);
    const percent = (/** @type {number} */ value) => `${Math.min(100, (100 * value) / this.full)}%`;
    if (this.quantity === editor.plan.settings.balance) {
      bars.style.setProperty("--low", percent(low));
      bars.style.setProperty("--high", percent(high));
      for (const limit of [minimum, maximum])
        if (limit !== null) {
          const line = el("i", { class: "limit" });
          line.style.setProperty("--at", percent(limit));
          bars.append(line);
        }
    } else bars.firstChild.remove();
    const swatch = el("span", { class: "swatch", text: short(code) });
    swatch.style.background = FILLS[editor.colours.of(code)];
    const [value, deviation] = [el("span", { class: "value" }), el("span", { class: "deviation" })];
    const choose = el(
      "button",
      { type: "button", class: "choose", title: text("wbPaintWith", { code }), onclick: () => this.#choose(code) },
      swatch, bars, value, deviation,
    );
    const isLocked = () => editor.plan.locked.has(code);
    const lock = el("button", {
      type: "button", class: "lock", title: text("wbLockGrid", { code }), "aria-label": text("wbLockGrid", { code }),
      onclick: () => editor.lock(code, !isLocked()),
    });
    lock.append(icon(LOCK));
    const select = el("input", {
      type: "checkbox", "aria-label": text("wbSelectGrid", { code }),
      onchange: (/** @type {any} */ event) => {
        if (event.target.checked) editor.selected.add(code);
        else editor.selected.delete(code);
        this.writeActive();
      },
    });
    const row = el("li", { class: "grid", "data-code": code }, select, choose, lock);
    this.rows.set(code, { row, bars, value, deviation, lock, select, choose });
    return row;
  }

  /** @param {string} code */
  #choose(code) {
    this.editor.choose(code);
    this.editor.view.fit(this.editor.plan.members(code), true);
    if (this.editor.isFree && !["paint", "rectangle", "lasso", "split"].includes(this.editor.tool)) this.editor.setTool("paint");
  }

  /** Sums have changed: rows are written once before the next picture. @param {Set<string>} codes */
  sums(codes) {
    if (!this.waiting.size) requestAnimationFrame(() => this.#writeWaiting());
    for (const code of codes) this.waiting.add(code);
  }

  #writeWaiting() {
    for (const code of this.waiting) {
      const grid = this.editor.plan.grid(code);
      if (grid && this.rows.has(code)) this.#writeRow(grid);
    }
    if (this.editor.active !== null && this.waiting.has(this.editor.active)) this.writeActive();
    this.waiting.clear();
  }

  /** @param {Grid} grid */
  #writeRow(grid) {
    const { row, bars, value, deviation, lock, select, choose } = this.rows.get(grid.code);
    const { editor } = this;
    const held = grid.sums[placeOf(this.quantity)];
    bars.style.setProperty("--value", `${Math.min(100, (100 * held) / this.full)}%`);
    value.textContent = amount(this.quantity, held);
    const off = deviationPct(grid, editor.plan.settings);
    const parts = grid.pieces?.length ?? 1;
    deviation.textContent = parts > 1 ? `${parts} ✂` : off === null ? text("wbExempt") : signed(off);
    const isLocked = editor.plan.locked.has(grid.code);
    const state = [standing(grid, editor.plan.settings), parts > 1 && "parts", grid.code === editor.active && "active"];
    row.className = ["grid", ...state.filter(Boolean)].join(" ");
    if (grid.code === editor.active) choose.setAttribute("aria-current", "true");
    else choose.removeAttribute("aria-current");
    lock.setAttribute("aria-pressed", String(isLocked));
    select.checked = editor.selected.has(grid.code);
  }

  /** A change is complete: grids may have come, gone or fallen apart. */
  settled() {
    const grids = this.editor.plan.present();
    const same = grids.length === this.rows.size && grids.every((grid) => this.rows.has(grid.code));
    if (same) for (const grid of grids) this.#writeRow(grid);
    else this.#writeList();
    this.writeState();
    this.writeActive();
  }

  writeState() {
    const { faults } = this.editor;
    const state = stateOf(faults);
    const free = faults.find((fault) => fault.kind === "unassigned");
    const said = {
      ok: () => text("wbOk"),
      warning: () => text("wbWarning", { n: number(faults.length) }),
      incomplete: () => text("wbIncomplete", { n: number(/** @type {any} */ (free).units.length) }),
    }[state]();
    const next = el("button", { type: "button", class: "quiet", id: "next", disabled: !faults.length, title: "N", text: text("wbNext"), onclick: this.acts.next });
    at("state").replaceChildren(el("div", { class: "line" }, el("strong", { class: state, text: said }), next));
  }

  writeActive() {
    const { editor } = this;
    const { active, selected, plan } = editor;
    const parts = [];
    const grid = plan.grid(active);
    if (active === NEW) parts.push(el("h2", { text: text("wbNewGrid") }), el("p", { class: "small", text: text("wbNewGridHint") }));
    else if (grid) parts.push(...this.#details(grid));
    else parts.push(el("p", { class: "small", text: text("wbNoActive") }));
    const buttons = el("div", { class: "buttons" });
    if (editor.isFree)
      buttons.append(el("button", { type: "button", class: "quiet", text: text("wbNewGrid"), onclick: () => {
        editor.choose(NEW);
        if (!["paint", "rectangle", "lasso"].includes(editor.tool)) editor.setTool("paint");
      } }));
    if (editor.isFree && grid && grid.kind !== "unit") {
      const kind = grid.kind === "dedicated" ? "general" : "dedicated";
      const label = text(kind === "dedicated" ? "wbMarkDedicated" : "wbMarkGeneral");
      buttons.append(el("button", { type: "button", class: "quiet", text: label, onclick: () => editor.mark(grid.code, kind) }));
    }
    if (selected.size) buttons.append(el("span", { class: "small", text: text("wbSelected", { n: selected.size }) }));
    if (selected.size > 1 && editor.isFree)
      buttons.append(el("button", { type: "button", text: text("wbMerge"), onclick: () => editor.merge() }));
    at("active").replaceChildren(...parts, buttons);
  }

  /** @param {Grid} grid */
  #details(grid) {
    const { plan, colours } = this.editor;
    const swatch = el("span", { class: "swatch", text: short(grid.code) });
    swatch.style.background = FILLS[colours.of(grid.code)];
    const off = deviationPct(grid, plan.settings);
    const rows = [
      ...this.quantities.map((name) => [text(name), amount(name, grid.sums[placeOf(name)])]),
      [text("wbUnitsIn"), number(grid.size)],
      [text("wbDeviation"), off === null ? text("wbExempt") : signed(off)],
      [text("wbParts"), number(plan.pieces(grid.code).length)],
      [text("wbKind"), text(grid.kind)],
    ];
    const list = el("dl", {}, ...rows.map(([term, said]) => el("div", {}, el("dt", { text: term }), el("dd", { text: said }))));
    const barred = plan.isBarred(grid.code) && el("p", { class: "small problem", text: text("wbBarred") });
    const parent = el("p", { class: "small", text: `${this.#nameOf(grid.parent_code)} · ${grid.code}` });
    return [el("h2", {}, swatch, grid.name || grid.code), parent, list, barred].filter(Boolean);
  }
}
