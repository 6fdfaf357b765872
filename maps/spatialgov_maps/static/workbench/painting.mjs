// @ts-check
// What the map is told of units and borders, by feature-state: only what has changed. No page, no map: pure.

import { borderLines } from "./units.mjs";

/** @typedef {import("./units.mjs").Units} Units */

export class Painting {
  /** @param {Units} units @param {(source: "units" | "borders", id: number, state: Record<string, any>) => void} set */
  constructor(units, set) {
    this.units = units;
    this.set = set;
    this.fills = new Int16Array(units.n).fill(-1);
    this.hatched = new Uint8Array(units.n);
    /** @type {Set<number>} */
    this.marked = new Set();
    this.borders = borderLines(units);
    this.cut = new Uint8Array(this.borders.a.length);
    /** The borders of each unit. */
    this.bordersOf = units.ids.map(() => /** @type {number[]} */ ([]));
    this.borders.a.forEach((a, id) => this.bordersOf[a].push(id));
    this.borders.b.forEach((b, id) => b >= 0 && this.bordersOf[b].push(id));
    /** Borders by "unit,unit", the smaller first: made when the first is asked for. @type {Map<string, number> | null} */
    this.lineOf = null;
  }

  /** Give a unit a colour of the palette, -1 for none. @param {number} unit @param {number} fill */
  paint(unit, fill) {
    if (this.fills[unit] === fill) return;
    this.fills[unit] = fill;
    this.set("units", unit, { fill });
  }

  /** @param {number} unit @param {boolean} locked */
  hatch(unit, locked) {
    if (Boolean(this.hatched[unit]) === locked) return;
    this.hatched[unit] = Number(locked);
    this.set("units", unit, { locked });
  }

  /** Mark units with dots, and no others. @param {Iterable<number>} units */
  mark(units) {
    const next = new Set(units);
    for (const unit of this.marked) if (!next.has(unit)) this.set("units", unit, { marked: false });
    for (const unit of next) if (!this.marked.has(unit)) this.set("units", unit, { marked: true });
    this.marked = next;
  }

  /** Draw a border as a barrier, or as none. @param {string} pair "unit,unit", the smaller first @param {"hard" | "penalty" | ""} effect */
  bar(pair, effect) {
    const { a, b } = this.borders;
    this.lineOf ??= new Map(Array.from(a, (one, id) => [[one, b[id]].sort((left, right) => left - right).join(), id]));
    const line = this.lineOf.get(pair);
    if (line !== undefined) this.set("borders", line, { barred: effect });
  }

  /** Draw the borders of some units anew. @param {Iterable<number>} units @param {Int32Array} labels grid of each unit */
  drawBorders(units, labels) {
    const { a, b } = this.borders;
    for (const unit of units)
      for (const line of this.bordersOf[unit]) {
        const cut = b[line] >= 0 && labels[a[line]] !== labels[b[line]] ? 1 : 0;
        if (cut === this.cut[line]) continue;
        this.cut[line] = cut;
        this.set("borders", line, { cut: Boolean(cut) });
      }
  }
}
