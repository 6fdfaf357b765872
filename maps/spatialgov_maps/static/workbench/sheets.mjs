// @ts-check
// A sheet of paper for each grid: its boundary, its code, what it holds, and the key places in it. Printed by the
// browser, on paper or as PDF, or saved as pictures.

import { nameOf, text } from "../js/language.js";
import { FILLS } from "./colours.mjs";
import { closing, problemDialog, show } from "./dialogs.mjs";
import { short } from "./labels.mjs";
import { amount, el, saveBlob } from "./ui.mjs";
import { QUANTITIES } from "./units.mjs";
import { zipped } from "./zip.mjs";

/** @typedef {import("./editor.mjs").Editor} Editor */
/** @typedef {import("./plan_store.mjs").Grid} Grid */
/** @typedef {(tag: string, props: Record<string, any>, said?: string) => any} Draw */

const SPACE = "http://www.w3.org/2000/svg";
const [INK, SOFT, MARK] = ["#1f2933", "#52606d", "#9f1d1d"];
const FONT = "system-ui, 'Segoe UI', 'Noto Sans', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif";
/** A4 upright less its margins, millimetres. */
const [WIDE, HIGH] = [190, 270];
const A4 = { left: 10, top: 13, width: 210, height: 297 };
const MAP_MM = { x: 0, y: 24, width: WIDE, height: 170 };
/** Below the grid on the map: for the scale. */
const STRIP_MM = 14;
const PIXELS_PER_MM = 8; // about 200 to the inch
const METRES = 111_320; // a degree of latitude
/** Key places that there is room for; the others are counted. */
const MOST_PLACES = 24;

/** @param {Editor} editor @param {HTMLElement} place */
export async function printDialog(editor, place) {
  const all = editor.plan.present();
  const { selected, active } = editor;
  const which = el("select", { name: "which" });
  const choices = { active: all.filter(({ code }) => code === active), selected: all.filter(({ code }) => selected.has(code)), all };
  const said = { active: text("wbPrintActive"), selected: text("wbPrintSelected", { n: choices.selected.length }), all: text("wbPrintAll", { n: all.length }) };
  for (const [name, grids] of Object.entries(choices))
    if (grids.length) which.append(el("option", { value: name, text: said[/** @type {"all"} */ (name)] }));
  const way = await show(text("wbPrintTitle"), [
    el("p", { text: text("wbPrintText") }),
    el("label", {}, text("wbPrintWhich"), which),
    el("div", { class: "buttons" }, closing("", text("wbCancel"), "quiet"), closing("png", text("wbPrintPng"), "quiet"), closing("print", text("wbPrintNow"))),
  ]);
  if (!way) return;
  const grids = choices[/** @type {"all"} */ (which.value)];
  if (way === "png") return savePictures(editor, grids).catch(() => problemDialog(text("wbPrintFailed")));
  place.replaceChildren(...grids.map((grid) => el("article", { class: "sheet" }, sheet(editor, grid))));
  window.print();
}

/** Save a sheet as a picture, several as pictures in an archive. @param {Editor} editor @param {Grid[]} grids */
async function savePictures(editor, grids) {
  const id = editor.journal.planId;
  /** @type {[string, Uint8Array][]} */
  const files = [];
  for (const grid of grids) files.push([`grid-${grid.code}.png`, await picture(sheet(editor, grid))]);
  if (files.length === 1) saveBlob(files[0][0], new Blob([new Uint8Array(files[0][1])], { type: "image/png" }));
  else saveBlob(`plan-${id}-sheets.zip`, new Blob(zipped(files), { type: "application/zip" }));
}

/** @param {SVGSVGElement} svg */
async function picture(svg) {
  const [width, height] = [A4.width * PIXELS_PER_MM, A4.height * PIXELS_PER_MM];
  svg.setAttribute("viewBox", `${-A4.left} ${-A4.top} ${A4.width} ${A4.height}`);
  svg.setAttribute("width", String(width));
  svg.setAttribute("height", String(height));
  const url = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(svg)], { type: "image/svg+xml" }));
  const image = new Image();
  image.src = url;
  await image.decode();
  URL.revokeObjectURL(url);
  const canvas = el("canvas", { width, height });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, width, height);
  pen.drawImage(image, 0, 0, width, height);
  /** @type {Blob} */
  const blob = await new Promise((resolve, reject) => canvas.toBlob((/** @type {Blob | null} */ made) => (made ? resolve(made) : reject(new Error("no picture"))), "image/png"));
  return new Uint8Array(await blob.arrayBuffer());
}

/** Draw the sheet of a grid, in millimetres. @param {Editor} editor @param {Grid} grid @returns {SVGSVGElement} */
function sheet(editor, grid) {
  const svg = /** @type {SVGSVGElement} */ (document.createElementNS(SPACE, "svg"));
  svg.setAttribute("viewBox", `0 0 ${WIDE} ${HIGH}`);
  svg.setAttribute("font-family", FONT);
  /** @type {Draw} */
  const draw = (tag, props, said = "") => {
    const made = document.createElementNS(SPACE, tag);
    for (const [name, value] of Object.entries(props)) made.setAttribute(name, value);
    made.textContent = said;
    svg.append(made);
    return made;
  };
  const places = placesIn(editor, grid.code);
  draw("text", { x: 0, y: 9, "font-size": 9, "font-weight": 700, fill: INK }, `${grid.name || ""} ${grid.code}`.trim());
  draw("text", { x: 0, y: 17, "font-size": 4.5, fill: SOFT }, [parentsOf(editor, grid), text(grid.kind), editor.journal.name].filter(Boolean).join(" · "));
  drawMap(editor, grid, places, draw);
  drawFacts(editor, grid, places, draw);
  return svg;
}

/** Name the jurisdictions that a grid lies in, from the top. @param {Editor} editor @param {Grid} grid */
function parentsOf(editor, { parent_code }) {
  /** @type {any[]} */
  const known = editor.surroundings?.jurisdictions.features ?? [];
  const starts = [parent_code.slice(0, 6), parent_code.slice(0, 9), parent_code].map((start) => start.padEnd(12, "0"));
  const above = [...new Set(starts)].map((code) => known.find(({ properties }) => properties.code === code));
  return above.filter(Boolean).map(({ properties }) => nameOf(properties)).join(" · ");
}

/** @param {Editor} editor @param {Grid} grid @param {any[]} places @param {Draw} draw */
function drawFacts(editor, grid, places, draw) {
  const quantities = QUANTITIES.filter((name) => name !== "workload" || editor.units.hasWorkload);
  const top = MAP_MM.y + MAP_MM.height + 8;
  quantities.forEach((name, i) => {
    const x = (i * WIDE) / quantities.length;
    draw("text", { x, y: top, "font-size": 4, fill: SOFT }, text(name));
    draw("text", { x, y: top + 7, "font-size": 6.5, "font-weight": 650, fill: INK }, amount(name, grid.sums[QUANTITIES.indexOf(name)]));
  });
  draw("text", { x: 0, y: top + 17, "font-size": 4, fill: SOFT }, text("wbPlaces"));
  if (!places.length) draw("text", { x: 0, y: top + 23, "font-size": 4.2, fill: INK }, text("wbNone"));
  places.slice(0, MOST_PLACES).forEach(({ properties }, i) => {
    const [column, row] = [Math.floor(i / (MOST_PLACES / 3)), i % (MOST_PLACES / 3)];
    draw("text", { x: (column * WIDE) / 3, y: top + 23 + 5.2 * row, "font-size": 4.2, fill: INK }, `${i + 1}  ${nameOf(properties)}`);
  });
  if (places.length > MOST_PLACES)
    draw("text", { x: 0, y: HIGH - 1, "font-size": 4, fill: SOFT }, text("wbMoreRows", { n: places.length - MOST_PLACES }));
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

/** @param {Editor} editor @param {Grid} grid @param {any[]} places @param {Draw} draw */
function drawMap(editor, grid, places, draw) {
  const { units, finder, plan } = editor;
  const { starts, neighbours } = units;
  const members = plan.members(grid.code);
  const edge = (/** @type {number} */ i, /** @type {(a: number, b: number) => number} */ pick) => members.map((u) => units.boxes[4 * u + i]).reduce((a, b) => pick(a, b));
  const [west, south, east, north] = [edge(0, Math.min), edge(1, Math.min), edge(2, Math.max), edge(3, Math.max)];
  const [width, height] = [(east - west) * finder.shrink * METRES, (north - south) * METRES];
  const free = MAP_MM.height - STRIP_MM;
  const scale = 0.88 * Math.min(MAP_MM.width / width, free / height); // millimetres to a metre
  const x = (/** @type {number} */ lon) => MAP_MM.x + MAP_MM.width / 2 + (lon - (west + east) / 2) * finder.shrink * METRES * scale;
  const y = (/** @type {number} */ lat) => MAP_MM.y + free / 2 - (lat - (south + north) / 2) * METRES * scale;
  const line = (/** @type {number[][]} */ piece) => piece.map(([lon, lat], i) => `${i ? "L" : "M"}${x(lon).toFixed(2)} ${y(lat).toFixed(2)}`).join("");
  const ring = (/** @type {Float64Array} */ r) => `${line(Array.from({ length: r.length / 2 }, (_, i) => [r[2 * i], r[2 * i + 1]]))}Z`;
  const shapesOf = (/** @type {number[]} */ some) => some.flatMap((u) => units.shapes[u].flat().map(ring)).join("");

  const frame = `sheet-${grid.code}`;
  const clip = draw("clipPath", { id: frame });
  const box = document.createElementNS(SPACE, "rect");
  for (const [name, value] of Object.entries(MAP_MM)) box.setAttribute(name, String(value));
  clip.append(box);
  const inside = { "clip-path": `url(#${frame})` };
  draw("rect", { ...MAP_MM, fill: "#f4f5f2" });
  const around = neighboursOf(editor, grid.code);
  draw("path", { ...inside, d: shapesOf([...around.values()].flat()), fill: "#ffffff", stroke: "#d5dad3", "stroke-width": 0.15 });
  draw("path", { ...inside, d: shapesOf(members), fill: FILLS[editor.colours.of(grid.code)], "fill-rule": "evenodd", stroke: SOFT, "stroke-width": 0.15 });
  const { a, b, lines } = /** @type {any} */ (editor.view.borders);
  const bordering = (/** @type {(one: string | null, other: string | null) => boolean} */ isSo) =>
    lines.filter((/** @type {any} */ _, /** @type {number} */ i) => isSo(plan.codeOf(a[i]), b[i] < 0 ? null : plan.codeOf(b[i]))).flat().map(line).join("");
  const isSeen = (/** @type {number[][]} */ piece) => // its box meets the map
    piece.some(([lon]) => x(lon) < WIDE) && piece.some(([lon]) => x(lon) > 0) && piece.some(([, lat]) => y(lat) > MAP_MM.y) && piece.some(([, lat]) => y(lat) < MAP_MM.y + MAP_MM.height);
  /** @type {number[][][]} */
  const roads = (editor.surroundings?.roads.features ?? []).flatMap((/** @type {any} */ { geometry: { type, coordinates } }) => (type === "LineString" ? [coordinates] : coordinates)).filter(isSeen);
  for (const [colour, wide] of [["#b6c2c7", 1.6], ["#ffffff", 1.1]]) {
    draw("path", { ...inside, d: roads.map(line).join(""), fill: "none", stroke: colour, "stroke-width": wide });
  }
  draw("path", { ...inside, d: bordering((one, other) => one !== other && around.has(one ?? "") && around.has(other ?? "")), fill: "none", stroke: SOFT, "stroke-width": 0.4 });
  draw("path", { ...inside, d: bordering((one, other) => (one === grid.code) !== (other === grid.code)), fill: "none", stroke: INK, "stroke-width": 1, "stroke-linejoin": "round" });
  for (const [code, some] of around) { // beside the border, on the map in any case
    const near = some.filter((u) => neighbours.subarray(starts[u], starts[u + 1]).some((v) => plan.codeOf(v) === grid.code));
    const at = near.map((u) => [x(units.points[2 * u]), y(units.points[2 * u + 1])]);
    const [mx, my] = at.reduce(([sumX, sumY], [px, py]) => [sumX + px / at.length, sumY + py / at.length], [0, 0]);
    const [sx, sy] = at.reduce((a, b) => (Math.hypot(b[0] - mx, b[1] - my) < Math.hypot(a[0] - mx, a[1] - my) ? b : a)); // in the grid that it names
    const [left, top] = [Math.min(Math.max(sx, 6), WIDE - 6), Math.min(Math.max(sy, MAP_MM.y + 6), MAP_MM.y + MAP_MM.height - 3)];
    draw("text", { x: left, y: top, "font-size": 4.2, "text-anchor": "middle", fill: SOFT }, short(code));
  }
  places.slice(0, MOST_PLACES).forEach(({ geometry: { coordinates: [lon, lat] } }, i) => {
    draw("circle", { cx: x(lon), cy: y(lat), r: 2.6, fill: "#fff", stroke: MARK, "stroke-width": 0.5 });
    draw("text", { x: x(lon), y: y(lat) + 1.2, "font-size": 3.4, "text-anchor": "middle", fill: INK }, String(i + 1));
  });
  draw("rect", { ...MAP_MM, fill: "none", stroke: "#b6c2c7", "stroke-width": 0.3 });
  drawScale(scale, draw);
}

/** Give the units of the grids that border on one, by their codes. @param {Editor} editor @param {string} code */
function neighboursOf({ plan, units }, code) {
  /** @type {Map<string, number[]>} */
  const found = new Map();
  for (const unit of plan.members(code))
    for (let i = units.starts[unit]; i < units.starts[unit + 1]; i++) {
      const other = plan.codeOf(units.neighbours[i]);
      if (other !== null && other !== code && !found.has(other)) found.set(other, plan.members(other));
    }
  return found;
}

/** Draw a bar of a round length, about a quarter of the sheet, and where north is. @param {number} scale millimetres to a metre @param {Draw} draw */
function drawScale(scale, draw) {
  const most = WIDE / 4 / scale;
  const power = 10 ** Math.floor(Math.log10(most));
  const length = power * ([5, 2, 1].find((step) => step * power <= most) ?? 1);
  const [left, bottom] = [6, MAP_MM.y + MAP_MM.height - 6];
  draw("rect", { x: left - 3, y: bottom - 5, width: length * scale + 26, height: 9, fill: "#ffffff", "fill-opacity": 0.85 });
  draw("path", { d: `M${left} ${bottom - 1.500}v1.500h${length * scale}v-1.500`, fill: "none", stroke: INK, "stroke-width": 0.6 });
  draw("text", { x: left + length * scale + 3, y: bottom + 1, "font-size": 4, fill: INK }, length < 1000 ? `${length} m` : `${length / 1000} km`);
  const [cx, top] = [WIDE - 9, MAP_MM.y + 6];
  draw("path", { d: `M${cx} ${top}l3 9l-3 -2l-3 2z`, fill: INK });
  draw("text", { x: cx, y: top + 14, "font-size": 4, "text-anchor": "middle", fill: INK }, text("wbNorth"));
}
