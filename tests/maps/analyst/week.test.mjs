import assert from "node:assert/strict";
import { test } from "node:test";

import { HOURS, USUAL, block, everyHour, isEvery, readHours, toggled, usual, writeHours } from "../../../maps/spatialgov_maps/static/analyst/week.mjs";

const chosen = (week) => week.flatMap((is, hour) => (is ? [hour] : []));

test("hours are read as they are written", () => {
  for (const written of ["0", "0-5,24", "167", "8,32,56", "0-166", "22-29,160-167"]) assert.equal(writeHours(readHours(written)), written);
  assert.deepEqual(chosen(readHours("0-2,24")), [0, 1, 2, 24]);
});

test("all hours are written as nothing, and what names none is all of them", () => {
  assert.equal(writeHours(everyHour()), "");
  for (const text of ["", "x", "-1", "5-2", "0-5x", "200", "168"]) assert.ok(isEvery(readHours(text)), text);
  assert.deepEqual(chosen(readHours("160-400")), [160, 161, 162, 163, 164, 165, 166, 167]);
});

test("a block holds the hours between two corners, whichever way", () => {
  assert.deepEqual(block(8, 34), [8, 9, 10, 32, 33, 34]);
  assert.deepEqual(block(34, 8), block(8, 34));
  assert.deepEqual(block(32, 10), [8, 9, 10, 32, 33, 34]);
  assert.equal(block(0, HOURS - 1).length, HOURS);
});

test("a first choice stands alone; more are added, and taken away again; nothing is everything", () => {
  let week = toggled(everyHour(), block(8, 10));
  assert.equal(writeHours(week), "8-10");
  week = toggled(week, block(10, 12));
  assert.equal(writeHours(week), "8-12");
  week = toggled(week, block(9, 10));
  assert.equal(writeHours(week), "8,11-12");
  assert.ok(isEvery(toggled(toggled(week, [8]), block(11, 12))));
});

test("usual choices make up the day and the week", () => {
  assert.ok(isEvery(usual("all")));
  const together = (...names) => names.flatMap((name) => chosen(usual(name))).sort((a, b) => a - b);
  assert.deepEqual(together("day", "evening", "night"), chosen(everyHour()));
  assert.deepEqual(together("workdays", "weekend"), chosen(everyHour()));
  assert.ok(Object.keys(USUAL).length >= 6);
});
