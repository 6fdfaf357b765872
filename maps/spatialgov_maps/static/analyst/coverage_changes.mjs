// @ts-check
// Changes of cameras that are thought through: a list with undo and redo, as the service takes them, kept in the browser.

/**
 * @typedef {"fixed" | "dome" | "ptz" | "panoramic"} Kind
 * @typedef {{lon: number, lat: number, kind: Kind, status: string, height_m: number, azimuth_deg: number | null, fov_deg: number, range_m: number}} Figures
 * @typedef {Partial<Figures> & {added?: boolean, removed?: boolean}} Patch what is to be otherwise
 * @typedef {Record<string, any> & {action: string, camera_id: string}} Row a change as the service takes it
 */

/** Undo goes back so many steps. */
export const MOST_STEPS = 100;

/** What a new camera is, but for its place: 1,920 pixels over 70° fall to the 25 a metre of detection at 55 m. */
export const NEW_CAMERA = { kind: /** @type {Kind} */ ("fixed"), status: "in_service", height_m: 6, azimuth_deg: 0, fov_deg: 70, range_m: 50 };

export class Changes {
  constructor() {
    /** Every state so far, the first without changes. @type {Map<string, Patch>[]} */
    this.states = [new Map()];
    this.at = 0;
  }

  /** What is changed now: camera → what is otherwise. */
  get now() {
    return this.states[this.at];
  }

  get canUndo() {
    return this.at > 0;
  }

  get canRedo() {
    return this.at < this.states.length - 1;
  }

  /** @param {Map<string, Patch>} state */
  #push(state) {
    this.states = [...this.states.slice(0, this.at + 1), state].slice(-MOST_STEPS - 1);
    this.at = this.states.length - 1;
  }

  /** Change a camera: what is given on top of what was changed before. @param {string} id @param {Patch} patch */
  change(id, patch) {
    this.changeAll([[id, patch]]);
  }

  /** Change several cameras in one step.  {[id: string, patch: Patch][]} patches */
  changeAll(patches) {
    const next = new Map(this.now);
    for (const [id, patch] of patches) next.set(id, { ...next.get(id), ...patch });
    if (patches.length) this.#push(next);
  }

  /** Remove a camera; one that was added is as if it had never been. @param {string} id */
  remove(id) {
    if (this.now.get(id)?.added) this.restore(id);
    else this.#push(new Map(this.now).set(id, { removed: true }));
  }

  /** Leave a camera as it is today. @param {string} id */
  restore(id) {
    const next = new Map(this.now);
    if (next.delete(id)) this.#push(next);
  }

  clear() {
    if (this.now.size) this.#push(new Map());
  }

  undo() {
    if (this.canUndo) this.at--;
  }

  redo() {
    if (this.canRedo) this.at++;
  }

  /** Take the last step back for good: it was refused. */
  refuse() {
    if (!this.canUndo) return;
    this.states.splice(this.at, 1);
    this.at--;
  }

  /** Give a name for a new camera that no camera has. @param {(id: string) => boolean} isTaken */
  freeName(isTaken) {
    for (let i = 1; ; i++) {
      const name = `NEW-${i}`;
      if (!isTaken(name) && !this.now.has(name)) return name;
    }
  }

  /** Write the states as text, to be kept. */
  toText() {
    return JSON.stringify({ at: this.at, states: this.states.map((state) => [...state]) });
  }

  /** Read what `toText` wrote; no changes where it can't be read. @param {string | null} text */
  static fromText(text) {
    const read = new Changes();
    try {
      const { at, states } = JSON.parse(text ?? "");
      const maps = states.map((/** @type {[string, Patch][]} */ state) => new Map(state));
      if (Number.isInteger(at) && maps[at]) Object.assign(read, { at, states: maps });
    } catch {
      // what another version has kept, or nothing
    }
    return read;
  }
}

/** Give changes as the service takes them. @param {Map<string, Patch>} patches @returns {Row[]} */
export function rowsOf(patches) {
  return [...patches].map(([camera_id, { added, removed, ...values }]) => {
    const { azimuth_deg, ...rest } = values;
    const known = azimuth_deg === null || azimuth_deg === undefined ? rest : values;
    const names = Object.keys(known);
    if (removed) return { action: "remove", camera_id };
    if (added) return { action: "add", camera_id, ...known };
    if (names.includes("lon")) return { action: "move", camera_id, ...known };
    if (names.length === 1 && names[0] === "azimuth_deg") return { action: "turn", camera_id, ...known };
    if (names.length === 1 && known.status === "in_service") return { action: "repair", camera_id };
    return { action: "set", camera_id, ...known };
  });
}

/**
 * Give changes for a plan's steps: each row as the service gives it becomes a patch.
 * @param {Row} row @returns {[id: string, patch: Patch]}
 */
export function patchOf({ action, camera_id, ...values }) {
  if (action === "remove") return [camera_id, { removed: true }];
  if (action === "repair") return [camera_id, { status: "in_service" }];
  return [camera_id, action === "add" ? { ...NEW_CAMERA, ...values, added: true } : values];
}

/**
 * Ask for the newest only: while one question is open, of all others that come the last one waits.
 * @template T @param {(value: T) => Promise<void>} work must not throw @returns {(value: T) => Promise<void>}
 */
export function latestOnly(work) {
  /** @type {{value: T}[]} */
  let waiting = [];
  let isBusy = false;
  return async (value) => {
    waiting = [{ value }];
    if (isBusy) return;
    isBusy = true;
    while (waiting.length) {
      const [next] = waiting.splice(0);
      await work(next.value);
    }
    isBusy = false;
  };
}
