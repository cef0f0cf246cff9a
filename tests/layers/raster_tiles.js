// Decodes and rasterises raw tiles for the Python tests, with the very modules that the page runs.
// stdin: JSON {screen: {z, x, y}, size, bandZ, keep, tiles: [{x, y, file}]}; stdout: size² little-endian uint32, id + 1 of each pixel.
"use strict";
const fs = require("node:fs");
const tile = require("../../assets/map/tile.js");
const raster = require("../../assets/map/raster.js");

const job = JSON.parse(fs.readFileSync(0, "utf8"));
const target = raster.canvas(job.size, 0);
for (const one of job.tiles) {
  const bytes = fs.readFileSync(one.file);
  const decoded = tile.decode(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const placement = tile.placement(job.screen, job.bandZ, one, job.size);
  if (decoded.kind === "polygon") raster.fillPolygons(target, decoded, placement, job.keep);
  if (decoded.kind === "line") raster.strokeLines(target, decoded, placement, null);
}
process.stdout.write(Buffer.from(target.values.buffer));
