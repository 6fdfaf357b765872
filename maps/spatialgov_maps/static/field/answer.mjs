// @ts-check
// The answer as the page shows it. Texts become text nodes, never markup.

import { date, nameOf, number, text } from "../js/language.js";
import { el } from "../workbench/ui.mjs";
import { compass } from "./borders.mjs";

/**
 * @typedef {{lon: number, lat: number, datum: string, source: "browser" | "typed" | "address", accuracy_m?: number, text?: string}} Asked
 * @typedef {{level: string, code: string, name: string, name_en: string}} Link
 * @typedef {{code: string, name: string, on_border: boolean, datum: string, edition: number, chain: Link[]}} Found
 * @typedef {{near: import("./borders.mjs").Near, wgs84: [number, number], others: number[], beyond: {name: string, code: string} | null}} Around
 */

const MOST_NAMES = 4;

/** A length in words. @param {number} metres */
export function length(metres) {
  if (metres < 10) return text("fdM", { n: number(Math.round(metres * 10) / 10) });
  if (metres < 1000) return text("fdM", { n: number(Math.round(metres)) });
  return text("fdKm", { n: number(Math.round(metres / 100) / 10) });
}

/** Whose pack it is. @param {import("./packs.mjs").Kept} kept */
export const areaOf = (kept) => (kept.pack.jurisdiction ? nameOf(kept.pack.jurisdiction) : text("fdAllGrids"));

/** A grid's name with the code's last digits, which tell namesakes apart. @param {{name: string, code: string}} grid */
export const gridName = ({ name, code }) => (name ? `${name} (${code})` : code);

/** How far which border is. @param {Around} around @param {import("./packs.mjs").Kept} kept */
export function borderText({ near, wgs84, beyond }, kept) {
  const values = { m: length(near.distance_m), way: text(`way${compass(...wgs84, near.lon, near.lat)}`) };
  const grid = kept.borders.grid(near.face) ?? beyond;
  if (grid) return text("fdBorder", { ...values, name: gridName(grid) });
  if (kept.pack.jurisdiction) return text("fdBorderBeyond", { ...values, area: areaOf(kept) });
  return text("fdBorderOut", values);
}

/** Who else may be meant where the position is not exact. @param {Around} around @param {import("./packs.mjs").Kept} kept @param {number} accuracy_m */
export function maybeText({ others }, kept, accuracy_m) {
  const left = others.length - MOST_NAMES;
  const names = others.slice(0, MOST_NAMES).map((face) => {
    const grid = kept.borders.grid(face);
    return grid ? gridName(grid) : text("fdMaybeOut", { area: areaOf(kept) });
  });
  if (left > 0) names.push(text("fdMore", { n: number(left) }));
  return names.length ? text("fdMaybe", { m: length(accuracy_m), names: names.join(text("fdBetween")) }) : "";
}

const degrees = (/** @type {number} */ value) => value.toFixed(6);

/** Where the location comes from, echoed. @param {Asked} asked */
export function placeText({ lon, lat, datum, source, accuracy_m = 0, text: said = "" }) {
  const values = { lon: degrees(lon), lat: degrees(lat) };
  if (source === "browser") return text("fdFromBrowser", { ...values, m: length(accuracy_m) });
  if (source === "address") return text("fdFromAddress", { ...values, text: said });
  return text("fdFromTyped", { ...values, datum: text(datum) });
}

/** What is sent on when it is shared. @param {Found} found @param {Asked} asked */
export const sharedText = (found, { lon, lat, datum }) =>
  text("fdShared", { name: found.name, code: found.code, lon: degrees(lon), lat: degrees(lat), datum: text(datum), edition: found.edition });

/** The grid, then what lies above it. @param {Found} found @returns {Link[]} */
const upwards = (found) => [{ level: "grid", code: found.code, name: found.name, name_en: "" }, ...[...found.chain].reverse()];

/** @typedef {Record<string, [post: string, post_en: string, duty: string, duty_en: string][]>} Posts by code */

/** @param {Posts} posts @param {string} code */
const postsOf = (posts, code) =>
  (posts[code] ?? []).map(([post, post_en, duty, duty_en]) =>
    el(
      "p", { class: "post" },
      el("strong", { text: nameOf({ name: post, name_en: post_en }) }),
      duty && el("span", { text: nameOf({ name: duty, name_en: duty_en }) }),
    ),
  );

/** The jurisdictions above the grid, with the posts that answer for them. @param {Found} found @param {Posts} posts */
export function chainList(found, posts) {
  const levels = new Set(["district", "subdistrict", "community", "grid"]);
  return el(
    "ol", { class: "chain" },
    ...upwards(found).slice(1).map((link) =>
      el(
        "li", {},
        el("span", { class: "level", text: levels.has(link.level) ? text(link.level) : "" }),
        el("code", { text: link.code }),
        el("strong", { text: nameOf(link) || link.code }),
        ...postsOf(posts, link.code),
      ),
    ),
  );
}

/** The posts that answer for the grid, or else for the next above it that has any. @param {Found} found @param {Posts} posts */
export function responsible(found, posts) {
  const place = upwards(found).find((link) => posts[link.code]?.length);
  if (!place) return el("p", { class: "small", text: text("fdNoPosts") });
  const above = place.level === "grid" ? null : el("p", { class: "level", text: nameOf(place) });
  return el("div", { class: "responsible" }, above, ...postsOf(posts, place.code));
}

/** By which edition it was answered. @param {Found} found @param {import("./packs.mjs").Kept | null} kept */
export const sourceText = (found, kept) =>
  kept
    ? text("fdFromPhone", { area: areaOf(kept), edition: found.edition, since: date(kept.pack.validFrom) })
    : text("fdFromService", { edition: found.edition });
