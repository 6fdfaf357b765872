// Asks a field pack (docs/field-pack.md) without a network, in browsers and Node. Answers are those of the service, on
// borders too: coordinates are the same doubles, the test of a side is exact.

const { abs, max, min, sqrt, PI } = Math;

/** A file that can't be used; `code`: "foreign", "version", "truncated", "damaged". */
export class FieldPackError extends Error {
  constructor(code, message) {
    super(message);
    this.name = "FieldPackError";
    this.code = code;
  }
}

/**
 * Read a field pack.
 * @param {ArrayBuffer | ArrayBufferView} content the whole file
 * @returns {{edition: number, validFrom: string, jurisdiction: ?object, size: number, posts: object, locate: Function,
 *   outline: Function}} where `posts` are the responsible ones by code ([post, post_en, duty, duty_en]), `outline()` is what there
 *   is to draw (vertices; the label of the edge that each begins; the grids by face, from 1; the face of a place) and
 *   `locate(lon, lat, datum)` gives what GET api/v1/locate gives, null outside; RangeError: no place, or no datum
 * @throws {FieldPackError}
 */
export function readFieldPack(content) {
  const bytes = ArrayBuffer.isView(content)
    ? new Uint8Array(content.buffer, content.byteOffset, content.byteLength).slice() // aligned for the doubles
    : new Uint8Array(content);
  const check = (good, code, message) => {
    if (!good) throw new FieldPackError(code, message);
  };
  const magic = String.fromCharCode(...bytes.subarray(0, 8));
  check(bytes.length >= 32 && magic === "SGFIELDP", "foreign", "Not a field pack. 不是离线网格包。");
  const [version, sum, length, header, lines, vertices] = new Uint32Array(bytes.buffer, 8, 6);
  check(version === 1, "version", `The field pack has format ${version}. 网格包格式版本不符。`);
  check(bytes.length === length, "truncated", `${bytes.length} of ${length} bytes. 网格包不完整。`);
  check(crc32(bytes.subarray(16)) === sum, "damaged", "The field pack is damaged. 网格包已损坏。");
  const about = JSON.parse(new TextDecoder().decode(bytes.subarray(32, 32 + header)));
  const { edition, valid_from: validFrom, jurisdiction, grids } = about;
  const chains = about.chains.map((chain) => chain.map((i) => about.links[i]));
  const xy = new Float64Array(bytes.buffer, 32 + header, 2 * vertices);
  const labels = labelled(new Uint32Array(bytes.buffer, 32 + header + xy.byteLength), lines, vertices);
  const find = finder(xy, labels);

  const locate = (lon, lat, datum) => {
    const [face, on_border] = find(...toWgs84(lon, lat, datum));
    if (!face) return null;
    const { code, name, chain } = named(grids[face - 1]);
    return { code, name, on_border, datum, edition, chain };
  };
  const named = ([code, name, chain]) => ({ code, name, chain: chains[chain] });
  const outline = () => ({ xy, labels, grids: grids.map(named), find });
  return { edition, validFrom, jurisdiction, size: grids.length, posts: about.posts ?? {}, locate, outline };
}

function crc32(bytes) {
  let sum = -1;
  for (const byte of bytes) {
    sum ^= byte;
    for (let k = 0; k < 8; k++) sum = (sum >>> 1) ^ (sum & 1 && 0xedb88320);
  }
  return ~sum >>> 0;
}

/** Give the label of the edge that each vertex begins, 0 for the last of a line. */
function labelled(about, lines, vertices) {
  const labels = new Uint32Array(vertices);
  for (let i = 0, end = 0; i < lines; i++) labels.fill(about[i], end, (end += about[lines + i]) - 1);
  return labels;
}

/** Give what tells the face of a location (0: outside), and whether it lies on a border. */
function finder(xy, labels) {
  let south = 90, north = -90;
  for (let i = 1; i < xy.length; i += 2) {
    south = min(south, xy[i]);
    north = max(north, xy[i]);
  }
  // level strips; the edges that touch strip b, by their first vertex: touching[starts[b]] to [starts[b + 1]]
  const n = Math.ceil(2 * sqrt(labels.length));
  const strip = (y) => Math.floor((y - south) * (n / (north - south)));
  const each = (visit) =>
    labels.forEach((label, v) => {
      const a = strip(xy[2 * v + 1]), b = strip(xy[2 * v + 3]);
      if (label) for (let i = min(a, b); i <= max(a, b); i++) visit(i, v);
    });
  const starts = new Uint32Array(n + 2);
  each((b) => starts[b]++);
  for (let b = 0; b <= n; b++) starts[b + 1] += starts[b];
  const touching = new Uint32Array(starts[n + 1]);
  each((b, v) => (touching[--starts[b]] = v));

  // A location stands for the place a little east of it and much less north: an edge that it is on lies west of it.
  // Its face is the XOR of the labels of all edges west of it.
  return (...place) => {
    const [px, py] = place.map((d) => (abs(d) < 2 ** -200 ? 0 : d)); // no underflow
    let [face, onBorder, b] = [0, false, strip(py)];
    for (let i = starts[b] ?? 0; i < (starts[b + 1] ?? 0); i++) {
      let a = 2 * touching[i];
      let b = a + 2;
      if (xy[a + 1] > xy[b + 1]) b = (a += 2) - 2; // upward
      const x1 = xy[a], y1 = xy[a + 1], x2 = xy[b], y2 = xy[b + 1];
      if (py < y1 || py > y2 || (px < x1 && px < x2)) continue;
      const side = orientation(x1, y1, x2, y2, px, py);
      if (side <= 0 && py < y2) face ^= labels[touching[i]];
      onBorder ||= side === 0 && px <= max(x1, x2);
    }
    return [face, onBorder];
  };
}

/** Positive, 0, negative: the point lies left of, on, right of the line from 1 to 2. Shewchuk 1997: exact. */
function orientation(x1, y1, x2, y2, px, py) {
  const left = (x1 - px) * (y2 - py);
  const right = (y1 - py) * (x2 - px);
  const bound = (3 + 16 * 2 ** -53) * 2 ** -53 * (abs(left) + abs(right));
  if (abs(left - right) > bound) return left - right;
  const sum = []; // an expansion that grows term by term without error
  for (const [a, b] of [[x1, y2], [-x2, y1], [x2, py], [-px, y2], [px, y1], [-x1, py]])
    for (let q of product(a, b)) {
      sum.forEach((e, i) => {
        const s = q + e;
        const t = s - q;
        sum[i] = q - (s - t) + (e - t);
        q = s;
      });
      sum.push(q);
    }
  return sum.reverse().find((e) => e) ?? 0;
}

/** Rounding error of a product (Dekker, Veltkamp), and the product. */
function product(a, b) {
  const [p, c, d] = [a * b, (2 ** 27 + 1) * a, (2 ** 27 + 1) * b];
  const [ah, bh] = [c - (c - a), d - (d - b)];
  const [al, bl] = [a - ah, b - bh];
  return [al * bl - (p - ah * bh - al * bh - ah * bl), p];
}

/** Give a location in WGS 84 by the steps of spatialgov/_kernels.py: no library's sine, so every bit agrees. */
export function toWgs84(lon, lat, datum) {
  if (!["wgs84", "cgcs2000", "gcj02", "bd09"].includes(datum)) throw new RangeError(`Unknown datum 坐标基准无效: ${datum}`);
  let place = [lon, lat];
  if (!place.every(Number.isFinite) || abs(lon) > 180 || abs(lat) > 90) place = null;
  else if (datum === "bd09") place = undoGcj02(...undoBd09(lon, lat));
  else if (datum === "gcj02") place = undoGcj02(lon, lat);
  if (!place) throw new RangeError(`Not a place 坐标无效: ${lon}, ${lat}`);
  return place;
}

function undoBd09(lon, lat) {
  const [x, y] = [lon - 0.0065, lat - 0.006];
  let [nx, ny] = [x, y];
  for (let i = 0; i < 5; i++) {
    const angle = 0.000003 * sinCos(nx * (3000 / 180))[1];
    const shrink = 1 - (0.00002 * sinCos(ny * (3000 / 180))[0]) / sqrt(x * x + y * y);
    const cosine = 1 - 0.5 * angle * angle;
    [nx, ny] = [(x * cosine + y * angle) * shrink, (y * cosine - x * angle) * shrink];
  }
  return [nx, ny];
}

function undoGcj02(x, y) {
  let [fx, fy, step] = [x, y, 0];
  for (let i = 0; i < 3; i++) {
    const [ix, iy, xx, xy, yx, yy] = gcj02(fx, fy);
    const d = xx * yy - xy * yx;
    const sx = ((x - ix) * yy - (y - iy) * xy) / d;
    const sy = ((y - iy) * xx - (x - ix) * yx) / d;
    [fx, fy, step] = [fx + sx, fy + sy, max(abs(sx), abs(sy))];
  }
  if (step <= (abs(fx - 105) < 0.01 ? 1e-10 : 2e-6)) return [fx, fy];
  [fx, fy] = [x, y]; // at longitude 105° the formula has no slope: fixed-point steps
  for (let i = 0; i < 50; i++) {
    const [ix, iy] = gcj02(fx, fy);
    [fx, fy] = [fx + (x - ix), fy + (y - iy)];
    if (max(abs(x - ix), abs(y - iy)) <= 1e-10) return [fx, fy];
  }
  return null;
}

/** GCJ-02 of WGS 84, and its slopes. */
function gcj02(lon, lat) {
  const [x, y, third] = [lon - 105, lat - 35, 2 / 3];
  const waves = (t, a, b) => {
    const [[s, c], [s12, c12], [s30, c30]] = [t, t / 12, t / 30].map(sinCos);
    const [s6, c6] = [2 * s12 * c12, 1 - 2 * s12 * s12];
    return [
      third * (common + 20 * s + 40 * (2 * s6 * c6) + a * s12 + b * s30),
      third * PI * (20 * c + (40 / 3) * (1 - 2 * s6 * s6) + (a / 12) * c12 + (b / 30) * c30),
    ];
  };
  const [s1, c1] = sinCos(x);
  const [s2, c2] = [2 * s1 * c1, 1 - 2 * s1 * s1];
  const common = 20 * (s2 * (3 - 4 * s2 * s2) + s2);
  const slope = third * (PI * (120 * (c2 * (4 * c2 * c2 - 3)) + 40 * c2));
  const [northWaves, northSlope] = waves(y, 160, 320);
  const [eastWaves, eastSlope] = waves(x, 150, 300);
  const root = sqrt(abs(x));
  const rootSlope = (x > 0 ? 0.5 : -0.5) / (root + 1e-3);
  const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + northWaves;
  const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + eastWaves;
  const [sine, cosine] = sinCos(lat / 180);
  const [a, ee, degrees] = [6378245, 0.00669342162296594323, 180 / PI];
  const magic = 1 - ee * sine * sine;
  const perNorth = (degrees * magic * sqrt(magic)) / (a * (1 - ee));
  const perEast = (degrees * sqrt(magic)) / (a * cosine);
  return [
    lon + east * perEast,
    lat + north * perNorth,
    1 + (1 + 0.2 * x + 0.1 * y + 0.1 * rootSlope + slope + eastSlope) * perEast,
    (2 + 0.1 * x + east * (sine / (cosine * degrees))) * perEast,
    (2 + 0.1 * y + 0.2 * rootSlope + slope) * perNorth,
    1 + (3 + 0.4 * y + 0.1 * x + northSlope) * perNorth,
  ];
}

/** Sine and cosine of `t` half turns. */
function sinCos(t) {
  const round = (value) => value + 1.5 * 2 ** 52 - 1.5 * 2 ** 52;
  let quarter = round(2 * t);
  const z = PI * (t - 0.5 * quarter);
  const w = z * z;
  const series = (terms, last) => terms.reduceRight((sum, n) => 1 / n + w * sum, last);
  const s = z * series([1, -6, 120, -5040, 362880, -39916800, 6227020800], 1 / -1307674368000);
  const c = series([1, -2, 24, -720, 40320, -3628800, 479001600], 1 / -87178291200 + w / 20922789888000);
  quarter -= 4 * round(0.25 * quarter);
  const [sine, cosine] = abs(quarter) === 1 ? [c, s] : [s, c];
  return [[-2, -1, 2].includes(quarter) ? -sine : sine, [-2, 1, 2].includes(quarter) ? -cosine : cosine];
}
