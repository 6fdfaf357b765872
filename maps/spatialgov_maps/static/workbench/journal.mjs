// @ts-check
// Strokes on their way into the server's journal. They are sent one after the other, each with the number of the newest
// entry that the planner had seen when it began: so nobody's stroke is ever lost silently. No page, no map: pure.

/**
 * @typedef {Record<string, string | null>} UnitMoves unit_id → code, null for none
 * @typedef {{unit_id: string, from_code: string | null, to_code: string | null}} UnitMove
 * @typedef {Record<string, string>} Kinds code → kind of the grid
 * @typedef {{number: number, kind: string, who: string, moves: UnitMove[], kinds: Record<string, [before: string, after: string]>}} Entry
 * @typedef {{kind: "moves" | "undo" | "redo", moves: UnitMoves, kinds: Kinds, why: string, seen: number}} Task
 * @typedef {"mine" | "theirs" | "copy"} Choice
 * @typedef {{changes: Entry[], moves: UnitMoves, message: string}} Conflict
 *
 * @typedef {object} Around what a journal needs of the page
 * @property {(path: string, query?: Record<string, string>) => Promise<any>} ask
 * @property {(path: string, body: any) => Promise<any>} send both throw errors with `status`, `code` and `body`
 * @property {(moves: UnitMoves, kinds: Kinds) => void} apply put units where the journal says, and mark grids
 * @property {(opened: any) => void} replace put all units where the answer of plans/{id}/open says
 * @property {(grids: any[]) => boolean} agrees whether the sums that the server tells are those of the page
 * @property {(conflict: Conflict) => Promise<Choice>} decide
 * @property {(copyOf: string) => string} nameCopy
 * @property {(ms: number) => Promise<void>} pause
 * @property {(news: News) => void} tell
 *
 * @typedef {{kind: "state", state: "saved" | "saving" | "offline" | "signed_out" | "conflict", pending: number}
 *   | {kind: "others", entries: Entry[]}
 *   | {kind: "plan", id: number, why: "child" | "copy"}
 *   | {kind: "stepped", entry: Entry}
 *   | {kind: "gone"}
 *   | {kind: "refused", message: string, lost: number}} News
 */

const LONGEST_PAUSE_MS = 30_000;

export class Journal {
  /** @type {Task[]} */
  #queue = [];
  /** @type {{seen: number}[]} strokes that have begun and are not finished */
  #open = [];
  #running = false;
  #failures = 0;
  /** @type {"saved" | "saving" | "offline" | "signed_out" | "conflict"} */
  #state = "saved";
  /** Entries that this page has written. @type {Set<number>} */
  #own = new Set();
  #isGone = false;

  /** @param {{id: number, name: string, sequence: number}} plan @param {Around} around */
  constructor(plan, around) {
    this.planId = plan.id;
    this.name = plan.name;
    /** Number of the newest entry that the page shows. */
    this.sequence = plan.sequence;
    this.around = around;
  }

  /** How many strokes are not saved yet. */
  get pending() {
    return this.#queue.length;
  }

  /** A stroke begins: what others do from now on must not be overwritten by it. */
  begin() {
    const stroke = { seen: this.sequence };
    this.#open.push(stroke);
    return stroke;
  }

  /** @param {{seen: number}} stroke */
  abandon(stroke) {
    this.#open = this.#open.filter((other) => other !== stroke);
  }

  /**
   * A stroke is finished: write it. @param {{seen: number}} stroke @param {UnitMoves} moves
   * @param {string} why @param {Kinds} kinds
   */
  finish(stroke, moves, why = "", kinds = {}) {
    this.abandon(stroke);
    if (Object.keys(moves).length || Object.keys(kinds).length) this.#enqueue({ kind: "moves", moves, kinds, why, seen: stroke.seen });
  }

  undo() {
    this.#enqueue({ kind: "undo", moves: {}, kinds: {}, why: "", seen: 0 });
  }

  redo() {
    this.#enqueue({ kind: "redo", moves: {}, kinds: {}, why: "", seen: 0 });
  }

  /** @param {Task} task */
  #enqueue(task) {
    this.#queue.push(task);
    if (this.#running) this.#say(this.#state === "saved" ? "saving" : this.#state);
    this.#run();
  }

  /** Look for what others have done, unless this page is in the middle of something. */
  async poll() {
    if (this.#running || this.#open.length || this.#isGone) return;
    this.#running = true;
    try {
      await this.#catchUp();
    } catch (problem) {
      if (/** @type {any} */ (problem).status === 404) {
        this.#isGone = true;
        this.around.tell({ kind: "gone" });
      } // else the next look will show it
    } finally {
      this.#running = false;
    }
    this.#run();
  }

  async #run() {
    if (this.#running) return;
    this.#running = true;
    while (this.#queue.length) {
      this.#say("saving");
      const [task] = this.#queue;
      try {
        await this.#landed(task, await this.#sent(task));
        this.#failures = 0;
      } catch (problem) {
        await this.#failed(task, /** @type {any} */ (problem)).catch(() => this.#wait("offline"));
      }
    }
    this.#running = false;
    this.#say("saved");
  }

  /** @param {"saved" | "saving" | "offline" | "signed_out" | "conflict"} state */
  #say(state) {
    this.#state = state;
    this.around.tell({ kind: "state", state, pending: this.#queue.length });
  }

  /** @param {Task} task */
  #sent({ kind, moves, kinds, why, seen }) {
    const body = kind === "moves" ? { moves, kinds, why, expects: seen } : { expects: this.sequence };
    return this.around.send(`plans/${this.planId}/${kind}`, body);
  }

  /** @param {Task} task @param {any} answer */
  async #landed(task, answer) {
    this.#queue.shift();
    if (answer.entry) this.#own.add(answer.entry.number);
    if (answer.plan !== this.planId) return this.#moveTo(answer.plan, answer.sequence, "child");
    const next = answer.entry ? this.sequence + 1 : this.sequence;
    if (answer.sequence !== next) await this.#catchUp();
    else {
      for (const waiting of [...this.#queue, ...this.#open]) if (waiting.seen === this.sequence) waiting.seen = next;
      this.sequence = next;
      if (task.kind !== "moves") {
        this.around.apply(movesOf(answer.entry), kindsOf(answer.entry));
        this.#applyQueue();
      }
    }
    if (task.kind !== "moves") this.around.tell({ kind: "stepped", entry: answer.entry });
    if (!this.#queue.length && !this.#open.length && !this.around.agrees(answer.grids)) await this.#reload();
  }

  /** @param {number} id @param {number} sequence @param {"child" | "copy"} why */
  #moveTo(id, sequence, why) {
    this.planId = id;
    this.sequence = sequence;
    this.#own = new Set(why === "child" ? [sequence] : []);
    for (const waiting of [...this.#queue, ...this.#open]) waiting.seen = sequence;
    this.around.tell({ kind: "plan", id, why });
  }

  /** Bring the page to the end of the journal; what waits to be saved stays on top. */
  async #catchUp() {
    /** @type {Entry[]} */
    const others = [];
    for (let there = Infinity; this.sequence < there; ) {
      const since = this.sequence;
      const answer = await this.around.ask(`plans/${this.planId}/journal`, { since: String(since), limit: "1000" });
      there = answer.sequence;
      if (!answer.entries.length) break;
      for (const entry of answer.entries) {
        this.around.apply(movesOf(entry), kindsOf(entry));
        if (!this.#own.has(entry.number)) others.push(entry);
        this.sequence = entry.number;
      }
    }
    if (others.length) {
      this.#applyQueue();
      this.around.tell({ kind: "others", entries: others });
    }
  }

  /** Show what the service has, with what waits to be saved on top. @param {Task} [dropped] does not wait any more */
  async #reload(dropped) {
    const opened = await this.around.ask(`plans/${this.planId}/open`);
    this.#queue = this.#queue.filter((waiting) => waiting !== dropped);
    this.#show(opened);
  }

  /** @param {any} opened */
  #show(opened) {
    this.sequence = opened.sequence;
    this.around.replace(opened);
    this.#applyQueue();
  }

  #applyQueue() {
    for (const task of this.#queue) this.around.apply(task.moves, task.kinds);
  }

  /** @param {Task} task @param {{status?: number, code?: string, message: string, body?: any}} problem */
  async #failed(task, problem) {
    const status = problem.status ?? 0;
    if (status === 409 && problem.code === "edit_conflict" && task.kind === "moves") return this.#conflict(task, problem);
    if (status === 0 || status === 401 || status === 408 || status === 429 || status >= 500) {
      return this.#wait(status === 401 ? "signed_out" : "offline");
    }
    const lost = this.#queue.filter((waiting) => waiting.kind === "moves").length;
    this.#queue = task.kind === "moves" ? [] : this.#queue.filter((waiting) => waiting !== task);
    this.around.tell({ kind: "refused", message: problem.message, lost: task.kind === "moves" ? lost : 0 });
    await this.#reload().catch(() => {});
  }

  /** @param {"offline" | "signed_out"} state */
  #wait(state) {
    this.#say(state);
    return this.around.pause(Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** this.#failures++));
  }

  /** @param {Task} task @param {any} problem */
  async #conflict(task, { message, body }) {
    /** @type {Entry[]} */
    const changes = body.changes;
    if (changes.every((entry) => this.#own.has(entry.number))) {
      task.seen = body.sequence; // all that is in the way is this page's own
      return;
    }
    if (isDone(task, changes)) {
      // It was saved, and only the answer was lost on the way.
      this.#queue.shift();
      return this.#catchUp();
    }
    this.#say("conflict");
    const choice = await this.around.decide({ changes, moves: task.moves, message });
    if (choice === "mine") task.seen = body.sequence;
    else if (choice === "theirs") await this.#reload(task);
    else {
      const path = `plans/${this.planId}/copy`;
      const copy = await this.around.send(path, { name: this.around.nameCopy(this.name), sequence: this.sequence });
      const opened = await this.around.ask(`plans/${copy.id}/open`);
      this.name = copy.name;
      this.#moveTo(copy.id, 0, "copy");
      this.#show(opened);
    }
  }
}

/** @param {Entry | null} entry @returns {UnitMoves} */
const movesOf = (entry) => Object.fromEntries((entry?.moves ?? []).map((move) => [move.unit_id, move.to_code]));

/** @param {Entry | null} entry @returns {Kinds} */
const kindsOf = (entry) => Object.fromEntries(Object.entries(entry?.kinds ?? {}).map(([code, [, after]]) => [code, after]));

/** Whether the newest of some entries have brought everything where a stroke wants it. @param {Task} task @param {Entry[]} entries */
function isDone({ moves, kinds }, entries) {
  const there = new Map(entries.flatMap((entry) => Object.entries(movesOf(entry))));
  const marked = new Map(entries.flatMap((entry) => Object.entries(kindsOf(entry))));
  const isMoved = Object.entries(moves).every(([unit, code]) => there.has(unit) && there.get(unit) === code);
  return isMoved && Object.entries(kinds).every(([code, kind]) => marked.get(code) === kind);
}
