// @ts-check
// The time line: incidents by day, week or month, on which a period is chosen by drag, handles, keys or dates.

import { locale, number, text } from "../js/language.js";
import { el } from "../workbench/ui.mjs";
import { addDays, addMonths, endOf } from "./days.mjs";
import { kept, moved, pulled, spanOf } from "./span.mjs";
import { STEPS } from "./view.mjs";

/** @typedef {import("./span.mjs").Span} Span */
/** @typedef {{first_days: string[], over_time: (number | null)[], step: string, total: number | null}} Series */
/** @typedef {{from: string, to: string}} Dates */

const SPACE = "http://www.w3.org/2000/svg";
const HEIGHT = 58;
const GRIP_PX = 10;
const LABEL_PX = 74;
const RECENT = [["4", 28], ["13", 91], ["52", 364]];

export class TimeLine {
  /** @param {{period: (dates: Dates) => void, step: (step: string) => void}} told */
  constructor(told) {
    this.told = told;
    /** @type {Series} */
    this.series = { first_days: [], over_time: [], step: "week", total: 0 };
    /** @type {Dates} */
    this.dates = { from: "", to: "" };
    /** The period that another is compared with. @type {Dates | null} */
    this.beside = null;
    this.place = el("div", { class: "time-line" });
    this.head = el("div", { class: "choices" });
    this.chart = el("div", { class: "chart" });
    this.bars = document.createElementNS(SPACE, "svg");
    this.bars.setAttribute("aria-hidden", "true");
    this.window = this.#slider("window");
    this.handles = { first: this.#slider("first"), last: this.#slider("last") };
    this.other = el("div", { class: "other", hidden: true });
    this.axis = el("div", { class: "axis", "aria-hidden": "true" });
    this.chart.append(this.bars, this.other, this.window, this.handles.first, this.handles.last, this.axis);
    this.place.append(this.head, this.chart);
    new ResizeObserver(() => this.#draw()).observe(this.chart);
    this.#listen();
  }

  /** @param {string} part */
  #slider(part) {
    return el("div", { class: `grip ${part}`, role: "slider", tabindex: 0, "data-part": part });
  }

  /** The day after the last step. */
  get end() {
    const { first_days, step } = this.series;
    return first_days.length ? endOf(first_days[first_days.length - 1], step) : "";
  }

  get n() {
    return this.series.first_days.length;
  }

  /** The steps that are chosen. @returns {Span} */
  get span() {
    return spanOf(this.series.first_days, this.end, this.dates.from, this.dates.to) ?? { first: 0, last: Math.max(1, this.n) };
  }

  /** @param {Series} series @param {Dates} dates @param {Dates | null} beside */
  set(series, dates, beside) {
    Object.assign(this, { series, dates, beside });
    this.write();
  }

  /** Write it in the language in force. */
  write() {
    const day = (/** @type {"from" | "to"} */ part) => el("input", {
      type: "date", "data-part": part, "aria-label": text(part === "from" ? "inFrom" : "inTo"), value: this.dates[part], min: this.series.first_days[0], max: this.n ? addDays(this.end, -1) : undefined,
      onchange: (/** @type {any} */ event) => this.#typed(part, event.target.value),
    });
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);
    const held = focused && this.head.contains(focused) ? focused.dataset.part : undefined;
    const recent = el("select", { "data-part": "recent", "aria-label": text("inRecent"), onchange: (/** @type {any} */ event) => this.#recent(event.target.value) },
      el("option", { value: "", text: text("inRecent") }), el("option", { value: "all", text: text("inAllTime") }),
      ...RECENT.map(([weeks]) => el("option", { value: weeks, text: text("inLastWeeks", { n: weeks }) })));
    const steps = el("select", { "data-part": "step", onchange: (/** @type {any} */ event) => this.told.step(event.target.value) },
      ...STEPS.map((step) => el("option", { value: step, selected: step === this.series.step, text: text(`inStep_${step}`) })));
    this.head.replaceChildren(
      el("span", { class: "dates" }, day("from"), "–", day("to")), recent, el("label", {}, text("inStep"), steps),
      el("span", { class: "small", role: "status", text: this.#said() }));
    if (held) /** @type {HTMLElement | null} */ (this.head.querySelector(`[data-part="${held}"]`))?.focus();
    this.#draw();
  }

  /** What the chosen time holds; bars may reach beyond it. */
  #said() {
    const { over_time, total } = this.series;
    const parts = this.n ? [text("inInPeriod", { n: total === null ? text("inFew") : number(total) })] : [];
    return [...parts, over_time.includes(null) && text("inSomeHidden")].filter(Boolean).join(" ");
  }

  /** @param {"from" | "to"} part @param {string} value */
  #typed(part, value) {
    const dates = { ...this.dates, [part]: value };
    if (dates.from && dates.to && dates.from > dates.to) dates[part === "from" ? "to" : "from"] = value;
    this.#choose(dates);
  }

  /** @param {string} value */
  #recent(value) {
    if (!value || !this.n) return;
    if (value === "all") return this.#choose({ from: "", to: "" });
    const days = /** @type {number} */ (RECENT.find(([weeks]) => weeks === value)?.[1]);
    this.#choose({ from: addDays(this.end, -days), to: addDays(this.end, -1) });
  }

  /** @param {Span} span */
  #chooseSpan({ first, last }) {
    const { first_days, step } = this.series;
    const isWhole = first === 0 && last === this.n;
    this.#choose(isWhole ? { from: "", to: "" } : { from: first_days[first], to: addDays(endOf(first_days[last - 1], step), -1) });
  }

  /** @param {Dates} dates */
  #choose(dates) {
    this.dates = dates;
    this.write();
    this.told.period(dates);
  }

  #draw() {
    const wide = this.chart.clientWidth;
    if (!wide) return;
    const { over_time, first_days } = this.series;
    const each = wide / Math.max(1, this.n);
    const most = Math.max(1, ...over_time.map((count) => count ?? 0));
    const gap = each > 4 ? 1 : 0;
    const bar = (/** @type {number} */ i, /** @type {number} */ high) => `M${(i * each).toFixed(1)} ${HEIGHT}v${-high.toFixed(1)}h${Math.max(0.5, each - gap).toFixed(1)}v${high.toFixed(1)}z`;
    const known = over_time.map((count, i) => (count ? bar(i, Math.max(1, (HEIGHT * count) / most)) : "")).join("");
    const hidden = over_time.map((count, i) => (count === null ? bar(i, 6) : "")).join("");
    this.bars.setAttribute("viewBox", `0 0 ${wide} ${HEIGHT}`);
    this.bars.replaceChildren(...[["known", known], ["hidden", hidden]].map(([name, d]) => {
      const path = document.createElementNS(SPACE, "path");
      path.setAttribute("class", name);
      path.setAttribute("d", d);
      return path;
    }));
    this.#place(this.span);
    this.#drawAxis(first_days, each, wide);
    const other = this.beside && this.n ? spanOf(first_days, this.end, this.beside.from, this.beside.to) : null;
    this.other.hidden = !other;
    if (other) Object.assign(this.other.style, { left: `${other.first * each}px`, width: `${(other.last - other.first) * each}px` });
  }

  /** Lay window and handles over some steps. @param {Span} span */
  #place({ first, last }) {
    const each = this.chart.clientWidth / Math.max(1, this.n);
    const { first_days, step } = this.series;
    const isWhole = first === 0 && last >= this.n;
    Object.assign(this.window.style, { left: `${first * each}px`, width: `${(last - first) * each}px` });
    this.window.classList.toggle("whole", isWhole);
    this.handles.first.style.left = `${first * each}px`;
    this.handles.last.style.left = `${last * each}px`;
    if (!this.n) return;
    const [from, to] = [first_days[first], addDays(endOf(first_days[last - 1], step), -1)];
    const tell = (/** @type {HTMLElement} */ grip, /** @type {string} */ label, /** @type {number} */ now, /** @type {string} */ said) => {
      grip.setAttribute("aria-label", text(label));
      for (const [name, value] of Object.entries({ valuemin: 0, valuemax: this.n, valuenow: now, valuetext: said })) grip.setAttribute(`aria-${name}`, String(value));
    };
    tell(this.handles.first, "inFrom", first, this.#day(from));
    tell(this.handles.last, "inTo", last, this.#day(to));
    tell(this.window, "inPeriod", first, `${this.#day(from)} – ${this.#day(to)}`);
  }

  /** @param {string} day */
  #day(day) {
    return new Date(`${day}T00:00:00Z`).toLocaleDateString(locale(), { dateStyle: "medium", timeZone: "UTC" });
  }

  /** @param {string[]} firstDays @param {number} each @param {number} wide */
  #drawAxis(firstDays, each, wide) {
    const label = (/** @type {number} */ at, /** @type {string} */ said) => {
      const made = el("span", { text: said });
      made.style.left = `${at * each}px`;
      return made;
    };
    if (!this.n) return this.axis.replaceChildren();
    const months = (LABEL_PX * this.n) / wide / { day: 30, week: 4.3, month: 1 }[/** @type {"day"} */ (this.series.step)];
    const every = [1, 2, 3, 6, 12, 24, 60].find((one) => one >= months) ?? 120;
    const labels = [];
    let day = `${firstDays[0].slice(0, 4)}-01-01`;
    while (day < firstDays[0]) day = addMonths(day, every);
    for (; day < this.end; day = addMonths(day, every)) {
      const at = firstDays.findIndex((first) => first >= day);
      if (at < 0 || at * each > wide - LABEL_PX) break;
      labels.push(label(at, new Date(`${day}T00:00:00Z`).toLocaleDateString(locale(), { month: "short", year: "numeric", timeZone: "UTC" })));
    }
    this.axis.replaceChildren(...(labels.length ? labels : [label(0, this.#day(firstDays[0]))]));
  }

  /** The step under a point, its nearer border. @param {PointerEvent} event */
  #stepAt(event) {
    const box = this.chart.getBoundingClientRect();
    return ((event.clientX - box.left) / box.width) * this.n;
  }

  #listen() {
    /** @type {{part: string, at: number, span: Span} | null} */
    let drag = null;
    /** @type {Span} */
    let now;
    this.chart.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      if (!this.n || event.button) return;
      const at = this.#stepAt(event);
      const span = this.span;
      const near = (/** @type {number} */ step) => Math.abs(at - step) * (this.chart.clientWidth / this.n) <= GRIP_PX;
      const isWhole = span.first === 0 && span.last === this.n;
      const part = near(span.first) ? "first" : near(span.last) ? "last" : !isWhole && at > span.first && at < span.last ? "window" : "new";
      drag = { part, at, span };
      now = span;
      this.chart.setPointerCapture(event.pointerId);
      event.preventDefault();
      if (part !== "new") (part === "window" ? this.window : this.handles[/** @type {"first"} */ (part)]).focus({ preventScroll: true });
    });
    this.chart.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
      if (!drag) return;
      const at = this.#stepAt(event);
      const { part, span } = drag;
      if (part === "window") now = moved(span, Math.round(at - drag.at), this.n);
      else if (part === "new") now = kept({ first: Math.floor(Math.min(at, drag.at)), last: Math.ceil(Math.max(at, drag.at)) }, this.n);
      else now = pulled(span, /** @type {"first"} */ (part), Math.round(at), this.n);
      this.#place(now);
    });
    const end = () => {
      if (!drag) return;
      const { span } = drag;
      drag = null;
      if (now.first !== span.first || now.last !== span.last) this.#chooseSpan(now);
    };
    this.chart.addEventListener("pointerup", end);
    this.chart.addEventListener("pointercancel", end);
    this.chart.addEventListener("dblclick", () => this.#choose({ from: "", to: "" }));
    this.chart.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const part = /** @type {HTMLElement} */ (event.target).dataset.part;
      if (!part || !this.n) return;
      const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -4, PageUp: 4, Home: -this.n, End: this.n }[event.key];
      if (!by) return;
      event.preventDefault();
      const span = this.span;
      this.#chooseSpan(part === "window" ? moved(span, by, this.n) : pulled(span, /** @type {"first"} */ (part), span[/** @type {"first"} */ (part)] + by, this.n));
    });
  }
}
