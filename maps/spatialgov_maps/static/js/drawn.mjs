// @ts-check
// Small pictures for maps, drawn on a canvas: patterns and labels. No sprite and no glyphs are fetched.

const INK = "#1f2933";

/** @param {number} side @param {(pen: CanvasRenderingContext2D) => void} draw */
function picture(side, draw, height = side) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [side, height];
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  draw(pen);
  return pen.getImageData(0, 0, side, height);
}

/** @param {string} colour */
export function hatch(colour) {
  return picture(16, (pen) => {
    pen.strokeStyle = colour;
    pen.lineWidth = 1.6;
    for (const shift of [-16, 0, 16]) {
      pen.moveTo(shift, 16);
      pen.lineTo(shift + 16, 0);
    }
    pen.stroke();
  });
}

/** @param {string} colour */
export function dots(colour) {
  return picture(16, (pen) => {
    pen.fillStyle = colour;
    for (const [x, y] of [[4, 4], [12, 12]]) {
      pen.beginPath();
      pen.arc(x, y, 2.6, 0, 7);
      pen.fill();
    }
  });
}

const FONT = "600 24px system-ui, sans-serif";
const HEIGHT = 34;
const measuring = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
measuring.font = FONT;

/** How large a label is, twice as large as it is shown. @param {string} text @returns {[width: number, height: number]} */
export const labelSize = (text) => [Math.ceil(measuring.measureText(text).width) + 14, HEIGHT];

/** Draw a label from the origin on, twice as large as it is shown. @param {CanvasRenderingContext2D} pen @param {string} text */
export function drawLabel(pen, text) {
  const [width, height] = labelSize(text);
  pen.fillStyle = "rgba(255, 255, 255, .88)";
  pen.beginPath();
  pen.roundRect(0, 0, width, height, 8);
  pen.fill();
  pen.font = FONT;
  pen.fillStyle = INK;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(text, width / 2, 18);
}

/** @param {string} text */
export function textImage(text) {
  const [width, height] = labelSize(text);
  return picture(width, (pen) => drawLabel(pen, text), height);
}
