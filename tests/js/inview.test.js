"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
require("../../assets/map/tile.js");
require("../../assets/map/runs.js");
require("../../assets/map/scene.js");
const inview = require("../../assets/map/inview.js");

// A tile of 4 × 4 pixels: features 5 and 7 above, 9 below them.
const runs = {
  size: 4, rowAt: [0, 2, 4, 5, 6], xs: Uint16Array.from([0, 2, 0, 2, 0, 0]),
  codes: Uint16Array.from([2, 4, 2, 4, 6, 0]), ids: Uint32Array.from([5, 7, 9]),
};
const look = (values, shown = () => true) => {
  const array = new Uint8Array(10).fill(255);
  Object.entries(values).forEach(([id, value]) => { array[id] = value; });
  return { array, lut: { fill: Uint32Array.from({ length: 256 }, (_, value) => (value < 6 && shown(value) ? 1 : 0)) } };
};
const marked = (raster, seen, window) => { const marks = new Uint8Array(10); inview.mark(marks, raster, seen, window); return [...marks.keys()].filter((id) => marks[id]); };
const whole = { left: 0, top: 0, right: 4, bottom: 4 };

test("a feature counts with a pixel of it in the window, and not when nothing of it is drawn", () => {
  const all = look({ 5: 1, 7: 2, 9: 3 });
  assert.deepEqual(marked({ runs }, all, whole), [5, 7, 9]);
  assert.deepEqual(marked({ runs }, all, { ...whole, left: 3, bottom: 2 }), [7]);
  assert.deepEqual(marked({ runs }, all, { ...whole, top: 3 }), []);
  assert.deepEqual(marked({ runs }, look({ 5: 1, 7: 2, 9: 3 }, (value) => value === 3), whole), [9]);
  assert.deepEqual(marked({ runs }, { ...all, filter: { array: new Uint8Array(10).fill(1), shown: [0, 0] } }, whole), []);
  assert.deepEqual(marked({ runs }, null, whole), [], "its array has not come");
});

test("a dot counts where its centre lies: what a tile knows beyond its edge belongs to the next", () => {
  const dots = { size: 4, xs: Int16Array.from([-2, 1, 3]), ys: Int16Array.from([1, 1, 3]), ids: Uint32Array.from([1, 2, 3]) };
  assert.deepEqual(marked({ dots }, look({ 1: 1, 2: 1, 3: 1 }), whole), [2, 3]);
});

test("the window of a tile is the part of the view that it has, also between two zooms", () => {
  const record = (x, y) => ({ coords: { z: 2, x, y }, canvas: { width: 512 } }); // two by two tiles make the world
  assert.deepEqual(inview.windowOf(record(0, 0), [-90, 0, 90, 66.5]), { left: 256, top: 256, right: 512, bottom: 512 });
  assert.equal(inview.windowOf(record(1, 1), [-90, 10, -10, 20]), null);
});

test("what the array of an earlier day does not reach was not there", () => {
  const short = { array: Uint8Array.from([255, 255, 255, 255, 255, 1]), lut: look({}).lut };
  assert.deepEqual(marked({ runs }, short, whole), [5]);
});
