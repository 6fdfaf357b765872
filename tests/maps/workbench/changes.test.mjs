import assert from "node:assert/strict";
import { test } from "node:test";

import { MOST_FLAGGED, movesTo, readAssignment, readBoundaries, readCsv, readTable, transfers, writeAssignment } from "../../../maps/spatialgov_maps/static/workbench/changes.mjs";
import { Finder } from "../../../maps/spatialgov_maps/static/workbench/touching.mjs";
import { EAST, WEST, plan } from "./town.mjs";

test("tables with quotes, a byte order mark and any line end are read", () => {
  assert.deepEqual(readCsv('\uFEFFa,b\r\n"x, ""y""",2\r3,"4\n5"\n\n'), [["a", "b"], ['x, "y"', "2"], ["3", "4\n5"]]);
});

test("what is exported imports again without a change", () => {
  const store = plan();
  store.move(new Map([[3, null]]));
  const found = readAssignment(store, writeAssignment(store));
  assert.equal(found.moves.size, 0);
  assert.equal(found.nFlagged, 0);
  assert.equal(found.rows, 16);
  const other = plan();
  assert.deepEqual([...readAssignment(other, writeAssignment(store)).moves], [[3, null]]);
});

test("rows that can't be used are named, counted and capped, the others are taken", () => {
  const store = plan();
  const text = `grid_code,unit_id\n${WEST}002,U00\n${WEST}001,U99\n${WEST}001,U00\nno code!,U01\n`;
  const found = readAssignment(store, text);
  assert.deepEqual([...found.moves], [[0, `${WEST}002`]]);
  assert.deepEqual(found.flagged, [
    { row: 3, flag: "unknown_unit", value: "U99" }, { row: 4, flag: "twice", value: "U00" }, { row: 5, flag: "code", value: "no code!" },
  ]);
  const many = readAssignment(store, `unit_id,code\n${"X,1\n".repeat(500)}`);
  assert.equal(many.flagged.length, MOST_FLAGGED);
  assert.equal(many.nFlagged, 500);
  assert.equal(readAssignment(store, "unit,grid\n1,2\n"), null);
  const table = readTable(store, ["U00", null, "U01"], [`${WEST}002`, "1", null], 1);
  assert.deepEqual([...table.moves], [[0, `${WEST}002`], [1, null]]);
  assert.deepEqual(table.flagged, [{ row: 2, flag: "unknown_unit", value: "" }]);
});

test("old boundaries give units by their middle", () => {
  const store = plan();
  const finder = new Finder(store.units);
  const box = (x1, y1, x2, y2) => ({ type: "Polygon", coordinates: [[[x1, y1], [x2, y1], [x2, y2], [x1, y2], [x1, y1]].map(([x, y]) => [118.3 + x / 1000, 35.1 + y / 1000])] });
  const features = [
    { properties: { code: `${WEST}001` }, geometry: box(0, 0, 2, 4) },
    { properties: { code: `${EAST}001` }, geometry: box(1.2, 0, 4, 2) },
    { properties: {}, geometry: box(0, 0, 1, 1) },
  ];
  const found = readBoundaries(store, { features }, (rings) => finder.inside(rings[0]));
  assert.deepEqual([...found.moves].map(([unit]) => unit).sort((a, b) => a - b), [8, 9, 12, 13]);
  assert.deepEqual(found.flagged.map(({ flag, value }) => `${flag} ${value}`.trim()).sort(), [
    "no_code", "not_covered U10", "not_covered U11", "not_covered U14", "not_covered U15", "twice U01", "twice U05",
  ]);
});

test("moves to another division, and what they transfer", () => {
  const store = plan();
  const moves = movesTo(store, (unit) => (unit < 2 ? `${WEST}002` : unit === 15 ? null : store.codeOf(unit)));
  assert.deepEqual(transfers(store, moves), [
    { from: `${WEST}001`, to: `${WEST}002`, units: 2, households: 200 }, { from: `${EAST}002`, to: null, units: 1, households: 100 },
  ]);
});
