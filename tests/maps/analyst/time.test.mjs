import assert from "node:assert/strict";
import { test } from "node:test";

import { addDays, addMonths, daysBetween, endOf, isDay, midnight } from "../../../maps/spatialgov_maps/static/analyst/days.mjs";
import { kept, moved, pulled, spanOf } from "../../../maps/spatialgov_maps/static/analyst/span.mjs";

test("days are counted over months, years and leap days", () => {
  assert.equal(addDays("2026-12-31", 1), "2027-01-01");
  assert.equal(addDays("2024-02-28", 1), "2024-02-29");
  assert.equal(daysBetween("2024-02-01", "2024-03-01"), 29);
  assert.equal(addMonths("2026-01-31", 1), "2026-02-28");
  assert.equal(addMonths("2026-03-15", -3), "2025-12-15");
  assert.deepEqual(["day", "week", "month"].map((step) => endOf("2026-05-04", step)), ["2026-05-05", "2026-05-11", "2026-06-04"]);
  assert.deepEqual(["2026-02-29", "2026-2-1", "", undefined, "2026-02-28"].map(isDay), [false, false, false, false, true]);
});

test("a day begins at midnight of its own zone, on both sides of a change of clocks", () => {
  assert.equal(midnight("2026-05-01", "Asia/Shanghai"), "2026-05-01T00:00:00+08:00");
  assert.equal(midnight("2026-03-29", "Europe/Berlin"), "2026-03-29T00:00:00+01:00");
  assert.equal(midnight("2026-03-30", "Europe/Berlin"), "2026-03-30T00:00:00+02:00");
  assert.equal(midnight("2026-05-01", "America/New_York"), "2026-05-01T00:00:00-04:00");
  assert.equal(midnight("2026-05-01", "UTC"), "2026-05-01T00:00:00+00:00");
});

test("a stretch of the time line stays on it and never vanishes", () => {
  assert.deepEqual(kept({ first: -3, last: 99 }, 10), { first: 0, last: 10 });
  assert.deepEqual(kept({ first: 7, last: 4 }, 10), { first: 4, last: 7 });
  assert.deepEqual(kept({ first: 12, last: 12 }, 10), { first: 9, last: 10 });
  assert.deepEqual(moved({ first: 2, last: 5 }, -7, 10), { first: 0, last: 3 });
  assert.deepEqual(moved({ first: 2, last: 5 }, 7, 10), { first: 7, last: 10 });
  assert.deepEqual(pulled({ first: 2, last: 5 }, "first", 8, 10), { first: 4, last: 5 });
  assert.deepEqual(pulled({ first: 2, last: 5 }, "last", 0, 10), { first: 2, last: 3 });
  assert.deepEqual(pulled({ first: 2, last: 5 }, "last", 40, 10), { first: 2, last: 10 });
});

test("a period of days is the stretch that it touches", () => {
  const weeks = ["2026-05-04", "2026-05-11", "2026-05-18"];
  const of = (from, to) => spanOf(weeks, "2026-05-25", from, to);
  assert.deepEqual(of("", ""), { first: 0, last: 3 });
  assert.deepEqual(of("2026-05-11", "2026-05-17"), { first: 1, last: 2 });
  assert.deepEqual(of("2026-05-10", "2026-05-18"), { first: 0, last: 3 });
  assert.equal(of("2026-06-01", ""), null);
  assert.equal(of("", "2026-01-01"), null);
});
