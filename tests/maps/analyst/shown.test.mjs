import assert from "node:assert/strict";
import { test } from "node:test";

import { POINTS, classLabels, classOf, coloursOf, limitsOf, readable, surfaceLimits } from "../../../maps/spatialgov_maps/static/analyst/classes.mjs";
import { countsShown, emergingShown, incidentsShown, pointColours, significanceShown } from "../../../maps/spatialgov_maps/static/analyst/incident_data.mjs";
import { inView, isInside, middleOf, ordered } from "../../../maps/spatialgov_maps/static/analyst/rows.mjs";
import { painted, peaks, placeOf, readSurface, valueAt } from "../../../maps/spatialgov_maps/static/analyst/surface.mjs";

const WORDS = {
  text: (key, values = {}) => [key, ...Object.values(values)].join(" "),
  number: String, community: () => "West", category: (code) => `c${code}`, time: (iso) => iso,
};
const cell = (name, properties, lon = 118) => ({
  type: "Feature", properties: { cell: name, ...properties },
  geometry: { type: "Polygon", coordinates: [[[lon, 35], [lon + 2, 35], [lon + 2, 37], [lon, 37], [lon, 35]]] },
});

test("classes have limits that are easily read, and every value is in the one that its label says", () => {
  assert.deepEqual([0.0234, 1.3, 27, 940, 1234].map(readable), [0.025, 1.5, 25, 1000, 1000]);
  const values = Array.from({ length: 60 }, (_, i) => i + 1);
  const limits = limitsOf(values, 6, true);
  assert.deepEqual(limits, [10, 20, 30, 40, 50]);
  assert.deepEqual(classLabels(limits, 1, true, String), ["1 – 9", "10 – 19", "20 – 29", "30 – 39", "40 – 49", "≥ 50"]);
  assert.deepEqual([1, 9, 10, 50, 60].map((value) => classOf(value, limits)), [0, 0, 1, 5, 5]);
  assert.deepEqual(limitsOf([3, 3, 3], 6, true), []);
  assert.deepEqual(limitsOf([], 6), []);
  assert.deepEqual(classLabels([2, 3], 1, true, String), ["1", "2", "≥ 3"]);
  assert.equal(new Set(coloursOf(6)).size, 6);
  assert.deepEqual(surfaceLimits(0), []);
});

test("counts of two periods share their classes; cells of one only are in the table too", () => {
  const now = { features: [cell("a", { count: 40, incidents_per_km2: 4 }), cell("b", { count: 2, incidents_per_km2: 1 })], suppressed: 0, minimum: 1 };
  const before = { features: [cell("a", { count: 10, incidents_per_km2: 1 }), cell("c", { count: 7, incidents_per_km2: 1 })], suppressed: 0, minimum: 1 };
  const shown = countsShown(now, before, WORDS);
  assert.deepEqual(shown.rows.map(({ id, incidents, before: was, change }) => [id, incidents, was, change]), [["a", 40, 10, 30], ["b", 2, null, 2], ["c", null, 7, -7]]);
  assert.ok(shown.now.features.every(({ properties }) => /^#/.test(properties.colour)));
  assert.equal(shown.legend.length, new Set(shown.legend.map(({ label }) => label)).size);
  assert.deepEqual([shown.rows[0].lon, shown.rows[0].lat], [119, 36]);
  const hidden = countsShown({ ...now, suppressed: 3, minimum: 5 }, before, WORDS);
  assert.ok(hidden.rows.every((row) => row.change === undefined)); // a cell without a row need not be empty
  assert.equal(hidden.note, "inSuppressed 3 5");
  assert.deepEqual(countsShown({ features: [], suppressed: 0, minimum: 1 }, null, WORDS).legend, []);
});

test("hot, cold and emerging cells keep their order and say what they are", () => {
  const now = { features: [cell("a", { kind: "hot", confidence: 99, incidents: 9, z: 5 }), cell("b", { kind: "cold", confidence: 90, incidents: null, z: null })] };
  const before = { features: [cell("a", { kind: "hot", confidence: 95, incidents: 8, z: 3 })] };
  const shown = significanceShown(now, before, WORDS);
  assert.deepEqual(shown.rows.map(({ what, before: was }) => [what, was]), [["inHot 99", "inHot 95"], ["inCold 90", null]]);
  assert.deepEqual(shown.now.features.map(({ properties }) => properties.colour), ["#b2182b", "#d1e5f0"]);
  const emerging = emergingShown({
    features: [cell("a", { course: "new_hot", n_incidents: 9, last: 4, rising: true }), cell("b", { course: "no_pattern", n_incidents: 7, last: null, falling: true })],
    n_steps: 3, first: "2026-01-01T00:00:00+08:00", until: "2026-04-01T00:00:00+08:00",
  }, WORDS);
  assert.deepEqual(emerging.rows.map(({ course, trend }) => [course, trend]), [["inHotCourse inCourse_new", "inRising"], ["inNoCourse", "inFalling"]]);
  assert.deepEqual(emerging.legend.map(({ label }) => label), ["inHotCourse inCourse_new (1)", "inNoCourse (1)"]);
  assert.equal(emerging.note, "inEmergingNote 3 2026-01-01 2026-04-01");
});

test("incidents are drawn all or not at all", () => {
  const counts = { "01": 5, "02": 9, "03": null };
  assert.deepEqual([...pointColours(counts, []).keys()], ["02", "01", "03"]);
  assert.deepEqual([...pointColours(counts, ["01"])], [["01", POINTS[0]]]);
  const colours = pointColours(counts, []);
  const one = { type: "Feature", properties: { source_id: "E1", category: "01", occurred_at: "2026-05-01T08:00", status: "open" }, geometry: { type: "Point", coordinates: [118, 35] } };
  const shown = incidentsShown({ features: [one], numberMatched: 1, numberReturned: 1 }, null, colours, WORDS);
  assert.deepEqual(shown.rows.map(({ id, category, status }) => [id, category, status]), [["E1", "c01", "inStatus_open"]]);
  assert.equal(shown.legend.length, 3);
  const cut = incidentsShown({ features: [one], numberMatched: 9000, numberReturned: 5000 }, null, colours, WORDS);
  assert.deepEqual([cut.rows, cut.legend, cut.now.features, cut.note], [[], [], [], "inTooMany 9000 5000"]);
});

test("a surface is read, painted, asked and searched for its peaks", () => {
  const steps = [0, 1, 30000, 65535, 1, 1];
  const bytes = steps.flatMap((step) => [step % 256, Math.floor(step / 256)]);
  const picture = { width: 3, height: 2, corners: [[118, 36], [121, 36], [121, 34], [118, 34]], most: 100, values: btoa(String.fromCharCode(...bytes)) };
  const surface = readSurface(picture);
  assert.ok(Number.isNaN(surface.values[0]));
  assert.deepEqual([1, 2, 3].map((i) => Math.round(surface.values[i])), [0, 46, 100]);
  const pixels = painted(surface, [10, 60], ["#010203", "#fffefd"]);
  assert.deepEqual([...pixels], [0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 255, 255, 254, 253, 255, 0, 0, 0, 0, 0, 0, 0, 0]);
  assert.deepEqual(placeOf(surface, 3), [118.5, 34.5]);
  assert.equal(valueAt(surface, [118.5, 34.5]), surface.values[3]);
  assert.equal(valueAt(surface, [120.5, 35.5]), surface.values[2]);
  assert.ok(Number.isNaN(valueAt(surface, [117, 35])));
  assert.deepEqual(peaks(surface, 10, 9), [3, 2]);
  const flat = { ...surface, values: Float64Array.from([5, 5, 5, 5, 5, 5]) };
  assert.deepEqual(peaks(flat, 1, 9), [0]);
});

test("the table holds what is in view, sorted, missing values last", () => {
  const rows = [{ id: 1, lon: 1, lat: 1, n: 5 }, { id: 2, lon: 9, lat: 1, n: 7 }, { id: 3, lon: 2, lat: 2, n: null }, { id: 4, lon: 2, lat: 1, n: 6 }];
  const seen = inView(rows, [0, 0, 5, 5]);
  assert.deepEqual(seen.map(({ id }) => id), [1, 3, 4]);
  assert.deepEqual(ordered(seen, "n", true).map(({ id }) => id), [4, 1, 3]);
  assert.deepEqual(ordered(seen, "n", false).map(({ id }) => id), [1, 4, 3]);
});

test("a place lies in a polygon, and not in its hole or beside it", () => {
  const square = (a, b) => [[a, a], [b, a], [b, b], [a, b], [a, a]];
  const holed = { type: "MultiPolygon", coordinates: [[square(0, 10), square(4, 6)], [square(20, 21)]] };
  assert.deepEqual([[1, 1], [5, 5], [20.5, 20.5], [11, 1]].map(([lon, lat]) => isInside(holed, lon, lat)), [true, false, true, false]);
  assert.deepEqual(middleOf({ type: "Polygon", coordinates: [square(0, 10)] }), [5, 5]);
});
