import assert from "node:assert/strict";
import { test } from "node:test";

import { Journal } from "../../../maps/spatialgov_maps/static/workbench/journal.mjs";

/** A service with one plan, as strict about conflicts as the real one. */
class Service {
  constructor(units = {}) {
    this.plans = new Map([[1, { base: { ...units }, entries: [] }]]);
    this.failures = []; // what the next requests meet instead of an answer
    this.frozen = false;
    this.kinds = {};
    this.isGone = false;
  }

  now(id) {
    const { base, entries } = this.plans.get(id);
    return entries.reduce((units, entry) => Object.assign(units, Object.fromEntries(entry.moves.map((m) => [m.unit_id, m.to_code]))), { ...base });
  }

  write(id, kind, moves, who, marks = {}) {
    const { entries } = this.plans.get(id);
    const here = this.now(id);
    const changed = Object.entries(moves).filter(([unit, code]) => here[unit] !== code);
    const kinds = Object.fromEntries(Object.entries(marks).map(([code, after]) => [code, [this.kinds[code] ?? "general", after]]));
    if (!changed.length && !Object.keys(kinds).length && kind === "move") return null;
    Object.assign(this.kinds, marks);
    const entry = { number: entries.length + 1, kind, who, kinds, moves: changed.map(([unit_id, to_code]) => ({ unit_id, from_code: here[unit_id], to_code })) };
    entries.push(entry);
    return entry;
  }

  /** @param {string} path @param {any} body @param {string} who */
  send(path, body, who = "me") {
    const [, number, what] = /^plans\/(\d+)\/(\w+)$/.exec(path);
    let id = Number(number);
    const { entries } = this.plans.get(id);
    const units = what === "moves" ? Object.keys(body.moves) : entries[entries.length - 1]?.moves.map((m) => m.unit_id) ?? [];
    const inTheWay = entries.filter((entry) => entry.number > body.expects && (entry.moves.some((m) => units.includes(m.unit_id)) || Object.keys(entry.kinds).some((code) => code in (body.kinds ?? {}))));
    if (what === "copy") {
      const copy = 1 + this.plans.size;
      const earlier = entries.slice(0, body.sequence);
      const base = earlier.reduce((all, entry) => Object.assign(all, Object.fromEntries(entry.moves.map((m) => [m.unit_id, m.to_code]))), { ...this.plans.get(id).base });
      this.plans.set(copy, { base, entries: [] });
      return { id: copy, name: body.name };
    }
    if (inTheWay.length) throw Object.assign(new Error("quicker"), { status: 409, code: "edit_conflict", body: { sequence: entries.length, changes: inTheWay } });
    if (this.frozen) {
      this.frozen = false;
      this.plans.set(2, { base: this.now(id), entries: [] });
      id = 2;
    }
    let moves = body.moves;
    if (what === "undo") moves = Object.fromEntries(entries[entries.length - 1].moves.map((m) => [m.unit_id, m.from_code]));
    const entry = this.write(id, what === "moves" ? "move" : what, moves, who, body.kinds);
    return { plan: id, sequence: this.plans.get(id).entries.length, entry, grids: [] };
  }
}

/** A page with a journal, on a service. */
function open(service, { decide = () => assert.fail("no conflict was expected"), begin = 0 } = {}) {
  const page = { units: service.now(1), kinds: {}, told: [], pauses: 0 };
  const meet = async (answer) => {
    await null;
    const failure = service.failures.shift();
    if (failure?.before) throw failure.before;
    const got = answer();
    if (failure?.after) throw failure.after;
    return got;
  };
  page.journal = new Journal({ id: 1, name: "Plan", sequence: begin }, {
    ask: (path, query) => meet(() => {
      const [, id, what] = /^plans\/(\d+)\/(\w+)$/.exec(path);
      if (service.isGone) throw Object.assign(new Error("no plan"), { status: 404, code: "not_found" });
      const { entries } = service.plans.get(Number(id));
      if (what === "open") return { sequence: entries.length, units: service.now(Number(id)) };
      return { sequence: entries.length, entries: entries.filter((entry) => entry.number > Number(query.since)) };
    }),
    send: (path, body) => meet(() => service.send(path, body)),
    apply: (moves, kinds) => (Object.assign(page.units, moves), Object.assign(page.kinds, kinds)),
    replace: (opened) => (page.units = { ...opened.units }),
    agrees: () => true,
    decide: async (conflict) => decide(conflict, page),
    nameCopy: (name) => `${name} (copy)`,
    pause: async () => void page.pauses++,
    tell: (news) => page.told.push(news),
  });
  page.stroke = (moves) => {
    const stroke = page.journal.begin();
    Object.assign(page.units, moves);
    page.journal.finish(stroke, moves);
  };
  page.still = async () => {
    for (let i = 0; i < 200 && (page.journal.pending || i < 20); i++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(page.journal.pending, 0);
  };
  return page;
}

const down = () => Object.assign(new Error("no answer"), { status: 0, code: "unreachable" });

test("strokes are saved in order, one entry each, repainting what is not saved yet too", async () => {
  const service = new Service({ a: "1", b: "1" });
  const page = open(service);
  page.stroke({ a: "2" });
  page.stroke({ a: "3", b: "2" });
  page.stroke({ a: "1" });
  await page.still();
  assert.equal(service.plans.get(1).entries.length, 3);
  assert.deepEqual(service.now(1), { a: "1", b: "2" });
  assert.equal(page.journal.sequence, 3);
});

test("undo restores what the server says, and waits for strokes before it", async () => {
  const service = new Service({ a: "1" });
  const page = open(service);
  page.stroke({ a: "2" });
  page.journal.undo();
  await page.still();
  assert.deepEqual(page.units, { a: "1" });
  assert.equal(page.told.find((news) => news.kind === "stepped").entry.kind, "undo");
});

test("others' strokes on other units come in with one's own", async () => {
  const service = new Service({ a: "1", b: "1" });
  const page = open(service);
  service.send("plans/1/moves", { moves: { b: "2" }, expects: 0 }, "east");
  page.stroke({ a: "2" });
  await page.still();
  assert.deepEqual(page.units, { a: "2", b: "2" });
  assert.equal(page.told.find((news) => news.kind === "others").entries[0].who, "east");
});

test("a look brings what others did, but not into a stroke that has begun", async () => {
  const service = new Service({ a: "1", b: "1" });
  const page = open(service);
  service.send("plans/1/moves", { moves: { b: "2" }, expects: 0 }, "east");
  const stroke = page.journal.begin();
  await page.journal.poll();
  assert.equal(page.units.b, "1");
  page.journal.abandon(stroke);
  await page.journal.poll();
  assert.equal(page.units.b, "2");
});

for (const [choice, ends] of [["mine", { a: "mine", b: "x" }], ["theirs", { a: "theirs", b: "x" }]])
  test(`a conflict, ${choice}`, async () => {
    const service = new Service({ a: "1", b: "1" });
    const asked = [];
    const page = open(service, { decide: (conflict) => (asked.push(conflict), choice) });
    const stroke = page.journal.begin();
    service.send("plans/1/moves", { moves: { a: "theirs" }, expects: 0 }, "east");
    page.units.a = "mine";
    page.journal.finish(stroke, { a: "mine" });
    page.stroke({ b: "x" });
    await page.still();
    assert.equal(asked.length, 1);
    assert.equal(asked[0].changes[0].who, "east");
    assert.deepEqual(service.now(1), ends);
    assert.deepEqual(page.units, ends);
  });

test("a conflict, copy: theirs stays in the plan, mine goes on in a copy", async () => {
  const service = new Service({ a: "1", b: "1" });
  const page = open(service, { decide: () => "copy" });
  const stroke = page.journal.begin();
  service.send("plans/1/moves", { moves: { a: "theirs", b: "theirs" }, expects: 0 }, "east");
  page.journal.finish(stroke, { a: "mine" });
  await page.still();
  assert.deepEqual(service.now(1), { a: "theirs", b: "theirs" });
  assert.deepEqual(service.now(2), { a: "mine", b: "1" });
  assert.deepEqual(page.units, { a: "mine", b: "1" });
  assert.equal(page.journal.planId, 2);
});

test("without the network strokes wait, and are saved once", async () => {
  const service = new Service({ a: "1", b: "1" });
  service.failures = [{ before: down() }, { before: down() }, { after: down() }];
  const page = open(service);
  page.stroke({ a: "2" });
  page.stroke({ b: "2" });
  await page.still();
  assert.equal(page.pauses, 3);
  assert.deepEqual(service.now(1), { a: "2", b: "2" });
  assert.equal(service.plans.get(1).entries.length, 2, "an answer that was lost is no second entry");
});

test("kinds of grids go the same way: saved once, seen by others, asked about", async () => {
  const service = new Service({ a: "1" });
  service.failures = [{ after: down() }];
  const asked = [];
  const pages = [open(service), open(service, { decide: (conflict) => (asked.push(conflict), "mine") })];
  const mark = (page, kinds) => page.journal.finish(page.journal.begin(), {}, "", kinds);
  mark(pages[0], { 1: "dedicated" });
  await pages[0].still();
  assert.deepEqual(service.plans.get(1).entries.map((entry) => entry.kinds), [{ 1: ["general", "dedicated"] }]);
  mark(pages[1], { 1: "unit" });
  await pages[1].still();
  assert.deepEqual(asked[0].changes[0].kinds, { 1: ["general", "dedicated"] });
  await pages[0].journal.poll();
  assert.deepEqual([service.kinds, pages[0].kinds, pages[1].kinds], [{ 1: "unit" }, { 1: "unit" }, { 1: "unit" }]);
});

test("a plan that was deleted is told of once", async () => {
  const service = new Service({ a: "1" });
  const page = open(service);
  service.isGone = true;
  await page.journal.poll();
  await page.journal.poll();
  assert.deepEqual(page.told.filter((news) => news.kind === "gone").length, 1);
});

test("what the service will not have is said aloud, and the page shows the service's version", async () => {
  const service = new Service({ a: "1" });
  service.failures = [{ before: Object.assign(new Error("forbidden"), { status: 403, code: "forbidden" }) }];
  const page = open(service);
  page.stroke({ a: "2" });
  await page.still();
  assert.deepEqual(page.units, { a: "1" });
  assert.deepEqual(page.told.find((news) => news.kind === "refused"), { kind: "refused", message: "forbidden", lost: 1 });
});

test("the plan in force becomes a draft child with the first stroke", async () => {
  const service = new Service({ a: "1", b: "1" });
  service.frozen = true;
  const page = open(service);
  page.stroke({ a: "2" });
  page.stroke({ b: "2" });
  await page.still();
  assert.equal(page.journal.planId, 2);
  assert.deepEqual(service.now(2), { a: "2", b: "2" });
  assert.deepEqual(service.now(1), { a: "1", b: "1" });
});

test("two planners at once: every stroke lands or is asked about", async () => {
  const service = new Service(Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`u${i}`, "0"])));
  let asked = 0;
  const decide = () => (asked++ % 2 ? "mine" : "theirs");
  const pages = [open(service, { decide }), open(service, { decide })];
  let strokes = 0;
  for (let round = 0; round < 30; round++)
    for (const [p, page] of pages.entries()) {
      strokes++;
      page.stroke({ [`u${(round * 3 + p) % 8}`]: `${p}-${round}`, [`u${(round * 5 + 1) % 8}`]: `${p}-${round}` });
      if (round % 4 === p) await new Promise((resolve) => setImmediate(resolve));
    }
  for (const page of pages) await page.still();
  for (const page of pages) await page.journal.poll();
  const dropped = Math.ceil(asked / 2);
  assert.ok(asked > 0);
  assert.equal(service.plans.get(1).entries.length, strokes - dropped, "each stroke is an entry, but those that were given up");
  for (const page of pages) assert.deepEqual(page.units, service.now(1));
});
