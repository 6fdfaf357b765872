import assert from "node:assert/strict";
import { test } from "node:test";

import { deviationPct, faultsOf, standing, stateOf } from "../../../maps/spatialgov_maps/static/workbench/balance.mjs";
import { FILLS, GridColours, deviationClass } from "../../../maps/spatialgov_maps/static/workbench/colours.mjs";
import { EAST, WEST, plan } from "./town.mjs";

/** What the sums must be, added up anew. */
const summed = (store, code) => store.members(code).reduce((sum, unit) => sum + store.units.amounts[0][unit], 0);

test("sums and pieces follow every move, and moving back restores all of it", () => {
  const store = plan();
  const labels = [...store.labels];
  const before = store.move(new Map([[0, `${WEST}002`], [5, null], [15, `${EAST}009`]]));
  for (const { code, sums, size } of store.grids) {
    assert.equal(sums[0], summed(store, code));
    assert.equal(size, store.members(code).length);
  }
  assert.equal(store.unassigned, 1);
  assert.equal(store.grid(`${EAST}009`).parent_code, EAST);
  assert.deepEqual(store.pieces(`${WEST}002`).map((piece) => piece.length), [4, 1]);
  assert.deepEqual([...before], [[0, `${WEST}001`], [5, `${WEST}001`], [15, `${EAST}002`]]);
  store.move(before);
  assert.deepEqual([...store.labels], labels);
  assert.equal(store.grid(`${EAST}009`).sums[0], 0);
  assert.equal(store.present().length, 4);
  assert.equal(store.move(before).size, 0, "what is there already does not move");
});

test("any sequence of strokes, undone, leaves everything as it was", () => {
  const store = plan();
  const codes = [...store.present().map((grid) => grid.code), null, `${WEST}004`];
  const undo = [];
  let seed = 7;
  const random = (n) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % n;
  for (let i = 0; i < 200; i++) undo.push(store.move(new Map(Array.from({ length: 1 + random(5) }, () => [random(16), codes[random(codes.length)]]))));
  for (const { code, sums } of store.grids) assert.equal(sums[0], summed(store, code));
  store.countPieces();
  const counted = store.grids.map((grid) => grid.pieces.length);
  for (const grid of store.grids) grid.pieces = null;
  assert.deepEqual(store.grids.map((grid) => store.pieces(grid.code).length), counted);
  for (const before of undo.reverse()) store.move(before);
  assert.equal(store.unassigned, 0);
  assert.deepEqual(store.present().map((grid) => grid.sums[0]), [400, 400, 400, 400]);
});

test("locked grids and other communities are left alone", () => {
  const store = plan();
  store.locked.add(`${WEST}001`);
  assert.deepEqual(store.mayMove([0, 8, 2], `${EAST}001`, null), [8]);
  assert.deepEqual(store.mayMove([0, 8, 6], `${EAST}001`, EAST), []);
  assert.deepEqual(store.mayMove([8, 10], `${EAST}001`, EAST), [10]);
  assert.deepEqual(store.mayMove([8], `${WEST}001`, WEST), [], "nothing goes into a locked grid");
});

test("a new grid never gets a code that was used", () => {
  const store = plan();
  assert.equal(store.freeCode(WEST), `${WEST}004`);
  for (let n = 1; n <= 999; n++) store.taken.add(`${WEST}${String(n).padStart(3, "0")}`);
  assert.equal(store.freeCode(WEST), null);
});

test("a hard barrier inside a grid is seen, one on a border is not", () => {
  const store = plan();
  assert.equal(store.isBarred(`${WEST}001`), true);
  store.move(new Map([[0, `${WEST}002`]]));
  assert.equal(store.isBarred(`${WEST}001`), false);
});

test("problems: unassigned first, then pieces, parents, limits; and three states", () => {
  const store = plan();
  assert.equal(stateOf(faultsOf(store)), "ok");
  store.move(new Map([[0, `${WEST}002`], [1, `${WEST}002`]]));
  const kinds = () => faultsOf(store).map(({ kind, code }) => `${kind} ${code}`);
  assert.deepEqual(kinds(), [`pieces ${WEST}002`, `over ${WEST}002`, `under ${WEST}001`]);
  assert.equal(stateOf(faultsOf(store)), "warning");
  store.move(new Map([[2, null], [3, `${WEST}001`]]));
  assert.deepEqual(kinds().slice(0, 3), ["unassigned null", `pieces ${WEST}001`, `pieces ${WEST}002`]);
  assert.ok(kinds().includes(`straddles ${WEST}001`));
  assert.equal(stateOf(faultsOf(store)), "incomplete");
});

test("standing: limits are hard, the tolerance is not, dedicated grids are exempt", () => {
  const { settings, grids } = plan();
  const [grid] = grids;
  const at = (households, kind = "general") => standing({ ...grid, kind, sums: Float64Array.of(households, 0, 0, 0) }, settings);
  assert.deepEqual([300, 299, 380, 379, 420, 421, 500, 501].map((n) => at(n)), ["off", "under", "ok", "off", "ok", "off", "off", "over"]);
  assert.equal(at(5000, "dedicated"), "ok");
  assert.equal(deviationPct({ ...grid, kind: "dedicated" }, settings), null);
  assert.deepEqual([-90, -25, -6, -5, 0, 5, 6, 25, 90].map((d) => deviationClass(d, 0.05)), [0, 1, 2, 3, 3, 3, 4, 5, 6]);
});

test("neighbours have different colours, and grids keep theirs", () => {
  const store = plan();
  const colours = new GridColours(store);
  const chosen = store.present().map((grid) => colours.of(grid.code));
  assert.equal(new Set(chosen).size, 4);
  store.move(new Map([[0, `${WEST}004`]]));
  const made = colours.of(`${WEST}004`);
  assert.notEqual(made, colours.of(`${WEST}001`));
  assert.deepEqual(store.present().filter((grid) => grid.code !== `${WEST}004`).map((grid) => colours.of(grid.code)), chosen);
  assert.ok(made < FILLS.length);
});
