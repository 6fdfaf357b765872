import assert from "node:assert/strict";
import { test } from "node:test";

import { Changes, MOST_STEPS, NEW_CAMERA, latestOnly, patchOf, rowsOf } from "../../../maps/spatialgov_maps/static/analyst/coverage_changes.mjs";

test("steps are undone and done again, and a new one takes the place of what was undone", () => {
  const changes = new Changes();
  changes.change("a", { azimuth_deg: 90 });
  changes.change("a", { lon: 1, lat: 2 });
  assert.deepEqual(changes.now.get("a"), { azimuth_deg: 90, lon: 1, lat: 2 });
  changes.undo();
  assert.deepEqual([...changes.now], [["a", { azimuth_deg: 90 }]]);
  changes.redo();
  assert.equal(changes.canRedo, false);
  changes.undo();
  changes.remove("b");
  assert.equal(changes.canRedo, false);
  assert.deepEqual(rowsOf(changes.now), [{ action: "turn", camera_id: "a", azimuth_deg: 90 }, { action: "remove", camera_id: "b" }]);
  changes.clear();
  assert.equal(changes.now.size, 0);
  changes.undo();
  assert.equal(changes.now.size, 2);
});

test("an added camera that is removed has never been, and names are free", () => {
  const changes = new Changes();
  const name = changes.freeName((id) => id === "NEW-1");
  assert.equal(name, "NEW-2");
  changes.change(name, { ...NEW_CAMERA, lon: 1, lat: 2, added: true });
  assert.equal(changes.freeName(() => false), "NEW-1");
  assert.deepEqual(rowsOf(changes.now), [{ action: "add", camera_id: name, ...NEW_CAMERA, lon: 1, lat: 2 }]);
  changes.remove(name);
  assert.equal(changes.now.size, 0);
});

test("each change becomes the one action that the service takes", () => {
  const action = (patch) => rowsOf(new Map([["a", patch]]))[0];
  assert.deepEqual(action({ lon: 1, lat: 2, range_m: 30 }), { action: "move", camera_id: "a", lon: 1, lat: 2, range_m: 30 });
  assert.deepEqual(action({ status: "in_service" }), { action: "repair", camera_id: "a" });
  assert.deepEqual(action({ status: "in_service", fov_deg: 80 }), { action: "set", camera_id: "a", status: "in_service", fov_deg: 80 });
  assert.deepEqual(action({ azimuth_deg: 10, fov_deg: 80 }), { action: "set", camera_id: "a", azimuth_deg: 10, fov_deg: 80 });
  assert.deepEqual(action({ lon: 1, lat: 2, azimuth_deg: null }), { action: "move", camera_id: "a", lon: 1, lat: 2 });
});

test("what a plan's changes are as patches comes back as the same changes", () => {
  const rows = [
    { action: "repair", camera_id: "a" }, { action: "turn", camera_id: "b", azimuth_deg: 45 },
    { action: "add", camera_id: "NEW-1", ...NEW_CAMERA, lon: 1, lat: 2, azimuth_deg: 45, width_px: 1920 },
  ];
  assert.deepEqual(rowsOf(new Map(rows.map(patchOf))), rows);
});

test("a refused step is gone for good", () => {
  const changes = new Changes();
  changes.change("a", { azimuth_deg: 1 });
  changes.change("a", { lon: 0, lat: 0 });
  changes.refuse();
  assert.deepEqual([...changes.now], [["a", { azimuth_deg: 1 }]]);
  assert.equal(changes.canRedo, false);
});

test("changes outlast the page, whatever has been kept", () => {
  const changes = new Changes();
  changes.change("a", { azimuth_deg: 1 });
  changes.change("b", { removed: true });
  changes.undo();
  const read = Changes.fromText(changes.toText());
  assert.deepEqual([...read.now], [["a", { azimuth_deg: 1 }]]);
  read.redo();
  assert.deepEqual([...read.now.keys()], ["a", "b"]);
  for (const text of [null, "", "{", "[]", "null", '{"at": 3, "states": []}', '{"at": 0, "states": 1}', '{"at": 0, "states": [[1]]}'])
    assert.equal(Changes.fromText(text).now.size, 0, text);
  for (let i = 0; i < 2 * MOST_STEPS; i++) changes.change("a", { azimuth_deg: i });
  assert.equal(changes.states.length, MOST_STEPS + 1);
  assert.equal(changes.now.get("a").azimuth_deg, 2 * MOST_STEPS - 1);
});

test("of many questions the newest is asked, one at a time", async () => {
  const asked = [];
  let answer = () => {};
  const ask = latestOnly(async (value) => {
    asked.push(value);
    await new Promise((resolve) => (answer = resolve));
  });
  const done = ask(1);
  for (const value of [2, 3, 4]) ask(value);
  assert.deepEqual(asked, [1]);
  answer();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual(asked, [1, 4]);
  answer();
  await done;
  assert.deepEqual(asked, [1, 4]);
});
