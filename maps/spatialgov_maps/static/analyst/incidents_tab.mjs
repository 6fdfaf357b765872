// @ts-check
// The tab “Incidents”: which of them, when, and how they are shown; map, table, clock and time line keep in step.

import { Problem } from "../js/api.js";
import { date, language, nameOf, number, text } from "../js/language.js";
import { el } from "../workbench/ui.mjs";
import { answerTo } from "./asking.mjs";
import { CategoryList } from "./category_list.mjs";
import { WeekClock } from "./clock.mjs";
import { card } from "./ground_map.mjs";
import { countsShown, densityShown, emergingShown, incidentsShown, pointColours, significanceShown } from "./incident_data.mjs";
import { CLICKED, LayerDrawing } from "./layer_drawing.mjs";
import { isInside } from "./rows.mjs";
import { valueAt } from "./surface.mjs";
import { Swipe } from "./swipe.mjs";
import { said } from "./table.mjs";
import { TimeLine } from "./time_line.mjs";
import { BANDWIDTHS_M, COMPARABLE, EVERY, FILES, LAYERS, NEEDS, PATHS, RESOLUTIONS, earlier, incidentQuery, maySee, usualStep, viewFor, viewParts, viewQuery } from "./view.mjs";
import { isEvery } from "./week.mjs";

/** @typedef {import("./desk.mjs").Desk} Desk */
/** @typedef {import("./view.mjs").View} View */
/** @typedef {import("./incident_data.mjs").Shown} Shown */
/** @typedef {[name: string, value: string][]} Query */

const MANY_DAYS = 200;
/** So that a file holds all that a layer shows. @type {Record<string, Query>} */
const MOST_CELLS = { density: [["top", "20000"]] };
const at = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

export class IncidentsTab {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    /** @type {View} */
    this.view = viewFor(desk.address(), desk.rights);
    this.isShown = false;
    /** Answers to earlier questions are not shown. */
    this.asked = 0;
    /** What the service counts of the view. @type {any} */
    this.profile = null;
    /** What it answers for the layer, now and for the period beside. @type {{now: any, before: any} | null} */
    this.answers = null;
    /** @type {Shown | null} */
    this.shown = null;
    this.drawing = new LayerDrawing(desk.map, desk.below);
    this.swipe = new Swipe(desk, at("beside"), at("beside-map"));
    /** @type {any} */
    this.popup = null;
    this.clock = new WeekClock((hours) => this.#change({ hours }));
    this.categories = new CategoryList((categories) => this.#change({ categories }));
    this.timeLine = new TimeLine({ period: (dates) => this.#change(dates), step: (step) => this.#change({ step }) });
    this.options = el("div", { class: "layer-options" });
    this.state = el("div", { class: "tab-state", role: "status" });
    /** @type {Promise<any> | undefined} */
    this.known = undefined;
    desk.map.on("click", (/** @type {any} */ event) => this.isShown && this.#clicked(event));
    desk.onArea(() => this.isShown && this.#refresh());
    desk.onEdition(() => {
      this.swipe.close(); // it is opened again with the other grids
      if (this.isShown) this.#refresh();
    });
    desk.onLanguage(() => this.isShown && this.#write());
  }

  show() {
    this.isShown = true;
    this.desk.swipe = this.swipe;
    this.#write();
    this.#refresh();
  }

  hide() {
    this.isShown = false;
    this.asked++;
    this.drawing.clear();
    this.swipe.close();
    this.desk.swipe = null;
    this.popup?.remove();
  }

  rows() {
    return this.shown?.rows ?? [];
  }

  /** What the map shows, for its picture. */
  title() {
    const { view } = this;
    const chosen = view.categories.length ? view.categories.map((code) => this.categories.name(code)).join(", ") : text("inAllCategoriesLong");
    const period = this.#period(view);
    const hours = isEvery(view.hours) ? "" : text("inHoursChosen", { n: view.hours.filter(Boolean).length });
    const beside = this.#earlier();
    const compared = beside ? text("inComparedWith", { period: this.#period(beside) }) : "";
    return [text(`inLayer_${view.layer}`), chosen, period, compared, hours, this.desk.areaName()].filter(Boolean).join(" · ");
  }

  /** @param {{from: string, to: string}} dates */
  #period({ from, to }) {
    if (!from && !to) return text("inAllTime");
    const day = (/** @type {string} */ one) => (one ? date(`${one}T12:00:00`) : "…");
    return `${day(from)} – ${day(to)}`;
  }

  exportUrls() {
    const { layer } = this.view;
    const address = (/** @type {string} */ path, /** @type {Query} */ query) => `api/v1/${path}?${new URLSearchParams([...query, ["lang", language()]])}`;
    const file = (/** @type {string} */ kind) => address(FILES[layer], [...this.#query(this.view), ...MOST_CELLS[layer] ?? [], ["file", kind]]);
    return [
      { label: text("inCsv"), href: file("csv") },
      { label: text("inGeoJson"), href: file("geojson") },
      { label: text("inReport"), href: address("analyst/report", [["tab", "incidents"], ...this.#incidents(this.view)]) },
    ];
  }

  /** Which incidents are asked for, of a period. @param {Pick<View, "from" | "to">} period @returns {Query} */
  #incidents({ from, to }) {
    return incidentQuery({ ...this.view, from, to }, this.desk.ground.timezone, this.desk.area());
  }

  /** The same with how they are shown. @param {Pick<View, "from" | "to">} period @returns {Query} */
  #query({ from, to }) {
    return viewQuery({ ...this.view, from, to }, this.desk.ground, this.desk.area());
  }

  /** The period beside, where there is one. */
  #earlier() {
    return COMPARABLE.includes(this.view.layer) ? earlier(this.view) : null;
  }

  /** @param {Partial<View>} parts */
  #change(parts) {
    Object.assign(this.view, parts);
    this.desk.remember(viewParts(this.view));
    this.#writeOptions();
    this.#refresh();
  }

  async #refresh() {
    const mine = ++this.asked;
    try {
      await this.desk.during(this.#ask(mine));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (mine !== this.asked) return;
      this.#fail(problem);
    }
  }

  /** @param {number} mine */
  async #ask(mine) {
    this.known ??= answerTo("categories").then((table) => this.categories.setNames(table));
    const beside = this.#earlier();
    const of = (/** @type {{from: string, to: string}} */ period) => answerTo(PATHS[this.view.layer], this.#query(period));
    const both = () => Promise.all([of(this.view), beside && of(beside)]);
    const early = this.desk.ground.edition ? both() : null; // most layers need grids in force
    early?.catch(() => {}); // what went wrong is told below, unless there is nothing to be shown anyway
    const [profile] = await Promise.all([this.#askProfile(mine), this.known]);
    if (mine !== this.asked) return;
    this.profile = profile;
    this.#writeProfile();
    const [now, before] = profile.first_days.length ? await (early ?? both()) : [];
    if (mine !== this.asked) return;
    this.answers = now ? { now, before } : null;
    this.desk.clearNotices("problem");
    this.#writeShown();
  }

  /** Ask what the view holds; weeks, or days where there are few of them, unless a step was chosen. @param {number} mine */
  async #askProfile(mine) {
    const { view, desk } = this;
    const by = (/** @type {string} */ step) => answerTo("analyst/profile", [...this.#incidents(view), ["step", step]]);
    const usual = usualStep(desk.rights);
    const found = await by(view.step || usual);
    const isShort = !view.step && usual === "week" && found.first_days.length * 7 < MANY_DAYS;
    return isShort && mine === this.asked ? by("day") : found;
  }

  /** @param {Problem} problem */
  #fail(problem) {
    this.known = undefined; // it may be the categories that did not come
    this.answers = null;
    this.drawing.clear();
    this.swipe.close();
    this.desk.setLegend([]);
    this.desk.setTable({ columns: [], rows: [] });
    this.state.replaceChildren(el("p", { class: "problem", text: problem.message }));
    this.desk.tell(problem);
  }

  /** Write all of the tab in the language in force. */
  #write() {
    const { desk } = this;
    const part = (/** @type {string} */ name, /** @type {HTMLElement[]} */ ...content) => el("section", {}, el("h2", { text: text(name) }), ...content);
    desk.panel.replaceChildren(
      this.state, part("inShow", this.options), part("inCategories", this.categories.place), part("inClock", this.clock.place));
    desk.band.hidden = false;
    desk.band.replaceChildren(this.timeLine.place);
    this.#writeOptions();
    this.clock.write();
    this.#writeProfile();
    if (this.answers) this.#writeShown();
  }

  #writeOptions() {
    const { view } = this;
    const layers = LAYERS.map((layer) => {
      const isAllowed = maySee(layer, this.desk.rights);
      const choice = el("input", { type: "radio", name: "layer", value: layer, checked: layer === view.layer, disabled: !isAllowed, onchange: () => this.#change({ layer }) });
      return el("label", { class: isAllowed ? "" : "off", title: isAllowed ? "" : text("anNoRight", { right: NEEDS[layer] }) }, choice, el("span", {}, el("strong", { text: text(`inLayer_${layer}`) }), el("small", { text: text(isAllowed ? `inAbout_${layer}` : "inNeedsIncidents") })));
    });
    const select = (/** @type {string} */ label, /** @type {any[]} */ values, /** @type {any} */ now, /** @type {(value: any) => string} */ name, /** @type {(value: string) => void} */ take) =>
      el("label", { class: "option" }, text(label), el("select", { "data-option": label, onchange: (/** @type {any} */ event) => take(event.target.value) },
        ...values.map((value) => el("option", { value, selected: value === now, text: name(value) }))));
    const more = [];
    if (["counts", "significance", "emerging"].includes(view.layer))
      more.push(select("inCells", RESOLUTIONS, view.resolution, (n) => text(`inCells_${n}`), (value) => this.#change({ resolution: Number(value) })));
    if (view.layer === "density")
      more.push(select("inReach", BANDWIDTHS_M, view.bandwidth, (m) => (m ? text("inMetres", { n: number(m) }) : text("inReachBest")), (value) => this.#change({ bandwidth: Number(value) })));
    if (view.layer === "emerging")
      more.push(select("inSteps", EVERY, view.every, (every) => text(`inEvery_${every}`), (value) => this.#change({ every: value })));
    if (COMPARABLE.includes(view.layer)) {
      more.push(select("inCompare", ["", "before", "year"], view.compared, (one) => text(`inCompare_${one || "none"}`), (value) => this.#change({ compared: /** @type {any} */ (value) })));
      if (view.compared && !earlier(view)) more.push(el("p", { class: "small", text: text("inChoosePeriod") }));
    }
    const focused = /** @type {any} */ (document.activeElement);
    const held = focused && this.options.contains(focused) ? (focused.dataset.option ? `[data-option="${focused.dataset.option}"]` : `[value="${focused.value}"]`) : "";
    this.options.replaceChildren(el("div", { class: "layers", role: "radiogroup", "aria-label": text("inShow") }, ...layers), ...more);
    if (held) /** @type {HTMLElement | null} */ (this.options.querySelector(held))?.focus({ preventScroll: true });
  }

  #writeProfile() {
    const { profile, view } = this;
    if (!profile) return;
    const isPoints = view.layer === "incidents";
    this.categories.set(view.categories, profile.categories, isPoints ? pointColours(profile.categories, view.categories) : new Map());
    this.clock.set(view.hours, profile);
    this.timeLine.set(profile, view, this.#earlier());
    const { total } = profile;
    const parts = [];
    if (!profile.first_days.length) parts.push(el("p", { class: "hint", text: text("inNothingLoaded") }));
    else if (total === 0) parts.push(el("p", { class: "hint", text: text("inNothingFound") }));
    else parts.push(el("p", {}, el("strong", { class: "total", text: total === null ? text("inFew") : number(total) }), ` ${text("inIncidents")}`));
    if (profile.minimum > 1) parts.push(el("p", { class: "small", text: text("inPublic", { minimum: profile.minimum }) }));
    this.state.replaceChildren(...parts);
  }

  #writeShown() {
    const { desk, view, answers } = this;
    this.popup?.remove();
    desk.mark(null);
    if (!answers) {
      this.drawing.clear();
      this.swipe.close();
      desk.setLegend([]);
      return desk.setTable({ columns: [], rows: [] });
    }
    const { now, before } = answers;
    const words = this.#words();
    const made = {
      counts: () => countsShown(now, before, words),
      density: () => densityShown(now, before, words),
      significance: () => significanceShown(now, before, words),
      emerging: () => emergingShown(now, words),
      incidents: () => incidentsShown(now, before, pointColours(this.profile.categories, view.categories), words),
    };
    this.shown = made[view.layer]();
    const { rows, columns, legend, note } = this.shown;
    this.drawing.draw(this.shown.now);
    const title = text(`inLegend_${view.layer}`);
    desk.setLegend(legend, title, note || (rows.length ? "" : text("inNothingFound")));
    desk.setTable({ columns, rows, empty: note || text("inNothingFound") }, (row) => this.#openCard([row.lon, row.lat], row));
    const beside = this.#earlier();
    if (this.shown.before && beside)
      this.swipe.open(this.shown.before, { before: this.#period(beside), now: this.#period(view), label: text("inSwipe") });
    else this.swipe.close();
  }

  /** What the makers of rows need to know. @returns {import("./incident_data.mjs").Words} */
  #words() {
    const { ground } = this.desk;
    const names = new Map(ground.jurisdictions.map((/** @type {any} */ one) => [one.code, nameOf(one)]));
    const areas = ground.layers.jurisdictions.features.filter((/** @type {any} */ one) => one.properties.level === "community");
    const community = (/** @type {number} */ lon, /** @type {number} */ lat) => {
      const found = areas.find(({ properties, geometry }) => {
        const [west, south, east, north] = ground.boxes[properties.code];
        return lon >= west && lon <= east && lat >= south && lat <= north && isInside(geometry, lon, lat);
      });
      return found ? names.get(found.properties.code) : "";
    };
    const told = new Intl.DateTimeFormat("sv", { timeZone: ground.timezone, dateStyle: "short", timeStyle: "short" });
    return { text, number, community, category: (code) => this.categories.name(code), time: (iso) => told.format(new Date(iso)) };
  }

  /** @param {{point: any, lngLat: {lng: number, lat: number}}} event */
  #clicked({ point, lngLat }) {
    const { map } = this.desk;
    const place = /** @type {[number, number]} */ ([lngLat.lng, lngLat.lat]);
    if (this.shown?.now.kind === "surface") {
      const value = valueAt(this.shown.now.surface, place);
      if (Number.isFinite(value)) this.#open(place, [[text("inPerKm2"), said({ kind: "number" }, value)]]);
      return;
    }
    const layers = CLICKED.filter((id) => map.getLayer(id));
    const [found] = layers.length ? map.queryRenderedFeatures(point, { layers }) : [];
    const id = found?.properties.cell ?? found?.properties.source_id;
    const row = id === undefined ? undefined : this.rows().find((one) => one.id === id);
    if (!row) return this.popup?.remove();
    this.desk.mark([row.lon, row.lat]);
    this.#openCard([row.lon, row.lat], row);
  }

  /** @param {[number, number]} place @param {any} row */
  #openCard(place, row) {
    const { columns } = /** @type {Shown} */ (this.shown);
    this.#open(place, columns.map((column) => [column.label, said(column, row[column.key])]));
  }

  /** @param {[number, number]} place @param {string[][]} lines */
  #open(place, lines) {
    this.popup?.remove();
    this.popup = card(this.desk.map, place, el("dl", {}, ...lines.map(([term, value]) => el("div", {}, el("dt", { text: term }), el("dd", { text: value })))));
  }
}
