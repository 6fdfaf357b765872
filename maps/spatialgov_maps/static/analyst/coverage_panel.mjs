// @ts-check
// The panel of the tab “Coverage”: what is covered, gaps and why, what if, and what to do.

import { number, text } from "../js/language.js";
import { el } from "../workbench/ui.mjs";
import { looksOneWay } from "./coverage_geometry.mjs";
import { KIND_COLOURS, REASON_COLOURS, REMEDY_COLOURS, STATE_COLOURS } from "./coverage_map.mjs";
import { compared, curvePoints, told } from "./coverage_numbers.mjs";

/** @typedef {import("./coverage_tab.mjs").CoverageTab} CoverageTab */

const CLASSES = ["monitor", "detect", "observe", "recognise", "identify"];
const FIGURES = { azimuth_deg: [0, 360], fov_deg: [1, 360], range_m: [1, 2000], height_m: [0, 200] };
const MOST_LISTED = 5;
const LAYERS = { seen: "cvLayerSeen", gaps: "cvLayerGaps", sectors: "cvLayerSectors", zones: "cvLayerZones" };

/** @param {number} value @param {number} digits */
const rounded = (value, digits) => number(Math.round(value * 10 ** digits) / 10 ** digits);

/** @param {number} share */
const percent = (share) => rounded(100 * share, 1);

/** @param {number} value @param {number} digits */
const signed = (value, digits) => `${value > 0 ? "+" : value < 0 ? "−" : "±"}${rounded(Math.abs(value), digits)}`;

/** Write an amount of what should be seen. @param {string} unit @param {number} value */
function amount(unit, value) {
  if (unit === "m2") return value >= 1e5 ? text("cvKm2", { n: rounded(value / 1e6, 2) }) : text("cvM2", { n: rounded(value, 0) });
  if (unit === "m") return value >= 1000 ? text("cvKm", { n: rounded(value / 1000, 1) }) : text("cvM", { n: rounded(value, 0) });
  return rounded(value, 0);
}

/** What is covered more, or less. @param {string} unit @param {number} change */
function moreOf(unit, change) {
  const n = signed(change, ["m2", "m"].includes(unit) ? 0 : 2);
  return unit === "m2" ? text("cvM2", { n }) : unit === "m" ? text("cvM", { n }) : n;
}

/** One number, or two where they differ. @param {number[]} bounds */
const bounds = ([low, high]) => (Math.round(1000 * low) === Math.round(1000 * high) ? `${percent(low)} %` : `${percent(low)} – ${percent(high)} %`);

/** @param {string} label @param {any} control */
const labelled = (label, control) => el("label", {}, el("span", { text: label }), control);

/** @param {string[][]} options @param {string} chosen @param {string} key @param {(value: any) => void} take */
function choice(options, chosen, key, take) {
  const select = el("select", { "data-key": key, onchange: (/** @type {any} */ event) => take(event.target.value) });
  select.append(...options.map(([value, said]) => el("option", { value, selected: value === chosen, text: said })));
  return select;
}

/** @param {string} said @param {string} key @param {() => void} act @param {any} [props] */
const button = (said, key, act, props = {}) => el("button", { type: "button", class: "quiet", text: said, "data-key": key, onclick: act, ...props });

/** @param {string} colour */
function swatch(colour) {
  const made = el("i", { class: "key", "aria-hidden": "true" });
  made.style.backgroundColor = colour;
  return made;
}

/** Name the columns of a record that nobody has written down. @param {string} columns with commas */
export const lacksOf = (columns) => (columns ? columns.split(", ").map((column) => text(`cv_column_${column}`)).join(text("cvComma")) : "");

export class CoveragePanel {
  /** @param {CoverageTab} tab @param {HTMLElement} place */
  constructor(tab, place) {
    this.tab = tab;
    const section = (/** @type {string} */ name) => el("section", { class: `cv ${name}` });
    this.sections = { shown: section("shown"), covered: section("covered"), whatIf: section("what-if"), gaps: section("gaps"), remedies: section("remedies") };
    /** The parts of “what if”: a field keeps the focus while the list around it changes. */
    this.parts = { head: el("div"), editor: el("div"), list: el("div") };
    this.sections.whatIf.append(...Object.values(this.parts));
    /** What the editor is for; another one is made when it differs. */
    this.edited = "";
    place.replaceChildren(...Object.values(this.sections));
  }

  write() {
    this.edited = "";
    this.writeShown();
    this.writeCovered();
    this.writeWhatIf();
    this.writeGaps();
    this.writeRemedies();
  }

  /** Fill a section anew; what had the focus has it again. @param {HTMLElement} section @param {...any} children */
  #fill(section, ...children) {
    const { activeElement } = document;
    const key = activeElement instanceof HTMLElement && section.contains(activeElement) ? activeElement.dataset.key : undefined;
    section.replaceChildren(...children.filter(Boolean));
    if (key) /** @type {HTMLElement | null} */ (section.querySelector(`[data-key="${CSS.escape(key)}"]`))?.focus({ preventScroll: true });
  }

  writeShown() {
    const { tab } = this;
    const boxes = Object.entries(LAYERS).map(([name, key]) => el("label", { class: "check" },
      el("input", { type: "checkbox", checked: tab.layers.has(name), "data-key": `layer ${name}`, onchange: (/** @type {any} */ event) => tab.showLayer(name, event.target.checked) }), text(key)));
    this.#fill(this.sections.shown,
      el("h2", { text: text("cvShow") }),
      el("div", { class: "choices" },
        labelled(text("cvClass"), choice(CLASSES.map((name) => [name, text(`cv_${name}`)]), tab.needed, "class", (value) => tab.chooseClass(value))),
        labelled(text("cvColour"), choice([["state", text("cvByState")], ["reason", text("cvByReason")]], tab.colourBy, "colour", (value) => tab.chooseColours(value))),
        labelled(text("cvTable"), choice([["gaps", text("cvTableGaps")], ["cameras", text("cvTableCameras")], ["steps", text("cvTableSteps")]], tab.tableOf, "table", (value) => tab.chooseTable(value)))),
      el("div", { class: "choices" }, ...boxes));
  }

  writeCovered() {
    const { measures, about, answer } = this.tab;
    const rows = compared(measures, answer?.measures ?? null);
    const head = ["", ...(answer ? [] : [text("cvShould")]), text("cvToday"), ...(answer ? [text("cvAfter"), text("cvChange")] : [])];
    const body = rows.map(({ kind, unit, all, today, after, change }) => el("tr", { "data-kind": kind },
      el("th", { scope: "row", text: text(`cv_${kind}`) }), !after && el("td", { class: "number", text: amount(unit, all) }), el("td", { class: "number", text: bounds(today) }),
      after && el("td", { class: "number", text: bounds(after) }),
      after && el("td", { class: `number change ${Math.sign(change ?? 0) < 0 ? "less" : change ? "more" : ""}`, text: change === null ? "" : moreOf(unit, change) })));
    const table = el("table", {},
      el("thead", {}, el("tr", {}, ...head.map((said, i) => el("th", { scope: "col", class: i ? "number" : "", text: said })))), el("tbody", {}, ...body));
    this.#fill(this.sections.covered,
      el("h2", { text: text("cvCovered") }), el("div", { class: "wide" }, table),
      about && el("p", { class: "small", text: text("cvAbout", { working: number(about.working), cameras: number(about.cameras) }) }));
  }

  writeGaps() {
    const { tab } = this;
    const rows = tab.reasons.map(({ reason, n, weight }) => el("tr", {},
      el("th", { scope: "row" }, el("label", { class: "check", title: text(`cv_remedy_${reason}`) },
        el("input", { type: "checkbox", checked: !tab.hiddenReasons.has(reason), "data-key": `reason ${reason}`, onchange: (/** @type {any} */ event) => tab.showReason(reason, event.target.checked) }),
        tab.colourBy === "reason" && swatch(REASON_COLOURS[/** @type {keyof typeof REASON_COLOURS} */ (reason)]), text(`cv_${reason}`)),
        el("p", { class: "small", text: text(`cv_remedy_${reason}`) })),
      el("td", { class: "number", text: number(n) }), el("td", { class: "number", text: rounded(weight, 1) })));
    const head = [text("cvReason"), text("cvNumber"), text("cvWeight")].map((said, i) => el("th", { scope: "col", class: i ? "number" : "", text: said }));
    this.#fill(this.sections.gaps,
      el("h2", { text: text("cvGaps") }), el("p", { class: "small", text: text("cvGapsText") }),
      el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows)));
  }

  writeWhatIf() {
    const { tab } = this;
    const { changes, known } = tab;
    const list = [...known].map(([id, patch]) => el("li", {},
      el("button", { type: "button", class: "link", "data-key": `to ${id}`, text: id, onclick: () => tab.select(id, true) }),
      el("span", { text: told(tab.cameras.get(id), patch).map((one) => this.#told(one)).join(text("cvComma")) }),
      button("×", `drop ${id}`, () => tab.restore(id), { "aria-label": `${text("cvRestore")}: ${id}`, title: text("cvRestore") })));
    this.#fill(this.parts.head,
      el("h2", { text: text("cvWhatIf") }), el("p", { class: "small", text: text("cvWhatIfText") }),
      el("div", { class: "buttons" },
        el("button", { type: "button", text: text("cvAdd"), "data-key": "add", onclick: () => tab.addCamera() }),
        button(text("cvUndo"), "undo", () => tab.step(-1), { disabled: !changes.canUndo }),
        button(text("cvRedo"), "redo", () => tab.step(1), { disabled: !changes.canRedo })));
    this.#writeEditor();
    this.#fill(this.parts.list,
      known.size > 0 && el("h3", { text: text("cvChanges", { n: known.size }) }),
      known.size > 0 && el("ul", { class: "changes" }, ...list),
      this.#private(),
      ...(tab.answer?.remarks ?? []).map((/** @type {any} */ one) => el("p", { class: "small", text: `${one.message} ${one.remedy}` })),
      known.size > 0 && el("div", { class: "buttons" },
        button(text("cvClear"), "clear", () => tab.clearChanges()), button(text("cvSave"), "save", () => tab.saveChanges())));
  }

  #private() {
    const { answer } = this.tab;
    if (!answer || (answer.no_view_before_m2 < 1 && answer.no_view_after_m2 < 1)) return null;
    const [before, after] = [answer.no_view_before_m2, answer.no_view_after_m2];
    const said = [text("cvPrivate", { before: rounded(before, 0), after: rounded(after, 0) }), after > before + 1 && text("cvPrivateMore")];
    return el("p", { class: after > before + 1 ? "warning" : "small", text: said.filter(Boolean).join(" ") });
  }

  /** @param {{key: string, n?: number, column?: string, value?: any}} one */
  #told({ key, n = 0, column, value }) {
    if (column === "cvKind") return text(`cv_${value}`);
    return text(key, { n: number(n), what: column ? text(`cv_${column}`) : "", value });
  }

  #writeEditor() {
    const { tab } = this;
    const now = tab.figures(tab.selected);
    const edited = now ? [tab.selected, now.kind, now.status, now.removed, now.fov_deg < 360].join(" ") : "";
    if (edited !== this.edited || !edited) this.#fill(this.parts.editor, now && this.#editor(tab.selected, now));
    this.edited = edited;
    this.writeFigures();
  }

  /** The chosen camera, as it is thought to be. @param {string} id @param {any} now */
  #editor(id, now) {
    const { tab } = this;
    const patch = tab.changes.now.get(id);
    const today = tab.cameras.get(id);
    const works = ["in_service", ""].includes(now.status);
    const fields = Object.entries(FIGURES).filter(([name]) => name !== "azimuth_deg" || now.fov_deg < 360).map(([name, [min, max]]) => {
      const value = now[name] === null ? "" : Math.round(10 * now[name]) / 10;
      const input = el("input", {
        type: "number", min, max, step: "any", value, "data-key": name, placeholder: text("cvUnknown"),
        oninput: (/** @type {any} */ event) => event.target.value !== "" && event.target.checkValidity() && tab.edit(id, { [name]: event.target.valueAsNumber }, false),
        onchange: (/** @type {any} */ event) => (event.target.reportValidity() && event.target.value !== "" ? tab.edit(id, { [name]: event.target.valueAsNumber }, true) : tab.forget()),
      });
      return labelled(text(`cv_${name}`), input);
    });
    const kinds = Object.keys(KIND_COLOURS).map((kind) => [kind, text(`cv_${kind}`)]);
    return el("div", { class: "editor" },
      el("h3", { text: `${text("cvCamera")} ${id}` }),
      patch?.removed
        ? el("p", { class: "small", text: text("cvWasRemoved") })
        : el("div", { class: "fields" }, labelled(text("cvKind"), choice(kinds, now.kind, "kind", (kind) => tab.edit(id, { kind, ...(kind === "panoramic" ? { fov_deg: 360 } : {}) }, true))), ...fields),
      el("p", { class: "small", text: `${text("cvStatus")}: ${text(`cv_status_${now.status}`)}` }, el("span", { class: "sees" })),
      today?.missing && !looksOneWay(now) && el("p", { class: "small", text: text("cvNotKnown", { columns: lacksOf(today.missing) }) }),
      today?.snapped_m > 0 && el("p", { class: "small", text: text("cvSnapped", { n: rounded(today.snapped_m, 1) }) }),
      el("div", { class: "buttons" },
        !works && !patch?.removed && button(text("cvRepair"), "repair", () => tab.edit(id, { status: "in_service" }, true)),
        !patch?.removed && button(text("cvRemove"), "remove", () => tab.remove(id)),
        !patch?.added && button(text("cvRestore"), "restore", () => tab.restore(id)),
        button(text("cvDone"), "done", () => tab.select(""))));
  }

  /** The fields follow a handle that is dragged. */
  writeFigures() {
    const { tab } = this;
    const now = tab.figures(tab.selected);
    if (!now) return;
    const there = (/** @type {string} */ selector) => /** @type {any} */ (this.parts.editor.querySelector(selector));
    const [restore, sees, seen] = [there('[data-key="restore"]'), there(".sees"), tab.seenM2(tab.selected)];
    if (restore) restore.disabled = !tab.changes.now.has(tab.selected);
    if (sees) sees.textContent = seen === null ? "" : `. ${text("cvSees", { n: rounded(seen, 0) })}`;
    for (const name of Object.keys(FIGURES)) {
      const input = there(`input[data-key="${name}"]`);
      if (input && input !== document.activeElement && now[name] !== null) input.value = String(Math.round(10 * now[name]) / 10);
    }
  }

  writeRemedies() {
    const { tab } = this;
    const { plan } = tab;
    const p = el("input", { type: "number", min: 0, max: 100, step: 1, value: tab.p, "data-key": "p", onchange: (/** @type {any} */ event) => event.target.reportValidity() && (tab.p = event.target.valueAsNumber) });
    this.#fill(this.sections.remedies,
      el("h2", { text: text("cvRemedies") }), el("p", { class: "small", text: text("cvRemediesText") }),
      el("div", { class: "choices" }, labelled(text("cvNew"), p),
        el("button", { type: "button", text: text("cvPlan"), "data-key": "plan", onclick: () => tab.makePlan() })),
      ...(plan ? this.#plan(plan) : []));
  }

  /** @param {any} plan */
  #plan(plan) {
    const points = (/** @type {number} */ weight) => rounded(weight / 10, 2);
    const said = text("cvPlanned", {
      before: rounded(plan.covered_before / 10, 1), after: rounded(plan.covered_after / 10, 1),
      gain: points(plan.verified), low: points(plan.verified_low), high: points(plan.verified_high),
    });
    const steps = plan.features.map((/** @type {any} */ one) => one.properties);
    const groups = Object.keys(REMEDY_COLOURS).map((remedy) => [remedy, steps.filter((/** @type {any} */ step) => step.remedy === remedy)]).filter(([, those]) => those.length);
    const parts = groups.map(([remedy, those]) => this.#group(remedy, those));
    const proof = plan.bound !== undefined && el("p", { class: "small", text: plan.proved ? text("cvProved") : text("cvBound", { gap: rounded(100 * plan.gap, 2) }) });
    return [el("p", { text: said }), ...parts, plan.curve.length > 1 && this.#curve(plan.curve), proof];
  }

  /** @param {string} remedy @param {any[]} steps */
  #group(remedy, steps) {
    const { tab } = this;
    const settles = remedy === "survey";
    const total = steps.reduce((sum, step) => sum + (settles ? step.settles : step.verified), 0);
    const heading = el("h3", {}, swatch(REMEDY_COLOURS[/** @type {keyof typeof REMEDY_COLOURS} */ (remedy)]),
      text(settles ? "cvSettles" : "cvGroup", { remedy: text(`cv_${remedy}`), n: number(steps.length), gain: rounded(total / 10, 2) }));
    const rows = steps.slice(0, MOST_LISTED).map((step) => el("li", {},
      el("button", { type: "button", class: "link", "data-key": `step ${step.step}`, text: `${step.step}. ${step.camera_id}`, onclick: () => tab.goTo(step) }),
      el("span", { text: step.reason + (step.consent ? text("cvStop") + text("cvConsent", { zone: step.consent }) : "") }),
      !settles && (tab.isTried(step) ? el("span", { class: "small", text: text("cvTried") }) : button(text("cvTry"), `try ${step.step}`, () => tab.tryStep(step), { "aria-label": `${text("cvTry")}: ${step.camera_id}` }))));
    return el("div", { class: "group" }, heading, el("ol", { class: "steps" }, ...rows),
      steps.length > MOST_LISTED && el("p", { class: "small", text: text("cvMore", { n: number(steps.length - MOST_LISTED) }) }),
      !settles && steps.length > 1 && button(text("cvTryAll"), `all ${remedy}`, () => tab.trySteps(steps), { "aria-label": `${text("cvTryAll")}: ${text(`cv_${remedy}`)}` }));
  }

  /** @param {{p: number, covered: number}[]} curve */
  #curve(curve) {
    const [width, height, left, bottom] = [300, 120, 52, 24];
    const { points, low, high } = curvePoints(curve);
    const at = (/** @type {{x: number, y: number}} */ { x, y }) => [left + x * (width - left - 10), 8 + (1 - y) * (height - bottom - 8)];
    const drawn = (/** @type {string} */ tag, /** @type {Record<string, any>} */ attributes, /** @type {string} */ said = "") => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
      if (said) made.textContent = said;
      return made;
    };
    const chart = drawn("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": text("cvCurve"), class: "curve" });
    for (const [y, share] of [[0, low], [1, high]]) {
      const level = at({ x: 0, y })[1];
      chart.append(drawn("path", { d: `M${left} ${level}H${width - 10}`, class: "rule" }), drawn("text", { x: left - 6, y: level + 4, "text-anchor": "end" }, `${percent(share)} %`));
    }
    for (const point of [points[0], points[points.length - 1]])
      chart.append(drawn("text", { x: at(point)[0], y: height - 8, "text-anchor": "middle" }, number(point.p)));
    chart.append(drawn("path", { d: `M${points.map((point) => at(point).join(" ")).join("L")}`, class: "line" }));
    for (const point of points) {
      const [cx, cy] = at(point);
      const dot = drawn("circle", { cx, cy, r: points.length > 30 ? 2 : 3 });
      dot.append(drawn("title", {}, text("cvCurvePoint", { p: number(point.p), share: percent(point.share) })));
      chart.append(dot);
    }
    return el("figure", {}, el("figcaption", { text: text("cvCurve") }), chart, el("p", { class: "small", text: text("cvNewAxis") }));
  }

  /** What the colours mean. @returns {import("./desk.mjs").LegendItem[]} */
  legend() {
    const { tab } = this;
    const reasons = tab.reasons.map(({ reason }) => ({ colour: REASON_COLOURS[/** @type {keyof typeof REASON_COLOURS} */ (reason)], label: text(`cv_${reason}`) }));
    const states = [{ colour: STATE_COLOURS.uncertain, label: text("cvUncertainLegend"), hatch: true }, { colour: STATE_COLOURS.gap, label: text("cv_gap") }];
    const cameras = [...tab.cameras.values()];
    const kinds = Object.entries(KIND_COLOURS).filter(([kind]) => cameras.some((one) => one.kind === kind && one.working)).map(([kind, colour]) => ({ colour, label: text("cvKindLegend", { kind: text(`cv_${kind}`) }) }));
    return [
      { colour: STATE_COLOURS.covered, label: text("cvSeenLegend") },
      ...(tab.layers.has("gaps") ? (tab.colourBy === "state" ? states : reasons) : []),
      ...kinds,
      ...(cameras.some(({ working }) => !working) ? [{ colour: "#ffffff", label: text("cvBroken") }] : []),
      ...(tab.layers.has("zones") ? [{ colour: "#f6dcdc", label: text("cvForbidden"), hatch: true }] : []),
      ...(tab.known.size ? [{ colour: "#c2185b", label: text("cvChanged") }] : []),
    ];
  }
}
