import assert from "node:assert/strict";
import { test } from "node:test";

import { away, bearing, distance, dragged, pressed, sectorShape, turned } from "../../../maps/spatialgov_maps/static/analyst/coverage_geometry.mjs";

const HERE = [116.6, 33.9];

const near = (value, expected, error) => assert.ok(Math.abs(value - expected) <= error, `${value} is not ${expected} ± ${error}`);

/** Area of a ring in m², from metres east and north of HERE. */
function area(ring) {
  const flat = ring.map((place) => {
    const [m, angle] = [distance(HERE, place), (bearing(HERE, place) * Math.PI) / 180];
    return [m * Math.sin(angle), m * Math.cos(angle)];
  });
  return Math.abs(flat.reduce((sum, [x, y], i) => sum + x * flat[(i + 1) % flat.length][1] - flat[(i + 1) % flat.length][0] * y, 0)) / 2;
}

test("a place at a bearing and a distance lies there", () => {
  for (const angle of [0, 45, 90, 200, 359])
    for (const m of [1, 50, 800]) {
      const place = away(HERE, angle, m);
      near(distance(HERE, place), m, 0.01 + m * 1e-6);
      near(turned(bearing(HERE, place) - angle + 180) - 180, 0, 0.02);
    }
  // a degree of latitude at 33.9° is 110,914 m on the ellipsoid
  near(distance(HERE, [116.6, 34.9]), 110_914, 30);
});

test("a sector has the area of its sector, without the dead zone under the mast", () => {
  const camera = { lon: HERE[0], lat: HERE[1], azimuth_deg: 90, fov_deg: 70, range_m: 50 };
  near(area(sectorShape(camera).coordinates[0]), (Math.PI * 50 ** 2 * 70) / 360, 2);
  near(area(sectorShape({ ...camera, near_m: 10 }).coordinates[0]), (Math.PI * (50 ** 2 - 10 ** 2) * 70) / 360, 2);
  for (const whole of [{ fov_deg: 360 }, { azimuth_deg: null }]) {
    const { coordinates } = sectorShape({ ...camera, near_m: 10, ...whole });
    assert.equal(coordinates.length, 2);
    near(area(coordinates[0]), Math.PI * 50 ** 2, 5);
  }
  const ring = sectorShape(camera).coordinates[0];
  assert.deepEqual(ring[0], ring[ring.length - 1]);
  assert.ok(ring.slice(1, -1).every(([lon]) => lon > HERE[0]), "it looks east");
});

test("handles make of a camera what they are dragged to", () => {
  const camera = { lon: HERE[0], lat: HERE[1], azimuth_deg: 350, fov_deg: 60, range_m: 50 };
  assert.deepEqual(dragged("move", camera, [116.7, 33.8]), { lon: 116.7, lat: 33.8 });
  near(dragged("turn", camera, away(HERE, 123.4, 40)).azimuth_deg, 123.4, 0.1);
  near(dragged("range", camera, away(HERE, 10, 77.7)).range_m, 77.7, 0.1);
  assert.equal(dragged("range", camera, HERE).range_m, 1);
  assert.equal(dragged("field", camera, away(HERE, 30, 50)).fov_deg, 80, "across north");
  assert.equal(dragged("field", camera, away(HERE, 310, 50)).fov_deg, 80, "on either side");
});

test("arrow keys move and turn by steps", () => {
  const camera = { lon: HERE[0], lat: HERE[1], azimuth_deg: 359, fov_deg: 60, range_m: 50 };
  const moved = pressed("move", camera, "ArrowRight", true);
  near(distance(HERE, [moved.lon, moved.lat]), 10, 0.01);
  near(bearing(HERE, [moved.lon, moved.lat]), 90, 0.1);
  assert.equal(pressed("turn", camera, "ArrowRight", false).azimuth_deg, 0);
  assert.equal(pressed("turn", camera, "ArrowDown", true).azimuth_deg, 349);
  assert.equal(pressed("range", camera, "ArrowUp", true).range_m, 60);
  assert.equal(pressed("field", camera, "ArrowLeft", false).fov_deg, 59);
  assert.equal(pressed("turn", camera, "Enter", false), null);
});
