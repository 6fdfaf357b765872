// @ts-check
// What differs between two divisions of the same units, and divisions that come from files.

/** @typedef {import("./plan_store.mjs").PlanStore} PlanStore */
/** @typedef {import("./plan_store.mjs").Moves} Moves */
/** @typedef {import("./touching.mjs").Finder} Finder */
/** @typedef {"unknown_unit" | "twice" | "code" | "no_code" | "not_covered"} Flag why a row is not used */

/** So many rows are named; all are counted. */
export const MOST_FLAGGED = 100;

const CODE = /^[0-9A-Za-z-]{1,32}$/;

/**
 * Give the moves that make a plan like another division of its units.
 * @param {PlanStore} plan @param {(unit: number) => string | null} codeOf
 * @returns {Moves}
 */
export function movesTo(plan, codeOf) {
  /** @type {Moves} */
  const moves = new Map();
  for (let unit = 0; unit < plan.units.n; unit++) if (codeOf(unit) !== plan.codeOf(unit)) moves.set(unit, codeOf(unit));
  return moves;
}

/**
 * Sum moves up by where units go: the largest first.
 * @param {PlanStore} plan as it is before them @param {Moves} moves
 */
export function transfers(plan, moves) {
  /** @type {Map<string, {from: string | null, to: string | null, units: number, households: number}>} */
  const found = new Map();
  for (const [unit, to] of moves) {
    const from = plan.codeOf(unit);
    const key = `${from}>${to}`;
    if (!found.has(key)) found.set(key, { from, to, units: 0, households: 0 });
    const one = /** @type {any} */ (found.get(key));
    one.units += 1;
    one.households += plan.units.amounts[0][unit];
  }
  return [...found.values()].sort((a, b) => b.households - a.households || b.units - a.units);
}

/**
 * Read a table of comma-separated values (RFC 4180): quoted cells, any kind of line end, a byte order mark.
 * @param {string} text
 * @returns {string[][]} rows, without empty ones
 */
export function readCsv(text) {
  const rows = [[""]];
  let quoted = false;
  const plain = text.replace(/^\uFEFF/, "");
  for (let i = 0; i < plain.length; i++) {
    const row = rows[rows.length - 1];
    const c = plain[i];
    if (quoted) {
      if (c !== '"') row[row.length - 1] += c;
      else if (plain[i + 1] === '"') row[row.length - 1] += plain[++i];
      else quoted = false;
    } else if (c === '"' && row[row.length - 1] === "") quoted = true;
    else if (c === ",") row.push("");
    else if (c === "\n" || c === "\r") {
      if (c === "\r" && plain[i + 1] === "\n") i++;
      rows.push([""]);
    } else row[row.length - 1] += c;
  }
  return rows.filter((row) => row.length > 1 || row[0].trim() !== "");
}

/**
 * Read a table of units and grids: columns unit_id and grid_code (or code). Nothing is changed.
 * @param {PlanStore} plan @param {string} text
 * @returns {{moves: Moves, rows: number, flagged: {row: number, flag: Flag, value: string}[], nFlagged: number} | null}
 *   null: no such columns. Units that the table leaves out stay where they are; an empty code is one to be without.
 */
export function readAssignment(plan, text) {
  const [head, ...rows] = readCsv(text);
  const names = (head ?? []).map((name) => name.trim().toLowerCase());
  const unitColumn = names.indexOf("unit_id");
  const codeColumn = Math.max(names.indexOf("grid_code"), names.indexOf("code"));
  if (unitColumn < 0 || codeColumn < 0) return null;
  return readTable(plan, rows.map((row) => row[unitColumn]), rows.map((row) => row[codeColumn]), 2);
}

/**
 * Read columns of units and grids; see readAssignment.
 * @param {PlanStore} plan @param {(string | null | undefined)[]} ids @param {(string | null | undefined)[]} codes
 * @param {number} first number of the first row
 */
export function readTable(plan, ids, codes, first) {
  /** @type {Moves} */
  const wanted = new Map();
  const flags = flagging();
  ids.forEach((given, i) => {
    const id = (given ?? "").trim();
    const code = (codes[i] ?? "").trim();
    const unit = plan.units.positionOf.get(id);
    if (unit === undefined) flags.add(first + i, "unknown_unit", id);
    else if (wanted.has(unit)) flags.add(first + i, "twice", id);
    else if (code && !CODE.test(code)) flags.add(first + i, "code", code);
    else wanted.set(unit, code || null);
  });
  return { moves: onlyChanges(plan, wanted), rows: ids.length, ...flags.found };
}

/**
 * Read old boundaries: polygons with a code (GeoJSON, WGS 84). A unit goes to the grid in which its middle lies.
 * @param {PlanStore} plan @param {any} collection @param {(rings: number[][][]) => number[]} unitsIn
 */
export function readBoundaries(plan, collection, unitsIn) {
  /** @type {Moves} */
  const wanted = new Map();
  const flags = flagging();
  const features = collection?.features ?? [];
  features.forEach((/** @type {any} */ feature, /** @type {number} */ i) => {
    const code = String(feature?.properties?.code ?? feature?.properties?.grid_code ?? "").trim();
    const { type, coordinates } = feature?.geometry ?? {};
    if (!code) return flags.add(i + 1, "no_code", "");
    if (!CODE.test(code)) return flags.add(i + 1, "code", code);
    const polygons = type === "Polygon" ? [coordinates] : type === "MultiPolygon" ? coordinates : [];
    for (const unit of polygons.flatMap(unitsIn)) {
      if (wanted.has(unit) && wanted.get(unit) !== code) flags.add(i + 1, "twice", plan.units.ids[unit]);
      else wanted.set(unit, code);
    }
  });
  for (let unit = 0; unit < plan.units.n; unit++) if (!wanted.has(unit)) flags.add(0, "not_covered", plan.units.ids[unit]);
  return { moves: onlyChanges(plan, wanted), rows: features.length, ...flags.found };
}

function flagging() {
  const found = { flagged: /** @type {{row: number, flag: Flag, value: string}[]} */ ([]), nFlagged: 0 };
  const add = (/** @type {number} */ row, /** @type {Flag} */ flag, /** @type {string} */ value) => {
    found.nFlagged += 1;
    if (found.flagged.length < MOST_FLAGGED) found.flagged.push({ row, flag, value });
  };
  return { add, found };
}

/** @param {PlanStore} plan @param {Moves} wanted @returns {Moves} */
const onlyChanges = (plan, wanted) => new Map([...wanted].filter(([unit, code]) => plan.codeOf(unit) !== code));

/** Write the division as a table that imports again. @param {PlanStore} plan */
export function writeAssignment(plan) {
  const cell = (/** @type {string} */ value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const rows = plan.units.ids.map((id, unit) => `${cell(id)},${plan.codeOf(unit) ?? ""}`);
  return ["unit_id,grid_code", ...rows, ""].join("\r\n");
}
