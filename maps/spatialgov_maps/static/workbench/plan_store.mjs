// @ts-check
// The plan that is being edited: which grid each unit is in, and sums and pieces of every grid, kept up as units move.

import { QUANTITIES } from "./units.mjs";

/** @typedef {import("./units.mjs").Units} Units */
/** @typedef {Map<number, string | null>} Moves unit → code of the grid it is to be in, null for none */
/** @typedef {{code: string, name: string, kind: string, parent_code: string}} GridHead */

/**
 * A grid, without units too: undo may bring some back.
 * @typedef {GridHead & {sums: Float64Array, size: number, pieces: number[][] | null}} Grid
 */

export class PlanStore {
  /** @param {Units} units @param {any} opened the answer of GET api/v1/plans/{id}/open */
  constructor(units, opened) {
    this.units = units;
    this.settings = opened.settings;
    this.taken = new Set(opened.taken);
    /** @type {Grid[]} */
    this.grids = [];
    /** @type {Map<string, number>} */
    this.positionOf = new Map();
    this.labels = new Int32Array(units.n).fill(-1);
    this.unassigned = units.n;
    /** @type {Set<string>} */
    this.locked = new Set();
    for (const head of opened.grids) this.#add(head);
    opened.labels.forEach((/** @type {number} */ grid, /** @type {number} */ unit) => this.#put(unit, grid));
  }

  /** @param {GridHead} head */
  #add(head) {
    const position = this.grids.push({ ...head, sums: new Float64Array(QUANTITIES.length), size: 0, pieces: null }) - 1;
    this.positionOf.set(head.code, position);
    return position;
  }

  /** @param {number} unit @param {number} to */
  #put(unit, to) {
    const from = this.labels[unit];
    if (from === to) return;
    this.labels[unit] = to;
    for (const [grid, sign] of [[from, -1], [to, 1]]) {
      if (grid < 0) this.unassigned += sign;
      else {
        const { sums } = this.grids[grid];
        for (let q = 0; q < sums.length; q++) sums[q] += sign * this.units.amounts[q][unit];
        this.grids[grid].size += sign;
        this.grids[grid].pieces = null;
        if (!this.grids[grid].size) sums.fill(0); // no crumbs of rounding
      }
    }
  }

  /** Give the code of the grid that a unit is in, null for none. @param {number} unit */
  codeOf(unit) {
    return this.labels[unit] < 0 ? null : this.grids[this.labels[unit]].code;
  }

  /** Give the grid of a code. @param {string | null} code @returns {Grid | undefined} */
  grid(code) {
    return code === null ? undefined : this.grids[this.positionOf.get(code) ?? -1];
  }

  /** Give the grids that have units, by their codes. */
  present() {
    return this.grids.filter((grid) => grid.size).sort((a, b) => (a.code < b.code ? -1 : 1));
  }

  /** Give the units of a grid. @param {string} code */
  members(code) {
    const position = this.positionOf.get(code) ?? -2;
    const found = [];
    for (let unit = 0; unit < this.labels.length; unit++) if (this.labels[unit] === position) found.push(unit);
    return found;
  }

  /** Give what a unit's grid must have as parent; "" where the plan nests in nothing. @param {number} unit */
  parentOf(unit) {
    const column = this.parentColumn();
    const level = column === null ? undefined : this.units.levels[column];
    return level ? level.codes[level.of[unit]] : "";
  }

  /** The finest level that grids nest in. @returns {string | null} */
  parentColumn() {
    const columns = [this.settings.within ?? []].flat();
    const values = (/** @type {string} */ name) => this.units.levels[name]?.codes.length ?? 0;
    return columns.sort((a, b) => values(b) - values(a))[0] ?? null;
  }

  /**
   * Move units and give what moved: unit → the code before. Codes that are not there yet make grids.
   * @param {Moves} moves
   */
  move(moves) {
    /** @type {Moves} */
    const before = new Map();
    for (const [unit, code] of moves) {
      const here = this.codeOf(unit);
      if (here === code) continue;
      before.set(unit, here);
      this.#put(unit, code === null ? -1 : (this.positionOf.get(code) ?? this.#add(this.#headOf(code, unit))));
    }
    return before;
  }

  /** @param {string} code @param {number} founder @returns {GridHead} */
  #headOf(code, founder) {
    return { code, name: "", kind: "general", parent_code: this.parentOf(founder) };
  }

  /** Give grids that are there another kind. @param {Record<string, string>} kinds by code */
  mark(kinds) {
    for (const [code, kind] of Object.entries(kinds)) {
      const grid = this.grid(code);
      if (grid) grid.kind = kind;
    }
  }

  /**
   * Give those of some units that may be put into a grid: not into or out of a locked one, and of its parent.
   * @param {Iterable<number>} units @param {string | null} code @param {string | null} parent null: of any
   */
  mayMove(units, code, parent) {
    if (code !== null && this.locked.has(code)) return [];
    return [...units].filter((unit) => {
      const here = this.codeOf(unit);
      if (here === code || (here !== null && this.locked.has(here))) return false;
      return parent === null || this.parentOf(unit) === parent;
    });
  }

  /** Give the next code for a new grid in a parent: one that was never used. @param {string} parent */
  freeCode(parent) {
    const used = (/** @type {string} */ code) => this.taken.has(code) || this.positionOf.has(code);
    const code = (/** @type {number} */ n) => `${parent}${String(n).padStart(3, "0")}`;
    for (let n = 1; n <= 999; n++) if (!used(code(n))) return code(n);
    return null;
  }

  /** Give the pieces of a grid, its units by piece, the one with most units first. @param {string} code @returns {number[][]} */
  pieces(code) {
    const grid = this.grid(code);
    if (!grid) return [];
    grid.pieces ??= this.#piecesOf(this.members(code));
    return grid.pieces;
  }

  /** @param {number[]} members */
  #piecesOf(members) {
    const { starts, neighbours } = this.units;
    const left = new Set(members);
    const pieces = [];
    for (const first of members) {
      if (!left.delete(first)) continue;
      const piece = [first];
      for (const unit of piece)
        for (let i = starts[unit]; i < starts[unit + 1]; i++) if (left.delete(neighbours[i])) piece.push(neighbours[i]);
      pieces.push(piece);
    }
    return pieces.sort((a, b) => b.length - a.length);
  }

  /** Count the pieces of every grid at once: quicker than one by one where all are asked for. */
  countPieces() {
    const members = this.grids.map(() => /** @type {number[]} */ ([]));
    this.labels.forEach((grid, unit) => grid >= 0 && members[grid].push(unit));
    this.grids.forEach((grid, i) => (grid.pieces ??= this.#piecesOf(members[i])));
  }

  /** Whether a hard barrier runs through a grid. @param {string} code */
  isBarred(code) {
    const { starts, neighbours, hard } = this.units;
    const position = this.positionOf.get(code);
    return this.members(code).some((unit) => {
      for (let i = starts[unit]; i < starts[unit + 1]; i++)
        if (hard[i] && this.labels[neighbours[i]] === position) return true;
      return false;
    });
  }
}
