// The start page: what there is, in numbers; what to change; and the form "where am I".

import { Problem, ask, signInAddress } from "./api.js";
import { element } from "./dom.js";
import { date, nameOf, number, speak, text } from "./language.js";
import { locateForm } from "./locate.js";
import { TEXTS } from "./texts.js";

/**
 * @typedef {{id: number | string, valid_from: string}} Edition
 * @typedef {{jurisdiction: {code: string, name: string, name_en: string} | null, source?: string, counts: Record<string, number>, edition: Edition | null}} Summary
 * @typedef {{kind: string, grids: string[], households_moved: number, reason: string}} Recommendation
 */

const COUNTS = ["communities", "units", "grids", "incidents", "cameras"];
const SHOWN = 8;

/** @param {string} id @param {...Node} children */
function fill(id, ...children) {
  document.getElementById(id)?.replaceChildren(...children);
}

/** @param {Summary} summary */
function showSummary({ jurisdiction, source, counts, edition }) {
  const state = edition
    ? text("edition", { id: edition.id, from: date(edition.valid_from) })
    : text("unpublished");
  const name = jurisdiction && element("strong", { text: nameOf(jurisdiction) });
  const origin = source && element("span", { class: "source", text: source });
  fill("jurisdiction", ...[name, element("span", { text: state }), origin].filter(Boolean));
  const known = COUNTS.filter((key) => counts[key] !== undefined);
  fill(
    "numbers",
    ...known.map((key) =>
      element("div", {}, element("dt", { text: text(key) }), element("dd", { text: number(counts[key]) })),
    ),
  );
}

/** Show what needs published grids only where there are any, and how to begin where there are none. */
function showParts(published) {
  for (const part of document.querySelectorAll('[data-needs="edition"]')) part.hidden = !published;
  document.getElementById("begin").hidden = published;
}

/** @param {Recommendation} item */
function advice(item) {
  const kind = TEXTS[item.kind] ? text(item.kind) : item.kind;
  const head = element(
    "p",
    { class: "head" },
    element("span", { class: `kind kind-${item.kind}`, text: kind }),
    ...item.grids.map((code) => element("code", { text: code })),
  );
  const moved = item.households_moved
    ? [element("p", { class: "small", text: text("moved", { n: number(item.households_moved) }) })]
    : [];
  return element("li", {}, head, element("p", { text: item.reason }), ...moved);
}

/** @param {Recommendation[]} items */
function showAdvice(items) {
  if (!items.length) return fill("advice", element("p", { text: text("noAdvice") }));
  const list = element("ol", { class: "advice" }, ...items.slice(0, SHOWN).map(advice));
  const rest = items.length - SHOWN;
  fill("advice", list, ...(rest > 0 ? [element("p", { class: "small", text: text("more", { n: number(rest) }) })] : []));
}

/** Ask for one part of the page and show it, or what went wrong in its place. Gives what came, if anything did. */
async function load(path, place, show) {
  try {
    const body = await ask(path);
    show(body);
    return body;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    fill(place, element("span", { class: "problem", text: problem.message }));
    return null;
  }
}

/** Say who has signed in, with the way out, and leave out what they may not see. */
function showAccount({ name, permissions }) {
  for (const part of document.querySelectorAll("[data-right]")) {
    if (!permissions.includes(part.dataset.right)) part.remove();
  }
  if (name === "local") return; // there are no accounts: nobody has to sign in
  const out = element("button", { class: "quiet", text: text("signOut") });
  out.addEventListener("click", async () => {
    await fetch("sign-out", { method: "POST" });
    location.reload();
  });
  fill("account", element("span", { text: name }), out);
}

/** Give the account, or show the way to sign in. */
async function account() {
  try {
    return await ask("account");
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.code !== "not_signed_in") return fill("jurisdiction", element("span", { class: "problem", text: problem.message }));
    const link = element("a", { class: "button", text: text("signIn") });
    link.setAttribute("href", signInAddress());
    showParts(false);
    document.getElementById("begin").hidden = true;
    return fill("jurisdiction", link);
  }
}

const answerAgain = locateForm();

/** Ask for all of the page and show it. */
async function show() {
  // The service words its reasons in the language of the question, so a switch asks again.
  answerAgain();
  const me = await account();
  if (!me) return;
  showAccount(me);
  const summary = await load("summary", "jurisdiction", showSummary);
  if (!summary) return;
  showParts(Boolean(summary.edition));
  if (summary.edition && me.permissions.includes("plans")) {
    await load("recommendations", "advice", (body) => showAdvice(body.recommendations));
  }
}

speak(() => show().then(() => performance.mark("first-view")));
