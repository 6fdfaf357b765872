import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";

// what a browser has
for (const [name, value] of Object.entries({ location: { search: "" }, navigator: { languages: ["en"] } })) Object.defineProperty(globalThis, name, { value, configurable: true });
const { Packs } = await import("../../../maps/spatialgov_maps/static/field/packs.mjs");
const { Problem } = await import("../../../maps/spatialgov_maps/static/js/api.js");

const TOWN = { level: "subdistrict", code: "990101001000", name: "古城街道", name_en: "Gucheng" };

/** A pack of two square grids beside each other, from 0° to 2° east. @param {number} edition */
function packOf(edition, names = ["西", "东"]) {
  const header = JSON.stringify({
    edition, valid_from: "2026-01-01T00:00:00+08:00", jurisdiction: TOWN, links: [TOWN], chains: [[0]],
    grids: [["g1", names[0], 0], ["g2", names[1], 0]], posts: { g1: [["岗", "Post", "", ""]] },
  });
  const text = Buffer.from(header);
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, " ")]);
  const lines = [[[1, 0], [0, 0], [0, 1], [1, 1]], [[1, 0], [2, 0], [2, 1], [1, 1]], [[1, 0], [1, 1]]];
  const xy = Buffer.from(new Float64Array(lines.flat(2)).buffer);
  const about = Buffer.from(new Uint32Array([1, 2, 3, ...lines.map((line) => line.length)]).buffer);
  const counts = Buffer.from(new Uint32Array([32 + padded.length + xy.length + about.length, padded.length, 3, 10]).buffer);
  const rest = Buffer.concat([counts, padded, xy, about]);
  const head = Buffer.from(new Uint32Array([1, crc32(rest)]).buffer);
  const all = Buffer.concat([Buffer.from("SGFIELDP"), head, rest]);
  return all.buffer.slice(all.byteOffset, all.byteOffset + all.length);
}

/** A service with packs, and a storage that outlasts pages. */
class Phone {
  constructor() {
    this.edition = 1;
    this.names = ["西", "东"];
    this.records = new Map();
    this.asked = [];
    globalThis.fetch = (url, { headers }) => this.answer(url, headers);
    this.storage = {
      all: async () => [...this.records.values()],
      put: async (record) => void this.records.set(record.code, record),
      remove: async (code) => void this.records.delete(code),
    };
  }

  async answer(url, headers) {
    this.asked.push(url);
    if (this.failure === "offline") throw new TypeError("network");
    if (this.failure) return new Response(JSON.stringify({ code: this.failure[1], detail: "no" }), { status: this.failure[0] });
    const isList = url.endsWith("/addresses");
    const tag = isList ? '"a"' : `"${this.edition}-${this.names}"`;
    if (headers["If-None-Match"] === encodeURI(tag)) return new Response(null, { status: 304, headers: { etag: encodeURI(tag) } });
    const body = isList ? JSON.stringify({ edition: this.edition, addresses: [["路", [["1号", "", 0.5, 0.5]]]] }) : packOf(this.edition, this.names);
    return new Response(body, { headers: { etag: encodeURI(tag) } });
  }

  async page() {
    const packs = new Packs(this.storage, () => (this.full = true));
    await packs.open();
    return packs;
  }
}

test("what is kept answers on another page without a network", async () => {
  const phone = new Phone();
  const first = await phone.page();
  assert.equal(first.locate(0.5, 0.5, "wgs84"), null);
  assert.equal((await first.take(TOWN.code)).pack.size, 2);
  phone.failure = "offline";
  const packs = await phone.page();
  const { kept, found } = packs.locate(0.5, 0.5, "cgcs2000");
  assert.deepEqual([found.code, found.edition, found.chain], ["g1", 1, [TOWN]]);
  assert.deepEqual(kept.pack.posts.g1, [["岗", "Post", "", ""]]);
  assert.deepEqual(packs.addresses("路1").map(({ text }) => text), ["路1号"]);
  await assert.rejects(packs.refresh(), (problem) => problem instanceof Problem && problem.code === "unreachable");
  assert.equal(packs.all.length, 1);
  await packs.remove(TOWN.code);
  assert.equal(phone.records.size, 0);
});

test("a new edition takes the place of the old one, and is told; what still holds is not fetched", async () => {
  const phone = new Phone();
  const packs = await phone.page();
  await packs.take(TOWN.code);
  assert.deepEqual(await packs.refresh(), []);
  phone.edition = 2;
  const [news] = await packs.refresh();
  assert.deepEqual([news.kind, news.from, news.pack.edition], ["updated", 1, 2]);
  assert.equal(packs.locate(1.5, 0.5, "wgs84").found.edition, 2);
  phone.names = ["新", "东"];
  assert.equal((await packs.refresh())[0].kind, "renewed");
  assert.equal((await phone.page()).locate(0.5, 0.5, "wgs84").found.name, "新");
});

test("a sign-in that has ended takes nothing away, a pack that is gone goes", async () => {
  const phone = new Phone();
  const packs = await phone.page();
  await packs.take(TOWN.code);
  for (const failure of [[401, "not_signed_in"], [404, "nothing_published"], [503, "busy"]]) {
    phone.failure = failure;
    await assert.rejects(packs.refresh(), Problem);
    assert.equal(packs.all.length, 1);
  }
  phone.failure = [404, "not_found"];
  assert.equal((await packs.refresh())[0].kind, "gone");
  assert.deepEqual([packs.all.length, phone.records.size], [0, 0]);
});

test("what can't be read any more is forgotten, a full storage is said", async () => {
  const phone = new Phone();
  phone.records.set("x", { code: "x", content: new ArrayBuffer(40), addresses: [] });
  const packs = await phone.page();
  assert.deepEqual([packs.all.length, phone.records.size], [0, 0]);
  phone.storage.put = async () => Promise.reject(new Error("quota"));
  await packs.take(TOWN.code);
  assert.equal(phone.full, true);
  assert.equal(packs.locate(0.5, 0.5, "wgs84").found.code, "g1");
});

test("borders, neighbours within reach, the nearest grid from outside", async () => {
  const phone = new Phone();
  const packs = await phone.page();
  const { borders } = await packs.take(TOWN.code);
  const near = borders.nearest(0.99, 0.5);
  assert.deepEqual([near.face, near.lon, near.lat], [2, 1, 0.5]);
  assert.ok(Math.abs(near.distance_m - 1113) < 1);
  assert.deepEqual(borders.nearest(0.5, 0.001).face, 0);
  assert.deepEqual(borders.within(0.9999, 0.00015, 20), [2, 0]);
  assert.deepEqual(borders.within(0.9999, 0.5, 20), [2]);
  assert.deepEqual(borders.within(0.9999, 0.5, 5), []);
  assert.deepEqual(borders.rings(1).map((ring) => ring.length), [5]);
  const { grid, distance_m } = packs.nearest(2.01, 0.5, "wgs84");
  assert.equal(grid.code, "g2");
  assert.ok(Math.abs(distance_m - 1113) < 1);
});
