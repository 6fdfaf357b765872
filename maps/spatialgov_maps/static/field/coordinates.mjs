// @ts-check
// Coordinates as people write them: decimals, degrees with minutes and seconds, letters before or behind, Chinese words.

/**
 * @typedef {{lon: number, lat: number}} Place
 * @typedef {{place: Place} | {choices: Place[]} | {problem: "pair" | "range" | "minutes" | "letters"}} Reading
 *   what a text means; `choices` where its order can't be known: both readings
 */

const WORDS = [
  [/南纬|南緯/g, "S"], [/西经|西經/g, "W"],
  [/北纬|北緯|纬度|緯度|纬|緯|latitude|lat/gi, "N"],
  [/东经|東經|经度|經度|经|經|longitude|long|lng|lon/gi, "E"],
  [/[北]/g, "N"], [/[南]/g, "S"], [/[东東]/g, "E"], [/[西]/g, "W"],
];
const MARKS = [
  [/[º˚度]/g, "°"],
  [/[′’‘´`＇分]/g, "'"],
  [/''|[″”“＂秒]/g, '"'],
];
const TOKEN = /[+-]?\d+(?:\.\d+)?|[°'"]|[NSEW]|[,;/|]/gy;
const ORDER = "°'\"";

/**
 * Read a text as a coordinate.
 * @param {string} typed
 * @returns {Reading | null} null where it is no coordinate at all, but words: an address
 */
export function readCoordinate(typed) {
  const tokens = tokensOf(typed);
  if (!tokens || !tokens.some((token) => /\d/.test(token))) return null;
  const letters = tokens.filter((token) => /[NSEW]/.test(token));
  const angles = letters.length ? byLetters(tokens, letters) : byOrder(tokens);
  if (typeof angles === "string") return { problem: angles };
  const values = angles.map(({ parts }) => degrees(parts));
  const wrong = values.find((value) => typeof value === "string");
  if (wrong !== undefined) return { problem: /** @type {"pair" | "minutes"} */ (wrong) };
  const [first, second] = /** @type {number[]} */ (values);
  if (!letters.length) return ordered(first, second);
  const place = { lon: 0, lat: 0 };
  for (const [i, { letter }] of angles.entries()) {
    const value = /** @type {number} */ (values[i]);
    const signed = letter === "S" || letter === "W" ? -value : value;
    place[letter === "N" || letter === "S" ? "lat" : "lon"] = signed;
  }
  return isPlace(place) ? { place } : { problem: "range" };
}

/** @param {string} typed @returns {string[] | null} */
function tokensOf(typed) {
  let text = typed.trim().replace(/^geo:([^;?]*).*$/i, "N E $1"); // RFC 5870: latitude, longitude, WGS 84
  const isGeo = text.startsWith("N E ");
  for (const [pattern, letter] of WORDS) text = text.replace(/** @type {RegExp} */ (pattern), ` ${letter} `); // 纬度 before 度
  for (const [pattern, mark] of MARKS) text = text.replace(/** @type {RegExp} */ (pattern), /** @type {string} */ (mark));
  text = text.normalize("NFKC").toUpperCase().replace(/[−–]/g, "-").replace(/[、]/g, ",").replace(/[:=()&?\[\]]/g, " ").replace(/[\s.,;。]+$/, "");
  /** @type {string[]} */
  const tokens = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at])) {
      at++;
      continue;
    }
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (!found) return null;
    tokens.push(found[0]);
    at = TOKEN.lastIndex;
  }
  if (!isGeo) return tokens;
  const [, , lat, , lon] = tokens;
  return ["N", lat ?? "", "E", lon ?? ""].filter(Boolean);
}

/** @typedef {{letter: string, parts: string[]}} Angle */

/** @param {string[]} tokens @param {string[]} letters @returns {Angle[] | "pair" | "letters"} */
function byLetters(tokens, letters) {
  const axes = letters.map((letter) => (letter === "N" || letter === "S" ? "lat" : "lon"));
  if (letters.length !== 2) return letters.length < 2 ? "pair" : "letters";
  if (axes[0] === axes[1]) return "letters";
  const plain = tokens.filter((token) => !/[,;/|]/.test(token));
  const leads = /[NSEW]/.test(plain[0]); // N33 E116, or 33N 116E
  /** @type {Angle[]} */
  const angles = [];
  let parts = /** @type {string[]} */ ([]);
  for (const token of plain) {
    if (!/[NSEW]/.test(token)) parts.push(token);
    else if (leads) angles.push({ letter: token, parts: (parts = []) });
    else {
      angles.push({ letter: token, parts });
      parts = [];
    }
  }
  return !leads && parts.length ? "pair" : angles;
}

/** @param {string[]} tokens @returns {Angle[] | "pair"} */
function byOrder(tokens) {
  const separators = tokens.filter((token) => /[,;/|]/.test(token));
  /** @type {string[][]} */
  const groups = [[]];
  for (const [i, token] of tokens.entries()) {
    const begins = separators.length ? /[,;/|]/.test(token) : i > 0 && /\d/.test(token) && tokens[i + 1] === "°";
    if (begins && groups[groups.length - 1].length) groups.push([]);
    if (!/[,;/|]/.test(token)) groups[groups.length - 1].push(token);
  }
  if (groups.length === 1 && tokens.length === 2) return tokens.map((token) => ({ letter: "", parts: [token] }));
  return groups.length === 2 ? groups.map((parts) => ({ letter: "", parts })) : "pair";
}

/**
 * Degrees of an angle's numbers and marks: 33°54'41.8", or 33 54 41.8.
 * @param {string[]} parts
 * @returns {number | "pair" | "minutes"}
 */
function degrees(parts) {
  const numbers = parts.filter((part) => /\d/.test(part));
  if (numbers.length < 1 || numbers.length > 3 || !/\d/.test(parts[0])) return "pair";
  let place = -1; // of the mark that came last: minutes can't come before degrees, nor twice
  for (let i = 0, n = 0; i < parts.length; i++) {
    const mark = ORDER.indexOf(parts[i]);
    if (mark < 0) {
      n++;
      if (n > 1 && /[+-]/.test(parts[i])) return "pair";
    } else if (mark !== n - 1 || mark <= place) return "minutes";
    else place = mark;
  }
  const [whole, minutes = 0, seconds = 0] = numbers.map(Number);
  const fractions = numbers.slice(0, -1).some((number) => number.includes("."));
  if (fractions || minutes >= 60 || seconds >= 60) return "minutes";
  if (numbers.length === 1) return whole;
  const size = Math.abs(whole) + minutes / 60 + seconds / 3600;
  return numbers[0].startsWith("-") ? -size : size;
}

/** @param {Place} place */
const isPlace = ({ lon, lat }) => Math.abs(lon) <= 180 && Math.abs(lat) <= 90;

/** Two numbers without letters: in the order that alone makes a place, else both readings. @param {number} first @param {number} second @returns {Reading} */
function ordered(first, second) {
  const readings = [{ lon: first, lat: second }, { lon: second, lat: first }].filter(isPlace);
  if (!readings.length) return { problem: "range" };
  return readings.length === 1 || first === second ? { place: readings[0] } : { choices: readings };
}
