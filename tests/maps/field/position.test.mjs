import assert from "node:assert/strict";
import { test } from "node:test";

import { lookForPosition } from "../../../maps/spatialgov_maps/static/field/position.mjs";

/** A browser's geolocation whose answers a test gives. */
class Geolocation {
  watchPosition(found, failed, options) {
    Object.assign(this, { found, failed, options, watching: true });
    return 7;
  }

  clearWatch(watch) {
    assert.equal(watch, 7);
    this.watching = false;
  }

  give(accuracy, longitude = 116.6, latitude = 33.9) {
    this.found({ coords: { longitude, latitude, accuracy } });
  }
}

const look = (options) => {
  const geolocation = new Geolocation();
  const told = [];
  const stop = lookForPosition(geolocation, (position) => told.push(position.accuracy_m), (failure) => told.push(failure), options);
  return { geolocation, told, stop };
};

test("better positions are told until one is good enough", () => {
  const { geolocation, told } = look();
  assert.equal(geolocation.options.enableHighAccuracy, true);
  for (const accuracy of [500, 800, 40, 9, 5]) geolocation.give(accuracy);
  assert.deepEqual(told, [500, 40, 9, null]);
  assert.equal(geolocation.watching, false);
});

test("a refusal is said at once, what passes only in the end", async () => {
  const denied = look();
  denied.geolocation.failed({ code: 1 });
  assert.deepEqual(denied.told, ["denied"]);
  const nowhere = look();
  nowhere.geolocation.failed({ code: 2 });
  assert.deepEqual(nowhere.told, ["unavailable"]);
  const slow = look({ seconds: 0.01 });
  slow.geolocation.failed({ code: 3 });
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.deepEqual(slow.told, ["timeout"]);
  const rough = look({ seconds: 0.01 });
  rough.geolocation.give(90);
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.deepEqual(rough.told, [90, null]);
});

test("it can be stopped without a word", () => {
  const { geolocation, told, stop } = look();
  stop();
  geolocation.give(5);
  geolocation.failed({ code: 1 });
  assert.deepEqual(told, []);
  assert.equal(geolocation.watching, false);
});
