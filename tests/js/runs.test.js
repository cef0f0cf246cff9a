"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const runs = require("../../assets/map/runs.js");

const SIZE = 16;

/* A canvas with a margin of 2 on which `draw(x, y)` gives id + 1. */
function canvas(draw) {
  const margin = 2, side = SIZE + 2 * margin;
  return { size: SIZE, margin, side, values: Uint32Array.from({ length: side * side }, (_, p) => draw((p % side) - margin, Math.floor(p / side) - margin)) };
}

test("runs give back every pixel, and the outline lies once between two neighbours", () => {
  const made = runs.make(canvas((x) => (x < 8 ? 1 : 2)), 1, null);
  for (const [x, y, id] of [[0, 0, 0], [7, 9, 0], [8, 9, 1], [15, 15, 1]]) assert.equal(runs.idAt(made, x, y), id);
  const edges = [...made.codes.keys()].filter((i) => made.codes[i] & 1).map((i) => made.xs[i]);
  assert.deepEqual([...new Set(edges)], [8], "one column of outline, and none at the border of the tile");
});

test("what is present is told once and in ascending order, however large its number", () => {
  const made = runs.make(canvas((x, y) => [0, 8, 900001, 3][(x + y + 32) % 4]), 0, null);
  assert.deepEqual([...made.ids], [2, 7, 900000]);
  assert.deepEqual([...runs.make(canvas(() => 0), 1, null).ids], []);
  for (const [x, y] of [[1, 0], [2, 0], [5, 9]]) assert.equal(runs.idAt(made, x, y), [-1, 7, 900000, 2][(x + y) % 4], "a raster knows nothing of the one before");
});

test("more features than fit two bytes are told apart all the same", () => {
  const size = 260, target = { size, margin: 0, side: size, values: Uint32Array.from({ length: size * size }, (_, p) => p + 1) };
  const made = runs.make(target, 0, null);
  assert.equal(runs.idAt(made, 0, 1), size);
  assert.equal(runs.idAt(made, 259, 259), size * size - 1);
});

test("the spot of a feature is the middle of its box on the tile", () => {
  const made = runs.make(canvas((x, y) => (x >= 4 && x < 10 && y >= 2 && y < 5 ? 6 : 0)), 1, null, true);
  assert.deepEqual([[...made.spots.xs], [...made.spots.ys], [...made.spots.across]], [[7], [3], [6]]);
  assert.equal(runs.make(canvas(() => 1), 0, null).spots, null);
});

test("the arrays of a raster are named once each, so that they can be handed over and counted", () => {
  const made = runs.make(canvas((x) => x & 1), 0, null, true), all = runs.arraysOf({ runs: made, present: made.ids });
  assert.equal(new Set(all.map((array) => array.buffer)).size, all.length);
  assert.ok([made.ids, made.rowAt, made.xs, made.codes, made.spots.xs, made.spots.ys, made.spots.across].every((array) => all.includes(array)));
});
