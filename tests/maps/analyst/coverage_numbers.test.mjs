import assert from "node:assert/strict";
import { test } from "node:test";

import { byReason, compared, curvePoints, told } from "../../../maps/spatialgov_maps/static/analyst/coverage_numbers.mjs";
import { writeCsv } from "../../../maps/spatialgov_maps/static/js/csv.mjs";

test("gaps are summed up by reason, the cheapest remedy first", () => {
  const sums = byReason([{ reason: "no_camera", weight: 2 }, { reason: "data_missing", weight: 1 }, { reason: "no_camera", weight: 3 }]);
  assert.deepEqual(sums, [{ reason: "data_missing", n: 1, weight: 1 }, { reason: "no_camera", n: 2, weight: 5 }]);
});

test("measures stand beside those after changes, kinds without anything left out", () => {
  const today = [
    { kind: "ground", unit: "m2", should_be_seen: 100, lower_share: 0.1, upper_share: 0.2 },
    { kind: "place", unit: "places", should_be_seen: 0, lower_share: null, upper_share: null },
  ];
  assert.deepEqual(compared(today, null), [{ kind: "ground", unit: "m2", all: 100, today: [0.1, 0.2], after: null, change: null }]);
  const [row] = compared(today, [{ kind: "ground", lower_share_after: 0.15, upper_share_after: 0.2, covered_change: 5 }]);
  assert.deepEqual(row.after, [0.15, 0.2]);
  assert.equal(row.change, 5);
});

test("a patch is told by what it makes otherwise", () => {
  const today = { lon: 116.6, lat: 33.9, azimuth_deg: 10, fov_deg: 70, range_m: 50, height_m: 4, kind: "fixed", status: "broken" };
  const keys = (patch) => told(today, patch).map(({ key, column }) => (column ? `${key} ${column}` : key));
  assert.deepEqual(keys({ removed: true }), ["cvWasRemoved"]);
  assert.deepEqual(keys({ status: "in_service", azimuth_deg: 20 }), ["cvWasRepaired", "cvWasTurned"]);
  assert.deepEqual(keys({ lon: 116.601, lat: 33.9, range_m: 60, fov_deg: 70, kind: "dome" }), ["cvWasMoved", "cvWasSet range_m", "cvWasSet cvKind"]);
  assert.equal(told(today, { lon: 116.601, lat: 33.9 })[0].n, 92);
  assert.deepEqual(told(undefined, { added: true, lon: 1, lat: 2, azimuth_deg: 5 }).map(({ key }) => key), ["cvWasAdded", "cvWasTurned"]);
});

test("the curve lies in the unit square", () => {
  const { points, low, high } = curvePoints([{ p: 0, covered: 100 }, { p: 1, covered: 150 }, { p: 2, covered: 200 }]);
  assert.deepEqual([low, high], [0.1, 0.2]);
  assert.deepEqual(points.map(({ x, y }) => [x, y]), [[0, 0], [0.5, 0.5], [1, 1]]);
  assert.deepEqual(curvePoints([{ p: 0, covered: 100 }]).points.map(({ x, y }) => [x, y]), [[0, 0]]);
});

test("no cell of a table is a formula, and what needs quotes has them", () => {
  const text = writeCsv(["id", "n"], [{ id: "=1+1", n: -2 }, { id: "'@x", n: 1.5 }, { id: 'a "b", c', n: null }, { id: "＝x" }]);
  assert.equal(text, "\uFEFFid,n\r\n'=1+1,-2\r\n''@x,1.5\r\n\"a \"\"b\"\", c\",\r\n'＝x,\r\n");
});
