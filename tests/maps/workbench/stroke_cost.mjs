// What a stroke costs on a city of 20,000 units and 150 grids: the page's own modules, with a map that only counts.
// `node stroke_cost.mjs` prints it; the script time of a frame and of a finished stroke is what the test keeps in bounds.

import { fileURLToPath } from "node:url";

const PAGE = "../../../maps/spatialgov_maps/static/";
const [COLUMNS, ROWS, ACROSS, DOWN] = [160, 125, 15, 10];
const PARENTS = 5; // so many columns of grids make a community
const STEP = 1e-7;
const SIDE = 10_000; // of a unit, in steps
const [LON, LAT] = [1_160_000_000, 340_000_000];

/** Give the answers of …/units and …/open for the city. */
function city() {
  const ids = Array.from({ length: COLUMNS * ROWS }, (_, i) => `U${i}`);
  const xy = [];
  let [x, y] = [LON, LAT];
  const edges = [];
  for (const i of ids.keys()) {
    const [column, row] = [i % COLUMNS, Math.floor(i / COLUMNS)];
    for (const [dx, dy] of [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]) {
      const [toX, toY] = [LON + (column + dx) * SIDE, LAT + (row + dy) * SIDE];
      xy.push(toX - x, toY - y);
      [x, y] = [toX, toY];
    }
    if (column + 1 < COLUMNS) edges.push(i, i + 1);
    if (row + 1 < ROWS) edges.push(i, i + COLUMNS);
  }
  const ones = ids.map(() => 1);
  const gridOf = ids.map((_, i) => Math.floor(((i % COLUMNS) * ACROSS) / COLUMNS) + ACROSS * Math.floor((Math.floor(i / COLUMNS) * DOWN) / ROWS));
  const parentOf = (grid) => Math.floor((grid % ACROSS) / PARENTS);
  const parents = Array.from({ length: ACROSS / PARENTS }, (_, i) => `99010100100${i + 1}`);
  const codes = Array.from({ length: ACROSS * DOWN }, (_, grid) => `${parents[parentOf(grid)]}${String(grid + 1).padStart(3, "0")}`);
  const units = {
    ids, households: ids.map((_, i) => 2 + (i % 5)), population: ids.map((_, i) => 6 + (i % 7)), area_m2: ids.map(() => 10_000), workload: ids.map(() => 3.5),
    levels: { community_code: { codes: parents, of: gridOf.map(parentOf) } }, edges, hard: [],
    shapes: { step: STEP, origin: [LON, LAT], xy, ring_vertices: ids.map(() => 5), polygon_rings: ones, unit_polygons: ones },
  };
  const settings = { balance: "households", target: 530, tolerance: 0.05, within: "community_code", minimum: 300, maximum: 800, max_area_m2: null };
  const grids = codes.map((code, grid) => ({ code, name: "", kind: "general", parent_code: parents[parentOf(grid)] }));
  return { units, opened: { id: 1, name: "City", state: "draft", sequence: 0, settings, grids, labels: gridOf, taken: [] } };
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Paint strokes of 40 pointer moves each through several grids; gives milliseconds of processor time, medians. */
export async function strokeCost({ strokes = 7, moves = 40, brushM = 250 } = {}) {
  globalThis.location ??= { search: "" };
  globalThis.navigator ??= { languages: ["en"] };
  const { Editor } = await import(`${PAGE}workbench/editor.mjs`);
  const { Finder } = await import(`${PAGE}workbench/touching.mjs`);
  const { Painting } = await import(`${PAGE}workbench/painting.mjs`);
  const { readUnits } = await import(`${PAGE}workbench/units.mjs`);
  const { TEXTS } = await import(`${PAGE}js/texts.js`);
  Object.assign(TEXTS, (await import(`${PAGE}workbench/texts.mjs`)).WORKBENCH_TEXTS);
  const { units: answer, opened } = city();
  const units = readUnits(answer);
  const finder = new Finder(units);
  let told = 0;
  const view = Object.assign(new Painting(units, () => void told++), { setLabels: () => {} });
  const shown = { sums: () => {}, settled: () => {}, chosen: () => {}, notice: () => {}, news: () => {} };
  const around = { ask: () => new Promise(() => {}), send: () => new Promise(() => {}), decide: () => new Promise(() => {}) };
  const editor = new Editor({ units, finder, view, opened, mayEdit: true, shown, around });
  const spent = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
  const [frames, ends, painted] = [[], [], []];
  const radius = brushM / 111_320;
  for (let stroke = 0; stroke < strokes; stroke++) {
    const place = (move) => [(LON + SIDE * (20.5 + 0.9 * move)) * STEP, (LAT + SIDE * (10.5 + 14 * stroke + 0.2 * move)) * STEP];
    const before = told;
    editor.begin(place(0), editor.plan.codeOf(finder.at(place(0))));
    let from = spent();
    for (let move = 1; move <= moves; move++) editor.extend(finder.along(place(move - 1), place(move), radius));
    frames.push((spent() - from) / moves);
    from = spent();
    editor.end();
    ends.push(spent() - from);
    painted.push(told - before);
  }
  return { units: units.n, grids: opened.grids.length, move_ms: median(frames), end_ms: median(ends), feature_states: median(painted), pending: editor.journal.pending };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(await strokeCost()));
