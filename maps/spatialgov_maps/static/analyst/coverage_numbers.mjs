// @ts-check
// The numbers of the tab “Coverage”: sums over gaps, measures before and after, what was changed, the curve of new sites.

import { distance } from "./coverage_geometry.mjs";

/** @typedef {import("./coverage_changes.mjs").Patch} Patch */
/** @typedef {{reason: string, n: number, weight: number}} ReasonSum */

/** Reasons with the cheapest remedy first. */
export const REASONS = ["data_missing", "out_of_service", "turned_away", "class_too_low", "below_camera", "hidden", "no_camera"];

/** Sum gaps up by reason, those that there are. @param {any[]} gaps @returns {ReasonSum[]} */
export function byReason(gaps) {
  const sums = new Map(REASONS.map((reason) => [reason, { reason, n: 0, weight: 0 }]));
  for (const { reason, weight = 0 } of gaps) {
    const sum = /** @type {ReasonSum} */ (sums.get(reason));
    sum.n += 1;
    sum.weight += weight;
  }
  return [...sums.values()].filter(({ n }) => n > 0);
}

/**
 * Put measures of today beside those after changes: a row for each kind of which there is something.
 * @param {any[]} today @param {any[] | null} changed of the service's what-if
 */
export function compared(today, changed) {
  return today.filter(({ should_be_seen }) => should_be_seen > 0).map((row) => {
    const after = changed?.find(({ kind }) => kind === row.kind);
    return {
      kind: row.kind, unit: row.unit, all: row.should_be_seen,
      today: [row.lower_share, row.upper_share],
      after: after ? [after.lower_share_after, after.upper_share_after] : null,
      change: after ? after.covered_change : null,
    };
  });
}

/**
 * Say what a patch changes, as keys of texts and their values.
 * @param {any} before the camera's figures today @param {Patch} patch @returns {{key: string, n?: number, column?: string, value?: any}[]}
 */
export function told(before, { added, removed, ...patch }) {
  if (removed) return [{ key: "cvWasRemoved" }];
  const said = added ? [{ key: "cvWasAdded" }] : [];
  if (!added && patch.status === "in_service" && !["in_service", ""].includes(before?.status)) said.push({ key: "cvWasRepaired" });
  if (!added && patch.lon !== undefined && patch.lat !== undefined)
    said.push({ key: "cvWasMoved", n: Math.round(distance([before.lon, before.lat], [patch.lon, patch.lat])) });
  if (patch.azimuth_deg !== undefined && patch.azimuth_deg !== null && patch.azimuth_deg !== before?.azimuth_deg)
    said.push({ key: "cvWasTurned", n: Math.round(patch.azimuth_deg) });
  for (const column of /** @type {const} */ (["fov_deg", "range_m", "height_m"]))
    if (!added && patch[column] !== undefined && patch[column] !== before[column]) said.push({ key: "cvWasSet", column, value: Math.round(Number(patch[column])) });
  if (!added && patch.kind !== undefined && patch.kind !== before.kind) said.push({ key: "cvWasSet", column: "cvKind", value: patch.kind });
  return said;
}

/**
 * Give the points of the curve in the unit square, from the lower left, and the shares at its lower and upper edge.
 * @param {{p: number, covered: number}[]} curve covered in thousandths, rising
 */
export function curvePoints(curve) {
  const [low, high] = [curve[0].covered, curve[curve.length - 1].covered];
  const most = curve[curve.length - 1].p || 1;
  return {
    low: low / 1000, high: high / 1000,
    points: curve.map(({ p, covered }) => ({ p, share: covered / 1000, x: p / most, y: high > low ? (covered - low) / (high - low) : 0 })),
  };
}
