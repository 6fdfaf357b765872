// @ts-check
// What is looked at: which incidents, shown how. Read from the address and written to it; asked as a query.

import { addDays, daysBetween, isDay, midnight } from "./days.mjs";
import { everyHour, readHours, writeHours } from "./week.mjs";

/** @typedef {"counts" | "density" | "significance" | "emerging" | "incidents"} Layer */
/** @typedef {"" | "before" | "year"} Compared a year is 52 weeks, so that each weekday comes as often */
/** @typedef {{layer: Layer, categories: string[], from: string, to: string, hours: boolean[], resolution: number, bandwidth: number, every: string, compared: Compared, step: string}} View
 * `from` and `to` are days, "" for no limit; no categories are all; bandwidth 0 is that which the service finds best */

/** @type {Layer[]} */
export const LAYERS = ["counts", "density", "significance", "emerging", "incidents"];
export const RESOLUTIONS = [8, 9, 10];
export const BANDWIDTHS_M = [0, 100, 200, 400, 800];
/** What shows neighbourhoods; the likeliest bandwidth shows single addresses where they are many. */
const REACH_M = 200;
export const EVERY = ["week", "month", "season"];
export const STEPS = ["day", "week", "month"];
/** Incidents that are drawn one by one. */
export const MOST_DRAWN = 5000;
/** Layers that two periods of can be laid side by side; the others are about time itself. @type {Layer[]} */
export const COMPARABLE = ["counts", "density", "significance", "incidents"];

/** @template T @param {T[]} known @param {any} value @param {T} otherwise @returns {T} */
const oneOf = (known, value, otherwise) => (known.includes(value) ? value : otherwise);

/** @param {Record<string, string>} parts of the address @returns {View} what makes no sense is left out */
export function readView(parts) {
  const [from, to] = [isDay(parts.from) ? parts.from : "", isDay(parts.to) ? parts.to : ""];
  const isSound = !from || !to || from <= to;
  return {
    layer: oneOf(LAYERS, parts.layer, "counts"),
    categories: (parts.cat ?? "").split(",").filter((code) => /^\w{1,32}$/.test(code)),
    from: isSound ? from : "",
    to: isSound ? to : "",
    hours: parts.hours ? readHours(parts.hours) : everyHour(),
    resolution: oneOf(RESOLUTIONS, Number(parts.cells), 9),
    bandwidth: oneOf(BANDWIDTHS_M, Number(parts.reach ?? REACH_M), REACH_M),
    every: oneOf(EVERY, parts.every, "month"),
    compared: oneOf(/** @type {Compared[]} */ (["before", "year"]), /** @type {any} */ (parts.beside), ""),
    step: oneOf(STEPS, parts.step, ""),
  };
}

/** What layers need that not everybody who may see this page has. @type {Record<string, string>} */
export const NEEDS = { density: "incidents", incidents: "incidents" };

/** @param {string} layer @param {Set<string>} rights permissions of an account */
export const maySee = (layer, rights) => !NEEDS[layer] || rights.has(NEEDS[layer]);

/** The view that an address names, as far as an account may see it. @param {Record<string, string>} parts @param {Set<string>} rights @returns {View} */
export function viewFor(parts, rights) {
  const view = readView(parts);
  return maySee(view.layer, rights) ? view : { ...view, layer: "counts" };
}

/** What time is counted by unless that was chosen: the longer, the fewer small counts are hidden. @param {Set<string>} rights */
export const usualStep = (rights) => (rights.has("exact_counts") ? "week" : "month");

/** @param {View} view @returns {Record<string, string>} parts of the address; what is as usual is "" */
export function viewParts(view) {
  return {
    layer: view.layer === "counts" ? "" : view.layer,
    cat: view.categories.join(","),
    from: view.from,
    to: view.to,
    hours: writeHours(view.hours),
    cells: view.resolution === 9 ? "" : String(view.resolution),
    reach: view.bandwidth === REACH_M ? "" : String(view.bandwidth),
    every: view.every === "month" ? "" : view.every,
    beside: view.compared,
    step: view.step,
  };
}

/**
 * Which incidents are asked for.
 * @param {Pick<View, "categories" | "from" | "to" | "hours">} view @param {string} zone @param {string} area
 * @returns {[name: string, value: string][]}
 */
export function incidentQuery({ categories, from, to, hours }, zone, area) {
  const written = writeHours(hours);
  return [
    .../** @type {[string, string][]} */ (from ? [["since", midnight(from, zone)]] : []),
    .../** @type {[string, string][]} */ (to ? [["until", midnight(addDays(to, 1), zone)]] : []),
    ...categories.map((code) => /** @type {[string, string]} */ (["category", code])),
    .../** @type {[string, string][]} */ (written ? [["hours", written]] : []),
    .../** @type {[string, string][]} */ (area ? [["area", area]] : []),
  ];
}

/** The side of a cell of a density, metres: so that a picture is about 180 cells wide. @param {number[]} box west, south, east, north */
export function cellSide([west, south, east, north]) {
  const degree = 111_320;
  const wide = (east - west) * degree * Math.cos(((south + north) / 2) * (Math.PI / 180));
  const side = Math.max(wide, (north - south) * degree) / 180;
  return Math.min(5000, Math.max(20, 10 * Math.ceil(side / 10)));
}

/**
 * How a layer is shown, as a query.
 * @param {View} view @param {number[]} box of the ground @returns {[name: string, value: string][]}
 */
export function layerQuery({ layer, resolution, bandwidth, every }, box) {
  if (layer === "density") {
    const side = cellSide(box);
    return [["cell_m", String(side)], ...(bandwidth ? [/** @type {[string, string]} */ (["bandwidth_m", String(Math.max(bandwidth, side))])] : [])];
  }
  if (layer === "incidents") return [["limit", String(MOST_DRAWN)]];
  if (layer === "emerging") return [["resolution", String(resolution)], ["every", every]];
  return [["resolution", String(resolution)]];
}

/**
 * Which incidents are asked for, and how they are shown.
 * @param {View} view @param {import("./ground_map.mjs").Ground} ground @param {string} area @returns {[name: string, value: string][]}
 */
export const viewQuery = (view, { boxes, timezone }, area) =>
  [...incidentQuery(view, timezone, area), ...layerQuery(view, boxes[area] ?? boxes[""] ?? [0, 0, 1, 1])];

/** Where each layer is asked, as GeoJSON or (the density) as a picture. @type {Record<Layer, string>} */
export const PATHS = { counts: "heatmap", density: "analyst/density", significance: "significance", emerging: "emerging", incidents: "incidents" };

/** Where each layer is to be had as a file. @type {Record<Layer, string>} */
export const FILES = { ...PATHS, density: "density" };

/**
 * The period that another is compared with; null where it has no beginning or no end.
 * @param {Pick<View, "from" | "to" | "compared">} view @returns {{from: string, to: string} | null}
 */
export function earlier({ from, to, compared }) {
  if (!compared || !from || !to) return null;
  const days = compared === "year" ? 364 : daysBetween(from, to) + 1;
  return { from: addDays(from, -days), to: addDays(to, -days) };
}
