import assert from "node:assert/strict";
import { test } from "node:test";

import { Finder, crossed, isLeft } from "../../../maps/spatialgov_maps/static/workbench/touching.mjs";
import { borderLines, readUnits } from "../../../maps/spatialgov_maps/static/workbench/units.mjs";
import { middle, units, unitsAnswer } from "./town.mjs";

const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);

test("shapes, points and neighbours come out as they went in", () => {
  const town = units();
  assert.equal(town.n, 16);
  for (const unit of [0, 5, 15]) {
    near(town.points[2 * unit], middle(unit)[0]);
    near(town.points[2 * unit + 1], middle(unit)[1]);
  }
  const around = (u) => [...town.neighbours.subarray(town.starts[u], town.starts[u + 1])].sort((a, b) => a - b);
  assert.deepEqual(around(5), [1, 4, 6, 9]);
  assert.deepEqual(around(0), [1, 4]);
  assert.equal(town.hard.reduce((a, b) => a + b), 2, "the barrier stands on both sides");
});

test("every border is one line, shared by two or outer", () => {
  const { a, b, lines } = borderLines(units());
  assert.equal(a.length, 24 + 12);
  assert.equal(b.filter((unit) => unit === -1).length, 12);
  const outer = [...a.keys()].find((i) => b[i] === -1 && a[i] === 0);
  assert.deepEqual(lines[outer].map((piece) => piece.length), [3], "both outer sides of the corner are one piece");
});

test("a click finds the unit under it, a border belongs to one unit at most", () => {
  const finder = new Finder(units());
  for (let unit = 0; unit < 16; unit++) assert.equal(finder.at(middle(unit)), unit);
  assert.equal(finder.at([118.29, 35.1]), -1);
});

test("a brush touches what lies within its radius on the whole way", () => {
  const finder = new Finder(units());
  const sorted = (found) => found.sort((a, b) => a - b);
  assert.deepEqual(finder.along(middle(5), middle(5), 0), [5]);
  assert.deepEqual(sorted(finder.along(middle(4), middle(7), 0)), [4, 5, 6, 7], "a quick drag leaves no gap");
  assert.deepEqual(sorted(finder.along(middle(5), middle(5), 0.0006)), [1, 4, 5, 6, 9]);
  assert.deepEqual(sorted(finder.along(middle(5), middle(5), 0.00045)), [4, 5, 6], "longitudes are shorter than latitudes");
  assert.equal(finder.along([118.2, 35], [118.2, 35.2], 0.001).length, 0);
});

test("a rectangle or a lasso takes units by their middle", () => {
  const finder = new Finder(units());
  const [west, south] = middle(5).map((d) => d - 0.0001);
  const [east, north] = middle(10).map((d) => d + 0.0001);
  const found = finder.inside([[west, south], [east, south], [east, north], [west, north]]);
  assert.deepEqual(found.sort((a, b) => a - b), [5, 6, 9, 10]);
  assert.deepEqual(finder.inside([middle(0), middle(3), middle(12)].map(([x, y]) => [x - 1e-5, y - 1e-5])).sort((a, b) => a - b), [0, 1, 2, 4, 5, 8]);
});

test("the middle of a unit lies in it, also where its centroid does not", () => {
  const corners = [[0, 0], [4, 0], [4, 4], [0, 4], [0, 3], [3, 3], [3, 1], [0, 1], [0, 0]]; // a bracket around a yard
  const xy = corners.flatMap(([x, y], i) => [x - (corners[i - 1]?.[0] ?? 0), y - (corners[i - 1]?.[1] ?? 0)].map((d) => d * 1000));
  const one = { ...unitsAnswer(), ids: ["U"], edges: [], hard: [], levels: {}, shapes: { step: 1e-7, origin: [0, 0], xy, ring_vertices: [9], polygon_rings: [1], unit_polygons: [1] } };
  for (const name of ["households", "population", "area_m2"]) one[name] = [1];
  const found = readUnits(one);
  assert.equal(new Finder(found).at([...found.points]), 0);
});

test("a barrier is drawn between neighbours on its two sides", () => {
  const town = units();
  const [x, y] = middle(5).map((d) => d + 0.0005);
  assert.deepEqual(crossed(town, [[x, y - 0.0016], [x + 0.0001, y + 0.0003]]), [[1, 2], [5, 6]]);
  assert.deepEqual(crossed(town, [[x - 0.001, y], [x, y], [x, y + 0.001]]), [[5, 9], [9, 10]]);
  assert.deepEqual(crossed(town, [middle(5), [middle(5)[0] + 0.0001, middle(5)[1]]]), []);
  assert.deepEqual(crossed(town, [[0, 0], [1, 1]]), []);
});

test("a line has two sides, also beyond its ends and around a bend", () => {
  const line = [[0, 0], [0, 1]];
  assert.equal(isLeft(line, 1, [-1, 0.5]), true);
  assert.equal(isLeft(line, 1, [1, 5]), false);
  const bent = [[0, 0], [0, 1], [1, 1]];
  assert.equal(isLeft(bent, 1, [0.5, 0.5]), false);
  assert.equal(isLeft(bent, 1, [0.5, 1.5]), true);
});
