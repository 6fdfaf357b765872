// @ts-check
// The field page: where is this, who answers for it, how far is the border; from the packs on the phone where they hold
// the place, from the service otherwise.

import { Problem, ask, fetched, signInAddress } from "../js/api.js";
import { FieldPackError, toWgs84 } from "../js/field_pack.mjs";
import { date, nameOf, number, speak, text } from "../js/language.js";
import { TEXTS } from "../js/texts.js";
import { el } from "../workbench/ui.mjs";
import * as say from "./answer.mjs";
import { AskForm } from "./asking.mjs";
import { Packs, browserStorage, passingStorage } from "./packs.mjs";
import { SECONDS, lookForPosition } from "./position.mjs";
import { sketch } from "./sketch.mjs";
import { FIELD_TEXTS } from "./texts.mjs";

Object.assign(TEXTS, FIELD_TEXTS);

/** @typedef {import("./answer.mjs").Asked} Asked */
/**
 * @typedef {{kind: "begin"} | {kind: "looking"} | {kind: "message", key: string, values?: Record<string, string | number>}
 *   | {kind: "problem", message: string, signIn: boolean}
 *   | {kind: "found", asked: Asked, found: any, kept: import("./packs.mjs").Kept | null, around: import("./answer.mjs").Around | null}
 *   | {kind: "outside", asked: Asked, nearest: {name: string, code: string, distance_m: number} | null, offline: boolean}} Shown
 */

const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const ANSWER_MS = 10_000;
const REFRESH_MS = 20_000;
const MOST_NOTICES = 3;

/** @type {Packs} */
let packs;
/** @typedef {"unknown" | "online" | "offline" | "signed_out"} Reach */
/** @type {Reach} */
let reach = "unknown";
/** @type {Shown} */
let shown = { kind: "begin" };
/** @type {Asked | null} */
let current = null;
/** @type {any[]} packs that the service has */
let offered = [];
/** Code of the grid that a screen reader was told last. */
let announced = "";
let zoom = 1;
let stopLooking = () => {};

/** @type {{say: () => string, kind: "" | "problem"}[]} */
let notices = [];

/** Say something beside the answer, the newest last. @param {() => string} said in the language in force @param {"" | "problem"} [kind] */
function notice(said, kind = "") {
  notices = [...notices.filter((one) => one.say() !== said()), { say: said, kind }].slice(-MOST_NOTICES);
  writeNotices();
}

function writeNotices() {
  const rows = notices.map((one) => {
    const close = () => {
      notices = notices.filter((other) => other !== one);
      writeNotices();
    };
    return el("div", { class: one.kind }, el("span", { text: one.say() }), el("button", { type: "button", class: "quiet", text: text("fdClose"), onclick: close }));
  });
  at("notices").replaceChildren(...rows);
}

/**
 * Ask the service, and note whether it answers.
 * @template T @param {() => Promise<T>} question @returns {Promise<T>}
 */
async function service(question) {
  try {
    const answer = await question();
    setReach("online");
    return answer;
  } catch (problem) {
    if (problem instanceof Problem) {
      const isAway = problem.code === "unreachable" || [502, 503, 504].includes(problem.status);
      setReach(isAway ? "offline" : problem.status === 401 ? "signed_out" : "online");
    }
    throw problem;
  }
}

/** @param {Reach} now */
function setReach(now) {
  if (now === reach) return;
  const before = reach;
  reach = now;
  writeState();
  if (now === "online" && before !== "unknown") refresh();
}

function writeState() {
  const key = reach === "signed_out" && !packs?.all.length ? "fdSignedOutEmpty" : { unknown: "", online: "fdOnline", offline: "fdOffline", signed_out: "fdSignedOut" }[reach];
  at("state").className = `state ${reach}`;
  at("state").replaceChildren(key ? el("span", { text: text(key) }) : "");
  if (reach === "signed_out") at("state").append(signInLink());
}

const signInLink = () => el("a", { class: "button", href: signInAddress(), text: text("signIn") });

/** A question about a location to the service. @param {string} path @param {Asked} asked @returns {Promise<any>} */
async function askPlace(path, { lon, lat, datum }) {
  const query = { lon: String(lon), lat: String(lat), datum };
  return service(async () => (await fetched(path, query, { signal: AbortSignal.timeout(ANSWER_MS) })).json());
}

/**
 * Find a location's grid: on the phone if it can, else by the service, whose pack is kept for the next time.
 * @param {Asked} asked @param {{isQuiet?: boolean}} [options] whether the answer is not to be announced again
 */
async function find(asked, { isQuiet = false } = {}) {
  current = asked;
  try {
    if (show(onPhone(asked), isQuiet)) return;
  } catch (problem) {
    if (!(problem instanceof RangeError)) throw problem;
    show({ kind: "message", key: "fdBadRange" });
    return;
  }
  if (shown.kind !== "found") show({ kind: "looking" });
  const result = await fromService(asked);
  if (asked === current) show(result, isQuiet);
}

/** @param {Asked} asked @returns {Shown | null} */
function onPhone(asked) {
  const { lon, lat, datum } = asked;
  const answer = packs.locate(lon, lat, datum);
  if (!answer) return null;
  const wgs84 = /** @type {[number, number]} */ (toWgs84(lon, lat, datum));
  const { borders } = answer.kept;
  const near = borders.nearest(...wgs84);
  const others = asked.accuracy_m ? borders.within(...wgs84, asked.accuracy_m) : [];
  return { kind: "found", asked, ...answer, around: { near, wgs84, others, beyond: null } };
}

/** @param {Asked} asked @returns {Promise<Shown>} */
async function fromService(asked) {
  try {
    const found = await askPlace("locate", asked);
    if (asked === current) show({ kind: "found", asked, found, kept: null, around: null }, true);
    await keepAround(found);
    return onPhone(asked) ?? { kind: "found", asked, found, kept: null, around: null };
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.code === "nothing_published") return { kind: "message", key: "fdNoGrids" };
    if (problem.code === "not_found") return { kind: "outside", asked, nearest: await nearest(asked), offline: false };
    if (reach === "online") return { kind: "problem", message: problem.message, signIn: false };
    if (!packs.all.length) {
      return reach === "signed_out" ? { kind: "problem", message: problem.message, signIn: true } : { kind: "message", key: "fdKeptNothing" };
    }
    return { kind: "outside", asked, nearest: nearestKept(asked), offline: true };
  }
}

/** Keep the pack of the subdistrict that a grid lies in, or of the finest jurisdiction that the account may take. @param {any} found */
async function keepAround({ chain }) {
  const codes = [...chain].reverse().map((link) => link.code);
  const subdistrict = chain.find((/** @type {any} */ link) => link.level === "subdistrict")?.code;
  for (const code of new Set([subdistrict, ...codes, "all"].filter(Boolean))) {
    try {
      await take(code);
      return;
    } catch (problem) {
      if (problem instanceof FieldPackError) return; // damaged on its way
      if (!(problem instanceof Problem)) throw problem;
      if (reach !== "online") return; // the answer stands without a pack
    }
  }
}

/** @param {string} code */
async function take(code) {
  const kept = await service(() => packs.take(code));
  navigator.storage?.persist?.();
  notice(() => text("fdKept", { name: say.areaOf(kept) }));
  writePacks();
}

/** @param {Asked} asked */
async function nearest(asked) {
  try {
    const { location: grid, distance_m } = await askPlace("locate/nearest", asked);
    return { ...grid, distance_m };
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    return nearestKept(asked);
  }
}

/** @param {Asked} asked */
function nearestKept({ lon, lat, datum }) {
  const near = packs.nearest(lon, lat, datum);
  return near && { ...near.grid, distance_m: near.distance_m };
}

/**
 * Show a result in place of the one before.
 * @param {Shown | null} result @param {boolean} [isQuiet]
 * @returns {boolean} whether there was one
 */
function show(result, isQuiet = false) {
  if (!result) return false;
  const before = shown;
  shown = result;
  const isSame = result.kind === "found" && before.kind === "found" && result.found.code === before.found.code;
  if (!isSame) zoom = 1;
  writeAnswer();
  if (!isQuiet) announce();
  if (result.kind === "found") lookBeyond(result);
  return true;
}

/** Name the grid beyond the border of a pack: by another pack, or by the service. @param {Extract<Shown, {kind: "found"}>} result */
async function lookBeyond(result) {
  const { around } = result;
  if (!around || around.near.face || around.near.distance_m === 0) return;
  const [x, y] = around.wgs84;
  const step = 1 + 0.5 / around.near.distance_m; // half a metre beyond
  const place = { lon: x + step * (around.near.lon - x), lat: y + step * (around.near.lat - y), datum: "wgs84", source: /** @type {const} */ ("typed") };
  around.beyond = packs.locate(place.lon, place.lat, place.datum)?.found ?? null;
  if (!around.beyond && reach === "online") {
    around.beyond = await askPlace("locate", place).catch((problem) => {
      if (!(problem instanceof Problem)) throw problem;
      return null;
    });
  }
  if (around.beyond && shown === result) writeAnswer();
}

/** Tell a screen reader what was found; the rest of the answer is there to be read. */
function announce() {
  if (shown.kind === "found") {
    const { found, kept, around, asked } = shown;
    if (asked.source === "browser" && announced === found.code) return; // a better position in the same grid is no news
    announced = found.code;
    const border = kept && around ? say.borderText(around, kept) : "";
    const maybe = kept && around ? say.maybeText(around, kept, asked.accuracy_m ?? 0) : "";
    at("said").textContent = `${text("fdSaid", { name: found.name, code: found.code, border })} ${maybe}`;
  } else {
    announced = "";
    at("said").textContent = shown.kind === "begin" ? "" : at("answer").textContent;
  }
}

function writeAnswer() {
  const focused = /** @type {HTMLElement | null} */ (document.activeElement?.closest("#answer [data-focus]"))?.dataset.focus;
  at("answer").className = `answer ${shown.kind}`;
  at("answer").replaceChildren(...answerParts());
  if (shown.kind === "found" && shown.around) drawMap();
  if (focused) at("answer").querySelector(`[data-focus="${focused}"]`)?.focus();
}

/** @returns {(Node | string)[]} */
function answerParts() {
  switch (shown.kind) {
    case "begin":
      return [el("p", { text: text("fdBegin") })];
    case "looking":
      return [el("p", { class: "looking", text: text("fdLooking") })];
    case "message":
      return [el("p", { text: text(shown.key, shown.values) })];
    case "problem":
      return [el("p", { class: "problem", text: shown.message }), shown.signIn ? signInLink() : ""];
    case "outside":
      return outsideParts(shown);
    default:
      return foundParts(shown);
  }
}

/** @param {Extract<Shown, {kind: "outside"}>} result */
function outsideParts({ asked, nearest: near, offline }) {
  const names = packs.all.map(say.areaOf).join(text("fdBetween"));
  return [
    el("h2", { text: text(offline ? "fdOutsideKept" : "fdOutside") }),
    near ? el("p", { text: text("fdOutsideText", { name: near.name, code: near.code, m: say.length(near.distance_m) }) }) : "",
    el("p", { text: offline ? text(reach === "signed_out" ? "fdKeptSignedOut" : "fdKeptOnly", { names }) : text("fdOutsideMine") }),
    el("p", { class: "small", text: say.placeText(asked) }),
  ];
}

/** @param {Extract<Shown, {kind: "found"}>} result */
function foundParts({ asked, found, kept, around }) {
  const maybe = kept && around ? say.maybeText(around, kept, asked.accuracy_m ?? 0) : "";
  const button = (/** @type {string} */ key, /** @type {() => void} */ act) => el("button", { type: "button", class: "quiet", "data-focus": key, text: text(key), onclick: act });
  return [
    el("h2", { class: "name", text: found.name || found.code }),
    el("p", { class: "code" }, el("span", { class: "unseen", text: text("fdCode") }), el("code", { id: "code", text: found.code })),
    maybe && el("p", { class: "maybe", text: maybe }),
    found.on_border && el("p", { class: "maybe", text: text("onBorder") }),
    kept && around && !found.on_border && el("p", { class: "border", text: say.borderText(around, kept) }),
    kept && el("h3", { text: text("fdPosts") }),
    kept && say.responsible(found, kept.pack.posts),
    around && el("div", { class: "map" }, el("div", { id: "map", role: "img", "aria-label": text("fdMap", { name: found.name }) }),
      el("div", { class: "zoom" }, zoomButton("fdCloser", "+", 1.6), zoomButton("fdFarther", "−", 1 / 1.6))),
    el("div", { class: "buttons" }, button("fdCopy", copy), "share" in navigator && button("fdShare", share)),
    el("h3", { text: text("fdChain") }),
    say.chainList(found, kept?.pack.posts ?? {}),
    el("p", { class: "small", text: say.placeText(asked) }),
    el("p", { class: "small source", text: say.sourceText(found, kept) }),
  ].filter(Boolean);
}

/** @param {string} key @param {string} sign @param {number} factor */
const zoomButton = (key, sign, factor) =>
  el("button", {
    type: "button", class: "quiet", "data-focus": key, "aria-label": text(key), text: sign,
    onclick: () => {
      zoom = Math.min(Math.max(zoom * factor, 0.2), 12);
      drawMap();
    },
  });

function drawMap() {
  if (shown.kind !== "found" || !shown.around || !shown.kept || !at("map")) return;
  const { around, kept, asked } = shown;
  const [lon, lat] = around.wgs84;
  const scene = { borders: kept.borders, lon, lat, accuracy_m: asked.accuracy_m ?? 0, near: around.near };
  at("map").replaceChildren(sketch(scene, at("map").clientWidth, at("map").clientHeight, zoom, say.length));
}

async function copy() {
  const code = at("code").textContent;
  try {
    await navigator.clipboard.writeText(code); // not there on http
    notice(() => text("fdCopied", { code }));
  } catch {
    getSelection()?.selectAllChildren(at("code"));
    const isCopied = document.execCommand("copy");
    notice(() => text(isCopied ? "fdCopied" : "fdNotCopied", { code }));
  }
}

async function share() {
  if (shown.kind !== "found") return;
  const said = say.sharedText(shown.found, shown.asked);
  await navigator.share({ text: said }).catch(() => {}); // thought better of it
}

let isRefreshing = false;

/** Bring the packs up to date, and the answer with them; without any, see whether the service answers. */
async function refresh() {
  if (isRefreshing) return;
  isRefreshing = true;
  try {
    const news = packs.all.length ? await service(() => packs.refresh()) : [];
    for (const { kind, pack, from } of news) {
      if (kind === "gone") notice(() => text("fdGone", { name: say.areaOf(pack) }));
      if (kind === "updated") notice(() => text("fdUpdated", { name: say.areaOf(pack), from, to: pack.edition }));
    }
    if (news.length) await answerAgain();
    if (!packs.all.length || news.length || !offered.length) await listOffered();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.code === "nothing_published" && shown.kind === "begin") show({ kind: "message", key: "fdNoGrids" });
  } finally {
    isRefreshing = false;
    writePacks();
  }
}

/** Ask for the place on show once more, and say when it has come to another grid. */
async function answerAgain() {
  if (shown.kind !== "found") return;
  const before = shown;
  await find(before.asked, { isQuiet: true });
  const { found } = shown.kind === "found" ? shown : before;
  if (found.code !== before.found.code) {
    notice(() => text("fdMoved", { name: found.name, code: found.code, before: say.gridName(before.found) }));
    announce();
  }
}

async function listOffered() {
  const answer = await service(() => ask("field-packs"));
  offered = answer.packs.filter((/** @type {any} */ pack) => pack.level === "subdistrict");
  if (!offered.length) offered = answer.packs;
  if (!offered.length) offered = [{ code: "all", name: text("fdWholeEdition"), grids: 0 }];
}

function writePacks() {
  const rows = packs.all.map((kept) => {
    const name = say.areaOf(kept);
    const about = {
      grids: number(kept.pack.size), addresses: number(kept.addresses.size), kb: number(Math.ceil(kept.size / 1000)),
      at: date(kept.record.keptAt),
    };
    const remove = async () => {
      await packs.remove(kept.code);
      notice(() => text("fdRemoved", { name: say.areaOf(kept) }));
      writePacks();
    };
    return el(
      "li", {},
      el("div", {}, el("strong", { text: name }), el("p", { text: text("fdPack", { edition: kept.edition, since: date(kept.pack.validFrom) }) }),
        el("p", { class: "small", text: text("fdPackSize", about) })),
      el("button", { type: "button", class: "quiet", "aria-label": text("fdRemoveNamed", { name }), text: text("fdRemove"), onclick: remove }),
    );
  });
  at("packs").replaceChildren(...(rows.length ? rows : [el("li", {}, el("p", { text: text("fdNone") }))]));
  const free = offered.filter((pack) => !packs.get(pack.code));
  const chosen = at("which").value;
  at("which").replaceChildren(...free.map((pack) => el("option", { value: pack.code, selected: pack.code === chosen, text: nameOf(pack) })));
  at("take").hidden = !free.length || reach !== "online";
  writeState();
}

/** @param {boolean} isBusy whether the position is being looked for */
function setBusy(isBusy) {
  at("here").setAttribute("aria-busy", String(isBusy));
  at("here").textContent = text(isBusy ? "fdHereBusy" : "fdHere");
}

function here() {
  stopLooking();
  if (!window.isSecureContext || !navigator.geolocation) {
    show({ kind: "message", key: window.isSecureContext ? "fdUnavailable" : "fdInsecure" });
    return;
  }
  show({ kind: "looking" });
  setBusy(true);
  scrollTo({ top: 0 });
  stopLooking = lookForPosition(
    navigator.geolocation,
    (position) => find({ ...position, datum: "wgs84", source: "browser" }),
    (failure) => {
      setBusy(false);
      const key = { denied: "fdDenied", unavailable: "fdUnavailable", timeout: "fdTimeout" };
      if (failure) show({ kind: "message", key: key[failure], values: { s: SECONDS } });
    },
  );
}

async function keepWorker() {
  if (!window.isSecureContext) return notice(() => text("fdInsecure"), "problem");
  try {
    await navigator.serviceWorker.register("field-worker.js", { scope: "field" });
  } catch {
    notice(() => text("fdNoWorker"), "problem");
  }
}

async function storage() {
  try {
    return await browserStorage(`spatialgov-field ${new URL(".", location.href).pathname}`);
  } catch {
    notice(() => text("fdNoStorage"), "problem");
    return passingStorage();
  }
}

async function begin() {
  packs = new Packs(await storage(), () => notice(() => text("fdNoStorage"), "problem"));
  await packs.open();
  at("here").addEventListener("click", here);
  at("type").addEventListener("click", () => {
    at("what").focus({ preventScroll: true });
    at("ask-title").scrollIntoView(); // with room for suggestions
  });
  const form = new AskForm({
    find: (asked) => {
      stopLooking();
      setBusy(false);
      find(asked);
    },
    addresses: (typed) => packs.addresses(typed),
    service,
    isOnline: () => reach === "online",
  });
  at("take").addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    take(at("which").value).catch((problem) => notice(() => problem.message, "problem"));
  });
  addEventListener("online", refresh);
  addEventListener("offline", () => setReach("offline"));
  addEventListener("resize", drawMap);
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
  setInterval(() => document.hidden || reach === "signed_out" || refresh(), REFRESH_MS);
  speak(() => {
    writeNotices();
    setBusy(at("here").getAttribute("aria-busy") === "true");
    form.refuse("");
    document.title = `${text("fdTitle")} · spatialgov`;
    writeAnswer();
    writePacks();
  });
  performance.mark("first-view");
  keepWorker();
  await refresh();
}

begin();
