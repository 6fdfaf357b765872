// @ts-check
// The analyst's page: opens the view that the address names, and wires area, tabs, export and editions.

import { Problem, ask, signInAddress } from "../js/api.js";
import { speak, text } from "../js/language.js";
import { TEXTS } from "../js/texts.js";
import { el } from "../workbench/ui.mjs";
import * as asking from "./asking.mjs";
import { CoverageTab } from "./coverage_tab.mjs";
import { Desk } from "./desk.mjs";
import { addControls, addGround, makeMap, outline, setLayers, writeNames } from "./ground_map.mjs";
import { IncidentsTab } from "./incidents_tab.mjs";
import { INCIDENTS_TEXTS } from "./incidents_texts.mjs";
import { savePicture } from "./picture.mjs";
import { ANALYST_TEXTS } from "./texts.mjs";

Object.assign(TEXTS, ANALYST_TEXTS, INCIDENTS_TEXTS);

const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const EDITIONS_MS = 10_000;
/** What the map shows before it is known what there is: China. */
const COUNTRY = [73, 18, 135, 54];

/** @typedef {import("./desk.mjs").Tab} Tab */

/** @type {Desk | undefined} */
let desk;
/** @type {Record<string, Tab>} */
let tabs = {};
/** The tab that is shown. */
let shown = "";

/** @param {string} name */
function choose(name) {
  if (!desk || name === shown) return;
  if (shown) tabs[shown].hide();
  desk.panel.replaceChildren();
  desk.band.replaceChildren();
  desk.band.hidden = true;
  desk.setLegend([]);
  desk.setTable({ columns: [], rows: [] });
  desk.mark(null);
  shown = name;
  desk.remember({ tab: name === "incidents" ? "" : name });
  writeTabs();
  tabs[name].show();
}

function writeTabs() {
  for (const button of document.querySelectorAll("[role=tab]")) {
    const isShown = /** @type {HTMLElement} */ (button).dataset.tab === shown;
    button.setAttribute("aria-selected", String(isShown));
    /** @type {HTMLElement} */ (button).tabIndex = isShown ? 0 : -1;
    if (isShown) at("panel").setAttribute("aria-labelledby", button.id);
  }
}

function writeExports() {
  if (!desk || !shown) return;
  const links = tabs[shown].exportUrls().map(({ label, href }) => el("a", { href, download: "", text: label }));
  const picture = el("button", { type: "button", text: text("anPicture"), onclick: () => savePicture(/** @type {Desk} */ (desk), tabs[shown].title()) });
  at("exports").replaceChildren(...links, picture);
}

/** See what is published while the page is open. */
function watch() {
  const look = async () => {
    if (!desk || document.visibilityState !== "visible") return;
    const { editions } = await ask("editions");
    const newest = editions[editions.length - 1]?.id ?? 0;
    if (newest === (desk.ground.edition?.id ?? 0)) return;
    desk.ground = await ask("analyst/ground");
    setLayers(desk.map, desk.ground.layers);
    desk.writeAreas();
    writeNames(desk.map, desk.ground);
    for (const told of desk.listeners.edition) told();
    desk.notice(text("anNewEdition", { id: newest }));
  };
  const seen = () => void look().catch(() => {});
  setInterval(seen, EDITIONS_MS);
  document.addEventListener("visibilitychange", seen);
}

/** What lies around comes after what is looked at. @param {Desk} desk */
async function surround(desk) {
  desk.surroundings = await ask("analyst/surroundings");
  for (const map of [desk.map, desk.swipe?.map]) if (map) setLayers(map, desk.surroundings);
}

async function begin() {
  const [account, ground, map] = await Promise.all([asking.account, asking.ground, makeMap(at("map"), { bounds: COUNTRY })]);
  addControls(map);
  addGround(map, ground);
  writeNames(map, ground);
  desk = new Desk(map, new Set(account.permissions), ground);
  /** @type {any} */ (globalThis).analyst = desk; // for the console
  tabs = { incidents: new IncidentsTab(desk), coverage: new CoverageTab(desk) };
  choose(desk.address().tab === "coverage" ? "coverage" : "incidents");
  map.resize(); // what the tab has taken for itself is not the map's
  const view = /^([\d.]+),(-?[\d.]+),(-?[\d.]+)$/.exec(desk.address().view ?? "");
  if (view) map.jumpTo({ zoom: Number(view[1]), center: [Number(view[2]), Number(view[3])] });
  else desk.fit(desk.area(), 0);
  outline(map, desk.area());
  map.on("moveend", () => {
    const { lng, lat } = map.getCenter();
    desk?.remember({ view: `${map.getZoom().toFixed(2)},${lng.toFixed(5)},${lat.toFixed(5)}` });
  });
  desk.onArea(() => {
    outline(map, /** @type {Desk} */ (desk).area());
    /** @type {Desk} */ (desk).fit(/** @type {Desk} */ (desk).area());
  });
  map.on("idle", firstView);
  watch();
}

/** All that was asked for first is drawn. */
function firstView() {
  if (!desk || desk.waiting) return;
  desk.map.off("idle", firstView);
  performance.mark("first-view");
  asking.forget();
  surround(desk).catch(() => {}); // the page is complete without
}

for (const button of document.querySelectorAll("[role=tab]"))
  button.addEventListener("click", () => choose(/** @type {string} */ (/** @type {HTMLElement} */ (button).dataset.tab)));
at("tab-incidents").parentElement.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
  if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  const other = shown === "incidents" ? "coverage" : "incidents";
  choose(other);
  at(`tab-${other}`).focus();
});
at("menu").addEventListener("toggle", () => at("menu").open && writeExports());
document.addEventListener("click", (event) => {
  const inMenu = /** @type {HTMLElement} */ (event.target).closest("#menu");
  if (!inMenu || /** @type {HTMLElement} */ (event.target).closest("#exports")) at("menu").open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && at("menu").open) {
    at("menu").open = false;
    at("menu").querySelector("summary").focus();
  }
});
addEventListener("hashchange", () => location.reload()); // another view was opened by a link

speak(() => {
  document.title = `${text("anTitle")} · spatialgov`;
  if (!desk) return;
  desk.clearNotices();
  desk.writeAreas();
  writeNames(desk.map, desk.ground);
  for (const told of desk.listeners.language) told();
});
begin().catch((problem) => {
  if (!(problem instanceof Problem)) console.error(problem);
  if (problem.status === 401) location.href = signInAddress();
  at("notices").append(el("div", { class: "problem" }, el("span", { text: problem instanceof Problem ? problem.message : text("anNoWebGl") })));
});
