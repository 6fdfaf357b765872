// @ts-check
// The form for a coordinate or an address: reads what is typed, offers what it may mean, says what is wrong with it.

import { Problem, ask } from "../js/api.js";
import { text } from "../js/language.js";
import { el } from "../workbench/ui.mjs";
import { readCoordinate } from "./coordinates.mjs";

/**
 * @typedef {import("./answer.mjs").Asked} Asked
 * @typedef {{find: (asked: Asked) => void, addresses: (typed: string) => any[], service: (question: () => Promise<any>) => Promise<any>, isOnline: () => boolean}} Desk
 *   what the form needs of its page: `find` takes a location, `addresses` are those on the phone
 */

const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const TYPING_MS = 250;
const MOST_CHARACTERS = 200;
const PROBLEMS = { pair: "fdBadPair", range: "fdBadRange", minutes: "fdBadMinutes", letters: "fdBadLetters" };

export class AskForm {
  #typing = 0;

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    at("what").addEventListener("input", () => this.#typed());
    at("ask").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  /** Say what is wrong; "" for nothing. @param {string} message */
  refuse(message) {
    at("ask-problem").textContent = message;
    at("what").setAttribute("aria-invalid", String(message !== ""));
  }

  /** @param {{label: string, asked: Asked}[]} choices */
  #suggest(choices) {
    at("n-suggestions").textContent = choices.length ? text("fdSuggested", { n: choices.length }) : "";
    const rows = choices.map(({ label, asked }) =>
      el("li", {}, el("button", { type: "button", class: "quiet", text: label, onclick: () => this.#take(asked) })),
    );
    at("suggestions").replaceChildren(...rows);
  }

  /** @param {Asked} asked */
  #take(asked) {
    this.refuse("");
    this.#suggest([]);
    at("answer").focus();
    this.desk.find(asked);
  }

  #submit() {
    this.refuse("");
    this.#suggest([]);
    const typed = at("what").value.trim();
    if (!typed) return this.refuse(text("fdNothingTyped"));
    const reading = readCoordinate(typed);
    if (!reading) return this.#findAddress(typed);
    if ("problem" in reading) return this.refuse(text(PROBLEMS[reading.problem]));
    const asked = (/** @type {{lon: number, lat: number}} */ place) => ({ ...place, datum: at("datum").value, source: /** @type {const} */ ("typed") });
    if ("place" in reading) return this.#take(asked(reading.place));
    this.refuse(text("fdChoose"));
    return this.#suggest(reading.choices.map((place) => ({ label: text("fdReading", place), asked: asked(place) })));
  }

  /** Look an address up: by the service, which knows which one is meant for certain; on the phone where it can't be asked. @param {string} typed */
  async #findAddress(typed) {
    let choices;
    try {
      const match = await this.desk.service(() => ask("addresses", { q: typed.slice(0, MOST_CHARACTERS) }));
      choices = match.candidates.map(choice);
      if (match.certain) return this.#take(choices[0].asked);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (this.desk.isOnline()) return this.refuse(problem.message);
    }
    if (!choices?.length) choices = this.desk.addresses(typed).map(choice);
    if (!choices.length) return this.refuse(text(this.desk.isOnline() ? "fdNoAddress" : "fdNoAddressOffline"));
    this.refuse(text("fdChoose"));
    return this.#suggest(choices);
  }

  /** Offer addresses while one is typed: those on the phone at once, else those of the service. */
  #typed() {
    this.refuse("");
    clearTimeout(this.#typing);
    const typed = at("what").value.trim();
    if (!typed || readCoordinate(typed)) return this.#suggest([]);
    const kept = this.desk.addresses(typed);
    this.#suggest(kept.map(choice));
    if (kept.length || !this.desk.isOnline() || typed.length < 2) return;
    this.#typing = setTimeout(async () => {
      const question = () => ask("addresses", { q: typed.slice(0, MOST_CHARACTERS) });
      const match = await this.desk.service(question).catch(() => ({ candidates: [] }));
      if (at("what").value.trim() === typed) this.#suggest(match.candidates.map(choice));
    }, TYPING_MS);
  }
}

/** @param {{street: string, number: string, building: string, lon: number, lat: number, divisions?: string[]}} address */
function choice({ street, number, building, lon, lat, divisions = [] }) {
  const said = `${street}${number}${building}`;
  const label = [divisions[divisions.length - 1], said].filter(Boolean).join(" ");
  return { label, asked: { lon, lat, datum: "wgs84", source: /** @type {const} */ ("address"), text: said } };
}
