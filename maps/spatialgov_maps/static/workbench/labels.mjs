// @ts-check
// Where the numbers of grids stand on the map.

import { placeOf } from "./balance.mjs";

/** @typedef {import("./plan_store.mjs").PlanStore} PlanStore */
/** @typedef {import("./touching.mjs").Finder} Finder */
/** @typedef {[lon: number, lat: number]} Place */

/** The end of a code tells grids of a community apart; whole codes stand in titles. @param {string} code */
export const short = (code) => (/^\d{15}$/.test(code) ? code.slice(-3) : code);

/** Give a label for each grid; where there is no room for all, large grids come first. @param {PlanStore} plan @param {Finder} finder */
export function gridLabels(plan, finder) {
  const { points, amounts } = plan.units;
  const areas = amounts[placeOf("area_m2")];
  const middles = plan.grids.map(() => [0, 0, 0]);
  plan.labels.forEach((grid, unit) => {
    if (grid < 0) return;
    const middle = middles[grid];
    middle[0] += areas[unit] * points[2 * unit];
    middle[1] += areas[unit] * points[2 * unit + 1];
    middle[2] += areas[unit];
  });
  return middles.flatMap(([x, y, area], grid) =>
    area ? [{ text: short(plan.grids[grid].code), place: inside(plan, finder, grid, [x / area, y / area]), order: -area }] : [],
  );
}

/** Give the middle of a grid, or, where that lies outside it, of its units' middles the nearest. */
function inside(/** @type {PlanStore} */ plan, /** @type {Finder} */ finder, /** @type {number} */ grid, /** @type {Place} */ middle) {
  const unit = finder.at(middle);
  if (unit >= 0 && plan.labels[unit] === grid) return middle;
  const { points } = plan.units;
  const away = (/** @type {number} */ u) => Math.hypot((points[2 * u] - middle[0]) * finder.shrink, points[2 * u + 1] - middle[1]);
  const nearest = plan.members(plan.grids[grid].code).reduce((a, b) => (away(b) < away(a) ? b : a));
  return /** @type {Place} */ ([points[2 * nearest], points[2 * nearest + 1]]);
}
