// @ts-check
// Classes of numbers, with limits that people can read, and their colours.

/** From little to much: ColorBrewer YlOrRd, as on the other maps. */
export const SEQUENTIAL = ["#ffffcc", "#fed976", "#feb24c", "#fd8d3c", "#f03b20", "#bd0026"];
/** By kind and confidence: ColorBrewer RdBu. @type {Record<string, string>} */
export const SIGNIFICANCE = {
  hot99: "#b2182b", hot95: "#ef8a62", hot90: "#fddbc7", cold90: "#d1e5f0", cold95: "#67a9cf", cold99: "#2166ac",
};
/** Of points: Paul Tol's scheme "bright"; the last is for all others. */
export const POINTS = ["#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377", "#BBBBBB"];
/** Of the courses of hot spots, and of cold ones. @type {Record<string, [hot: string, cold: string]>} */
export const COURSES = {
  new: ["#fed976", "#c7e9b4"], consecutive: ["#fd8d3c", "#7fcdbb"], intensifying: ["#67000d", "#081d58"],
  persistent: ["#cb181d", "#225ea8"], diminishing: ["#fc9272", "#9ecae1"], sporadic: ["#dfc27d", "#c6dbef"],
  oscillating: ["#bf812d", "#807dba"], historical: ["#8c510a", "#54278f"],
};
export const NO_COURSE = "#bdbdbd";

/** Round a number to one that is easily read: 1, 1.5, 2, 2.5, 3 … 8, 10 @param {number} value above 0 */
export function readable(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  const share = value / power;
  const near = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].reduce((a, b) => (Math.abs(b - share) < Math.abs(a - share) ? b : a));
  return Number((near * power).toPrecision(3));
}

/**
 * The limits between classes that hold about as many values each: ascending, the first class has none below.
 * @param {number[]} values @param {number} classes @param {boolean} whole whether values are whole numbers
 * @returns {number[]} `classes` - 1 or fewer
 */
export function limitsOf(values, classes, whole = false) {
  const sorted = values.filter((value) => value > 0).sort((a, b) => a - b);
  /** @type {number[]} */
  const limits = [];
  for (let i = 1; i < classes; i++) {
    const at = sorted[Math.floor((i * sorted.length) / classes)];
    if (at === undefined) break;
    const limit = whole ? Math.round(readable(at)) : readable(at);
    if (limit > (limits.at(-1) ?? sorted[0])) limits.push(limit);
  }
  return limits;
}

/** The limits of a smooth surface, which is mostly low: shares of its highest value. @param {number} most */
export const surfaceLimits = (most) => (most > 0 ? [0.05, 0.12, 0.25, 0.4, 0.6, 0.8].map((share) => readable(share * most)) : []);

/** The class of a value: 0 below the first limit. @param {number} value @param {number[]} limits */
export function classOf(value, limits) {
  let found = 0;
  while (found < limits.length && value >= limits[found]) found++;
  return found;
}

/** The colour of each of n classes, spread over the scheme. @param {number} n */
export const coloursOf = (n) =>
  Array.from({ length: n }, (_, i) => SEQUENTIAL[n === 1 ? 2 : Math.round((i * (SEQUENTIAL.length - 1)) / (n - 1))]);

/**
 * What a legend says of classes of whole numbers or of others.
 * @param {number[]} limits @param {number} least the smallest value @param {boolean} whole @param {(n: number) => string} said
 * @returns {string[]} one more than limits
 */
export function classLabels(limits, least, whole, said) {
  const from = [least, ...limits];
  return from.map((low, i) => {
    if (i === limits.length) return `≥ ${said(low)}`;
    if (!whole) return `${said(low)} – ${said(from[i + 1])}`;
    const high = from[i + 1] - 1;
    return high <= low ? said(low) : `${said(low)} – ${said(high)}`;
  });
}
