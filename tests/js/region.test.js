"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
require("../../assets/map/runs.js");
const region = require("../../assets/map/region.js");
const dots = require("../../assets/map/dots.js");
const paint = require("../../assets/map/paint.js");
const { rectangles, dotsOf, lot } = require("./drawn_at_random.js");

const SIZE = 128, N = 1500, LEVELS = 6;
const palettes = { level: { dark: ["#7A8699", "#FF4D4F", "#FF8C1A", "#FADB14", "#3DA5FF", "#2BC46B"], alpha: [0.6, 1, 1, 1, 0.85, 0.7], rank: [1, 2, 3, 4, 0, 5], edge: { dark: { 3: "#7A6200" } } } };
const RANK = new Uint8Array(256).fill(254);
palettes.level.rank.forEach((level, rank) => { RANK[level] = rank; });

/* Two layers of polygons and one of dots, and what paints them. */
function scene(seed, { radius = 1, ring = 0, larger = null, filtered = false, hatched = false, shown = null } = {}) {
  const draw = lot(seed), below = rectangles(SIZE, 60, 40, draw), houses = rectangles(SIZE, N, 7, draw), points = dotsOf(SIZE, 4 * N, draw, seed % 2 === 0);
  const array = Uint8Array.from({ length: 4 * N }, () => (draw(10) ? draw(LEVELS) : 255)), levels = array.map(() => draw(LEVELS)), steady = array.slice();
  const lut = paint.table(paint.colours(palettes, null, "dark"), { fill: 0.8, edgeHex: "#000000", shown: shown && new Set(shown) });
  const look = {
    array, lut, rank: RANK, period: 8, larger, hatched: hatched ? new Uint8Array(256).fill(1) : null,
    filter: filtered ? { array: levels, shown: Uint8Array.from({ length: 256 }, (_, v) => v % 2) } : null,
  };
  const stamps = { larger: larger || { 1: 2, 2: 1.4 }, radius, ring: 0, under: 6, rank: RANK };
  const all = (out, where = null) => {
    paint.paintRuns(out, below, { ...look, array: steady, stamps: null }, where);
    paint.paintRuns(out, houses, { ...look, stamps }, where);
    dots.paintDots(out, points, { ...look, radius, ring }, where);
  };
  return { draw, array, all, rasters: [{ runs: houses, present: houses.ids }, { dots: points, present: points.ids }], reach: dots.reachOf(radius, stamps.larger) };
}

const LOOKS = [{}, { radius: 3, ring: 0xffffffff }, { radius: 4, larger: { 1: 3, 5: 2 } }, { filtered: true, radius: 2 }, { hatched: true }, { shown: [1, 2, 3], radius: 0.5 }];

test("after a change the places of what has changed, painted alone, give the very pixels of a whole repaint", () => {
  LOOKS.forEach((more, i) => {
    const { draw, array, all, rasters, reach } = scene(i + 1, more), out = new Uint32Array(SIZE * SIZE), whole = new Uint32Array(SIZE * SIZE);
    all(out);
    for (let round = 0; round < 6; round++) {
      const ordinals = Array.from({ length: 4 }, (_, k) => draw(k % 2 ? N : 4 * N)), where = region.create(SIZE);
      ordinals.forEach((ordinal) => { array[ordinal] = draw(LEVELS); });
      const found = rasters.map((raster) => region.addChanged(where, raster, ordinals, reach));
      assert.ok(found.every((n) => n >= 0) && where.share() < 0.6, "so small a change is no whole repaint");
      where.each((from, to) => out.fill(0, from, to));
      all(out, where);
      all(whole.fill(0));
      assert.deepEqual(out, whole);
    }
  });
});

test("nothing outside the region is touched", () => {
  const { all } = scene(9, { radius: 3 }), out = new Uint32Array(SIZE * SIZE).fill(7), where = region.create(SIZE), inside = new Uint8Array(SIZE * SIZE);
  where.add(5, 5, 9, 30);
  where.add(100, 120, 200, 300);
  where.each((from, to) => inside.fill(1, from, to));
  all(out, where);
  assert.ok(out.every((pixel, p) => inside[p] || pixel === 7) && out.some((pixel) => pixel !== 7));
});

test("the spans of boxes that overlap, touch or reach over the edge hold each pixel once", () => {
  const draw = lot(5), where = region.create(32), expected = new Uint8Array(32 * 32), got = new Uint8Array(32 * 32);
  for (let i = 0; i < 40; i++) {
    const x = draw(40) - 4, y = draw(40) - 4, right = x + draw(9), bottom = y + draw(9);
    where.add(x, y, right, bottom);
    for (let row = Math.max(0, y); row < Math.min(32, bottom); row++) expected.fill(1, row * 32 + Math.max(0, Math.min(32, x)), row * 32 + Math.max(0, Math.min(32, right)));
  }
  where.each((from, to) => {
    assert.equal(Math.floor(from / 32), Math.floor((to - 1) / 32), "a span lies in one row");
    for (let p = from; p < to; p++) got[p]++;
  });
  assert.deepEqual(got, expected);
});

test("what does not say where its features lie can only be painted whole, and what is elsewhere changes nothing", () => {
  const { rasters } = scene(3), where = region.create(SIZE), areas = { runs: { ...rasters[0].runs, spots: null }, present: rasters[0].present };
  assert.equal(region.addChanged(where, areas, [rasters[0].present[3]], 2), -1);
  assert.equal(region.addChanged(where, areas, [9 * N], 2), 0);
  assert.equal(where.share(), 0);
});

test("very many dots give the pixels that one after another gives", () => {
  const size = 64, draw = lot(11), points = dotsOf(size, 20000, draw);
  const array = Uint8Array.from({ length: 20000 }, () => (draw(40) ? 255 : draw(LEVELS))), lut = paint.table(paint.colours(palettes, null, "dark"), { fill: 1, edgeHex: "#000000", shown: null });
  for (const [radius, larger] of [[0.5, null], [1, null], [1.5, null], [1.9, null], [1, { 1: 3, 4: 2 }], [1.9, { 2: 2 }]]) {
    const look = { array, lut, rank: RANK, radius, ring: 0, larger }, out = new Uint32Array(size * size), plain = new Uint32Array(size * size), everywhere = region.create(size);
    everywhere.add(0, 0, size, size); // a region is never sieved
    dots.paintDots(out, points, look);
    dots.paintDots(plain, points, look, everywhere);
    assert.deepEqual(out, plain);
    assert.ok(out.some((pixel) => pixel) && out.some((pixel) => !pixel));
  }
});
