"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const raster = require("../../assets/map/raster.js");

const SIZE = 64;
/** One unit a pixel, the tile's corner at pixel 0. */
const placement = { scale: 1, dx: 0, dy: 0, window: [0, 0, SIZE, SIZE] };

/** Tile of polygons (or lines): [[id, [ring, …]], …], rings as [[x, y], …]. */
function tileOf(kind, features) {
  const ids = [], partAt = [0], vertexAt = [0], xs = [], ys = [];
  for (const [id, parts] of features) {
    ids.push(id);
    for (const part of parts) { part.forEach(([x, y]) => { xs.push(x); ys.push(y); }); vertexAt.push(xs.length); }
    partAt.push(vertexAt.length - 1);
  }
  return { kind, n: ids.length, ids, partAt, vertexAt, xs, ys };
}
const square = (x0, y0, x1, y1) => [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
const count = (target, value) => target.values.reduce((sum, v) => sum + (v === value), 0);

test("squares that share an edge share no pixel and leave none", () => {
  const target = raster.canvas(SIZE, 2);
  raster.fillPolygons(target, tileOf("polygon", [[0, [square(0, 0, 31, 64)]], [1, [square(31, 0, 64, 64)]]]), placement, false);
  for (let y = 0; y < SIZE; y++) for (let x = 0; x < SIZE; x++) assert.equal(target.values[(y + 2) * target.side + x + 2], x < 31 ? 1 : 2);
});

test("triangles that share a slanting edge share no pixel and leave none", () => {
  const a = raster.canvas(SIZE, 2), b = raster.canvas(SIZE, 2), all = tileOf("polygon", [[0, [square(0, 0, 60, 60)]]]);
  raster.fillPolygons(a, tileOf("polygon", [[0, [[[0, 0], [60, 0], [17, 60]]]]]), placement, false);
  raster.fillPolygons(b, tileOf("polygon", [[1, [[[60, 0], [60, 60], [17, 60]]]], [2, [[[0, 0], [17, 60], [0, 60]]]]]), placement, false);
  const whole = raster.canvas(SIZE, 2);
  raster.fillPolygons(whole, all, placement, false);
  whole.values.forEach((value, p) => assert.equal((a.values[p] ? 1 : 0) + (b.values[p] ? 1 : 0), value ? 1 : 0));
});

test("a hole stays empty, and an island in it is filled", () => {
  const target = raster.canvas(SIZE, 0);
  raster.fillPolygons(target, tileOf("polygon", [[4, [square(0, 0, 60, 60), square(10, 10, 50, 50), square(20, 20, 40, 40)]]]), placement, false);
  const at = (x, y) => target.values[y * target.side + x];
  assert.deepEqual([at(5, 5), at(15, 15), at(30, 30), at(55, 30), at(62, 62)], [5, 0, 5, 5, 0]);
});

test("a polygon smaller than a pixel gets its pixel where the tileset says keep, and none where not", () => {
  const speck = tileOf("polygon", [[8, [[[10.6, 20.6], [10.8, 20.6], [10.8, 20.8]]]]]);
  const kept = raster.canvas(SIZE, 0), dropped = raster.canvas(SIZE, 0);
  raster.fillPolygons(kept, speck, placement, true);
  raster.fillPolygons(dropped, speck, placement, false);
  assert.equal(kept.values[20 * SIZE + 10], 9);
  assert.equal(count(kept, 9), 1);
  assert.equal(count(dropped, 9), 0);
});

test("a data tile paints only its own part of the screen tile, and the margin where it lies outside", () => {
  const target = raster.canvas(SIZE, 2);
  raster.fillPolygons(target, tileOf("polygon", [[0, [square(-20, -20, 90, 90)]]]), { ...placement, window: [0, 0, 32, 64] }, false);
  const at = (x, y) => target.values[(y + 2) * target.side + x + 2];
  assert.deepEqual([at(-2, -2), at(31, 10), at(32, 10), at(63, 63), at(10, 65)], [1, 1, 0, 0, 1]);
});

test("a line is as wide as asked, connected, and round at its ends", () => {
  const target = raster.canvas(SIZE, 0);
  raster.strokeLines(target, tileOf("line", [[0, [[[10, 32], [50, 32]]]]]), placement, [6]);
  let column = 0;
  for (let y = 0; y < SIZE; y++) column += target.values[y * SIZE + 30];
  assert.equal(column, 6);
  assert.equal(target.values[32 * SIZE + 8], 1);
  assert.equal(target.values[34 * SIZE + 7], 0);
});

test("a hairline has no gap, whatever its direction", () => {
  for (let angle = 0; angle < 180; angle += 7) {
    const target = raster.canvas(SIZE, 0), turn = (angle * Math.PI) / 180;
    const end = [32 + 25 * Math.cos(turn), 32 + 25 * Math.sin(turn)], start = [64 - end[0], 64 - end[1]];
    raster.strokeLines(target, tileOf("line", [[0, [[start, end]]]]), placement, [1]);
    const steep = Math.abs(Math.sin(turn)) > Math.SQRT1_2;
    for (let k = 16; k < 48; k++) {
      let found = 0;
      for (let j = 0; j < SIZE; j++) found += target.values[steep ? k * SIZE + j : j * SIZE + k];
      assert.ok(found > 0 || (k < 32 - 17 || k > 31 + 17), `gap at ${k} for ${angle}°`);
    }
  }
});

test("of two lines the one of the greater class lies above, in either order", () => {
  for (const features of [[[0, [[[0, 32], [64, 32]]]], [5, [[[32, 0], [32, 64]]]]], [[5, [[[32, 0], [32, 64]]]], [0, [[[0, 32], [64, 32]]]]]]) {
    const target = raster.canvas(SIZE, 0);
    raster.strokeLines(target, tileOf("line", features), placement, [6, 0, 0, 0, 0, 6]);
    assert.equal(target.values[32 * SIZE + 32], 6);
  }
});

test("points come from the tile and from within reach of it, each once", () => {
  const tile = { n: 4, ids: [3, 4, 5, 6], xs: [-1, -5, 10, 70], ys: [10, 10, 10, 10] };
  const got = raster.placePoints(tile, placement, SIZE, 2);
  assert.deepEqual([...got.ids], [3, 5]);
  assert.deepEqual([...got.xs], [-1, 10]);
});

test("points of several tiles become one list by id, each with its own place", () => {
  const part = (...ids) => ({ ids: Uint32Array.from(ids), xs: Int16Array.from(ids, (id) => 2 * id), ys: Int16Array.from(ids, (id) => -id) });
  const got = raster.mergePoints([part(3, 9), part(1, 4, 12), part(), part(2)]);
  assert.deepEqual([...got.ids], [1, 2, 3, 4, 9, 12]);
  assert.deepEqual([...got.xs], [...got.ids].map((id) => 2 * id));
  assert.deepEqual([...got.ys], [...got.ids].map((id) => -id));
  assert.equal(raster.mergePoints([]).ids.length, 0);
});
