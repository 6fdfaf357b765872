// @ts-check
// The dialogs: what is asked of the planner, and what is asked of the service by a job.

import { ask, askFile, remove, send, sendFile } from "../js/api.js";
import { date, nameOf, number, text } from "../js/language.js";
import { deviationPct, placeOf } from "./balance.mjs";
import { MOST_FLAGGED, movesTo, readAssignment, readBoundaries, readTable, transfers, writeAssignment } from "./changes.mjs";
import { short } from "./labels.mjs";
import { el, save, saveBlob } from "./ui.mjs";

/** @typedef {import("./editor.mjs").Editor} Editor */
/** @typedef {import("./plan_store.mjs").Moves} Moves */

const LOOK_MS = 500;
const MOST_ROWS = 12;

/**
 * Open a dialog and give what it was closed with: the value of a button, "" by Escape.
 * @param {string} title @param {(Node | string | false | null)[]} parts @param {(dialog: any) => void} [opened]
 * @returns {Promise<string>}
 */
export function show(title, parts, opened) {
  const dialog = el("dialog", { "aria-labelledby": "dialog-title" }, el("h2", { id: "dialog-title", tabindex: -1, text: title }), ...parts);
  document.body.append(dialog);
  dialog.showModal();
  if (!dialog.querySelector("input, select, .stack")) dialog.querySelector("h2").focus(); // read from the top
  opened?.(dialog);
  return new Promise((resolve) =>
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    }),
  );
}

/** Give a button that closes its dialog with a value. @param {string} value @param {string} label */
export const closing = (value, label, kind = "") =>
  el("button", { type: "button", class: kind, text: label, onclick: (/** @type {any} */ event) => event.target.closest("dialog").close(value) });

const buttons = (/** @type {Node[]} */ ...all) => el("div", { class: "buttons" }, ...all);
const cancel = () => closing("", text("wbCancel"), "quiet");

/** @param {string} message @param {string} [title] */
export const problemDialog = (message, title = text("wbNotDone")) => show(title, [el("p", { class: "problem", text: message }), buttons(closing("", text("wbClose")))]);

/** Name the author of strokes: an account, or a browser where there are none. @param {string} who */
export function authorName(who) {
  const browser = /^local\/(\w+)$/.exec(who)?.[1];
  return browser ? text("wbBrowser", { tag: browser.slice(0, 4) }) : who;
}

/** Mine, theirs, or a copy; Escape asks again, for nothing may be lost by a slip. @param {import("./journal.mjs").Conflict} conflict */
export async function conflictDialog({ changes, moves }) {
  const list = el("ul", {}, ...changes.map(({ who, moves: theirs, kinds }) => {
    const marked = Object.keys(kinds ?? {}).join(", ");
    if (!theirs.length && marked) return el("li", { text: text("wbOthersMarked", { who: authorName(who), codes: marked }) });
    const codes = [...new Set(theirs.map((move) => move.to_code ?? text("wbWithout")))].join(", ");
    return el("li", { text: text("wbConflictEntry", { who: authorName(who), n: number(theirs.length), codes }) });
  }));
  for (;;) {
    const choice = await show(text("wbConflictTitle"), [
      el("p", { text: text("wbConflictText", { n: number(Object.keys(moves).length) }) }), list,
      el("div", { class: "stack" }, closing("mine", text("wbMine")), closing("theirs", text("wbTheirs"), "quiet"), closing("copy", text("wbCopy"), "quiet")),
    ]);
    if (choice) return /** @type {import("./journal.mjs").Choice} */ (choice);
  }
}

export function helpDialog() {
  const keys = [
    ["V", "helpView"], ["P", "helpPaint"], ["R", "helpRectangle"], ["A", "helpLasso"], ["E", "helpErase"],
    ["I / Alt", "helpPick"], ["L", "helpLock"], ["S", "helpSplit"], ["B", "helpBarrier"], ["[ ]", "helpSize"], ["N", "helpNext"],
    ["Ctrl+Z / Ctrl+Y", "helpUndo"], ["Space", "helpSpace"], ["Esc", "helpEscape"],
  ];
  const list = el("dl", { class: "keys" }, ...keys.flatMap(([key, said]) => [
    el("dt", {}, ...key.split(" ").map((one) => (one === "/" ? " / " : el("kbd", { text: one })))), el("dd", { text: text(said) }),
  ]));
  return show(text("wbHelpTitle"), [list, el("p", { class: "small", text: text("helpHatched") }), el("p", { class: "small", text: text("helpUndoText") }), buttons(closing("", text("wbClose")))]);
}

/** @param {string} label @param {any} field @param {string} kind */
const labelled = (label, field, kind = "") => (kind === "check" ? el("label", { class: "check wide" }, field, label) : el("label", { class: kind }, label, field));

/** @param {string} name @param {[string, string][]} options */
const select = (name, options) => el("select", { name }, ...options.map(([value, said]) => el("option", { value, text: said })));

/** @param {string} name @param {any} props */
const numeric = (name, props = {}) => el("input", { name, type: "number", min: 0, step: "any", ...props });

/**
 * Show a form and give what was filled in, null when it was left.
 * @param {string} title @param {any[]} parts @param {string} go
 * @returns {Promise<FormData | null>}
 */
async function askForm(title, parts, go) {
  const form = el("form", { method: "dialog" }, ...parts, buttons(cancel(), el("button", { value: "go", text: go })));
  /** @type {FormData | null} */
  let filled = null;
  form.addEventListener("submit", () => (filled = new FormData(form)));
  const closed = await show(title, [form]);
  return closed === "go" ? filled : null;
}

/**
 * Have the service work, with progress and a button that stops it.
 * @param {string} kind @param {any} options
 * @returns {Promise<any | null>} the job that is done; null when it was stopped or has failed, which was said
 */
async function work(kind, options) {
  const bar = el("progress", { max: 1 });
  const said = el("p", { class: "small", text: text("wbWorking"), role: "status" });
  /** @type {any} */
  let job = null;
  let isStopped = false;
  const cancelJob = () => send(`jobs/${job.id}/cancel`).catch(() => {});
  const stop = el("button", { type: "button", class: "quiet", text: text("wbStopJob"), onclick: () => {
    isStopped = true;
    if (job) cancelJob();
  } });
  const place = buttons(stop);
  let result = null;
  await show(text("wbWorking"), [bar, said, place], async (dialog) => {
    let isOver = false;
    dialog.addEventListener("cancel", (/** @type {Event} */ event) => {
      if (isOver) return;
      event.preventDefault();
      stop.click();
    });
    const end = (/** @type {string} */ message) => {
      isOver = true;
      bar.remove();
      said.textContent = message;
      said.className = "problem";
      place.replaceChildren(closing("", text("wbClose")));
    };
    try {
      job = await send("jobs", { kind, options });
      if (isStopped) cancelJob(); // while it was on its way
      while (job.state === "waiting" || job.state === "running") {
        if (job.fraction !== null) bar.value = job.fraction;
        said.textContent = job.step;
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        job = await ask(`jobs/${job.id}`);
      }
      if (job.state === "cancelled") return end(text("wbStopped"));
      if (job.state === "failed") return end([job.error?.message, job.error?.remedy].filter(Boolean).join(" "));
      result = job;
      dialog.close();
    } catch (problem) {
      end(/** @type {Error} */ (problem).message);
    }
  });
  return result;
}

/** Which setting of a plan names its target, by what it balances. */
const TARGETS = { households: "households_per_grid", population: "population_per_grid", area_m2: "area_per_grid_m2", workload: "workload_per_grid" };

/** Give the imported barriers in groups that go by one name, with the effect that they have in the open plan. @param {Editor | undefined} editor */
function barrierGroups(editor) {
  /** @type {Map<string, {name: string, effect: string, own: Record<string, string>}>} */
  const found = new Map();
  for (const { properties } of editor?.surroundings?.barriers.features ?? []) {
    const { barrier_id, kind, effect } = properties;
    const name = nameOf(properties) || text("wbUnnamed");
    const key = `${kind}/${name}`;
    const group = found.get(key) ?? { name: `${name} · ${kindName(kind)}`, effect: editor?.plan.settings.barriers?.[barrier_id] ?? effect, own: {} };
    group.own[barrier_id] = effect;
    found.set(key, group);
  }
  return [...found.values()];
}

/** @param {string} kind of a barrier */
const kindName = (kind) => (["river", "railway", "trunk_road"].includes(kind) ? text(kind) : kind);

/** @param {{name: string, effect: string}[]} groups */
function barrierFields(groups) {
  const effects = [["hard", "wbHard"], ["penalty", "wbSoft"], ["none", "wbNotAtAll"]];
  const fields = groups.map(({ name, effect }, i) => {
    const field = el("select", { name: `barrier ${i}` }, ...effects.map(([value, key]) => el("option", { value, selected: value === effect, text: text(key) })));
    return labelled(name, field);
  });
  return el("details", { class: "wide barriers" }, el("summary", { text: text("wbBarriers", { n: groups.length }) }), el("p", { class: "small", text: text("wbBarriersNote") }), el("div", { class: "fields" }, ...fields));
}

/** Areas are written in hectares, other quantities as they are counted. @param {string} quantity */
const scaleOf = (quantity) => (quantity === "area_m2" ? 1e4 : 1);

/** @param {string} quantity */
const unitOf = (quantity) => ({ area_m2: text("wbHa", { n: "" }), workload: text("wbMinutes", { n: "" }) })[quantity]?.trim() ?? text(quantity);

/** What a grid of a new plan is to hold, unless something else is typed: as many as in the open plan, on average. @param {Editor | undefined} editor @param {string} quantity */
function usualTarget(editor, quantity) {
  const { balance, target } = editor?.plan.settings ?? { balance: "households", target: 400 };
  if (quantity === balance) return target;
  const grids = editor?.plan.present().filter(({ kind }) => kind !== "dedicated") ?? [];
  if (!grids.length) return null;
  return grids.reduce((sum, { sums }) => sum + sums[placeOf(quantity)], 0) / grids.length;
}

/** @param {Editor | undefined} editor @param {(id: number) => void} openPlan */
export async function makeDialog(editor, openPlan) {
  const quantities = ["households", "population", "area_m2", ...(editor?.units.hasWorkload ? ["workload"] : [])];
  const levels = Object.keys(editor?.units.levels ?? { community_code: null });
  const present = editor?.plan.present() ?? [];
  const locked = present.filter(({ code }) => editor?.plan.locked.has(code)).map(({ code }) => code);
  const dedicated = present.filter(({ kind }) => kind === "dedicated").map(({ code }) => code);
  const groups = barrierGroups(editor);
  const drawn = editor?.borders.size ?? 0;
  const settings = editor?.plan.settings ?? { balance: "households", tolerance: 0.05 };
  const balance = select("balance", quantities.map((name) => [name, text(name)]));
  balance.value = settings.balance;
  const target = numeric("target", { required: true, min: 0.01 });
  const inUnits = (/** @type {string} */ key, /** @type {any} */ field) => el("label", {}, el("span", {}, text(key), " ", el("small", { class: "unit" })), field);
  const amounts = [inUnits("wbPerGrid", target), inUnits("wbMinimum", numeric("minimum", { min: 0.01 })), inUnits("wbMaximum", numeric("maximum", { min: 0.01 }))];
  const fit = () => {
    for (const label of amounts) label.querySelector(".unit").textContent = `(${unitOf(balance.value)})`;
    const usual = usualTarget(editor, balance.value);
    target.value = usual === null ? "" : Number((usual / scaleOf(balance.value)).toPrecision(3));
  };
  balance.addEventListener("change", fit);
  fit();
  const filled = await askForm(text("wbMake").replace(/ ?…+$/, ""), [
    labelled(text("wbName"), el("input", { name: "name", maxlength: 200 }), "wide"),
    labelled(text("wbBalance"), balance),
    amounts[0],
    labelled(text("wbTolerance"), numeric("tolerance", { required: true, min: 1, max: 100, value: Math.round(1000 * settings.tolerance) / 10 })),
    labelled(text("wbWithin"), select("within", levels.reverse().map((name) => [name, text(name)]))),
    amounts[1],
    amounts[2],
    labelled(text("wbMaxArea"), numeric("max_area_ha", { min: 0.01 })),
    labelled(text("wbEffort"), select("effort", [["default", text("wbThorough")], ["quick", text("wbQuick")]])),
    labelled(text("wbDedicated"), el("input", { name: "dedicated", placeholder: text("wbDedicatedHint") }), "wide"),
    dedicated.length > 0 && labelled(text("wbKeepDedicated", { n: dedicated.length }), el("input", { name: "keep dedicated", type: "checkbox", checked: true }), "check"),
    locked.length > 0 && labelled(text("wbKeepLocked", { n: locked.length }), el("input", { name: "keep", type: "checkbox", checked: true }), "check"),
    groups.length > 0 && barrierFields(groups),
    drawn > 0 && labelled(text("wbUseDrawn", { n: drawn }), el("input", { name: "drawn", type: "checkbox", checked: true }), "check"),
  ], text("wbStart"));
  if (!filled) return;
  const of = (/** @type {string} */ name, scale = 1) => (filled.get(name) ? scale * Number(filled.get(name)) : undefined);
  const scale = scaleOf(String(filled.get("balance")));
  const kept = new Set([...(filled.get("keep") ? locked : []), ...(filled.get("keep dedicated") ? dedicated : [])]);
  const chosen = groups.flatMap(({ own }, i) => Object.entries(own).filter(([, effect]) => effect !== filled.get(`barrier ${i}`)).map(([id]) => [id, filled.get(`barrier ${i}`)]));
  const options = {
    name: filled.get("name") || undefined,
    [TARGETS[/** @type {"households"} */ (filled.get("balance"))]]: of("target", scale),
    tolerance: (of("tolerance") ?? 5) / 100,
    within: filled.get("within") || null,
    minimum: of("minimum", scale),
    maximum: of("maximum", scale),
    max_area_m2: of("max_area_ha", scaleOf("area_m2")),
    dedicated: String(filled.get("dedicated") ?? "").split(/[,，、]/).map((kind) => kind.trim()).filter(Boolean),
    effort: filled.get("effort"),
    barriers: Object.fromEntries(chosen),
    ...(filled.get("drawn") && editor ? { borders: editor.borderPairs() } : {}),
    ...(kept.size && editor ? { today: editor.journal.planId, locked: [...kept] } : {}),
  };
  const job = await work("partition", options);
  if (job) openPlan(job.plans[0]);
}

/** @param {Editor} editor @param {HTMLElement} place */
export async function improveDialog(editor, place) {
  const { plan } = editor;
  const { settings } = plan;
  const n = editor.selected.size;
  const band = [settings.minimum ?? Math.round(settings.target * (1 - settings.tolerance)), settings.maximum ?? Math.round(settings.target * (1 + settings.tolerance))];
  const isHouseholds = settings.balance === "households";
  const filled = await askForm(text("wbImprove").replace(/ ?…+$/, ""), [
    labelled(text("wbImproveWhat"), select("what", /** @type {any} */ ([isHouseholds && ["rebalance", text("wbRebalance")], ["redraw", text("wbRedraw")]].filter(Boolean))), "wide"),
    labelled(text("wbScope"), select("scope", /** @type {any} */ ([n > 0 && ["selected", text("wbScopeSelected", { n })], ["whole", text("wbWhole")]].filter(Boolean))), "wide"),
    isHouseholds && labelled(text("wbBand"), numeric("low", { value: band[0], min: 0, step: 1 })),
    isHouseholds && labelled(text("wbTo"), numeric("high", { value: band[1], min: 1, step: 1 })),
    isHouseholds && labelled(text("wbMostMoved"), numeric("most", { placeholder: text("wbAnyNumber"), step: 1 }), "wide"),
    !isHouseholds && el("p", { class: "small wide", text: text("wbFewMovesNote") }),
  ], text("wbStart"));
  if (!filled) return;
  const free = filled.get("scope") === "selected" ? editor.selected : new Set(plan.present().map((grid) => grid.code));
  const locked = plan.present().filter(({ code, kind }) => plan.locked.has(code) || !free.has(code) || kind === "dedicated").map(({ code }) => code);
  const id = editor.journal.planId;
  const job = filled.get("what") === "rebalance"
    ? await work("rebalance", {
        plan: id, locked, name: text("wbProposal"),
        households: [Number(filled.get("low")), Number(filled.get("high"))],
        ...(filled.get("most") ? { most_moved: Number(filled.get("most")) } : {}),
      })
    : await work("partition", {
        today: id, locked, name: text("wbProposal"), within: settings.within, tolerance: settings.tolerance,
        barriers: settings.barriers ?? {}, borders: editor.borderPairs(),
        [TARGETS[/** @type {"households"} */ (settings.balance)]]: settings.target,
        ...Object.fromEntries(["minimum", "maximum", "max_area_m2"].filter((name) => settings[name] !== null).map((name) => [name, settings[name]])),
      });
  if (!job) return;
  const opened = await ask(`plans/${job.plans[0]}/open`);
  await remove(`plans/${job.plans[0]}`).catch(() => {}); // all of it is here now; the list of plans stays short
  const codes = opened.grids.map((/** @type {any} */ grid) => grid.code);
  const moves = movesTo(plan, (unit) => (opened.labels[unit] < 0 ? null : codes[opened.labels[unit]]));
  propose(editor, place, moves, text(filled.get("what") === "rebalance" ? "wbWhyRebalance" : "wbWhyRedraw"));
}

/** @param {Editor} editor */
function offTarget({ plan }) {
  const limit = 100 * plan.settings.tolerance + 1e-9;
  return plan.present().filter((grid) => Math.abs(deviationPct(grid, plan.settings) ?? 0) > limit).length;
}

/**
 * Show moves on the map, and beside it what they are; they become one entry of the journal when they are accepted.
 * @param {Editor} editor @param {HTMLElement} place @param {Moves} moves @param {string} why @param {any[]} [notes]
 */
export function propose(editor, place, moves, why, notes = []) {
  if (!moves.size && !notes.length) return problemDialog(text("wbNothingBetter"), text("wbProposal"));
  const before = offTarget(editor);
  const table = transferTable(transfers(editor.plan, moves));
  const households = [...moves.keys()].reduce((sum, unit) => sum + editor.units.amounts[0][unit], 0);
  editor.propose(moves, why);
  const look = el("button", { type: "button", class: "quiet", text: text("wbBefore") });
  look.addEventListener("click", () => {
    editor.look(!editor.trial.isAfter);
    look.textContent = text(editor.trial.isAfter ? "wbBefore" : "wbAfter");
  });
  const end = (/** @type {boolean} */ accepted) => {
    place.hidden = true;
    place.replaceChildren();
    editor.decide(accepted);
  };
  place.replaceChildren(
    el("h2", { text: `${text("wbProposal")}: ${why}` }),
    el("p", { text: text("wbProposalText", { units: number(moves.size), households: number(households), before, after: offTarget(editor) }) }),
    ...notes, table,
    buttons(
      look, el("button", { type: "button", class: "quiet", text: text("wbReject"), onclick: () => end(false) }),
      el("button", { type: "button", text: text("wbAccept"), disabled: !moves.size, onclick: () => end(true) }),
    ),
  );
  place.hidden = false;
}

/** @param {{from: string | null, to: string | null, units: number, households: number}[]} rows */
export function transferTable(rows) {
  const said = (/** @type {string | null} */ code) => (code ? short(code) : text("wbWithout"));
  const head = ["wbFrom", "wbInto", "wbUnitsIn", "households"].map((key, i) => el("th", { text: text(key), class: i > 1 ? "number" : "" }));
  const body = rows.slice(0, MOST_ROWS).map(({ from, to, units, households }) =>
    el("tr", {}, el("td", { text: said(from), title: from ?? "" }), el("td", { text: said(to), title: to ?? "" }), el("td", { class: "number", text: number(units) }), el("td", { class: "number", text: number(households) })),
  );
  const more = rows.length > MOST_ROWS && el("p", { class: "small", text: text("wbMoreRows", { n: rows.length - MOST_ROWS }) });
  return el("div", {}, el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...body)), more);
}

/** @param {Editor} editor @param {HTMLElement} place */
export async function importDialog(editor, place) {
  const input = el("input", { name: "file", type: "file", accept: ".csv,.geojson,.json,.gpkg,.zip,text/csv,application/geo+json", required: true });
  const filled = await askForm(text("wbImportTitle"), [el("p", { class: "wide", text: text("wbImportText") }), labelled(text("wbFile"), input, "wide")], text("wbPreview"));
  const file = /** @type {File | null} */ (filled?.get("file") ?? null);
  if (!file) return;
  const found = await readDivision(editor, file).catch((problem) => void problemDialog(problem.message, text("wbImportTitle")));
  if (found === undefined) return;
  if (!found) return problemDialog(text("wbNotReadable"), text("wbImportTitle"));
  const flags = found.flagged.slice(0, MOST_FLAGGED).map(({ row, flag, value }) => {
    const what = text(`flag${flag[0].toUpperCase()}${flag.slice(1)}`, { value });
    return el("li", { text: row ? text("wbRow", { row, what }) : what });
  });
  const rows = text("wbRows", { rows: number(found.rows), moves: number(found.moves.size), flagged: number(found.nFlagged) });
  const more = found.nFlagged > flags.length && el("p", { class: "small", text: text("wbMoreRows", { n: found.nFlagged - flags.length }) });
  const notes = [el("p", { class: found.nFlagged ? "problem" : "small", text: rows }), flags.length > 0 && el("ul", { class: "small" }, ...flags), more];
  propose(editor, place, found.moves, text("wbWhyImport", { file: file.name }), notes.filter(Boolean));
}

/** Read a file of grids: text here, what is binary by the service. @param {Editor} editor @param {File} file */
async function readDivision(editor, file) {
  const inside = (/** @type {number[][][]} */ rings) => {
    const holes = new Set(rings.slice(1).flatMap((ring) => editor.finder.inside(/** @type {any} */ (ring))));
    return editor.finder.inside(/** @type {any} */ (rings[0])).filter((unit) => !holes.has(unit));
  };
  const start = new TextDecoder("latin1").decode(await file.slice(0, 15).arrayBuffer());
  const type = start.startsWith("PK") ? "application/zip" : start === "SQLite format 3" ? "application/geopackage+sqlite3" : null;
  if (type) {
    const { table, drawn } = await sendFile("plans/division", file, type);
    return table ? readTable(editor.plan, table.unit_id, table.grid_code, 1) : readBoundaries(editor.plan, drawn, inside);
  }
  const content = await file.text();
  if (!/^\s*\uFEFF?\s*\{/.test(content)) return readAssignment(editor.plan, content);
  try {
    return readBoundaries(editor.plan, JSON.parse(content), inside);
  } catch {
    return null;
  }
}

/** @param {Editor} editor */
export function exportDialog(editor) {
  const id = editor.journal.planId;
  const fetched = async (/** @type {string} */ path, /** @type {string} */ name) => saveBlob(name, await askFile(path));
  const file = (/** @type {string} */ format) => async () => {
    const job = await work("export", { what: "plan", plan: id, format });
    if (job) await fetched(`jobs/${job.id}/result`, `plan-${id}.${format}`);
  };
  const measures = async () => {
    const { metrics } = await ask(`plans/${id}`);
    save(`plan-${id}-measures.csv`, ["measure,value", ...Object.entries(metrics).map(([key, value]) => `${key},${value ?? ""}`), ""].join("\r\n"), "text/csv");
  };
  /** @type {[string, () => void | Promise<void>][]} */
  const ways = [
    ["wbExportCsv", () => save(`plan-${id}.csv`, writeAssignment(editor.plan), "text/csv")],
    ["wbExportGeojson", () => fetched(`plans/${id}/grids`, `plan-${id}.geojson`)],
    ["wbExportGpkg", file("gpkg")],
    ["wbExportShp", file("zip")],
    ["wbExportMetrics", measures],
  ];
  const stack = ways.map(([key, act]) => el("button", { type: "button", class: "quiet", text: text(key), onclick: async (/** @type {any} */ event) => {
    event.target.closest("dialog").close();
    try {
      await act();
    } catch (problem) {
      await problemDialog(/** @type {Error} */ (problem).message, text("wbExportTitle"));
    }
  } }));
  return show(text("wbExportTitle"), [el("div", { class: "stack" }, ...stack), buttons(closing("", text("wbClose")))]);
}

/**
 * Delete drafts that nobody needs any more.
 * @param {any[]} plans @returns {Promise<number[]>} those that are gone
 */
export async function deleteDialog(plans) {
  const drafts = plans.filter(({ state }) => state === "draft" || state === "checked").reverse();
  const rows = drafts.map(({ id, name, created_at }) =>
    el("label", { class: "check wide" }, el("input", { type: "checkbox", name: "plan", value: id }), `${id} · ${name} (${date(created_at)})`),
  );
  const none = !drafts.length && el("p", { class: "wide", text: text("wbNoDrafts") });
  const filled = await askForm(text("wbDelete").replace(/ ?…+$/, ""), [el("p", { class: "wide", text: text("wbDeleteText") }), none, el("div", { class: "wide drafts" }, ...rows)], text("wbDeleteNow"));
  const wanted = filled?.getAll("plan").map(Number) ?? [];
  const [gone, kept] = [/** @type {number[]} */ ([]), /** @type {string[]} */ ([])];
  for (const id of wanted) { // the newest first: children go before what they were made from
    try {
      await remove(`plans/${id}`);
      gone.push(id);
    } catch (problem) {
      kept.push(/** @type {Error} */ (problem).message);
    }
  }
  if (kept.length) await show(text("wbDelete").replace(/ ?…+$/, ""), [el("ul", {}, ...kept.map((message) => el("li", { class: "problem", text: message }))), buttons(closing("", text("wbClose")))]);
  return gone;
}

/** @param {Editor} editor @param {any[]} faults @param {string} title @param {any[]} [head] */
function faultsDialog(editor, faults, title, head = []) {
  const go = (/** @type {any} */ fault) => (/** @type {any} */ event) => {
    event.target.closest("dialog").close();
    const units = editor.plan.positionOf.has(fault.item) ? editor.plan.members(fault.item) : [];
    const unit = editor.units.positionOf.get(fault.item) ?? (fault.lon === null ? -1 : editor.finder.at([fault.lon, fault.lat]));
    const shown = units.length ? units : unit >= 0 ? [unit] : [];
    if (!shown.length) return;
    editor.view.mark(shown);
    editor.view.fit(shown);
    editor.choose(units.length ? fault.item : editor.plan.codeOf(unit));
    editor.shown.notice(`${fault.message} ${fault.remedy}`);
  };
  const rows = faults.slice(0, MOST_FLAGGED).map((fault) => el("li", { class: fault.severity }, el("button", { type: "button", text: fault.message, title: fault.remedy, onclick: go(fault) })));
  const more = faults.length > MOST_FLAGGED && el("p", { class: "small", text: text("wbMoreRows", { n: faults.length - MOST_FLAGGED }) });
  return show(title, [...head, el("ul", { class: "faults" }, ...rows), more, buttons(closing("", text("wbClose")))]);
}

/** @param {Editor} editor */
export async function checkDialog(editor) {
  try {
    const { state, faults } = await send(`plans/${editor.journal.planId}/check`);
    editor.about.state = state;
    editor.shown.chosen();
    const errors = faults.filter((/** @type {any} */ fault) => fault.severity === "error");
    const head = [el("p", { class: errors.length ? "problem" : "", text: errors.length ? text("wbErrors", { n: errors.length }) : text("wbCheckFine") })];
    if (faults.length > errors.length) head.push(el("p", { text: text("wbWarnings", { n: faults.length - errors.length }) }));
    return faultsDialog(editor, faults, text("wbCheckTitle"), head);
  } catch (problem) {
    return problemDialog(/** @type {Error} */ (problem).message);
  }
}

/** @param {Editor} editor @param {(edition: number) => void} published */
export async function publishDialog(editor, published) {
  const sure = await show(text("wbPublishTitle"), [el("p", { text: text("wbPublishText") }), buttons(cancel(), closing("go", text("wbPublishNow")))]);
  if (sure !== "go") return;
  try {
    const { edition } = await send(`plans/${editor.journal.planId}/publish`);
    editor.about.state = "published";
    published(edition);
  } catch (problem) {
    const { message, body } = /** @type {any} */ (problem);
    if (body?.faults) return faultsDialog(editor, body.faults, text("wbPublishTitle"), [el("p", { class: "problem", text: message })]);
    return problemDialog(message);
  }
}
