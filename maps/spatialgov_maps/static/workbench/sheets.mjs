// @ts-check
// A sheet of paper for each grid: its boundary, its code, what it holds, and the key places in it.

import { nameOf, text } from "../js/language.js";
import { FILLS } from "./colours.mjs";
import { closing, show } from "./dialogs.mjs";
import { amount, el } from "./ui.mjs";
import { QUANTITIES } from "./units.mjs";

/** @typedef {import("./editor.mjs").Editor} Editor */
/** @typedef {import("./plan_store.mjs").Grid} Grid */

const SPACE = "http://www.w3.org/2000/svg";

/** @param {Editor} editor @param {HTMLElement} place */
export async function printDialog(editor, place) {
  const all = editor.plan.present();
  const { selected, active } = editor;
  const way = await show(text("wbPrintTitle"), [
    el("p", { text: text("wbPrintText") }),
    el("div", { class: "stack" },
      editor.plan.grid(active)?.size ? closing("active", text("wbPrintActive")) : null,
      selected.size > 0 && closing("selected", text("wbPrintSelected", { n: selected.size })),
      closing("all", text("wbPrintAll", { n: all.length }), "quiet"), closing("", text("wbCancel"), "quiet")),
  ]);
  if (!way) return;
  const grids = { active: all.filter(({ code }) => code === active), selected: all.filter(({ code }) => selected.has(code)), all }[way] ?? [];
  place.replaceChildren(...grids.map((grid) => sheet(editor, grid)));
  window.print();
}

/** @param {Editor} editor @param {Grid} grid */
function sheet(editor, grid) {
  const quantities = QUANTITIES.filter((name) => name !== "workload" || editor.units.hasWorkload);
  const places = placesIn(editor, grid.code);
  const facts = quantities.map((name) => el("tr", {}, el("th", { text: text(name) }), el("td", { text: amount(name, grid.sums[QUANTITIES.indexOf(name)]) })));
  const listed = places.map(({ properties }, i) => `${i + 1} ${nameOf(properties)}`).join(" · ") || text("wbNone");
  facts.push(el("tr", {}, el("th", { text: text("wbPlaces") }), el("td", { text: listed })));
  return el("article", { class: "sheet" }, el("h2", { text: `${grid.name || ""} ${grid.code}`.trim() }), drawing(editor, grid, places), el("table", {}, ...facts));
}

/** @param {Editor} editor @param {string} code */
function placesIn(editor, code) {
  /** @type {any[]} */
  const places = editor.surroundings?.places.features ?? [];
  return places.filter(({ geometry }) => {
    const unit = editor.finder.at(geometry.coordinates);
    return unit >= 0 && editor.plan.codeOf(unit) === code;
  });
}

/** @param {Editor} editor @param {Grid} grid @param {any[]} places */
function drawing(editor, grid, places) {
  const { units, finder, plan } = editor;
  const members = plan.members(grid.code);
  const edge = (/** @type {number} */ i, /** @type {(a: number, b: number) => number} */ pick) => members.map((u) => units.boxes[4 * u + i]).reduce((a, b) => pick(a, b));
  const [west, south, east, north] = [edge(0, Math.min), edge(1, Math.min), edge(2, Math.max), edge(3, Math.max)];
  const METRES = 111_320; // a degree of latitude
  const x = (/** @type {number} */ lon) => (lon - west) * finder.shrink * METRES;
  const y = (/** @type {number} */ lat) => (north - lat) * METRES;
  const [width, height] = [x(east), y(south)];
  const margin = 0.08 * Math.max(width, height);
  const svg = document.createElementNS(SPACE, "svg");
  svg.setAttribute("viewBox", [-margin, -margin, width + 2 * margin, height + 2 * margin].join(" "));
  const add = (/** @type {string} */ tag, /** @type {Record<string, any>} */ props, said = "") => {
    const made = document.createElementNS(SPACE, tag);
    for (const [name, value] of Object.entries(props)) made.setAttribute(name, value);
    made.textContent = said;
    svg.append(made);
  };
  const line = (/** @type {number[][]} */ piece) => piece.map(([lon, lat], i) => `${i ? "L" : "M"}${x(lon).toFixed(1)} ${y(lat).toFixed(1)}`).join("");
  const ring = (/** @type {Float64Array} */ r) => `${line(Array.from({ length: r.length / 2 }, (_, i) => [r[2 * i], r[2 * i + 1]]))}Z`;
  const path = members.flatMap((u) => units.shapes[u].flat().map(ring)).join("");
  const thin = Math.max(width, height) / 900;
  add("path", { d: path, fill: FILLS[editor.colours.of(grid.code)], "fill-rule": "evenodd", stroke: "#52606d", "stroke-width": thin });
  const { a, b, lines } = /** @type {any} */ (editor.view.borders);
  const own = new Set(members);
  const outline = lines.filter((/** @type {any} */ _, /** @type {number} */ i) => own.has(a[i]) !== own.has(b[i])).flat().map(line).join("");
  add("path", { d: outline, fill: "none", stroke: "#1f2933", "stroke-width": 4 * thin, "stroke-linejoin": "round" });
  const size = Math.max(width, height) / 40;
  places.forEach(({ geometry: { coordinates: [lon, lat] } }, i) => {
    add("circle", { cx: x(lon), cy: y(lat), r: 0.75 * size, fill: "#fff", stroke: "#9f1d1d", "stroke-width": 2 * thin });
    add("text", { x: x(lon), y: y(lat) + 0.3 * size, "font-size": size, "text-anchor": "middle", fill: "#1f2933" }, String(i + 1));
  });
  const bar = 10 ** Math.floor(Math.log10(Math.max(width, height) / 2));
  add("path", { d: `M0 ${height + margin / 2}h${bar}`, stroke: "#1f2933", "stroke-width": 4 * thin });
  add("text", { x: bar + size / 2, y: height + margin / 2 + size / 3, "font-size": size, fill: "#1f2933" }, `${bar} m`);
  return svg;
}
