// Asks a field pack for borders. Standard input: {"pack": path, "points": [[lon, lat]], "radius_m"}; standard output: for
// each point the distance to the border, the code beyond it, and the codes within reach; the rings of each grid.

import { readFileSync } from "node:fs";

import { Borders } from "../../maps/spatialgov_maps/static/field/borders.mjs";
import { readFieldPack } from "../../maps/spatialgov_maps/static/js/field_pack.mjs";

const { pack, points, radius_m } = JSON.parse(readFileSync(0, "utf8"));
const borders = new Borders(readFieldPack(readFileSync(pack)));
const code = (face) => borders.grid(face)?.code ?? "";
const near = points.map(([lon, lat]) => {
  const { distance_m, face } = borders.nearest(lon, lat);
  return [distance_m, code(face), borders.within(lon, lat, radius_m).map(code)];
});
const rings = Object.fromEntries(borders.grids.map((grid, i) => [grid.code, borders.rings(i + 1)]));
process.stdout.write(JSON.stringify({ near, rings }));
