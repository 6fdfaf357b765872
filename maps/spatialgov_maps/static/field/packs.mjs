// @ts-check
// The field packs that a phone keeps: fetched, brought up to date, asked. What is kept outlasts the page and the sign-in.

import { Problem, fetched } from "../js/api.js";
import { readFieldPack, toWgs84 } from "../js/field_pack.mjs";
import { AddressList } from "./addresses.mjs";
import { Borders } from "./borders.mjs";

/**
 * @typedef {{code: string, tag: string, content: ArrayBuffer, addresses: any, addressesTag: string, keptAt: string}} Record
 * @typedef {{all: () => Promise<Record[]>, put: (record: Record) => Promise<void>, remove: (code: string) => Promise<void>}} Storage
 * @typedef {{kind: "updated" | "renewed" | "gone", pack: Kept, from: number}} News
 *   what became of a pack: another edition took its place, or other names and posts of the same; or the service has it no
 *   more
 */

const FETCH_MS = 60_000;
const MOST_ADDRESSES = 8;

/** One pack as it is kept. */
export class Kept {
  /** @type {Borders | undefined} */
  #borders;

  /** @param {Record} record @throws {Error} a file that can't be used */
  constructor(record) {
    this.record = record;
    this.pack = readFieldPack(record.content);
    this.addresses = new AddressList(record.addresses);
  }

  get code() {
    return this.record.code;
  }

  get edition() {
    return this.pack.edition;
  }

  /** Bytes on this device. */
  get size() {
    return this.record.content.byteLength;
  }

  get borders() {
    return (this.#borders ??= new Borders(/** @type {any} */ (this.pack)));
  }
}

export class Packs {
  /** @type {Map<string, Kept>} */
  #kept = new Map();

  /** @param {Storage} storage @param {() => void} full told when the storage takes nothing more */
  constructor(storage, full) {
    this.storage = storage;
    this.full = full;
  }

  /** Read what is kept; what can't be read any more is left out: it is fetched again. */
  async open() {
    for (const record of await this.storage.all()) {
      try {
        this.#kept.set(record.code, new Kept(record));
      } catch {
        await this.storage.remove(record.code);
      }
    }
  }

  /** Those kept, by code. */
  get all() {
    return [...this.#kept.values()].sort((one, other) => one.code.localeCompare(other.code));
  }

  /** @param {string} code */
  get(code) {
    return this.#kept.get(code);
  }

  /**
   * Ask for a location in any datum.
   * @param {number} lon @param {number} lat @param {string} datum
   * @returns {{kept: Kept, found: any} | null} null outside all packs that are kept
   * @throws {RangeError} no place
   */
  locate(lon, lat, datum) {
    // the newest edition first: after a split of a subdistrict an old pack may still reach into its neighbour
    for (const kept of this.all.sort((one, other) => other.edition - one.edition)) {
      const found = kept.pack.locate(lon, lat, datum);
      if (found) return { kept, found };
    }
    return null;
  }

  /**
   * The grid nearest to a location outside all packs.
   * @param {number} lon @param {number} lat @param {string} datum
   * @returns {{kept: Kept, grid: import("./borders.mjs").Grid, distance_m: number} | null}
   */
  nearest(lon, lat, datum) {
    const [x, y] = toWgs84(lon, lat, datum);
    const near = this.all.flatMap((kept) => {
      const { face, distance_m } = kept.borders.nearest(x, y);
      const grid = kept.borders.grid(face);
      return grid ? [{ kept, grid, distance_m }] : [];
    });
    return near.sort((one, other) => one.distance_m - other.distance_m)[0] ?? null;
  }

  /** Addresses of all packs. @param {string} typed @returns {import("./addresses.mjs").Address[]} */
  addresses(typed) {
    const found = this.all.flatMap((kept) => kept.addresses.search(typed));
    const each = new Map(found.map((address) => [`${address.text} ${address.lon} ${address.lat}`, address])); // packs may overlap
    return [...each.values()].slice(0, MOST_ADDRESSES);
  }

  /**
   * Fetch a pack and keep it.
   * @param {string} code
   * @returns {Promise<Kept>}
   * @throws {Problem} an unreachable service among them
   */
  async take(code) {
    return this.#keep(await fetchPack(code, undefined));
  }

  /** @param {Record} record */
  async #keep(record) {
    const kept = new Kept(record);
    this.#kept.set(kept.code, kept);
    await this.storage.put(record).catch(this.full);
    return kept;
  }

  /** @param {string} code */
  async remove(code) {
    this.#kept.delete(code);
    await this.storage.remove(code);
  }

  /**
   * Bring every pack up to date.
   * @returns {Promise<News[]>}
   * @throws {Problem} what keeps all of them from it: the service is out of reach, or the sign-in has ended
   */
  async refresh() {
    /** @type {News[]} */
    const news = [];
    for (const pack of this.all) {
      try {
        const record = await fetchPack(pack.code, pack.record);
        if (record === pack.record) continue;
        const now = await this.#keep(record);
        news.push({ kind: now.edition === pack.edition ? "renewed" : "updated", pack: now, from: pack.edition });
      } catch (problem) {
        // the account has it no more, or there are no such grids any more
        if (!(problem instanceof Problem) || problem.code !== "not_found") throw problem;
        await this.remove(pack.code);
        news.push({ kind: "gone", pack, from: pack.edition });
      }
    }
    return news;
  }
}

/**
 * Fetch a pack with its addresses, as far as they are not those already known.
 * @param {string} code
 * @param {Record | undefined} known
 * @returns {Promise<Record>} `known` itself when it still holds
 */
async function fetchPack(code, known) {
  const path = `field-packs/${code}`;
  const [pack, addresses] = await Promise.all([
    fetched(path, {}, conditional(known?.tag)), fetched(`${path}/addresses`, {}, conditional(known?.addressesTag)),
  ]);
  if (known && pack.status === 304 && addresses.status === 304) return known;
  return {
    code,
    tag: pack.headers.get("etag") ?? "",
    content: known && pack.status === 304 ? known.content : await pack.arrayBuffer(),
    addressesTag: addresses.headers.get("etag") ?? "",
    addresses: known && addresses.status === 304 ? known.addresses : (await addresses.json()).addresses,
    keptAt: new Date().toISOString(),
  };
}

/** @param {string | undefined} tag @returns {RequestInit} */
const conditional = (tag) => ({
  cache: "no-store", headers: tag ? { "If-None-Match": tag } : {}, signal: AbortSignal.timeout(FETCH_MS),
});

/** The database of the browser, one for each address that a service may have below one host. @param {string} name @returns {Promise<Storage>} */
export async function browserStorage(name) {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("packs", { keyPath: "code" });
  const database = await done(opening);
  const packs = (/** @type {IDBTransactionMode} */ mode) => database.transaction("packs", mode).objectStore("packs");
  return {
    all: () => done(packs("readonly").getAll()),
    put: async (record) => void (await done(packs("readwrite").put(record))),
    remove: (code) => done(packs("readwrite").delete(code)),
  };
}

/** Where the browser keeps nothing (a private window): for as long as the page is open. @returns {Storage} */
export function passingStorage() {
  return { all: async () => [], put: async () => {}, remove: async () => {} };
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
