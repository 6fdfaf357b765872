// @ts-check
// Two plans of the same units side by side: what moves, every measure of both, and a swipe between the maps.

import { ask } from "../js/api.js";
import { language, number, text } from "../js/language.js";
import { GridColours } from "./colours.mjs";
import { closing, problemDialog, show, transferTable } from "./dialogs.mjs";
import { gridLabels } from "./labels.mjs";
import { MapView } from "./map_view.mjs";
import { PlanStore } from "./plan_store.mjs";
import { el } from "./ui.mjs";

/** @typedef {import("./editor.mjs").Editor} Editor */

/** @param {Editor} editor @param {any[]} plans @param {{frame: any, map: any, range: any}} swipe */
export async function compareDialog(editor, plans, swipe) {
  const here = editor.journal.planId;
  const others = plans.filter(({ id }) => id !== here);
  const choice = el("select", { name: "other" }, ...others.map(({ id, name, state }) => el("option", { value: id, text: `${id} · ${name} (${text(state)})` })));
  const go = await show(text("wbCompareTitle"), [choice, el("div", { class: "buttons" }, closing("", text("wbCancel"), "quiet"), others.length > 0 && closing("go", text("wbCompareGo")))]);
  if (go !== "go") return;
  const other = Number(choice.value);
  try {
    const found = await ask(`plans/${here}/compare/${other}`);
    editor.view.mark(found.moved.map((/** @type {any} */ move) => editor.units.positionOf.get(move.unit_id)).filter((/** @type {any} */ unit) => unit !== undefined));
    const act = await show(text("wbOther", { id: other }), [
      el("p", { text: text("wbCompared", { units: number(found.units_moved), households: number(found.households_moved), share: number(Math.round(1000 * found.share_moved) / 10) }) }),
      transferTable(changed(found.transfers)), measures(found.metrics, other, editor.about.measures),
      el("div", { class: "buttons" }, closing("swipe", text("wbSwipe")), closing("", text("wbClose"), "quiet")),
    ]);
    if (act === "swipe") await openSwipe(editor, other, found.transfers, swipe);
  } catch (problem) {
    return problemDialog(/** @type {Error} */ (problem).message);
  }
}

/** Give the transfers between grids that don't count as the same. @param {any[]} all */
const changed = (all) =>
  all.filter(({ matched }) => !matched)
    .map(({ code_a, code_b, units, households }) => ({ from: code_a || null, to: code_b || null, units, households }))
    .sort((a, b) => b.households - a.households);

/** @param {[english: string, chinese: string, unit: string] | undefined} names @param {string} key */
function measureName(names, key) {
  if (!names) return key;
  const name = names[language() === "zh" ? 1 : 0];
  return names[2] ? `${name} (${names[2]})` : name;
}

/** @param {Record<string, {a: number | null, b: number | null}>} metrics @param {number} other @param {Record<string, any>} names */
function measures(metrics, other, names) {
  const said = (/** @type {number | null} */ value) => {
    if (value === null) return "–";
    const digits = Math.abs(value) < 100 ? 1000 : 1;
    return number(Math.round(digits * value) / digits);
  };
  const head = el("tr", {}, el("th", { text: text("wbMeasure") }), el("th", { class: "number", text: text("wbThis") }), el("th", { class: "number", text: text("wbOther", { id: other }) }));
  const rows = Object.entries(metrics).map(([key, { a, b }]) => el("tr", {}, el("td", { text: measureName(names[key], key) }), el("td", { class: "number", text: said(a) }), el("td", { class: "number", text: said(b) })));
  return el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows));
}

/**
 * Lay the other plan over the right part of the map; grids that count as the same have the same colour.
 * @param {Editor} editor @param {number} other @param {any[]} transfers @param {{frame: any, map: any, range: any}} place
 */
async function openSwipe(editor, other, transfers, { frame, map, range }) {
  const opened = await ask(`plans/${other}/open`);
  frame.hidden = false;
  const { emptyMap } = await import("./empty_map.mjs");
  const view = new MapView(editor.units, editor.finder);
  const follow = () => view.map.jumpTo({ center: editor.view.map.getCenter(), zoom: editor.view.map.getZoom() });
  await Promise.all([editor.view.drawn, view.drawOn(emptyMap(map))]);
  const plan = new PlanStore(editor.units, opened);
  const colours = new GridColours(plan);
  for (const { code_a, code_b, matched } of transfers) if (matched) colours.chosen.set(code_b, editor.colours.of(code_a));
  for (let unit = 0; unit < plan.units.n; unit++) {
    const code = plan.codeOf(unit);
    view.paint(unit, code === null ? -1 : colours.of(code));
  }
  view.drawBorders(plan.units.ids.keys(), plan.labels);
  view.setLabels(gridLabels(plan, editor.finder));
  if (editor.surroundings) view.setSurroundings(editor.surroundings);
  editor.view.mark([]);
  follow();
  editor.view.map.on("move", follow);
  const divide = () => frame.style.setProperty("--at", `${range.value}%`);
  range.setAttribute("aria-label", text("wbSwipeLabel", { id: other }));
  range.addEventListener("input", divide);
  divide();
  const close = el("button", { type: "button", class: "end-swipe", text: `${text("wbSwipeLabel", { id: other })} ${text("wbClose")}`, onclick: () => {
    editor.view.map.off("move", follow);
    range.removeEventListener("input", divide);
    view.map.remove();
    close.remove();
    frame.hidden = true;
  } });
  frame.append(close);
}
