// @ts-check
// The map as a picture to be saved: title, what is seen, legend, and where it comes from. Made in the browser.

import { text } from "../js/language.js";
import { save } from "../workbench/ui.mjs";

/** @typedef {import("./desk.mjs").Desk} Desk */

const INK = "#1f2933";
const SOFT = "#52606d";
const FONT = '"Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", system-ui, sans-serif';
const LINE = 19;

/** Give what a map shows now: its canvas can be read only while it is drawn. @param {any} map @returns {Promise<HTMLCanvasElement>} */
const drawn = (map) =>
  new Promise((resolve) => {
    map.once("render", () => {
      const source = map.getCanvas();
      const copy = document.createElement("canvas");
      [copy.width, copy.height] = [source.width, source.height];
      copy.getContext("2d")?.drawImage(source, 0, 0);
      resolve(copy);
    });
    map.triggerRepaint();
  });

/** Break a text into lines that fit. @param {CanvasRenderingContext2D} pen @param {string} said @param {number} wide */
function lines(pen, said, wide) {
  /** @type {string[]} */
  const found = [];
  let line = "";
  for (const part of said.split(/(?<=[\s，、。])|(?=[\u4e00-\u9fff])/)) {
    if (line && pen.measureText(line + part).width > wide) {
      found.push(line);
      line = part.trimStart();
    } else line += part;
  }
  return [...found, line];
}


/** Write on a plate, to the left of a place or to its right. @param {CanvasRenderingContext2D} pen @param {string} said @param {number} x @param {number} y @param {boolean} isLeft */
function tag(pen, said, x, y, isLeft) {
  pen.font = `600 13px ${FONT}`;
  const wide = pen.measureText(said).width + 16;
  const west = isLeft ? x - wide : x;
  pen.fillStyle = "rgba(255, 255, 255, .93)";
  pen.fillRect(west, y, wide, 24);
  pen.fillStyle = INK;
  pen.fillText(said, west + 8, y + 6);
}

/** Hatch a key of the legend. @param {CanvasRenderingContext2D} pen @param {number} x @param {number} y */
function hatch(pen, x, y) {
  pen.save();
  pen.beginPath();
  pen.rect(x, y, 18, 14);
  pen.clip();
  pen.strokeStyle = INK;
  pen.lineWidth = 1.2;
  pen.beginPath();
  for (let at = -14; at < 18; at += 5) {
    pen.moveTo(x + at, y + 14);
    pen.lineTo(x + at + 14, y);
  }
  pen.stroke();
  pen.restore();
}
/**
 * Draw the picture.
 * @param {Desk} desk @param {string} title @param {any} beside the second map of a swipe, or null @param {number} at percent of the width that it takes
 */
export async function pictureOf(desk, title, beside, at) {
  const map = await drawn(desk.map);
  const other = beside && (await drawn(beside));
  const scale = map.width / desk.map.getCanvas().clientWidth;
  const wide = Math.max(480, map.width / scale);
  const measured = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
  measured.font = `600 16px ${FONT}`;
  const heading = lines(measured, title, wide - 32);
  const { items, note } = desk.legend;
  measured.font = `13px ${FONT}`;
  const widths = items.map(({ label }) => 30 + measured.measureText(label).width + 14);
  /** @type {number[][]} */
  const keyRows = [[]];
  let used = 0;
  widths.forEach((width, i) => {
    if (used + width > wide - 32 && used) {
      keyRows.push([]);
      used = 0;
    }
    keyRows[keyRows.length - 1].push(i);
    used += width;
  });
  const notes = note ? lines(measured, note, wide - 32) : [];
  const top = 14 + heading.length * 22 + 8;
  const high = map.height / scale;
  const bottom = 12 + (items.length ? keyRows.length * LINE + LINE : 0) + notes.length * LINE + LINE + 8;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(wide * scale), Math.round((top + high + bottom) * scale)];
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.scale(scale, scale);
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, wide, top + high + bottom);
  pen.textBaseline = "top";
  pen.fillStyle = INK;
  pen.font = `600 16px ${FONT}`;
  heading.forEach((line, i) => pen.fillText(line, 16, 14 + 22 * i));
  pen.drawImage(map, 0, top, map.width / scale, high);
  if (other) {
    const cut = (map.width / scale) * (at / 100);
    pen.drawImage(other, 0, 0, cut * scale, other.height, 0, top, cut, high);
    pen.fillRect(cut - 1, top, 2, high);
    const { before, now } = /** @type {import("./swipe.mjs").Swipe} */ (desk.swipe).names;
    tag(pen, before.textContent, cut - 10, top + 12, true);
    tag(pen, now.textContent, cut + 10, top + 12, false);
  }
  let y = top + high + 10;
  pen.font = `600 13px ${FONT}`;
  if (items.length) {
    pen.fillText(desk.legend.title, 16, y);
    y += LINE;
  }
  pen.font = `13px ${FONT}`;
  for (const row of items.length ? keyRows : []) {
    let x = 16;
    for (const i of row) {
      pen.fillStyle = items[i].colour;
      pen.fillRect(x, y, 18, 14);
      if (items[i].hatch) hatch(pen, x, y);
      pen.strokeStyle = SOFT;
      pen.lineWidth = 0.6;
      pen.strokeRect(x, y, 18, 14);
      pen.fillStyle = INK;
      pen.fillText(items[i].label, x + 24, y);
      x += widths[i];
    }
    y += LINE;
  }
  pen.fillStyle = SOFT;
  for (const line of [...notes, `spatialgov · ${text("anPictureMade", { day: new Date().toISOString().slice(0, 10) })}`]) {
    pen.fillText(line, 16, y);
    y += LINE;
  }
  return canvas;
}

/** Save the picture of what is shown. @param {Desk} desk @param {string} title */
export async function savePicture(desk, title) {
  const { swipe } = desk;
  const isSwiped = swipe?.isOpen && swipe.map;
  const canvas = await pictureOf(desk, title, isSwiped ? swipe.map : null, isSwiped ? swipe.at : 0);
  canvas.toBlob((content) => content && save("spatialgov.png", content, "image/png"), "image/png");
}
