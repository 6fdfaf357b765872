// @ts-check
// Tables for spreadsheets: quoted where needed, and never a formula (owasp.org: CSV injection), as the service writes them.

const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;

/** @param {any} value */
function cell(value) {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" && FORMULA.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** @param {string[]} columns @param {Record<string, any>[]} rows */
export const writeCsv = (columns, rows) =>
  `\uFEFF${[columns.map(cell), ...rows.map((row) => columns.map((name) => cell(row[name])))].map((cells) => `${cells.join(",")}\r\n`).join("")}`;
