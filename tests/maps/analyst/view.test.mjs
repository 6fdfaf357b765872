import assert from "node:assert/strict";
import { test } from "node:test";

import { readAddress, writeAddress } from "../../../maps/spatialgov_maps/static/analyst/address.mjs";
import { cellSide, earlier, incidentQuery, layerQuery, readView, viewParts } from "../../../maps/spatialgov_maps/static/analyst/view.mjs";

const SHARED = "#layer=density&cat=0101,0502&from=2026-05-01&to=2026-05-31&hours=0-5,24&reach=400&beside=year";

test("a view is the same after its address was shared", () => {
  const view = readView(readAddress(SHARED));
  assert.equal(writeAddress(viewParts(view)), SHARED);
  assert.deepEqual(readView(readAddress(writeAddress(viewParts(view)))), view);
  assert.equal(writeAddress(viewParts(readView({}))), "");
});

test("what an address makes no sense of is left out", () => {
  const odd = readView({ layer: "secret", cat: "0101,<b>,", from: "2026-06-01", to: "2026-05-01", hours: "999", cells: "3", reach: "-1", beside: "x", step: "hour" });
  assert.deepEqual(odd, { ...readView({}), categories: ["0101"] });
});

test("the query names moments of the zone; the last day is part of the period", () => {
  const view = readView(readAddress(SHARED));
  assert.deepEqual(incidentQuery(view, "Asia/Shanghai", "990101001000"), [
    ["since", "2026-05-01T00:00:00+08:00"], ["until", "2026-06-01T00:00:00+08:00"],
    ["category", "0101"], ["category", "0502"], ["hours", "0-5,24"], ["area", "990101001000"],
  ]);
  assert.deepEqual(incidentQuery(readView({}), "UTC", ""), []);
});

test("cells of a density fit the ground, and its reach fits them", () => {
  const city = [116.5, 33.8, 116.7, 34.0];
  assert.equal(cellSide(city), 130);
  assert.equal(cellSide([116.5, 33.8, 116.501, 33.801]), 20);
  assert.deepEqual(layerQuery(readView({ layer: "density" }), city), [["cell_m", "130"], ["bandwidth_m", "200"]]);
  assert.deepEqual(layerQuery(readView({ layer: "density", reach: "100" }), city), [["cell_m", "130"], ["bandwidth_m", "130"]]);
  assert.deepEqual(layerQuery(readView({ layer: "density", reach: "0" }), city), [["cell_m", "130"]]);
  assert.deepEqual(layerQuery(readView({ layer: "emerging", every: "week", cells: "8" }), city), [["resolution", "8"], ["every", "week"]]);
});

test("a period is compared with as long a one before, or with the same weekdays a year earlier", () => {
  const [from, to] = ["2026-05-04", "2026-05-31"];
  assert.deepEqual(earlier({ from, to, compared: "before" }), { from: "2026-04-06", to: "2026-05-03" });
  assert.deepEqual(earlier({ from, to, compared: "year" }), { from: "2025-05-05", to: "2025-06-01" });
  assert.equal(earlier({ from: "", to, compared: "year" }), null);
  assert.equal(earlier({ from, to, compared: "" }), null);
});
