// @ts-check
// Standard addresses of a field pack, looked up without a network: never a silent guess, but a list to choose from. The
// spellings that are one are those of the service (spatialgov/locate/address/text.py).

/** @typedef {{street: string, number: string, building: string, lon: number, lat: number, text: string}} Address */

const CHINESE = "零〇一二三四五六七八九十百千廿卅两";
const DIGITS = Object.fromEntries([..."零一二三四五六七八九"].map((letter, i) => [letter, i]));
Object.assign(DIGITS, { 〇: 0, 两: 2 });
const SCALES = /** @type {Record<string, number>} */ ({ 十: 10, 百: 100, 千: 1000 });
const TENS = /** @type {Record<string, number>} */ ({ 廿: 20, 卅: 30 });
const FROM = "號樓棟單區縣鎮鄉衖東門層蘇廣場臺園#○‐‑‒–—―−~〜∼";
const TO = `号楼栋单区县镇乡弄东门层苏广场台园号〇${"-".repeat(10)}`;
const ONE_FORM = new Map([...FROM].map((letter, i) => [letter, TO[i]]));
const RUN = new RegExp(`[${CHINESE}]+`, "g");
// blanks and points go, but where they part two numbers: 1、3号 is not number 13
const GAP = new RegExp(`(?<![\\d${CHINESE}])[\\s,;、/。.]+|[\\s,;、/。.]+(?![\\d${CHINESE}])`, "g");
const NUMBER = /^(\d+弄)?(\d+[a-z甲乙丙丁]?(?:[-之附]\d+)*)号?/;
const BUILDING = /^(\d+[a-z]?|[a-z]\d*|[甲乙丙丁戊己庚辛])(号楼|号?[幢栋座]|楼)?/;
const SHOWN = 8;

/** A number in Chinese numerals in digits. @param {string} numeral */
function value(numeral) {
  if (!/[十百千廿卅]/.test(numeral)) return String(Number([...numeral].map((letter) => DIGITS[letter]).join("")));
  let total = 0, pending = 0;
  for (const letter of numeral) {
    if (letter in DIGITS) pending = DIGITS[letter];
    else if (letter in TENS) [total, pending] = [total + TENS[letter], 0];
    else [total, pending] = [total + (pending || 1) * SCALES[letter], 0];
  }
  return String(total + pending);
}

/** What spellings of one text have in common. @param {string} text */
export function plain(text) {
  const folded = [...text.normalize("NFKC")].map((letter) => ONE_FORM.get(letter) ?? letter).join("");
  return folded.toLowerCase().replace(/[()]/g, "").replace(GAP, "").replace(RUN, value);
}

/** @param {string} text number or building of the table */
const bare = (text) => plain(text).replace(/(号楼|号?[幢栋座]|号|楼)$/, "");

export class AddressList {
  /** @param {[string, [string, string, number, number][]][]} streets as the service gives them */
  constructor(streets) {
    this.size = streets.reduce((sum, [, rows]) => sum + rows.length, 0);
    this.streets = streets.map(([street, rows]) => ({ key: plain(street), street, rows }));
  }

  /**
   * Addresses that a text, or its beginning, may mean: the best first.
   * @param {string} typed @returns {Address[]}
   */
  search(typed) {
    const asked = plain(typed);
    if (!asked) return [];
    let found = this.streets.filter(({ key }) => key.includes(asked)).flatMap((one) => within(one, ""));
    if (!found.length) {
      const named = this.streets.filter(({ key }) => asked.includes(key));
      const longest = Math.max(0, ...named.map(({ key }) => key.length));
      const best = named.filter(({ key }) => key.length === longest);
      found = best.flatMap((one) => within(one, asked.slice(asked.lastIndexOf(one.key) + longest)));
    }
    found.sort((one, other) => one.rank - other.rank); // stable: as the table has them
    return found.slice(0, SHOWN).map(({ address }) => address);
  }
}

/**
 * Addresses of a street by what the text says after its name.
 * @param {{street: string, rows: [string, string, number, number][]}} street @param {string} rest
 * @returns {{rank: number, address: Address}[]}
 */
function within({ street, rows }, rest) {
  const number = NUMBER.exec(rest)?.[0] ?? "";
  const said = rest.slice(number.length);
  const wanted = BUILDING.exec(said)?.[0] ?? said;
  const house = bare(number), block = bare(wanted);
  const isWhole = number.endsWith("号");
  const found = [];
  for (const [its, building, lon, lat] of rows) {
    const [theirs, own] = [bare(its), bare(building)];
    if (house && theirs !== house && (isWhole || !theirs.startsWith(house))) continue;
    if (block && own !== block && !own.startsWith(block)) continue;
    const rank = house ? (theirs === house ? 0 : 2) + (own === block ? 0 : 1) : 0;
    found.push({ rank, address: { street, number: its, building, lon, lat, text: `${street}${its}${building}` } });
  }
  // a room or a unit behind the house is no reason to find nothing
  return found.length || !block ? found : within({ street, rows }, number);
}
