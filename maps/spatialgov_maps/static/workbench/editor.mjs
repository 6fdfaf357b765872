// @ts-check
// A plan being edited: strokes on the map, the journal behind it, and what the page shows of both.

import { text } from "../js/language.js";
import { faultsOf, deviationPct, placeOf } from "./balance.mjs";
import { DEVIATIONS, FILLS, GridColours, deviationClass } from "./colours.mjs";
import { Journal } from "./journal.mjs";
import { gridLabels } from "./labels.mjs";
import { PlanStore } from "./plan_store.mjs";
import { crossed, isLeft } from "./touching.mjs";

/** @typedef {import("./units.mjs").Units} Units */
/** @typedef {import("./touching.mjs").Finder} Finder */
/** @typedef {import("./map_view.mjs").MapView} MapView */
/** @typedef {import("./plan_store.mjs").Moves} Moves */
/** @typedef {import("./balance.mjs").Fault} Fault */
/** @typedef {import("./journal.mjs").Kinds} Kinds */
/** @typedef {[lon: number, lat: number]} Place */
/** @typedef {"hard" | "penalty"} Effect of a border that is drawn as a barrier */

/** Stands for a grid that the next stroke makes. */
export const NEW = "";

/** Middle of the classes of deviation: where dedicated grids stand. */
const EXEMPT = Math.floor(DEVIATIONS.length / 2);

/**
 * @typedef {object} Shown what the page does about news of the editor
 * @property {(codes: Set<string>) => void} sums grids have other sums now
 * @property {() => void} settled a change is complete: faults are known
 * @property {() => void} chosen tool, grid or view are others
 * @property {(message: string, kind?: "" | "problem") => void} notice
 * @property {(news: import("./journal.mjs").News) => void} news
 */

export class Editor {
  /**
   * @param {{units: Units, finder: Finder, view: MapView, opened: any, mayEdit: boolean, shown: Shown,
   *   around: Pick<import("./journal.mjs").Around, "ask" | "send" | "decide">}} given
   */
  constructor({ units, finder, view, opened, mayEdit, shown, around }) {
    this.units = units;
    this.finder = finder;
    this.view = view;
    this.mayEdit = mayEdit;
    this.shown = shown;
    this.about = opened;
    this.plan = new PlanStore(units, opened);
    this.colours = new GridColours(this.plan);
    this.journal = new Journal(opened, {
      ...around,
      apply: (moves, kinds) => this.#applied(this.#positions(moves), kinds),
      replace: (again) => this.#replaced(again),
      agrees: (grids) => this.#agrees(grids),
      nameCopy: (name) => text("wbCopyName", { name }),
      pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      tell: (news) => this.#heard(news),
    });
    this.tool = "view";
    /** Grid that is painted with: its code, NEW, or none. @type {string | null} */
    this.active = null;
    /** @type {Set<string>} */
    this.selected = new Set();
    this.brushPx = 0;
    this.anywhere = false;
    /** @type {"grid" | "balance"} */
    this.colourBy = "grid";
    /** What the next barrier that is drawn is to be; "" takes barriers away. @type {Effect | ""} */
    this.effect = "hard";
    /** Borders that were drawn as barriers for the next plan: "unit,unit", the smaller first. @type {Map<string, Effect>} */
    this.borders = new Map();
    /** @type {Fault[]} */
    this.faults = [];
    this.faultShown = -1;
    /** @type {Set<string>} */
    this.touched = new Set();
    /** @type {any} */
    this.stroke = null;
    /** FeatureCollections by layer, once they have come. @type {any} */
    this.surroundings = null;
    /** @type {any} what is shown on trial */
    this.trial = null;
    this.#readLocks();
    this.#readBorders(opened.settings.borders ?? {});
    for (const [pair, effect] of this.borders) this.view.bar(pair, effect);
    this.repaint();
    this.settle();
  }

  // ---------------------------------------------------------------- what is drawn

  /** @param {number} unit */
  #fillOf(unit) {
    const code = this.plan.codeOf(unit);
    if (code === null) return -1;
    if (this.colourBy === "grid") return this.colours.of(code);
    const deviation = deviationPct(/** @type {any} */ (this.plan.grid(code)), this.plan.settings);
    const place = deviation === null ? EXEMPT : deviationClass(deviation, this.plan.settings.tolerance);
    return FILLS.length + place;
  }

  /** @param {Iterable<number>} some */
  #draw(some) {
    const units = [...some];
    for (const unit of units) {
      const code = this.plan.codeOf(unit);
      this.view.paint(unit, this.#fillOf(unit));
      this.view.hatch(unit, code !== null && this.plan.locked.has(code));
    }
    this.view.drawBorders(units, this.plan.labels);
  }

  /** Draw everything. */
  repaint() {
    this.#draw(this.units.ids.keys());
  }

  /** Take over moves that were made in the store: draw them and their sums. @param {Moves} before */
  #show(before) {
    const codes = new Set();
    for (const [unit, was] of before) {
      if (was !== null) codes.add(was);
      const code = this.plan.codeOf(unit);
      if (code !== null) codes.add(code);
    }
    this.#draw(before.keys());
    for (const code of codes) this.touched.add(code);
    this.shown.sums(codes);
  }

  /** A change is complete: find what is wrong now, and bring colours and labels up to date. */
  settle() {
    if (this.colourBy === "balance") for (const code of this.touched) this.#draw(this.plan.members(code));
    this.touched.clear();
    this.faults = faultsOf(this.plan);
    this.faultShown = -1;
    if (!this.trial) this.view.mark([]);
    this.drawLabels();
    this.shown.settled();
  }

  drawLabels() {
    this.view.setLabels(gridLabels(this.plan, this.finder));
  }

  // ---------------------------------------------------------------- what the journal says

  /** @param {Record<string, string | null>} moves @returns {Moves} */
  #positions(moves) {
    const { positionOf } = this.units;
    const known = Object.entries(moves).filter(([id]) => positionOf.has(id));
    return new Map(known.map(([id, code]) => [/** @type {number} */ (positionOf.get(id)), code]));
  }

  /** @param {Moves} moves @param {Kinds} kinds */
  #applied(moves, kinds = {}) {
    this.#moved(moves, kinds);
    this.settle();
  }

  /** Move and mark in the store, and draw it; gives what moved. @param {Moves} moves @param {Kinds} kinds */
  #moved(moves, kinds) {
    const before = this.plan.move(moves);
    this.plan.mark(kinds);
    for (const code of Object.keys(kinds)) this.touched.add(code);
    this.#show(before);
    return before;
  }

  /** @param {any} opened */
  #replaced(opened) {
    this.about = { ...this.about, state: opened.state, name: opened.name };
    for (const code of opened.taken) this.plan.taken.add(code);
    const codes = opened.grids.map((/** @type {any} */ grid) => grid.code);
    const wanted = opened.labels.map((/** @type {number} */ grid, /** @type {number} */ unit) => [unit, grid < 0 ? null : codes[grid]]);
    this.#applied(new Map(wanted), Object.fromEntries(opened.grids.map((/** @type {any} */ grid) => [grid.code, grid.kind])));
  }

  /** @param {any[]} grids */
  #agrees(grids) {
    return grids.every(({ code, n_units, households }) => {
      const grid = this.plan.grid(code);
      return (grid?.size ?? 0) === n_units && Math.round(grid?.sums[placeOf("households")] ?? 0) === households;
    });
  }

  /** @param {import("./journal.mjs").News} news */
  #heard(news) {
    if (news.kind === "plan") {
      this.#keepLocks(news.id);
      this.about = { ...this.about, id: news.id, name: this.journal.name, state: "draft" };
    }
    if (news.kind === "state" && news.pending && this.about.state === "checked") this.about.state = "draft";
    if (news.kind === "stepped") this.#stepped(news.entry);
    this.shown.news(news);
  }

  /** Say what undo and redo did, and unlock what they changed. @param {import("./journal.mjs").Entry} entry */
  #stepped(entry) {
    const key = entry.kind === "undo" ? "wbUndone" : "wbRedone";
    const codes = new Set(entry.moves.flatMap((move) => [move.from_code, move.to_code]));
    const freed = [...codes].filter((code) => code !== null && this.plan.locked.has(code));
    for (const code of freed) this.lock(/** @type {string} */ (code), false);
    const marked = Object.entries(entry.kinds ?? {});
    const said = [];
    if (entry.moves.length || !marked.length) said.push(text(key, { n: entry.moves.length }));
    for (const [code, [, kind]] of marked) said.push(text("wbMarked", { code, kind: text(kind) }));
    if (freed.length) said.push(text("wbUnlocked", { codes: freed.join(", ") }));
    this.shown.notice(said.join(" "));
  }

  // ---------------------------------------------------------------- changes

  /** Whether the plan may be changed now. */
  get isFree() {
    return this.mayEdit && !this.trial;
  }

  /**
   * Begin a stroke; false where it can't be. @param {Place} place where it begins
   * @param {string | null} into null: units are left without a grid
   */
  begin(place, into) {
    if (!this.isFree) return false;
    let target = into;
    let parent = null;
    const unit = this.finder.at(place);
    if (target === NEW) {
      if (unit < 0) return false;
      parent = this.plan.parentOf(unit);
      target = this.plan.freeCode(parent);
      if (target === null) return this.#refused(text("wbNoCode"));
      this.active = target;
    } else if (target === null) parent = unit < 0 ? null : this.plan.parentOf(unit);
    else {
      if (this.plan.locked.has(target)) return this.#refused(text("wbIsLocked", { code: target }));
      const grid = this.plan.grid(target);
      parent = grid?.size ? grid.parent_code : unit < 0 ? null : this.plan.parentOf(unit);
    }
    /** @type {Moves} */
    const before = new Map();
    this.stroke = { ticket: this.journal.begin(), target, parent: this.anywhere ? null : parent, before, stayed: new Set(), ms: 0, from: performance.now() };
    return true;
  }

  /** @param {string} message */
  #refused(message) {
    this.shown.notice(message, "problem");
    return false;
  }

  /** Go on with the stroke. @param {number[]} units */
  extend(units) {
    const { stroke } = this;
    if (!stroke) return;
    const from = performance.now();
    const able = this.plan.mayMove(units, stroke.target, stroke.parent);
    if (able.length < units.length) {
      const moving = new Set(able);
      for (const unit of units) if (!moving.has(unit) && this.plan.codeOf(unit) !== stroke.target) stroke.stayed.add(unit);
    }
    const before = this.plan.move(new Map(able.map((unit) => [unit, stroke.target])));
    for (const [unit, was] of before) if (!stroke.before.has(unit)) stroke.before.set(unit, was);
    if (before.size) this.#show(before);
    stroke.ms += performance.now() - from;
  }

  /** The stroke is complete. @param {string} why */
  end(why = "") {
    const { stroke } = this;
    if (!stroke) return;
    this.stroke = null;
    const from = performance.now();
    const changed = [...stroke.before].filter(([unit, was]) => this.plan.codeOf(unit) !== was);
    this.journal.finish(stroke.ticket, Object.fromEntries(changed.map(([unit]) => [this.units.ids[unit], this.plan.codeOf(unit)])), why);
    this.settle();
    this.shown.chosen();
    performance.measure("stroke", { start: stroke.from, duration: stroke.ms + performance.now() - from });
    if (!changed.length && stroke.stayed.size) this.shown.notice(text("wbKeptOut", { n: stroke.stayed.size }));
  }

  /** Give the stroke up: everything is as it was. */
  cancel() {
    const { stroke } = this;
    if (!stroke) return;
    this.stroke = null;
    this.journal.abandon(stroke.ticket);
    this.#applied(stroke.before);
  }

  /** Make a change at once, as one entry of the journal. @param {Moves} moves @param {string} why @param {Kinds} kinds */
  change(moves, why, kinds = {}) {
    if (!this.isFree) return;
    const ticket = this.journal.begin();
    const before = this.#moved(moves, kinds);
    this.journal.finish(ticket, Object.fromEntries([...before.keys()].map((unit) => [this.units.ids[unit], this.plan.codeOf(unit)])), why, kinds);
    this.settle();
  }

  /** Make a grid a dedicated one, which is left out of the balance, or a general one. @param {string} code @param {string} kind */
  mark(code, kind) {
    const said = text("wbMarked", { code, kind: text(kind) });
    this.change(new Map(), said, { [code]: kind });
    this.shown.notice(said);
  }

  /** Merge the selected grids into the one with most households. */
  merge() {
    const grids = [...this.selected].map((code) => this.plan.grid(code)).filter((grid) => grid?.size);
    if (grids.length < 2) return;
    const held = grids.find((grid) => this.plan.locked.has(/** @type {any} */ (grid).code));
    if (held) return this.#refused(text("wbIsLocked", { code: held.code }));
    if (new Set(grids.map((grid) => grid?.parent_code)).size > 1 && !this.anywhere) return this.#refused(text("wbMergeParents"));
    const [into, ...others] = grids.sort((a, b) => /** @type {any} */ (b).sums[0] - /** @type {any} */ (a).sums[0]).map((grid) => /** @type {any} */ (grid).code);
    this.change(new Map(others.flatMap((code) => this.plan.members(code)).map((unit) => [unit, into])), text("wbMerged", { code: into }));
    this.selected = new Set();
    this.choose(into);
    this.shown.notice(text("wbMerged", { code: into }));
  }

  /** Split the chosen grid: what lies left of a line becomes a new one. @param {Place[]} line */
  split(line) {
    const code = this.active;
    if (!this.isFree || !code) return this.#refused(text("wbNoActive"));
    if (this.plan.locked.has(code)) return this.#refused(text("wbIsLocked", { code }));
    const members = this.plan.members(code);
    const { points } = this.units;
    const left = members.filter((u) => isLeft(line, this.finder.shrink, [points[2 * u], points[2 * u + 1]]));
    if (!left.length || left.length === members.length) return this.#refused(text("wbSplitNothing"));
    const made = this.plan.freeCode(/** @type {any} */ (this.plan.grid(code)).parent_code);
    if (made === null) return this.#refused(text("wbNoCode"));
    this.change(new Map(left.map((unit) => [unit, made])), text("wbSplit", { code }));
    this.shown.notice(text("wbSplit", { code }));
    return true;
  }

  // ---------------------------------------------------------------- barriers for the next plan

  /** Make the borders that a line runs along barriers, or take them away: those between units on its two sides. @param {Place[]} line */
  bar(line) {
    const pairs = crossed(this.units, line).map((pair) => pair.join());
    for (const pair of pairs) {
      if (this.effect) this.borders.set(pair, this.effect);
      else this.borders.delete(pair);
      this.view.bar(pair, this.effect);
    }
    this.#keepBorders(this.about.id);
    this.shown.notice(pairs.length ? text(this.effect ? "wbBarredBorders" : "wbFreedBorders", { n: pairs.length }) : text("wbNoBorders"), pairs.length ? "" : "problem");
    this.shown.chosen();
  }

  /** Give the drawn barriers as the service takes them. */
  borderPairs() {
    const { ids } = this.units;
    /** @type {Record<Effect, [string, string][]>} */
    const found = { hard: [], penalty: [] };
    for (const [pair, effect] of this.borders) {
      const [a, b] = pair.split(",").map(Number);
      found[effect].push([ids[a], ids[b]]);
    }
    return found;
  }

  // ---------------------------------------------------------------- proposals

  /** Show moves on trial; `accept` or `reject` ends it. @param {Moves} moves @param {string} why */
  propose(moves, why) {
    const ticket = this.journal.begin(); // what others do from now on is not overwritten
    const before = this.plan.move(moves);
    this.trial = { ticket, before, after: moves, why, isAfter: true };
    this.view.mark(before.keys());
    this.#show(before);
    this.setTool("view");
    this.settle();
  }

  /** Show the map before or after the proposal. @param {boolean} after */
  look(after) {
    if (this.trial.isAfter === after) return;
    this.trial.isAfter = after;
    this.#show(this.plan.move(after ? this.trial.after : this.trial.before));
    this.settle();
  }

  /** @param {boolean} accepted */
  decide(accepted) {
    const { ticket, before, why } = this.trial;
    this.look(accepted);
    this.trial = null;
    if (accepted) this.journal.finish(ticket, Object.fromEntries([...before.keys()].map((unit) => [this.units.ids[unit], this.plan.codeOf(unit)])), why);
    else this.journal.abandon(ticket);
    this.settle();
    this.shown.chosen();
  }

  // ---------------------------------------------------------------- choices

  /** @param {string} tool */
  setTool(tool) {
    if (!this.isFree && !["view", "pick"].includes(tool)) return;
    this.cancel();
    this.tool = tool;
    this.shown.chosen();
  }

  /** Choose the grid that is painted with. @param {string | null} code */
  choose(code) {
    this.active = code;
    this.shown.chosen();
  }

  /** @param {"grid" | "balance"} by */
  setColours(by) {
    this.colourBy = by;
    this.repaint();
    this.shown.chosen();
  }

  /** @param {string} code @param {boolean} locked */
  lock(code, locked) {
    if (locked) this.plan.locked.add(code);
    else this.plan.locked.delete(code);
    this.#draw(this.plan.members(code));
    this.#keepLocks(this.about.id);
    this.shown.sums(new Set([code]));
    this.shown.chosen();
  }

  /** @param {boolean} locked */
  lockAll(locked) {
    this.plan.locked = new Set(locked ? this.plan.present().map((grid) => grid.code) : []);
    this.#keepLocks(this.about.id);
    this.repaint();
    this.shown.sums(new Set(this.plan.present().map((grid) => grid.code)));
    this.shown.chosen();
  }

  /** Locks are this browser's: they guard the planner's own hand. */
  #readLocks() {
    try {
      const kept = JSON.parse(localStorage.getItem(`spatialgov.locks.${this.about.id}`) ?? "[]");
      this.plan.locked = new Set(kept.filter((/** @type {any} */ code) => this.plan.positionOf.has(code)));
    } catch {
      // Storage is forbidden: locks last as long as the page.
    }
  }

  /** @param {Record<string, [string, string][]>} chosen those that the plan was made with */
  #readBorders(chosen) {
    const { positionOf } = this.units;
    for (const [effect, pairs] of Object.entries(chosen))
      for (const ids of pairs) {
        const pair = ids.map((id) => positionOf.get(id) ?? -1).sort((a, b) => a - b);
        if (pair[0] >= 0) this.borders.set(pair.join(), /** @type {Effect} */ (effect));
      }
    try {
      const kept = JSON.parse(localStorage.getItem(`spatialgov.borders.${this.about.id}`) ?? "null");
      if (kept) this.borders = new Map(kept);
    } catch {
      // As above.
    }
  }

  /** @param {number} id */
  #keepBorders(id) {
    try {
      localStorage.setItem(`spatialgov.borders.${id}`, JSON.stringify([...this.borders]));
    } catch {
      // As above.
    }
  }

  /** @param {number} id */
  #keepLocks(id) {
    try {
      localStorage.setItem(`spatialgov.locks.${id}`, JSON.stringify([...this.plan.locked]));
    } catch {
      // As above.
    }
  }

  /** Show the next thing that is wrong, all parts of it, and give it. @returns {Fault | null} */
  nextFault() {
    if (!this.faults.length) return null;
    this.faultShown = (this.faultShown + 1) % this.faults.length;
    const fault = this.faults[this.faultShown];
    this.view.mark(fault.units);
    this.view.fit(fault.units);
    if (fault.code !== null) this.choose(fault.code);
    return fault;
  }
}
