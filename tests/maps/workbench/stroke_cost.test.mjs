import assert from "node:assert/strict";
import { test } from "node:test";

import { strokeCost } from "./stroke_cost.mjs";

/** At 60 pictures a second there are 16 ms for each; script gets a quarter. */
const MOST_MOVE_MS = 4;
/** What nobody notices after letting go. */
const MOST_END_MS = 50;

test("painting 20,000 units in 150 grids stays inside the frame", async () => {
  const cost = await strokeCost();
  assert.equal(cost.units, 20_000);
  assert.equal(cost.grids, 150);
  assert.equal(cost.pending, 7, "each stroke is on its way to the journal");
  assert.ok(cost.feature_states > 100, "it has painted something");
  assert.ok(cost.move_ms < MOST_MOVE_MS, `${cost.move_ms} ms a move`);
  assert.ok(cost.end_ms < MOST_END_MS, `${cost.end_ms} ms at the end`);
});
