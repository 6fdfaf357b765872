// @ts-check
// The tab “Coverage”: what the cameras cover, what they don't and why, what changes would do, and what would help.

import { Problem, ask, send } from "../js/api.js";
import { writeCsv } from "../js/csv.mjs";
import { language, text } from "../js/language.js";
import { TEXTS } from "../js/texts.js";
import { el, save } from "../workbench/ui.mjs";
import { Changes, NEW_CAMERA, latestOnly, patchOf, rowsOf } from "./coverage_changes.mjs";
import { Handles } from "./coverage_handles.mjs";
import { CLOSE, CoverageMap } from "./coverage_map.mjs";
import { byReason } from "./coverage_numbers.mjs";
import { CoveragePanel, lacksOf } from "./coverage_panel.mjs";
import { COVERAGE_TEXTS } from "./coverage_texts.mjs";
import { card } from "./ground_map.mjs";
import { isInside } from "./rows.mjs";

Object.assign(TEXTS, COVERAGE_TEXTS);

/** @typedef {import("./desk.mjs").Desk} Desk */
/** @typedef {import("./desk.mjs").Row} Row */
/** @typedef {import("./coverage_changes.mjs").Patch} Patch */
/** @typedef {{patches: Map<string, Patch>, state: Map<string, Patch>, isDone: boolean}} Question what is asked, and the changes then; `isDone` when a handle was let go */

const KEPT = "spatialgov.coverage.changes";
const EDIT_ZOOM = 16.5;
const MOST_GAPS = "10000";
/** Of the box around the view that buildings are fetched for, degrees: what the service takes. */
const MOST_DEGREES = 0.1;
const OUTLINES_M = { gaps: "1.5", seen: "0.5" };
const LAYER_IDS = {
  seen: ["cv-seen", "cv-was"], gaps: ["cv-gaps", "cv-gap-roads", "cv-uncertain"], sectors: ["cv-sectors"],
  zones: ["cv-zones", "cv-zone-lines", "cv-places"],
};

/** @typedef {keyof typeof LAYER_IDS} LayerName */

export class CoverageTab {
  /** Cameras as they are today, by name. @type {Map<string, any>} */
  cameras = new Map();
  /** @type {any[]} */
  gaps = [];
  /** What each camera sees, as features. @type {any[]} */
  seen = [];
  /** @type {import("./coverage_numbers.mjs").ReasonSum[]} */
  reasons = [];
  /** @type {any[]} */
  measures = [];
  /** @type {any} */
  about = null;
  /** @type {any} */
  plan = null;
  /** The service's last answer about the changes. @type {any} */
  answer = null;
  /** West, south, east, north that the buildings are there for. @type {number[] | null} */
  surrounded = null;
  /** Exclusion zones around the view. @type {any[]} */
  zones = [];
  isLoaded = false;
  /** The camera that can't be where it is dragged. */
  refusal = "";

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.isShown = false;
    this.needed = desk.address().class ?? "detect";
    /** @type {"state" | "reason"} */
    this.colourBy = "state";
    /** @type {"gaps" | "cameras" | "steps"} */
    this.tableOf = "gaps";
    this.layers = new Set(Object.keys(LAYER_IDS));
    this.p = 10;
    this.changes = kept();
    this.selected = "";
    /** What is being dragged or typed. @type {{id: string, patch: Patch} | null} */
    this.draft = null;
    this.hiddenReasons = new Set();
    this.question = latestOnly((/** @type {Question} */ asked) => this.#whatIf(asked));
    desk.onLanguage(() => this.isShown && this.#translate());
    for (const changed of [desk.onArea, desk.onEdition]) changed.call(desk, () => (this.isShown ? this.#load() : this.#forgetAll()));
    this.onMove = () => this.#surround();
    this.onClick = (/** @type {any} */ event) => this.#clicked(event);
  }

  #forgetAll() {
    Object.assign(this, { cameras: new Map(), gaps: [], seen: [], reasons: [], measures: [], about: null, plan: null, answer: null, surrounded: null, isLoaded: false });
  }

  // what the page asks of a tab ----------------------------------------------------------------------------------------

  show() {
    const { desk } = this;
    if (!desk.may("cameras")) return void desk.panel.replaceChildren(el("p", { text: text("anNoRight", { right: "cameras" }) }));
    this.isShown = true;
    this.view = new CoverageMap(desk.map, desk.below);
    this.view.add();
    this.handles = new Handles(desk.map, (patch, isDone) => this.edit(this.selected, patch, isDone));
    this.panel = new CoveragePanel(this, desk.panel);
    desk.map.on("moveend", this.onMove);
    desk.map.on("click", this.onClick);
    this.#writeLayers();
    if (this.isLoaded) this.#drawAll();
    else this.#load();
  }

  hide() {
    if (!this.isShown) return;
    this.isShown = false;
    this.surrounded = null;
    this.draft = null;
    this.popup?.remove();
    this.handles?.remove();
    this.view?.remove();
    this.desk.map.off("moveend", this.onMove);
    this.desk.map.off("click", this.onClick);
  }

  title() {
    return text("cvTitle");
  }

  /** @returns {import("./desk.mjs").ExportUrl[]} */
  exportUrls() {
    if (!this.desk.may("cameras")) return [];
    const url = (/** @type {string} */ path, /** @type {Record<string, string>} */ more = {}) => `api/v1/${path}?${this.#query({ ...more, lang: language() })}`;
    return [
      { label: text("cvGapsCsv"), href: url("coverage/gaps", { file: "csv", limit: MOST_GAPS }) },
      { label: text("cvGapsGeojson"), href: url("coverage/gaps", { file: "geojson", limit: MOST_GAPS }) },
      { label: text("cvSeenGeojson"), href: url("coverage/seen") },
      { label: text("cvAreasGeojson"), href: url("coverage") },
      { label: text("cvReport"), href: url("analyst/report", { tab: "coverage" }) },
    ];
  }

  /** @returns {Row[]} */
  rows() {
    if (this.tableOf === "cameras") return [...this.cameras.values()].map((one) => ({ ...one, id: one.camera_id, kindName: text(`cv_${one.kind}`), statusName: text(`cv_status_${one.status}`), lacks: lacksOf(one.missing) }));
    if (this.tableOf === "steps") return (this.plan?.features ?? []).map(rowOfStep);
    return this.#shownGaps().map(({ properties: one }) => ({ ...one, id: one.gap_id, reasonName: text(`cv_${one.reason}`), stateName: text(`cv_${one.state}`), lacks: lacksOf(one.attribute) }));
  }

  // what is asked of the service ---------------------------------------------------------------------------------------

  /** @param {Record<string, string>} [more] */
  #query(more = {}) {
    const area = this.desk.area();
    return new URLSearchParams({ class: this.needed, ...(area ? { area } : {}), ...more }).toString();
  }

  async #load() {
    this.#forgetAll();
    this.panel?.write();
    const asked = this.#query();
    const isWanted = () => this.isShown && asked === this.#query(); // or another class or area has been chosen meanwhile
    try {
      await this.desk.during(this.#ask(asked, isWanted));
    } catch (problem) {
      if (isWanted()) this.#say(problem);
    }
  }

  /** What is small comes first; the gaps of a whole city are a while on their way. @param {string} asked @param {() => boolean} isWanted */
  async #ask(asked, isWanted) {
    const gaps = ask(`coverage/gaps?${asked}&limit=${MOST_GAPS}&simplify_m=${OUTLINES_M.gaps}`);
    gaps.catch(() => {}); // it is waited for below
    const [measures, seen] = await Promise.all([ask(`coverage/measures?${asked}&by=all`), ask(`coverage/seen?${asked}&simplify_m=${OUTLINES_M.seen}`)]);
    if (!isWanted()) return;
    this.measures = measures.measures;
    this.about = measures;
    this.seen = seen.features;
    for (const { properties: one } of this.seen) if (!this.cameras.has(one.camera_id)) this.cameras.set(one.camera_id, one);
    this.#dropUnknown();
    this.#keepSelected();
    this.#drawAll();
    const { features } = await gaps;
    if (!isWanted()) return;
    this.gaps = features;
    this.reasons = byReason(features.map((/** @type {any} */ one) => one.properties));
    this.isLoaded = true;
    this.#drawGaps();
    this.panel?.writeGaps();
    this.#writeLegend();
    this.#writeTable();
  }

  /** Changes of cameras that are there, in the chosen area. */
  get known() {
    return new Map([...this.changes.now].filter(([id, { added }]) => Boolean(added) !== this.cameras.has(id)));
  }

  /** Changes that were kept from another day may be of cameras that are not there any more. */
  #dropUnknown() {
    if (this.desk.area()) return;
    const { known } = this;
    const gone = [...this.changes.now.keys()].filter((id) => !known.has(id));
    for (const id of gone) this.changes.restore(id);
    if (gone.length) this.desk.notice(text("cvGone", { ids: gone.join(", ") }));
  }

  /** @param {Question} asked */
  async #whatIf({ patches, state, isDone }) {
    const key = this.#query();
    let answer = null;
    try {
      if (patches.size) answer = await send(`coverage/what-if?${key}`, { changes: rowsOf(patches), datum: "wgs84" });
    } catch (problem) {
      return this.#refused(problem, state, isDone);
    }
    if (key !== this.#query() || !this.isShown) return;
    this.refusal = "";
    this.answer = answer;
    this.view?.set("new-seen", answer?.seen.features ?? []);
    this.panel?.writeCovered();
    if (isDone) this.panel?.writeWhatIf();
    this.#drawDraft();
  }

  /** Where no camera may be: what is dragged turns red, and when it is let go there it goes back. @param {any} problem @param {Map<string, Patch>} state @param {boolean} isDone */
  #refused(problem, state, isDone) {
    const fault = problem.body?.faults?.find((/** @type {any} */ one) => one.severity === "error");
    const message = fault ? `${fault.message} ${fault.remedy}` : problem.message;
    this.refusal = fault?.item ?? this.selected;
    if (isDone && fault && state === this.changes.now) {
      this.changes.refuse();
      keep(this.changes);
      this.#keepSelected();
      this.desk.notice(text("cvRefused", { message }), "problem");
      this.#asChanged();
    } else if (isDone) this.desk.tell(problem, message);
    else this.#drawDraft();
  }

  async makePlan() {
    const asked = this.#query({ p: String(this.p) });
    try {
      const plan = await this.desk.during(ask(`coverage/remedies?${asked}`));
      if (asked !== this.#query({ p: String(this.p) }) || !this.isShown) return;
      this.plan = plan;
    } catch (problem) {
      return this.#say(problem);
    }
    this.tableOf = "steps";
    this.#drawPlan();
    this.panel?.writeShown();
    this.panel?.writeRemedies();
    this.#writeLegend();
    this.#writeTable();
  }

  /** Fetch the buildings around the view, where it is close enough to tell them apart. */
  async #surround() {
    const [west, south, east, north] = this.desk.view();
    const there = this.surrounded;
    if (this.desk.map.getZoom() < CLOSE || (there && west >= there[0] && south >= there[1] && east <= there[2] && north <= there[3])) return;
    const around = (/** @type {number} */ low, /** @type {number} */ high) => {
      const half = Math.min(high - low, MOST_DEGREES / 2 - 1e-6);
      return [(low + high) / 2 - half, (low + high) / 2 + half];
    };
    const [[w, e], [s, n]] = [around(west, east), around(south, north)];
    const box = [w, s, e, n].map((side) => Number(side.toFixed(6)));
    this.surrounded = box;
    try {
      const found = await ask(`coverage/surroundings?${this.#query({ bbox: box.join(",") })}`);
      if (!this.isShown || this.surrounded !== box) return;
      this.view?.set("buildings", found.buildings.features);
      this.zones = found.exclusion_zones.features;
      this.view?.set("zones", this.zones);
      this.view?.set("places", found.places.features);
    } catch {
      this.surrounded = null; // asked again at the next move
    }
  }

  /** @param {any} problem */
  #say(problem) {
    if (!(problem instanceof Problem)) throw problem;
    this.desk.tell(problem);
  }

  // what is drawn and written ------------------------------------------------------------------------------------------

  #drawAll() {
    this.#drawGaps();
    this.view?.set("seen", this.seen);
    this.#drawPlan();
    this.#surround();
    this.panel?.write();
    this.#asChanged();
    this.#writeTable();
  }

  #shownGaps() {
    return this.gaps.filter(({ properties }) => !this.hiddenReasons.has(properties.reason));
  }

  #drawGaps() {
    this.view?.set("gaps", this.#shownGaps());
  }

  #drawPlan() {
    this.view?.set("steps", this.plan?.features ?? []);
  }

  /** The chosen camera may be gone. */
  #keepSelected() {
    if (this.selected && !this.figures(this.selected)) this.selected = "";
  }

  /** What is changed, with what is being dragged. */
  #patches() {
    const { known } = this;
    if (!this.draft) return known;
    const { id, patch } = this.draft;
    return known.set(id, { ...known.get(id), ...patch });
  }

  #drawChanged() {
    this.view?.drawCameras(this.cameras, this.#patches());
    this.#drawDraft();
  }

  /** What follows a handle. */
  #drawDraft() {
    const patches = this.#patches();
    const drawn = [...patches.keys(), this.selected].filter((id) => id && !patches.get(id)?.removed && this.figures(id));
    this.view?.drawSectors([...new Set(drawn)].map((id) => ({ id, figures: this.figures(id), isRefused: id === this.refusal })));
    const chosen = this.selected && !patches.get(this.selected)?.removed ? this.figures(this.selected) : null;
    this.handles?.show(chosen, this.selected);
  }

  /** The changes are others: everything follows, and the service is asked. */
  #asChanged() {
    keep(this.changes);
    this.refusal = "";
    this.#drawChanged();
    this.panel?.writeWhatIf();
    this.panel?.writeRemedies();
    this.#writeLegend();
    this.question({ patches: this.known, state: this.changes.now, isDone: true });
  }

  #writeLegend() {
    if (this.panel) this.desk.setLegend(this.panel.legend());
  }

  #writeLayers() {
    this.view?.colourGaps(this.colourBy);
    for (const [name, ids] of Object.entries(LAYER_IDS)) {
      const shown = name === "gaps" && this.colourBy === "reason" ? ids.filter((id) => id !== "cv-uncertain") : ids;
      this.view?.show(shown, this.layers.has(name));
    }
    this.#writeLegend();
  }

  #writeTable() {
    const column = (/** @type {string} */ key, /** @type {string} */ label, /** @type {"text" | "number"} */ kind = "number") => ({ key, label: text(label), kind });
    const columns = {
      gaps: [column("id", "cvGapId", "text"), column("reasonName", "cvReason", "text"), column("stateName", "cvState", "text"), column("weight", "cvWeight"), column("size_m2", "cvSizeM2"), column("size_m", "cvLengthM"), column("places", "cvPlaces"), column("people", "cvPeople"), column("incidents", "cv_incident"), column("camera_id", "cvCamera", "text"), column("building_id", "cvBuilding", "text"), column("lacks", "cvLacks", "text")],
      cameras: [column("id", "cvCamera", "text"), column("kindName", "cvKind", "text"), column("statusName", "cvStatus", "text"), column("azimuth_deg", "cv_azimuth_deg"), column("fov_deg", "cv_fov_deg"), column("range_m", "cv_range_m"), column("seen_m2", "cvSeen"), column("lacks", "cvLacks", "text")],
      steps: [column("step", "cvStep"), column("remedyName", "cvRemedy", "text"), column("camera_id", "cvCamera", "text"), column("verified", "cvVerified"), column("gain", "cvGain"), column("settles", "cvSettlesColumn"), column("cost", "cvCost"), column("reason", "cvWhy", "text")],
    }[this.tableOf];
    const empty = text({ gaps: "cvNoGaps", cameras: "cvNoCameras", steps: "cvNoPlan" }[this.tableOf]);
    this.desk.setTable({ columns, rows: this.rows(), empty }, (row) => this.#chosen(row));
  }

  /** @param {Row} row of the table */
  #chosen(row) {
    if (this.tableOf === "cameras") this.select(String(row.id), false);
    else if (this.tableOf === "gaps") this.#tellGap(row);
  }

  #translate() {
    this.popup?.remove();
    this.panel?.write();
    this.#writeLegend();
    this.#writeTable();
    this.#drawChanged();
    if (this.plan) this.makePlan(); // its reasons are sentences of the service
  }

  // what the reader does -----------------------------------------------------------------------------------------------

  /** @param {string} needed */
  chooseClass(needed) {
    this.needed = needed;
    this.desk.remember({ class: needed === "detect" ? "" : needed });
    this.#load();
  }

  /** @param {"state" | "reason"} by */
  chooseColours(by) {
    this.colourBy = by;
    this.#writeLayers();
    this.panel?.writeGaps();
  }

  /** @param {"gaps" | "cameras" | "steps"} what */
  chooseTable(what) {
    this.tableOf = what;
    this.#writeTable();
  }

  /** @param {string} name @param {boolean} isOn */
  showLayer(name, isOn) {
    if (isOn) this.layers.add(name);
    else this.layers.delete(name);
    this.#writeLayers();
  }

  /** @param {string} reason @param {boolean} isOn */
  showReason(reason, isOn) {
    if (isOn) this.hiddenReasons.delete(reason);
    else this.hiddenReasons.add(reason);
    this.#drawGaps();
    this.#writeTable();
  }

  /** Give a camera as it is thought to be, also while it is dragged; undefined when there is none. @param {string} id */
  figures(id) {
    const today = this.cameras.get(id);
    const patch = this.#patches().get(id);
    if (!today && !patch?.added) return undefined;
    return { ...today, ...patch };
  }

  /** How much a camera sees for certain: as changed, else today; null where the service has not said so. @param {string} id */
  seenM2(id) {
    if (!this.changes.now.has(id)) return this.cameras.get(id)?.seen_m2 ?? null;
    const found = this.answer?.seen.features.find((/** @type {any} */ one) => one.properties.camera_id === id && one.properties.seen === "certain");
    return found?.properties.seen_m2 ?? null;
  }

  /** @param {string} id none with "" @param {boolean} isLed whether the map is led there */
  select(id, isLed = false) {
    this.selected = id;
    this.draft = null;
    const chosen = id ? this.figures(id) : undefined;
    if (chosen && isLed) this.desk.map.flyTo({ center: [chosen.lon, chosen.lat], zoom: Math.max(this.desk.map.getZoom(), EDIT_ZOOM), duration: 600 });
    this.#drawChanged();
    this.panel?.writeWhatIf();
  }

  /** @param {string} id @param {Patch} patch @param {boolean} isDone false while a handle is dragged or a number is typed */
  edit(id, patch, isDone) {
    const zone = this.#forbidding(patch);
    if (!isDone) {
      this.draft = { id, patch };
      if (zone) this.refusal = id;
      this.#drawDraft();
      this.panel?.writeFigures();
      if (!zone) this.question({ patches: this.#patches(), state: this.changes.now, isDone: false });
      return;
    }
    this.draft = null;
    if (zone) this.desk.notice(text("cvForbiddenHere", { zone }), "problem");
    else this.changes.change(id, patch);
    this.#keepSelected();
    this.#asChanged();
  }

  /** The zone that forbids a camera where it would be, of those around the view; the service looks at all. @param {Patch} patch */
  #forbidding({ lon, lat }) {
    if (lon === undefined || lat === undefined) return "";
    return this.zones.find(({ properties, geometry }) => properties.kind === "no_install" && isInside(geometry, lon, lat))?.properties.zone_id ?? "";
  }

  /** What was typed is no number: as before. */
  forget() {
    this.draft = null;
    this.#asChanged();
  }

  addCamera() {
    const { map } = this.desk;
    const { lng, lat } = map.getCenter();
    const id = this.changes.freeName((name) => this.cameras.has(name));
    if (map.getZoom() < EDIT_ZOOM) map.flyTo({ center: [lng, lat], zoom: EDIT_ZOOM, duration: 600 });
    this.selected = id;
    this.edit(id, { ...NEW_CAMERA, lon: Number(lng.toFixed(7)), lat: Number(lat.toFixed(7)), added: true }, true);
  }

  /** @param {string} id */
  remove(id) {
    this.changes.remove(id);
    if (!this.figures(id)) this.selected = "";
    this.#asChanged();
  }

  /** @param {string} id */
  restore(id) {
    this.changes.restore(id);
    this.#keepSelected();
    this.#asChanged();
  }

  clearChanges() {
    this.changes.clear();
    this.#keepSelected();
    this.#asChanged();
  }

  /** Undo or do again. @param {-1 | 1} way */
  step(way) {
    if (way < 0) this.changes.undo();
    else this.changes.redo();
    this.#keepSelected();
    this.#asChanged();
  }

  /** The changes as a table that `spatialgov what-if` reads. */
  saveChanges() {
    const columns = ["action", "camera_id", "lon", "lat", "kind", "status", "height_m", "azimuth_deg", "fov_deg", "range_m", "width_px", "tilt_deg"];
    save("what-if.csv", writeCsv(columns, rowsOf(this.known)), "text/csv");
  }

  /** @param {any} step of the plan */
  isTried(step) {
    const patch = this.changes.now.get(step.camera_id);
    if (step.remedy === "build") return Boolean(patch?.added) && patch?.azimuth_deg === step.azimuth_deg;
    return step.remedy === "repair" ? patch?.status === "in_service" : patch?.azimuth_deg === step.azimuth_deg && step.azimuth_deg !== null;
  }

  /** @param {any} step */
  tryStep(step) {
    this.trySteps([step]);
    this.goTo(step);
  }

  /** Think steps of the plan through, as one change. @param {any[]} steps */
  trySteps(steps) {
    const wanted = new Set(steps.filter((step) => !this.isTried(step)).map(({ camera_id }) => camera_id));
    const patches = this.plan.changes.filter((/** @type {any} */ one) => wanted.has(one.camera_id) && steps.some((step) => fits(step, one))).map(patchOf);
    this.changes.changeAll(patches.map((/** @type {[string, Patch]} */ [id, patch]) => [patch.added && this.changes.now.has(id) ? this.changes.freeName((name) => this.cameras.has(name)) : id, patch]));
    this.#asChanged();
  }

  /** @param {any} step */
  goTo(step) {
    const { lon, lat } = rowOfStep(this.plan.features.find((/** @type {any} */ one) => one.properties.step === step.step));
    this.desk.map.flyTo({ center: [lon, lat], zoom: Math.max(this.desk.map.getZoom(), EDIT_ZOOM), duration: 600 });
    this.desk.mark([lon, lat]);
    if (this.figures(step.camera_id)) this.select(step.camera_id, false);
  }

  /** @param {any} event */
  #clicked({ point, lngLat }) {
    const near = [[point.x - 6, point.y - 6], [point.x + 6, point.y + 6]];
    const { map } = this.desk;
    const [camera] = map.queryRenderedFeatures(near, { layers: ["cv-cameras"] });
    if (camera) return this.select(camera.properties.id, false);
    const [gap] = map.queryRenderedFeatures(point, { layers: ["cv-gap-roads", "cv-gaps"] });
    const [covered] = map.queryRenderedFeatures(point, { layers: ["cv-seen", "cv-buildings"] });
    if (gap && !covered) this.#tellGap({ ...gap.properties, lon: lngLat.lng, lat: lngLat.lat });
  }

  /** @param {any} gap */
  #tellGap(gap) {
    const rows = [
      [text("cvState"), text(`cv_${gap.state}`)],
      [text("cvSize"), gap.form === "road" ? text("cvM", { n: Math.round(gap.size_m) }) : text("cvM2", { n: Math.round(gap.size_m2) })],
      [text("cvWeight"), String(Math.round(100 * gap.weight) / 100)],
      [text("cvPlaces"), gap.places], [text("cvPeople"), Math.round(gap.people)], [text("cv_incident"), Math.round(gap.incidents)],
      [text("cvCamera"), gap.camera_id], [text("cvBuilding"), gap.building_id], [text("cvLacks"), lacksOf(gap.attribute)],
    ].filter(([, value]) => value);
    const list = rows.map(([name, value]) => el("tr", {}, el("th", { scope: "row", text: name }), el("td", { text: value })));
    this.popup?.remove();
    this.popup = card(this.desk.map, [gap.lon, gap.lat], el("div", { class: "cv-card" },
      el("strong", { text: `${gap.gap_id}: ${text(`cv_${gap.reason}`)}` }), el("p", { text: text(`cv_remedy_${gap.reason}`) }), el("table", {}, ...list)));
  }
}

/** @param {any} step @param {any} change whether it is the one that the step makes */
const fits = (step, { action }) => ({ repair: "repair", turn: "turn", build: "add" })[/** @type {"repair" | "turn" | "build"} */ (step.remedy)] === action;

/** @param {any} feature of the plan */
function rowOfStep({ properties, geometry }) {
  const [lon, lat] = geometry.coordinates;
  return { ...properties, id: properties.step, lon, lat, remedyName: text(`cv_${properties.remedy}`) };
}

/** Storage can be forbidden by the browser's settings; then changes last as long as the page. */
function kept() {
  try {
    return Changes.fromText(localStorage.getItem(KEPT));
  } catch {
    return new Changes();
  }
}

/** @param {Changes} changes */
function keep(changes) {
  try {
    localStorage.setItem(KEPT, changes.toText());
  } catch {
    // forbidden, or full
  }
}
