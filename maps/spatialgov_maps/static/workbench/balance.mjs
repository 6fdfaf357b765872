// @ts-check
// How grids stand to their target, and what keeps a plan from being published.

import { QUANTITIES } from "./units.mjs";

/** @typedef {import("./plan_store.mjs").PlanStore} PlanStore */
/** @typedef {import("./plan_store.mjs").Grid} Grid */
/** @typedef {"ok" | "off" | "under" | "over"} Standing off: beyond the tolerance, but within the limits */
/** @typedef {{kind: "unassigned" | "pieces" | "over" | "under" | "area" | "straddles" | "off", code: string | null, units: number[]}} Fault */

/** Where a plan's position of a quantity lies in a grid's sums. @param {string} name */
export const placeOf = (name) => QUANTITIES.indexOf(/** @type {any} */ (name));

/**
 * Give the band that grids are to be in: that of the tolerance, and the limits where there are any.
 * @param {any} settings of a plan
 */
export function bandOf({ target, tolerance, minimum, maximum }) {
  return { target, low: target * (1 - tolerance), high: target * (1 + tolerance), minimum, maximum };
}

/** Give the deviation of a grid from the target in percent; null for dedicated grids, which are exempt. @param {Grid} grid */
export function deviationPct(grid, /** @type {any} */ settings) {
  if (grid.kind === "dedicated") return null;
  return 100 * (grid.sums[placeOf(settings.balance)] / settings.target - 1);
}

/** @param {Grid} grid @param {any} settings @returns {Standing} */
export function standing(grid, settings) {
  if (grid.kind === "dedicated") return "ok";
  const value = grid.sums[placeOf(settings.balance)];
  const { low, high, minimum, maximum } = bandOf(settings);
  if (maximum !== null && value > maximum) return "over";
  if (minimum !== null && value < minimum) return "under";
  const crumb = 1e-9 * settings.target;
  return value < low - crumb || value > high + crumb ? "off" : "ok";
}

/**
 * List what is wrong with a plan: units without a grid first, then grids in pieces, across parents, beyond a limit, off target.
 * @param {PlanStore} plan
 * @returns {Fault[]}
 */
export function faultsOf(plan) {
  plan.countPieces();
  const free = [];
  for (let unit = 0; unit < plan.labels.length; unit++) if (plan.labels[unit] < 0) free.push(unit);
  /** @type {Fault[]} */
  const faults = free.length ? [{ kind: "unassigned", code: null, units: free }] : [];
  const grids = plan.present();
  const of = (/** @type {Fault["kind"]} */ kind, /** @type {(grid: Grid) => boolean} */ isSo) =>
    faults.push(...grids.filter(isSo).map(({ code }) => ({ kind, code, units: plan.members(code) })));
  of("pieces", (grid) => (grid.pieces?.length ?? 0) > 1);
  of("straddles", straddling(plan));
  of("over", (grid) => standing(grid, plan.settings) === "over");
  of("under", (grid) => standing(grid, plan.settings) === "under");
  const { max_area_m2 } = plan.settings;
  of("area", (grid) => max_area_m2 !== null && grid.kind !== "dedicated" && grid.sums[placeOf("area_m2")] > max_area_m2);
  of("off", (grid) => standing(grid, plan.settings) === "off");
  return faults;
}

/** Give whether a grid has units of several parents, as a function. @param {PlanStore} plan */
function straddling(plan) {
  /** @type {Map<number, string>} */
  const first = new Map();
  const bad = new Set();
  plan.labels.forEach((grid, unit) => {
    if (grid < 0) return;
    const parent = plan.parentOf(unit);
    if (!first.has(grid)) first.set(grid, parent);
    else if (first.get(grid) !== parent) bad.add(grid);
  });
  return (/** @type {Grid} */ grid) => bad.has(plan.positionOf.get(grid.code));
}

/**
 * The state of a plan: units without a grid make it incomplete, any other fault is a warning.
 * @param {Fault[]} faults @returns {"ok" | "warning" | "incomplete"}
 */
export function stateOf(faults) {
  if (faults.some((fault) => fault.kind === "unassigned")) return "incomplete";
  return faults.length ? "warning" : "ok";
}
