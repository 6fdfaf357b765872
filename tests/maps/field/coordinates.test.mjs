import assert from "node:assert/strict";
import { test } from "node:test";

import { readCoordinate } from "../../../maps/spatialgov_maps/static/field/coordinates.mjs";

const [LON, LAT] = [116.597, 33.911611111111114];

/** @param {string} typed */
const about = (typed) => {
  const reading = readCoordinate(typed);
  assert.ok(reading && "place" in reading, `${typed}: ${JSON.stringify(reading)}`);
  return [reading.place.lon, reading.place.lat];
};

test("decimals mean exactly what they say", () => {
  for (const typed of [
    "116.597 33.9116", "116.597,33.9116", "33.9116, 116.597", "  116.597；33.9116 ", "１１６．５９７，３３．９１１６", "116.597、33.9116", "116.597° 33.9116°",
    "+116.597, +33.9116", "N33.9116 E116.597", "33.9116N 116.597E", "33.9116 n, 116.597 e", "116.597°E / 33.9116°N", "lat=33.9116&lon=116.597",
    "lng: 116.597, lat: 33.9116", "经度116.597 纬度33.9116", "经度：116.597，纬度：33.9116。", "北纬33.9116度，东经116.597度", "东经116.597北纬33.9116",
    "(33.9116, 116.597)", "geo:33.9116,116.597", "geo:33.9116,116.597,12;u=35",
  ]) assert.deepEqual(about(typed), [116.597, 33.9116], typed);
});

test("degrees, minutes and seconds", () => {
  for (const typed of [
    "N33°54′41.8″ E116°35′49.2″", "33°54'41.8\"N 116°35'49.2\"E", "33° 54’ 41.8” N, 116° 35’ 49.2” E", "33 54 41.8 N 116 35 49.2 E", "N 33 54 41.8 E 116 35 49.2",
    "北纬33°54′41.8″ 东经116°35′49.2″", "北纬33度54分41.8秒，东经116度35分49.2秒", "116°35′49.2″E 33°54′41.8″N", "33°54'41.8'' 116°35'49.2''", "３３°５４′４１．８″N １１６°３５′４９．２″E",
    "33º54.6966666666667′N 116º35.82′E", "116°35′49.2″,33°54′41.8″",
  ]) {
    const [lon, lat] = about(typed);
    assert.ok(Math.abs(lon - LON) < 1e-9 && Math.abs(lat - LAT) < 1e-9, `${typed}: ${lon} ${lat}`);
  }
});

test("as docs/field.md shows them", () => {
  for (const typed of [
    "116.597 33.9116", "33.9116N 116.597E", "N33°54′42″ E116°35′49″", "33 54 42 N 116 35 49 E", "北纬33°54′42″ 东经116°35′49″", "lat=33.9116&lon=116.597",
    "geo:33.9116,116.597",
  ]) {
    const [lon, lat] = about(typed);
    assert.ok(Math.abs(lon - LON) < 1e-4 && Math.abs(lat - LAT) < 1e-4, typed);
  }
});

test("south and west are negative, by letter or by sign", () => {
  assert.deepEqual(about("33°30′S 70°15′W"), [-70.25, -33.5]);
  assert.deepEqual(about("南纬33.5 西经70.25"), [-70.25, -33.5]);
  assert.deepEqual(about("-170.25, -33.5"), [-170.25, -33.5]);
  assert.deepEqual(about("-0°30′ 120°0′"), [120, -0.5]);
});

test("an order that can't be known gives both readings, nothing is guessed", () => {
  const reading = readCoordinate("87.6, 43.8");
  assert.deepEqual(reading, { choices: [{ lon: 87.6, lat: 43.8 }, { lon: 43.8, lat: 87.6 }] });
  assert.deepEqual(about("43.8N 87.6E"), [87.6, 43.8]);
});

test("what is wrong with it is said", () => {
  for (const [typed, problem] of Object.entries({
    "116.597": "pair", "1 2 3": "pair", "116.597,": "pair", "33°54′N": "pair", "116,5,33,9": "pair", "181, 91": "range", "33N 190E": "range", "91N 116E": "range",
    "33°60′N 116°E": "minutes", "33°54′60″N 116°E": "minutes", "33.5°30′N 116°E": "minutes", "33'54°N 116°E": "minutes", "33N 34S": "letters", "33N 116E 5W": "letters",
  })) assert.deepEqual(readCoordinate(typed), { problem }, typed);
});

test("words are no coordinate", () => {
  for (const typed of ["", "   ", "望桥路1号2幢", "12号", "Latin Road 5", "东门路", "北", "33.9116 N, somewhere", "1,0-"]) assert.equal(readCoordinate(typed), null, typed);
});
