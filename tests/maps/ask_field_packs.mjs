// Asks field packs with the reader that is served. Standard input: {"packs": [path], "points": [[lon, lat, datum]]};
// standard output: for each pack what it is or why it is refused, and the first one's answers to the points.

import { readFileSync } from "node:fs";

import { FieldPackError, readFieldPack, toWgs84 } from "../../maps/spatialgov_maps/static/js/field_pack.mjs";

/** Give what a call gives, or the code of the failure that it is meant to end with. */
function outcome(call) {
  try {
    return call();
  } catch (error) {
    if (error instanceof FieldPackError) return error.code;
    if (error instanceof RangeError) return "RangeError";
    throw error;
  }
}

const { packs, points } = JSON.parse(readFileSync(0, "utf8"));
const read = packs.map((path) => outcome(() => readFieldPack(readFileSync(path))));
const told = {
  packs: read,
  answers: points.map((point) => outcome(() => read[0].locate(...point))),
  wgs84: points.map((point) => outcome(() => toWgs84(...point))),
};
process.stdout.write(JSON.stringify(told));
