// The language of a page: the one that a map page leads back with, else the reader's last choice, else the browser's;
// switched at once by a button.

import { TEXTS } from "./texts.js";

/** @typedef {import("./texts.js").Language} Language */

const KEY = "spatialgov.language";

/** @type {Language} */
let current = initial();

/** @returns {Language} */
function initial() {
  const asked = new URLSearchParams(location.search).get("lang");
  if (asked === "en" || asked === "zh") {
    remember(asked);
    history.replaceState(null, "", location.pathname + location.hash); // a later choice shall outlast a reload
    return asked;
  }
  const saved = stored();
  if (saved === "en" || saved === "zh") return saved;
  const known = navigator.languages.find((tag) => /^(zh|en)\b/i.test(tag));
  return known?.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/** Storage can be forbidden by the browser's settings; the page works without it. */
function stored() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** @param {Language} chosen */
function remember(chosen) {
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // Forbidden: the choice holds for this page only.
  }
}

/** The language in force. @returns {Language} */
export const language = () => current;

/**
 * Give a text in the language in force.
 * @param {string} key a key of TEXTS
 * @param {Record<string, string | number>} values what stands for {name} in it
 */
export function text(key, values = {}) {
  const found = TEXTS[key][current === "zh" ? 1 : 0];
  return found.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** The reader's own variety of the language in force: it decides how numbers and dates are written. */
export const locale = () => navigator.languages.find((tag) => tag.toLowerCase().startsWith(current)) ?? current;

/** Give a number as this language writes it. @param {number} value */
export const number = (value) => value.toLocaleString(locale());

/** Give a time as a date in this language. @param {string} iso */
export const date = (iso) =>
  new Date(iso).toLocaleDateString(locale(), { dateStyle: "long" });

/** Give the short names of the days of the week, Monday first, in this language. */
export const weekdays = () =>
  Array.from({ length: 7 }, (_, day) =>
    new Date(Date.UTC(2024, 0, 1 + day)).toLocaleDateString(locale(), { weekday: "short", timeZone: "UTC" }), // a Monday
  );

/** Give the name of a thing in this language. @param {{name: string, name_en?: string}} thing */
export const nameOf = (thing) => (current === "en" && thing.name_en) || thing.name;

/** Write the page's fixed texts in the language in force. */
export function writeTexts() {
  document.documentElement.lang = current === "zh" ? "zh-CN" : "en";
  for (const place of document.querySelectorAll("[data-text]")) place.textContent = text(place.dataset.text);
  for (const place of document.querySelectorAll("[data-label]")) {
    place.setAttribute("aria-label", text(place.dataset.label));
  }
  for (const link of document.querySelectorAll("a[data-map]")) {
    link.setAttribute("href", `${link.getAttribute("href").replace(/\?.*/, "")}?lang=${current}`);
  }
}

/**
 * Write the fixed texts, and again on each switch of the button `#language`.
 * @param {() => void} changed called after each writing, the first included: writes the rest of the page
 */
export function speak(changed) {
  const button = /** @type {HTMLButtonElement} */ (document.getElementById("language"));
  const write = () => {
    writeTexts();
    button.textContent = current === "zh" ? "English" : "中文";
    button.lang = current === "zh" ? "en" : "zh-CN";
    changed();
  };
  button.addEventListener("click", () => {
    current = current === "zh" ? "en" : "zh";
    remember(current);
    write();
  });
  write();
}
