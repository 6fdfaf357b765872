// @ts-check
// Colours of grids: neighbours differ, and colour-blind readers tell them apart (Paul Tol's scheme "light", as on the
// maps; dark text is readable on each). Deviations: ColorBrewer RdBu, reversed.

/** @typedef {import("./plan_store.mjs").PlanStore} PlanStore */

export const FILLS = ["#77AADD", "#EE8866", "#EEDD88", "#FFAABB", "#44BB99", "#BBCC33", "#99DDFF", "#AAAA00"];
export const DEVIATIONS = ["#2166ac", "#67a9cf", "#d1e5f0", "#f7f7f7", "#fddbc7", "#ef8a62", "#b2182b"];
export const NONE = "#ffffff";

/** Limits between the classes of DEVIATIONS, percent; the middle one is the tolerance. @param {number} tolerance */
export function deviationLimits(tolerance) {
  const t = 100 * tolerance;
  return [-(t + 40), -(t + 15), -t, t, t + 15, t + 40];
}

/** @param {number} deviation percent @param {number} tolerance */
export const deviationClass = (deviation, tolerance) =>
  deviationLimits(tolerance).filter((limit) => (limit < 0 ? deviation >= limit - 1e-9 : deviation > limit + 1e-9)).length;

/** The colours of grids, which stay while the plan is edited. */
export class GridColours {
  /** @param {PlanStore} plan */
  constructor(plan) {
    this.plan = plan;
    /** @type {Map<string, number>} */
    this.chosen = new Map();
    const beside = neighbourGrids(plan);
    const order = plan.present().sort((a, b) => (beside.get(b.code)?.size ?? 0) - (beside.get(a.code)?.size ?? 0));
    for (const { code } of order) this.#choose(code, beside.get(code) ?? new Set());
  }

  /** @param {string} code @param {Iterable<string>} around */
  #choose(code, around) {
    const near = new Array(FILLS.length).fill(0);
    for (const other of around) if (this.chosen.has(other)) near[/** @type {number} */ (this.chosen.get(other))]++;
    const used = new Array(FILLS.length).fill(0);
    for (const colour of this.chosen.values()) used[colour]++;
    let best = 0;
    for (let i = 1; i < FILLS.length; i++) if (near[i] < near[best] || (near[i] === near[best] && used[i] < used[best])) best = i;
    this.chosen.set(code, best);
    return best;
  }

  /** Give the colour of a grid; a new one gets one that its neighbours don't have. @param {string} code */
  of(code) {
    return this.chosen.get(code) ?? this.#choose(code, neighboursOf(this.plan, this.plan.members(code)));
  }
}

/** @param {PlanStore} plan @param {number[]} members */
function neighboursOf(plan, members) {
  const { starts, neighbours } = plan.units;
  const found = new Set();
  for (const unit of members)
    for (let i = starts[unit]; i < starts[unit + 1]; i++) {
      const code = plan.codeOf(neighbours[i]);
      if (code !== null && code !== plan.codeOf(unit)) found.add(code);
    }
  return found;
}

/** @param {PlanStore} plan @returns {Map<string, Set<string>>} */
function neighbourGrids(plan) {
  const found = new Map(plan.grids.map(({ code }) => [code, new Set()]));
  const { starts, neighbours } = plan.units;
  for (let unit = 0; unit < plan.units.n; unit++) {
    const here = plan.codeOf(unit);
    if (here === null) continue;
    for (let i = starts[unit]; i < starts[unit + 1]; i++) {
      const there = plan.codeOf(neighbours[i]);
      if (there !== null && there !== here) found.get(here)?.add(there);
    }
  }
  return found;
}
