// @ts-check
// What the service answers about incidents, as features to be drawn, rows for the table and a legend.

import { COURSES, NO_COURSE, POINTS, SIGNIFICANCE, classLabels, classOf, coloursOf, limitsOf, surfaceLimits } from "./classes.mjs";
import { middleOf } from "./rows.mjs";
import { painted, peaks, placeOf, readSurface } from "./surface.mjs";

/** @typedef {import("./desk.mjs").Column} Column */
/** @typedef {import("./desk.mjs").Row} Row */
/** @typedef {import("./desk.mjs").LegendItem} LegendItem */
/** @typedef {import("./surface.mjs").Surface} Surface */
/** @typedef {{kind: "cells" | "points", features: any[]} | {kind: "surface", surface: Surface, pixels: Uint8ClampedArray<ArrayBuffer>}} Drawing */
/** @typedef {{now: Drawing, before: Drawing | null, rows: Row[], columns: Column[], legend: LegendItem[], note: string}} Shown */
/** @typedef {{text: (key: string, values?: Record<string, string | number>) => string, number: (n: number) => string, community: (lon: number, lat: number) => string, category: (code: string) => string, time: (iso: string) => string}} Words */

const CLASSES = 6;
const MOST_PEAKS = 200;

/** @param {Column["kind"]} kind @param {string} key @param {string} label @returns {Column} */
const column = (kind, key, label) => ({ kind, key, label });

/** @param {any[]} features @param {(properties: any) => string} colour */
const coloured = (features, colour) => features.map((one) => ({ ...one, properties: { ...one.properties, colour: colour(one.properties) } }));

/** A row for a cell: its place and the community that it lies in. @param {any} feature @param {Words} words */
function cellRow({ properties, geometry }, words) {
  const [lon, lat] = middleOf(geometry);
  return { id: properties.cell, lon, lat, community: words.community(lon, lat), cell: properties.cell };
}

/**
 * Counts in H3 cells; classes are those of both periods together.
 * @param {any} now @param {any} before null without comparison @param {Words} words @returns {Shown}
 */
export function countsShown(now, before, words) {
  const { text, number } = words;
  const all = [...now.features, ...(before?.features ?? [])].map(({ properties }) => properties.count);
  const limits = limitsOf(all, CLASSES, true);
  const colours = coloursOf(limits.length + 1);
  const colour = (/** @type {any} */ { count }) => colours[classOf(count, limits)];
  const earlier = new Map((before?.features ?? []).map((/** @type {any} */ one) => [one.properties.cell, one]));
  const rows = now.features.map((/** @type {any} */ one) => ({
    ...cellRow(one, words), incidents: one.properties.count, per_km2: one.properties.incidents_per_km2,
    before: earlier.get(one.properties.cell)?.properties.count ?? null,
  }));
  const held = new Set(now.features.map((/** @type {any} */ one) => one.properties.cell));
  for (const [cell, one] of earlier) if (!held.has(cell)) rows.push({ ...cellRow(one, words), incidents: null, per_km2: null, before: one.properties.count });
  const isHidden = now.suppressed > 0 || before?.suppressed > 0;
  if (before && !isHidden) for (const row of rows) row.change = (row.incidents ?? 0) - (row.before ?? 0);
  return {
    now: { kind: "cells", features: coloured(now.features, colour) },
    before: before && { kind: "cells", features: coloured(before.features, colour) },
    rows: rows.sort((/** @type {Row} */ a, /** @type {Row} */ b) => (b.incidents ?? 0) - (a.incidents ?? 0)),
    columns: [
      column("text", "community", text("inCommunity")), column("number", "incidents", text("inIncidentsIn")),
      ...(before ? [column("number", "before", text("inBefore"))] : []),
      ...(before && !isHidden ? [column("number", "change", text("inChange"))] : []),
      column("number", "per_km2", text("inPerKm2")), column("text", "cell", text("inCell")),
    ],
    legend: all.length ? classLabels(limits, Math.min(...all), true, number).map((label, i) => ({ colour: colours[i], label })) : [],
    note: isHidden ? text("inSuppressed", { n: number(now.suppressed + (before?.suppressed ?? 0)), minimum: now.minimum }) : "",
  };
}

/**
 * The density as the service computes it; the table lists its peaks.
 * @param {any} now @param {any} before @param {Words} words @returns {Shown}
 */
export function densityShown(now, before, words) {
  const { text, number } = words;
  const limits = surfaceLimits(Math.max(now.most, before?.most ?? 0));
  const colours = coloursOf(limits.length);
  const drawing = (/** @type {any} */ picture) => {
    const surface = readSurface(picture);
    return { kind: /** @type {const} */ ("surface"), surface, pixels: painted(surface, limits, colours) };
  };
  const shown = drawing(now);
  const rows = peaks(shown.surface, limits[0] ?? Infinity, MOST_PEAKS).map((cell, i) => {
    const [lon, lat] = placeOf(shown.surface, cell);
    return { id: i + 1, lon, lat, rank: i + 1, community: words.community(lon, lat), per_km2: shown.surface.values[cell] };
  });
  return {
    now: shown,
    before: before && drawing(before),
    rows,
    columns: [column("number", "rank", text("inPeak")), column("text", "community", text("inCommunity")), column("number", "per_km2", text("inPerKm2"))],
    legend: limits.map((limit, i) => ({ colour: colours[i], label: i === limits.length - 1 ? `≥ ${number(limit)}` : `${number(limit)} – ${number(limits[i + 1])}` })),
    note: text(now.bandwidth_chosen ? "inReachChosen" : "inReachNote", { m: number(Math.round(now.bandwidth_m)), cell: number(now.cell_m) }),
  };
}

/**
 * Hot and cold cells with how sure that is.
 * @param {any} now @param {any} before @param {Words} words @returns {Shown}
 */
export function significanceShown(now, before, words) {
  const { text } = words;
  const name = (/** @type {any} */ { kind, confidence }) => text(kind === "hot" ? "inHot" : "inCold", { n: confidence });
  const colour = (/** @type {any} */ { kind, confidence }) => SIGNIFICANCE[`${kind}${confidence}`];
  const earlier = new Map((before?.features ?? []).map((/** @type {any} */ { properties }) => [properties.cell, name(properties)]));
  const columns = [
    column("text", "community", text("inCommunity")), column("text", "what", text("inWhat")),
    ...(before ? [column("text", "before", text("inBefore"))] : []),
    column("number", "incidents", text("inIncidentsIn")),
    ...(now.features.some((/** @type {any} */ { properties }) => properties.z !== null) ? [column("number", "z", "z")] : []),
    column("text", "cell", text("inCell")),
  ];
  return {
    now: { kind: "cells", features: coloured(now.features, colour) },
    before: before && { kind: "cells", features: coloured(before.features, colour) },
    rows: now.features.map((/** @type {any} */ one) => ({
      ...cellRow(one, words), what: name(one.properties), incidents: one.properties.incidents, z: one.properties.z,
      before: earlier.get(one.properties.cell) ?? null,
    })),
    columns,
    legend: Object.entries(SIGNIFICANCE).map(([key, shade]) => ({ colour: shade, label: name({ kind: key.slice(0, -2), confidence: key.slice(-2) }) })),
    note: now.features.length ? text("inSignificance") : text("inNothingSignificant"),
  };
}

/** @param {string} course such as new_hot */
export function courseColour(course) {
  const [name, kind] = course.split("_");
  return COURSES[name]?.[kind === "hot" ? 0 : 1] ?? NO_COURSE;
}

/**
 * How hot and cold cells came and went.
 * @param {any} now @param {Words} words @returns {Shown}
 */
export function emergingShown(now, words) {
  const { text, number } = words;
  const name = (/** @type {string} */ course) => {
    const [what, kind] = course.split("_");
    if (!(what in COURSES)) return text("inNoCourse");
    return text(kind === "hot" ? "inHotCourse" : "inColdCourse", { course: text(`inCourse_${what}`) });
  };
  const trend = (/** @type {any} */ { rising, falling }) => (rising ? text("inRising") : falling ? text("inFalling") : "");
  const counts = new Map();
  for (const { properties } of now.features) counts.set(properties.course, (counts.get(properties.course) ?? 0) + 1);
  const known = [...Object.keys(COURSES).flatMap((one) => [`${one}_hot`]), ...Object.keys(COURSES).map((one) => `${one}_cold`)];
  const present = [...known, ...[...counts.keys()].filter((one) => !known.includes(one))].filter((one) => counts.has(one));
  return {
    now: { kind: "cells", features: coloured(now.features, ({ course }) => courseColour(course)) },
    before: null,
    rows: now.features.map((/** @type {any} */ one) => ({
      ...cellRow(one, words), course: name(one.properties.course), incidents: one.properties.n_incidents, last: one.properties.last,
      trend: trend(one.properties), hot_steps: one.properties.hot_steps,
    })),
    columns: [
      column("text", "community", text("inCommunity")), column("text", "course", text("inWhat")), column("text", "trend", text("inTrend")),
      column("number", "incidents", text("inIncidentsIn")), column("number", "last", text("inLast")), column("number", "hot_steps", text("inHotSteps")), column("text", "cell", text("inCell")),
    ],
    legend: present.map((course) => ({ colour: courseColour(course), label: `${name(course)} (${number(counts.get(course))})` })),
    note: now.n_steps ? text("inEmergingNote", { n: number(now.n_steps), from: words.time(now.first).slice(0, 10), until: words.time(now.until).slice(0, 10) }) : text("inNoSteps"),
  };
}

/**
 * The colours of categories that are drawn one by one: the most frequent have one of their own.
 * @param {Record<string, number | null>} counts @param {string[]} chosen none for all @returns {Map<string, string>}
 */
export function pointColours(counts, chosen) {
  const codes = Object.keys(counts).filter((code) => !chosen.length || chosen.includes(code));
  codes.sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0));
  return new Map(codes.map((code, i) => [code, POINTS[Math.min(i, POINTS.length - 1)]]));
}

/**
 * Incidents one by one.
 * @param {any} now @param {any} before @param {Map<string, string>} colours by category @param {Words} words @returns {Shown}
 */
export function incidentsShown(now, before, colours, words) {
  const { text, number } = words;
  const isCut = (/** @type {any} */ answer) => answer && answer.numberMatched > answer.numberReturned;
  const colour = (/** @type {any} */ { category }) => colours.get(category) ?? POINTS[POINTS.length - 1];
  // what is not all of it would show gaps where there are none
  const features = (/** @type {any} */ answer) => (isCut(answer) ? [] : coloured(answer.features, colour));
  const drawn = isCut(now) ? [] : now.features;
  const own = [...colours].filter(([, shade]) => shade !== POINTS[POINTS.length - 1]);
  const legend = own.map(([code, shade]) => ({ colour: shade, label: words.category(code) }));
  if (own.length < colours.size) legend.push({ colour: POINTS[POINTS.length - 1], label: text("inOthers") });
  const cut = isCut(now) ? now : isCut(before) ? before : null;
  return {
    now: { kind: "points", features: features(now) },
    before: before && { kind: "points", features: features(before) },
    rows: drawn.map((/** @type {any} */ { properties, geometry }) => {
      const [lon, lat] = geometry.coordinates;
      return {
        id: properties.source_id, lon, lat, time: words.time(properties.occurred_at), category: words.category(properties.category),
        community: words.community(lon, lat), status: properties.status ? text(`inStatus_${properties.status}`) : "",
      };
    }).reverse(),
    columns: [
      column("text", "time", text("inTime")), column("text", "category", text("inCategory")),
      column("text", "community", text("inCommunity")), column("text", "status", text("inStatus")), column("text", "id", text("inNumber")),
    ],
    legend: cut ? [] : legend,
    note: cut ? text("inTooMany", { n: number(cut.numberMatched), most: number(cut.numberReturned) }) : "",
  };
}
