// A made-up town of 4 × 4 square units, as the service gives it: two communities, two columns each, of two grids each.

import { readUnits } from "../../../maps/spatialgov_maps/static/workbench/units.mjs";
import { PlanStore } from "../../../maps/spatialgov_maps/static/workbench/plan_store.mjs";

export const SIDE = 4;
const STEPS = 10_000; // a side of 0.001 degrees, in steps of 1e-7
export const [WEST, EAST] = ["990101001001", "990101001002"];
const LON = 118.3;
const LAT = 35.1;

/** Give the answer of GET api/v1/plans/{id}/units. */
export function unitsAnswer() {
  const ids = Array.from({ length: SIDE ** 2 }, (_, i) => `U${String(i).padStart(2, "0")}`);
  const corners = ids.flatMap((_, i) => {
    const [x, y] = [STEPS * (i % SIDE), STEPS * Math.floor(i / SIDE)];
    return [[x, y], [x + STEPS, y], [x + STEPS, y + STEPS], [x, y + STEPS], [x, y]];
  });
  const xy = corners.flatMap(([x, y], i) => [x - (corners[i - 1]?.[0] ?? 0), y - (corners[i - 1]?.[1] ?? 0)]);
  const edges = ids.flatMap((_, i) => [...(i % SIDE < SIDE - 1 ? [i, i + 1] : []), ...(i < SIDE * (SIDE - 1) ? [i, i + SIDE] : [])]);
  const ones = ids.map(() => 1);
  return {
    ids,
    households: ids.map(() => 100),
    population: ids.map(() => 250),
    area_m2: ids.map(() => 10_000),
    workload: null,
    levels: { community_code: { codes: [WEST, EAST], of: ids.map((_, i) => (i % SIDE < 2 ? 0 : 1)) } },
    edges,
    hard: [0], // between U00 and U01
    shapes: { step: 1e-7, origin: [LON / 1e-7, LAT / 1e-7].map(Math.round), xy, ring_vertices: ids.map(() => 5), polygon_rings: ones, unit_polygons: ones },
  };
}

export const units = () => readUnits(unitsAnswer());

/** Give a plan of the town: grid 001 the two southern rows, 002 the two northern ones of each community. */
export function plan() {
  const codes = [WEST, EAST].flatMap((parent) => [`${parent}001`, `${parent}002`]);
  const settings = { balance: "households", target: 400, tolerance: 0.05, within: "community_code", minimum: 300, maximum: 500, max_area_m2: null };
  const grids = codes.map((code) => ({ code, name: "", kind: "general", parent_code: code.slice(0, 12) }));
  const labels = Array.from({ length: SIDE ** 2 }, (_, i) => 2 * Number(i % SIDE >= 2) + Number(i >= 2 * SIDE));
  return new PlanStore(units(), { settings, taken: [`${WEST}003`], grids, labels });
}

/** Give the middle of a unit. @param {number} i @returns {[number, number]} */
export const middle = (i) => [LON + 0.001 * ((i % SIDE) + 0.5), LAT + 0.001 * (Math.floor(i / SIDE) + 0.5)];
