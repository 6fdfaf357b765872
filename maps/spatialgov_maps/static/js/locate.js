// The form "where am I": a coordinate in, the chain of jurisdictions and the grid out.

import { ask } from "./api.js";
import { element } from "./dom.js";
import { nameOf, text } from "./language.js";

/**
 * @typedef {{level: string, code: string, name: string, name_en: string}} Link
 * @typedef {{code: string, name: string, on_border: boolean, datum: string, edition: number | string, chain: Link[]}} Found
 */

/**
 * Read a number as people type it: Chinese full-width digits and signs as well, a degree sign behind it.
 * @param {string} typed
 * @returns {number} NaN when it is none
 */
export function readDegrees(typed) {
  const plain = typed.normalize("NFKC").trim().replace(/[°º]$/, "").replace(/^\u2212/, "-");
  return /^[+-]?\d+(\.\d*)?$/.test(plain) ? Number(plain) : NaN;
}

/** @param {Found} found */
function answer(found) {
  const links = found.chain.some((link) => link.level === "grid")
    ? found.chain
    : [...found.chain, { level: "grid", code: found.code, name: found.name, name_en: "" }];
  const rows = links.map((link) =>
    element(
      "li",
      { class: link.level },
      element("span", { class: "level", text: text(link.level) }),
      element("strong", { text: nameOf(link) || link.code }),
      element("code", { text: link.code }),
    ),
  );
  const parts = [element("ol", { class: "chain" }, ...rows)];
  if (found.on_border) parts.push(element("p", { class: "notice", text: text("onBorder") }));
  parts.push(
    element("p", { class: "small", text: text("echo", { datum: text(found.datum), edition: found.edition }) }),
  );
  return parts;
}

/**
 * A place inside the first grid, to try the form with: the mean of its corners.
 * @returns {Promise<[lon: number, lat: number]>}
 */
async function examplePlace() {
  const { features } = await ask("grids", { limit: "1" });
  const { type, coordinates } = features[0].geometry;
  const ring = (type === "MultiPolygon" ? coordinates[0][0] : coordinates[0]).slice(1);
  const mean = (axis) => ring.reduce((sum, place) => sum + place[axis], 0) / ring.length;
  return [mean(0), mean(1)];
}

/** Wire the form; gives the function that writes the answer again after a switch of language. */
export function locateForm() {
  const form = /** @type {HTMLFormElement} */ (document.getElementById("locate"));
  const place = /** @type {HTMLElement} */ (document.getElementById("answer"));
  let asked = false;

  const fail = (message) => place.replaceChildren(element("p", { class: "problem", text: message }));
  const find = async () => {
    asked = true;
    const { lon, lat, datum } = form.elements;
    const [x, y] = [readDegrees(lon.value), readDegrees(lat.value)];
    lon.setAttribute("aria-invalid", String(Number.isNaN(x)));
    lat.setAttribute("aria-invalid", String(Number.isNaN(y)));
    if (Number.isNaN(x + y)) return fail(text("needsNumbers"));
    try {
      const found = await ask("locate", { lon: String(x), lat: String(y), datum: datum.value });
      place.replaceChildren(...answer(found));
    } catch (problem) {
      fail(problem.message);
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    find();
  });
  document.getElementById("example")?.addEventListener("click", async () => {
    try {
      const [x, y] = await examplePlace();
      form.elements.lon.value = x.toFixed(6);
      form.elements.lat.value = y.toFixed(6);
      form.elements.datum.value = "wgs84";
      await find();
    } catch (problem) {
      fail(problem instanceof TypeError ? text("unpublished") : problem.message);
    }
  });
  return () => {
    if (asked) find();
  };
}
