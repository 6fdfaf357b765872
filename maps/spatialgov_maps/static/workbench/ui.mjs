// @ts-check
// Making elements, and words for numbers. Texts become text nodes, never markup.

import { number, text } from "../js/language.js";

/**
 * @param {string} tag
 * @param {Record<string, any>} props attributes; `text`; `on…` listeners; true and false switch attributes
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {any}
 */
export function el(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "text") made.textContent = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined && value !== null) made.setAttribute(name, value);
  }
  made.append(.../** @type {(Node | string)[]} */ (children.filter((child) => child || child === "")));
  return made;
}

/** @param {string} paths what a 24 × 24 icon draws */
export function icon(paths) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", paths);
  svg.append(path);
  return svg;
}

export const LOCK = "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3";

/** @param {number} value @param {number} digits */
const rounded = (value, digits) => number(Math.round(value * 10 ** digits) / 10 ** digits);

/** Write an amount with its unit. @param {string} quantity @param {number} value */
export function amount(quantity, value) {
  if (quantity === "area_m2") return text("wbHa", { n: rounded(value / 1e4, value < 1e5 ? 2 : 1) });
  if (quantity === "workload") return text("wbMinutes", { n: rounded(value, 0) });
  return rounded(value, 0);
}

/** @param {number} percent */
export function signed(percent) {
  const whole = Math.round(percent);
  return `${whole > 0 ? "+" : whole < 0 ? "−" : ""}${number(Math.abs(whole))} %`;
}

/** Offer a file for saving. @param {string} name @param {BlobPart} content @param {string} type */
export const save = (name, content, type) => saveBlob(name, new Blob([content], { type }));

/** @param {string} name @param {Blob} blob */
export function saveBlob(name, blob) {
  const url = URL.createObjectURL(blob);
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
