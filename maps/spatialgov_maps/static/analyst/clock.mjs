// @ts-check
// The clock of the week: 7 × 24 hours shaded by their incidents, on which hours are chosen by drag, click or keys.

import { number, text, weekdays } from "../js/language.js";
import { el } from "../workbench/ui.mjs";
import { SEQUENTIAL } from "./classes.mjs";
import { HOURS, USUAL, block, everyHour, isEvery, toggled, usual } from "./week.mjs";

/** @typedef {{hours: (number | null)[], by_hour: (number | null)[], by_weekday: (number | null)[]}} Counts no hours where one is too small to be shown */

const KEYS = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowRight: 1, ArrowUp: -24, ArrowDown: 24 });

export class WeekClock {
  /** @param {(week: boolean[]) => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
    this.week = everyHour();
    /** @type {Counts} */
    this.counts = { hours: [], by_hour: [], by_weekday: [] };
    /** The hour that the keys are at. */
    this.at = 8;
    /** Where a block began; null for none. @type {number | null} */
    this.anchor = null;
    this.cells = Array.from({ length: HOURS }, (_, hour) => el("span", { role: "gridcell", "data-hour": hour }));
    this.place = el("div", { class: "clock" });
    this.grid = el("div", { class: "hours", role: "grid", "aria-multiselectable": "true" });
    this.usual = el("div", { class: "buttons" });
    this.said = el("p", { class: "small", role: "status" });
    this.place.append(this.grid, this.usual, this.said);
    this.#listen();
  }

  /** @param {boolean[]} week @param {Counts} counts */
  set(week, counts) {
    this.week = week;
    this.counts = counts;
    this.#shade();
  }

  /** Write it in the language in force. */
  write() {
    this.grid.setAttribute("aria-label", text("inClock"));
    const days = weekdays();
    const head = el("div", { role: "row" }, el("span", { role: "columnheader" }), ...Array.from({ length: 24 }, (_, hour) =>
      el("span", { role: "columnheader" }, el("button", { type: "button", tabindex: -1, "data-column": hour, "aria-label": `${hour}:00`, text: hour % 6 ? "" : hour }))));
    const rows = days.map((day, weekday) => el("div", { role: "row" },
      el("span", { role: "rowheader" }, el("button", { type: "button", tabindex: -1, "data-row": weekday, text: day })),
      ...this.cells.slice(24 * weekday, 24 * weekday + 24)));
    this.grid.replaceChildren(head, ...rows);
    this.usual.replaceChildren(...Object.keys(USUAL).map((name) =>
      el("button", { type: "button", class: "quiet", "data-usual": name, text: text(`inHours_${name}`), onclick: () => this.#choose(usual(name)) })));
    this.#shade();
  }

  #shade() {
    const { hours, by_hour, by_weekday } = this.counts;
    const days = weekdays();
    const most = Math.max(1, ...hours.map((count) => count ?? 0));
    const every = isEvery(this.week);
    this.cells.forEach((cell, hour) => {
      const count = hours[hour];
      const known = hours.length > 0 && count !== null;
      const said = known ? text("inIncidentsN", { n: number(/** @type {number} */ (count)) }) : text("inHidden");
      cell.style.background = known ? SEQUENTIAL[Math.min(5, Math.floor(6 * Math.sqrt(/** @type {number} */ (count) / most)))] : "";
      cell.className = [!known && "hidden-count", this.week[hour] ? !every && "chosen" : "left-out"].filter(Boolean).join(" ");
      cell.setAttribute("aria-selected", String(this.week[hour]));
      cell.setAttribute("aria-label", `${days[Math.floor(hour / 24)]} ${hour % 24}:00, ${said}`);
      cell.title = cell.getAttribute("aria-label");
      cell.tabIndex = hour === this.at ? 0 : -1;
    });
    const tell = (/** @type {HTMLElement} */ button, /** @type {number | null | undefined} */ count) => {
      button.title = count === null || count === undefined ? text("inHidden") : text("inIncidentsN", { n: number(count) });
    };
    for (const button of this.grid.querySelectorAll("[data-column]")) tell(button, by_hour[button.dataset.column]);
    for (const button of this.grid.querySelectorAll("[data-row]")) tell(button, by_weekday[button.dataset.row]);
    const chosen = this.week.filter(Boolean).length;
    const what = every ? text("inHoursAll") : text("inHoursChosen", { n: chosen });
    this.said.textContent = hours.length ? what : `${what} ${text("inClockHidden")}`;
    for (const button of this.usual.children) {
      const same = usual(button.dataset.usual).every((one, hour) => one === this.week[hour]);
      button.setAttribute("aria-pressed", String(same));
    }
  }

  /** @param {boolean[]} week */
  #choose(week) {
    this.week = week;
    this.#shade();
    this.onChange(week);
  }

  #listen() {
    /** @type {number | null} */
    let from = null;
    const hourOf = (/** @type {PointerEvent} */ event) => {
      const under = document.elementFromPoint(event.clientX, event.clientY);
      const hour = under instanceof HTMLElement && this.grid.contains(under) ? under.dataset.hour : undefined;
      return hour === undefined ? null : Number(hour);
    };
    this.grid.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      from = hourOf(event);
      if (from === null) return;
      event.preventDefault();
      this.grid.setPointerCapture(event.pointerId);
      this.#focus(from);
      this.#mark(block(from, from));
    });
    this.grid.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
      const to = from === null ? null : hourOf(event);
      if (from !== null && to !== null) this.#mark(block(from, to));
    });
    this.grid.addEventListener("pointerup", (/** @type {PointerEvent} */ event) => {
      if (from === null) return;
      const to = hourOf(event) ?? from;
      const hours = block(from, to);
      from = null;
      this.#mark([]);
      this.#choose(toggled(this.week, hours));
    });
    this.grid.addEventListener("pointercancel", () => {
      from = null;
      this.#mark([]);
    });
    this.grid.addEventListener("click", (/** @type {MouseEvent} */ event) => {
      const { row, column } = /** @type {HTMLElement} */ (event.target).dataset;
      if (row !== undefined) this.#choose(toggled(this.week, block(24 * Number(row), 24 * Number(row) + 23)));
      if (column !== undefined) this.#choose(toggled(this.week, block(Number(column), 144 + Number(column))));
    });
    this.grid.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#key(event));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const hour = /** @type {HTMLElement} */ (event.target).dataset.hour;
    if (hour === undefined) return;
    const by = KEYS[event.key];
    if (by) {
      const isSide = Math.abs(by) === 1;
      const to = this.at + by;
      if (to < 0 || to >= HOURS || (isSide && Math.floor(to / 24) !== Math.floor(this.at / 24))) return event.preventDefault();
      this.anchor = event.shiftKey ? (this.anchor ?? this.at) : null;
      this.#focus(to);
      this.#mark(this.anchor === null ? [] : block(this.anchor, to));
    } else if (event.key === " " || event.key === "Enter") {
      const hours = block(this.anchor ?? this.at, this.at);
      this.anchor = null;
      this.#mark([]);
      this.#choose(toggled(this.week, hours));
    } else if (event.key === "Escape") {
      this.anchor = null;
      this.#mark([]);
    } else return;
    event.preventDefault();
  }

  /** @param {number} hour */
  #focus(hour) {
    this.cells[this.at].tabIndex = -1;
    this.at = hour;
    this.cells[hour].tabIndex = 0;
    this.cells[hour].focus();
  }

  /** Show the block that is being chosen. @param {number[]} hours */
  #mark(hours) {
    this.cells.forEach((cell, hour) => cell.classList.toggle("marked", hours.includes(hour)));
  }
}
