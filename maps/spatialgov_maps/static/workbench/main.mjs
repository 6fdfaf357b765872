// @ts-check
// The planner's page: opens the plan that the address names, and wires tools, panel, journal and dialogs.

import { Problem, ask, send, signInAddress } from "../js/api.js";
import { number, speak, text } from "../js/language.js";
import { TEXTS } from "../js/texts.js";
import * as asking from "./asking.mjs";
import * as dialogs from "./dialogs.mjs";
import { Editor } from "./editor.mjs";
import { firstPicture } from "./first_picture.mjs";
import { MapView } from "./map_view.mjs";
import { Panel } from "./panel.mjs";
import { placeOf } from "./balance.mjs";
import { DEVIATIONS, deviationLimits } from "./colours.mjs";
import { compareDialog } from "./comparing.mjs";
import { printDialog } from "./sheets.mjs";
import { WORKBENCH_TEXTS } from "./texts.mjs";
import { BRUSHES, Pointer, TOOLS } from "./tools.mjs";
import { Finder } from "./touching.mjs";
import { amount, el, icon, signed } from "./ui.mjs";
import { readUnits } from "./units.mjs";

Object.assign(TEXTS, WORKBENCH_TEXTS);

const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const LOOK_MS = 3000;
const EDITIONS_MS = 10_000;
const NOTICE_MS = 9000;
const UNDO = "M9 14L4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3";
const REDO = "M15 14l5-5-5-5M20 9H10a6 6 0 0 0 0 12h3";
const ALL = "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5";

/** @type {Editor | undefined} */
let editor;
/** @type {Panel | undefined} */
let panel;
/** @type {Pointer | undefined} */
let pointer;
/** @type {Set<string>} */
let rights = new Set();
/** @type {any[]} */
let plans = [];
let edition = 0;
/** Whether a dialog is open. */
const isBusy = () => document.querySelector("dialog[open]") !== null;

/** @param {string} message @param {"" | "problem"} kind @param {{label: string, act: () => void}} [action] */
function notice(message, kind = "", action) {
  const close = () => box.remove();
  const box = el("div", { class: kind }, el("span", { text: message }));
  if (action) box.append(el("button", { type: "button", text: action.label, onclick: action.act }));
  box.append(el("button", { type: "button", text: text("wbClose"), onclick: close }));
  const { children } = at("notices");
  while (children.length > 1) children[0].remove();
  at("notices").append(box);
  if (!action && !kind) setTimeout(close, NOTICE_MS);
}

/** Name whose strokes those are: accounts, or browsers where there are none. @param {Iterable<string>} all */
const named = (all) => [...new Set(all)].map((who) => dialogs.authorName(who)).join(", ");

/** @param {import("./journal.mjs").News} news */
function heard(news) {
  if (news.kind === "state") writeSaved(news.state, news.pending);
  if (news.kind === "others") {
    const units = new Set(news.entries.flatMap((entry) => entry.moves.map((move) => move.unit_id)));
    const marked = new Set(news.entries.flatMap((entry) => Object.keys(entry.kinds ?? {})));
    const who = named(news.entries.map((entry) => entry.who));
    if (units.size) notice(text("wbOthers", { who, n: number(units.size) }));
    if (marked.size) notice(text("wbOthersMarked", { who, codes: [...marked].join(", ") }));
  }
  if (news.kind === "refused") {
    notice(news.lost ? text("wbLost", { message: news.message, n: news.lost }) : news.message, "problem");
  }
  if (news.kind === "gone") {
    notice(text("wbGone"), "problem", { label: text("wbShowOthers"), act: () => openPlan(0) });
    relist();
  }
  if (news.kind === "plan") {
    history.replaceState(null, "", `#plan=${news.id}`);
    notice(text(news.why === "child" ? "wbChild" : "wbCopied", { id: news.id }));
    relist();
  }
  writePlan();
}

let saved = { state: "saved", pending: 0 };

/** @param {string} state @param {number} pending */
function writeSaved(state, pending) {
  saved = { state, pending };
  const key = { saved: "wbSaved", saving: "wbSaving", offline: "wbOffline", signed_out: "wbSignedOut", conflict: "wbConflict" }[state];
  const said = text(/** @type {string} */ (key), { n: pending });
  if (at("saved").textContent !== said) at("saved").textContent = editor?.mayEdit ? said : "";
  at("saved").className = `saved ${state}`;
}

function writePlan() {
  if (!editor) return;
  const { state } = editor.about;
  at("plan-state").textContent = text(state);
  at("plan-state").className = `chip ${state}`;
  for (const button of document.querySelectorAll("[data-act]")) {
    const { dataset } = /** @type {HTMLButtonElement} */ (button);
    const able = "rights" in dataset ? rights.has("edit") : "edit" in dataset ? editor.isFree : "publish" in dataset ? rights.has("publish") && editor.isFree : true;
    /** @type {HTMLButtonElement} */ (button).disabled = !able;
  }
}

function writeTools() {
  if (!editor) return;
  const { tool, isFree } = editor;
  const button = (/** @type {string} */ label, /** @type {string} */ paths, /** @type {any} */ props) => {
    const made = el("button", { type: "button", title: label, "aria-label": label, ...props });
    made.append(icon(paths));
    return made;
  };
  const tools = TOOLS.map(([name, key, paths]) => {
    const label = `${text(`tool${name[0].toUpperCase()}${name.slice(1)}`)} (${key})`;
    const able = isFree || name === "view" || name === "pick";
    return button(label, paths, { "data-tool": name, "aria-pressed": String(name === tool), disabled: !able, onclick: () => editor?.setTool(name) });
  });
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.title : "";
  at("tools").replaceChildren(
    ...tools, el("hr"),
    button(`${text("wbUndo")} (Ctrl+Z)`, UNDO, { disabled: !isFree, onclick: () => editor?.journal.undo() }),
    button(`${text("wbRedo")} (Ctrl+Y)`, REDO, { disabled: !isFree, onclick: () => editor?.journal.redo() }),
    el("hr"), button(text("wbShowAll"), ALL, { onclick: () => editor?.view.showAll() }),
  );
  if (focused) at("tools").querySelector(`[title="${CSS.escape(focused)}"]`)?.focus();
}

function writeOptions() {
  if (!editor) return;
  const { tool, brushPx, anywhere, colourBy } = editor;
  const parts = [];
  if (tool === "paint" || tool === "erase") {
    const said = brushPx ? text("wbSizePixels", { n: brushPx }) : text("wbSizeUnit");
    const range = el("input", { type: "range", min: 0, max: BRUSHES.length - 1, value: BRUSHES.indexOf(brushPx), "aria-valuetext": said, oninput: (/** @type {any} */ event) => setBrush(Number(event.target.value)) });
    parts.push(el("label", {}, text("wbSize"), range, el("span", { text: said })));
  }
  if (["paint", "rectangle", "lasso", "erase"].includes(tool)) {
    const box = el("input", { type: "checkbox", checked: anywhere, onchange: (/** @type {any} */ event) => (/** @type {any} */ (editor).anywhere = event.target.checked) });
    parts.push(el("label", {}, box, text("wbAnywhere")));
  }
  if (tool === "barrier") {
    const effects = el("select", { onchange: (/** @type {any} */ event) => (/** @type {any} */ (editor).effect = event.target.value) });
    for (const [value, key] of [["hard", "wbHard"], ["penalty", "wbSoft"], ["", "wbTakeAway"]])
      effects.append(el("option", { value, selected: value === editor.effect, text: text(key) }));
    parts.push(el("label", {}, text("wbBarrierIs"), effects), el("span", { text: text("wbBarrierHint") }));
  }
  const select = el("select", { onchange: (/** @type {any} */ event) => editor?.setColours(event.target.value) });
  for (const [value, key] of [["grid", "wbByGrid"], ["balance", "wbByBalance"]])
    select.append(el("option", { value, selected: value === colourBy, text: text(key) }));
  parts.push(el("label", {}, text("wbColourBy"), select));
  if (colourBy === "balance") parts.push(deviationKey(editor.plan.settings.tolerance));
  at("options").replaceChildren(...parts);
}

/** What the colours of the balance mean: their classes, and the limits between them. @param {number} tolerance */
function deviationKey(tolerance) {
  const limits = deviationLimits(tolerance).map(signed);
  const classes = DEVIATIONS.map((colour, i) => {
    const swatch = el("i", {});
    swatch.style.background = colour;
    return el("span", { class: "class" }, swatch, i < limits.length && el("small", { text: limits[i] }));
  });
  return el("span", { class: "deviations", role: "img", "aria-label": `${text("wbDeviationKey")}: ${limits.join(", ")}` }, ...classes);
}

/** @param {number} place in BRUSHES */
function setBrush(place) {
  if (!editor) return;
  editor.brushPx = BRUSHES[Math.max(0, Math.min(BRUSHES.length - 1, place))];
  const said = editor.brushPx ? text("wbSizePixels", { n: editor.brushPx }) : text("wbSizeUnit");
  const range = at("options").querySelector('input[type="range"]');
  if (!range) return;
  range.value = String(BRUSHES.indexOf(editor.brushPx));
  range.setAttribute("aria-valuetext", said);
  range.nextElementSibling.textContent = said;
}

/** @param {import("./balance.mjs").Fault} fault */
function faultText({ kind, code, units }) {
  const plan = /** @type {Editor} */ (editor).plan;
  const grid = plan.grid(code);
  const quantity = kind === "area" ? "area_m2" : plan.settings.balance;
  const value = grid ? amount(quantity, grid.sums[placeOf(quantity)]) : "";
  if (kind === "unassigned") return text("faultUnassigned", { n: number(units.length) });
  if (kind === "pieces") {
    const pieces = plan.pieces(/** @type {string} */ (code));
    return text("faultPieces", { code: /** @type {string} */ (code), n: pieces.length, sizes: pieces.map((piece) => number(piece.length)).join(" + ") });
  }
  return text(`fault${kind[0].toUpperCase()}${kind.slice(1)}`, { code: code ?? "", value });
}

function nextFault() {
  const fault = editor?.nextFault();
  if (!editor || !fault) return notice(text("wbNoProblem"));
  at("notices").replaceChildren();
  notice(text("wbProblemOf", { i: editor.faultShown + 1, n: editor.faults.length, what: faultText(fault) }));
}

/** @param {any[]} [known] */
async function listPlans(known) {
  plans = known ?? (await ask("plans")).plans;
  const options = plans.map(({ id, name, state }) =>
    el("option", { value: id, selected: id === editor?.about.id, text: `${id} · ${name} (${text(state)})` }),
  );
  at("plans").replaceChildren(...options);
}

/** Write the list of plans anew; without an answer it stays as it is. */
const relist = () => listPlans().catch(() => {});

/** @param {number} id 0: that in force */
function openPlan(id) {
  history.replaceState(null, "", id ? `#plan=${id}` : "#");
  location.reload();
}

async function begin() {
  rights = new Set((await asking.account).permissions);
  await listPlans(await asking.plans);
  const found = await asking.plan;
  if (!found) return notice(text(rights.has("edit") ? "wbNoPlans" : "wbNoUnits"), "problem");
  const { id, opened } = found;
  history.replaceState(null, "", `#plan=${id}`);
  at("plans").value = String(id);
  const units = readUnits(found.units);
  const finder = new Finder(units);
  const view = new MapView(units, finder);
  editor = new Editor({
    units, finder, view, opened, mayEdit: rights.has("edit"),
    around: { ask, send, decide: dialogs.conflictDialog },
    shown: {
      sums: (codes) => panel?.sums(codes),
      settled: () => panel?.settled(),
      chosen: () => {
        pointer?.update();
        writeTools();
        writeOptions();
        writePlan();
        panel?.settled();
      },
      notice,
      news: heard,
    },
  });
  /** @type {any} */ (globalThis).workbench = editor; // for the console
  panel = new Panel(editor, { next: nextFault });
  panel.write();
  writeTools();
  writeOptions();
  writePlan();
  writeSaved("saved", 0);
  const picture = firstPicture(view, at("map"));
  await seen();
  performance.mark("first-view");
  watch();
  surround(id, view);
  await beginMap(editor);
  picture.remove();
  at("map").removeAttribute("aria-busy");
  performance.mark("ready");
}

/** What has been drawn is on the screen. @returns {Promise<void>} */
const seen = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));

/** Get the map ready that takes the place of the first picture. @param {Editor} editor */
async function beginMap(editor) {
  const { view } = editor;
  const { emptyMap } = await import("./empty_map.mjs");
  await view.drawOn(emptyMap(at("map")));
  pointer = new Pointer(editor, at("overlay"));
  await new Promise((resolve) => view.map.once("idle", resolve));
}

/** What lies around comes after the plan itself, as soon as there is a network. @param {number} id @param {MapView} view */
async function surround(id, view) {
  let layers;
  try {
    layers = await ask(`plans/${id}/surroundings`);
  } catch {
    return void setTimeout(() => surround(id, view), LOOK_MS);
  }
  if (!editor || !panel) return;
  editor.surroundings = layers;
  panel.names = new Map(layers.jurisdictions.features.map((/** @type {any} */ one) => [one.properties.code, one.properties]));
  panel.write();
  await view.drawn;
  view.setSurroundings(layers);
}

/** See what others do, and what is published. */
function watch() {
  const visible = () => document.visibilityState === "visible" && !isBusy();
  setInterval(() => visible() && editor?.journal.poll(), LOOK_MS);
  const look = async () => {
    const { editions } = await ask("editions");
    const newest = editions[editions.length - 1];
    if (newest && edition && newest.id !== edition) {
      notice(text("wbNewEdition", { id: newest.id }), "", { label: text("wbShowIt"), act: () => openPlan(newest.plan) });
      await listPlans();
      const here = plans.find(({ id }) => id === editor?.about.id);
      if (here && editor) editor.about = { ...editor.about, state: here.state };
      writePlan();
    }
    edition = newest?.id ?? 0;
  };
  look().catch(() => {});
  setInterval(() => visible() && look().catch(() => {}), EDITIONS_MS);
}

/** @type {Record<string, () => any>} */
const ACTS = {
  help: () => dialogs.helpDialog(),
  make: () => dialogs.makeDialog(editor, openPlan),
  improve: () => editor && dialogs.improveDialog(editor, at("proposal")),
  import: () => editor && dialogs.importDialog(editor, at("proposal")),
  export: () => editor && dialogs.exportDialog(editor),
  check: () => editor && dialogs.checkDialog(editor),
  publish: () => editor && dialogs.publishDialog(editor, (id) => {
    edition = id;
    notice(text("wbPublishedAs", { id }));
    relist();
    writePlan();
  }),
  compare: () => editor && compareDialog(editor, plans, { frame: at("swipe"), map: at("swipe-map"), range: at("swipe-at") }),
  print: () => editor && printDialog(editor, at("sheets")),
  delete: () => dialogs.deleteDialog(plans).then((gone) => {
    if (editor && gone.includes(editor.journal.planId)) openPlan(0);
    else if (gone.length) relist();
  }),
};

/** @type {Record<string, () => void>} */
const KEYS = {
  n: nextFault,
  "?": ACTS.help,
  "[": () => editor && setBrush(BRUSHES.indexOf(editor.brushPx) - 1),
  "]": () => editor && setBrush(BRUSHES.indexOf(editor.brushPx) + 1),
  escape: () => pointer?.cancel(),
  ...Object.fromEntries(TOOLS.map(([name, key]) => [key.toLowerCase(), () => editor?.setTool(name)])),
};

document.addEventListener("keydown", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (isBusy() || target.closest("select, textarea, input:not([type=checkbox]):not([type=range])")) return;
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (event.altKey || !editor?.isFree || !["z", "y"].includes(key)) return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) editor.journal.redo();
    else editor.journal.undo();
  } else if (key === " " && !target.closest("button, summary, input, a")) {
    event.preventDefault();
    if (pointer && !pointer.isHeld) {
      pointer.isHeld = true;
      pointer.update();
    }
  } else if (!event.altKey) KEYS[key]?.();
});
document.addEventListener("keyup", (event) => {
  if (event.key !== " " || !pointer?.isHeld) return;
  pointer.isHeld = false;
  pointer.update();
});
document.addEventListener("click", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const act = /** @type {HTMLElement | null} */ (target.closest("[data-act]"));
  if (act || !target.closest("#menu")) at("menu").open = false;
  const done = act && ACTS[/** @type {string} */ (act.dataset.act)]();
  Promise.resolve(done).catch((problem) => notice(problem.message, "problem"));
});
at("plans").addEventListener("change", () => openPlan(Number(at("plans").value)));
addEventListener("hashchange", () => {
  const asked = asking.named();
  if (asked && editor && asked !== editor.about.id) location.reload();
});
addEventListener("beforeunload", (event) => {
  if (editor?.journal.pending || editor?.stroke) event.preventDefault();
});

speak(() => {
  for (const passing of document.querySelectorAll("#notices > :not(.problem)")) passing.remove();
  document.title = `${text("wbTitle")} · spatialgov`;
  panel?.write();
  writeTools();
  writeOptions();
  writePlan();
  writeSaved(saved.state, saved.pending);
  if (editor) relist();
});
begin().catch((problem) => {
  if (!(problem instanceof Problem)) console.error(problem);
  const what = problem instanceof Problem ? problem.message : text("wbNoWebGl");
  if (problem.status === 401) location.href = signInAddress();
  else notice(what, "problem");
});
