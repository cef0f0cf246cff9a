"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
require("../../assets/map/region.js");
const dots = require("../../assets/map/dots.js");
const paint = require("../../assets/map/paint.js");
const { EDGE, runsOf } = require("./drawn_at_random.js");

const RED = "#FF4D4F", GREEN = "#2BC46B";
const palettes = { level: { dark: ["#7A8699", RED, "#FF8C1A", "#FADB14", "#3DA5FF", GREEN], alpha: [0.6, 1, 1, 1, 0.85, 0.7], rank: [1, 2, 3, 4, 0, 5] } };
const ranks = () => { const out = new Uint8Array(256).fill(254); palettes.level.rank.forEach((level, rank) => { out[level] = rank; }); return out; };
const lutOf = (shown) => paint.table(paint.colours(palettes, null, "dark"), { fill: 1, edgeHex: "#000000", shown: shown ? new Set(shown) : null });
const near = (a, b) => [0, 8, 16, 24].forEach((shift) => assert.ok(Math.abs(((a >>> shift) & 255) - ((b >>> shift) & 255)) <= 1, `${a.toString(16)} ≈ ${b.toString(16)}`));

test("a hex and an opacity become a pixel in the byte order of ImageData", () => {
  assert.deepEqual([...new Uint8Array(Uint32Array.of(paint.pixel(RED, 1)).buffer)], [0xff, 0x4d, 0x4f, 0xff]);
  assert.equal(paint.pixel(RED, 0), 0);
});

test("laying one colour over another agrees with the formula of Porter and Duff", () => {
  let seed = 1;
  const random = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0);
  for (let i = 0; i < 5000; i++) {
    const s = random(), d = random(), a = (s >>> 24) / 255, b = (d >>> 24) / 255, out = a + b * (1 - a);
    if (out < 0.1) continue; // colours of nearly nothing round coarsely, and nobody sees them
    const mix = (shift) => Math.round((((s >>> shift) & 255) * a + ((d >>> shift) & 255) * b * (1 - a)) / out);
    const got = paint.over(s, d);
    for (const shift of [0, 8, 16]) assert.ok(Math.abs(((got >>> shift) & 255) - mix(shift)) <= 2, `${s.toString(16)} over ${d.toString(16)} gives ${got.toString(16)}`);
    assert.ok(Math.abs((got >>> 24) - out * 255) <= 1);
  }
});

test("pixels get the colour of their feature's level, and the outline a darker one", () => {
  const out = new Uint32Array(16);
  paint.paintRuns(out, runsOf(4, [[0, 0], [4, 1], [8, (2 | EDGE) >>> 0], [9, 2], [12, 0]]), { array: Uint8Array.of(1, 5), lut: lutOf() });
  assert.equal(out[0], 0);
  near(out[5], paint.pixel(RED, 1));
  near(out[9], paint.pixel(GREEN, 0.7));
  assert.ok((out[8] & 0xff00) < (out[9] & 0xff00));
});

test("an absent feature, one beyond the array and a filtered level are not drawn", () => {
  const out = new Uint32Array(4);
  const runs = runsOf(2, [[0, 1], [1, 2], [2, 9], [3, 3]]);
  paint.paintRuns(out, runs, { array: Uint8Array.of(255, 1, 5), lut: lutOf([1]) });
  assert.deepEqual([...out].map((v) => v !== 0), [false, true, false, false]);
});

test("a theme is filtered by the level of each feature through a second array", () => {
  const out = new Uint32Array(2);
  const filter = { array: Uint8Array.of(1, 5), shown: Uint8Array.from({ length: 256 }, (_, v) => (v === 1 ? 1 : 0)) };
  paint.paintRuns(out.subarray(0), runsOf(1, [[0, 1]]), { array: Uint8Array.of(3, 3), lut: lutOf(), filter });
  assert.notEqual(out[0], 0);
  out.fill(0);
  paint.paintRuns(out, runsOf(1, [[0, 2]]), { array: Uint8Array.of(3, 3), lut: lutOf(), filter });
  assert.equal(out[0], 0);
});

test("one red house among ten thousand green ones in one pixel stays red, wherever it stands in the list", () => {
  const n = 10001, ids = Uint32Array.from({ length: n }, (_, i) => i);
  for (const place of [0, 5000, n - 1]) {
    const array = new Uint8Array(n).fill(5), out = new Uint32Array(64);
    array[place] = 1;
    dots.paintDots(out, { size: 8, xs: new Int16Array(n).fill(3), ys: new Int16Array(n).fill(3), ids }, { array, lut: lutOf(), rank: ranks(), radius: 1, ring: 0 });
    near(out[3 * 8 + 3], paint.pixel(RED, 1));
  }
});

test("not knowing hides being in order, but nothing worse", () => {
  const draw = (levels) => {
    const out = new Uint32Array(4);
    dots.paintDots(out, { size: 2, xs: Int16Array.from(levels, () => 0), ys: Int16Array.from(levels, () => 0), ids: Uint32Array.from(levels.keys()) },
      { array: Uint8Array.from(levels), lut: lutOf(), rank: ranks(), radius: 0.5, ring: 0 });
    return out[0];
  };
  near(draw([5, 0]), paint.pixel("#7A8699", 0.6));
  near(draw([0, 4]), paint.pixel("#3DA5FF", 0.85));
});

test("a dot that reaches over the border of the tile is drawn up to it", () => {
  const out = new Uint32Array(64);
  dots.paintDots(out, { size: 8, xs: Int16Array.of(-1), ys: Int16Array.of(4), ids: Uint32Array.of(0) }, { array: Uint8Array.of(1), lut: lutOf(), rank: ranks(), radius: 3, ring: 0 });
  assert.notEqual(out[4 * 8], 0);
  assert.equal(out[4 * 8 + 7], 0);
});

test("the halo lies around the feature and leaves the feature alone", () => {
  const size = 9, out = new Uint32Array(size * size);
  paint.paintHalo(out, runsOf(size, [[0, 0], [4 * size + 4, 3], [4 * size + 5, 0]]), 2, 0xffffffff, 2);
  assert.equal(out[4 * size + 4], 0);
  assert.equal(out.filter((v) => v).length, 24);
});

test("stripes continue over the border of two tiles", () => {
  const size = 16, one = new Uint32Array(size * size), look = { array: Uint8Array.of(3), lut: lutOf(), hatched: new Uint8Array(256).fill(1), period: 8 };
  paint.paintRuns(one, runsOf(size, [[0, 1]]), look);
  const row = [...one.slice(0, size)].map((v) => (v ? 1 : 0));
  assert.deepEqual(row.slice(0, 8), row.slice(8));
  assert.equal(row.reduce((sum, v) => sum + v, 0), 8);
});

test("an object whose class is not stated is drawn in grey, not left out", () => {
  const palettes = { level: { dark: ["#7A8699"], light: ["#8A94A6"], alpha: [0.6] } };
  const colours = paint.colours(palettes, { classes: [{ index: 2, hex: "#FF0000" }] }, "dark");
  assert.deepEqual(colours[0], { hex: "#7A8699", alpha: 0.6 });
  assert.equal(colours[1], undefined);
  assert.equal(colours[2].hex, "#FF0000");
});

test("a level that is drawn larger reaches further, and the others do not", () => {
  const draw = (level, larger) => {
    const out = new Uint32Array(81);
    dots.paintDots(out, { size: 9, xs: Int16Array.of(4), ys: Int16Array.of(4), ids: Uint32Array.of(0) },
      { array: Uint8Array.of(level), lut: lutOf(), rank: ranks(), radius: 1, ring: 0, larger });
    return out.filter((v) => v).length;
  };
  assert.ok(draw(1, { 1: 3 }) > 3 * draw(1, null));
  assert.equal(draw(2, { 1: 3 }), draw(2, null));
});

/* A tile of 40 pixels with a polygon of `side` pixels of this level at 10, 10, painted with stamps. */
function stamped(level, side, more = {}) {
  const size = 40, pieces = [[0, 0]];
  for (let y = 10; y < 10 + side; y++) pieces.push([y * size + 10, 1], [y * size + 10 + side, 0]);
  const out = new Uint32Array(size * size), stamps = { larger: { 1: 2, 2: 1.4 }, radius: 1.5, ring: 0, under: 6, rank: ranks() };
  paint.paintRuns(out, runsOf(size, pieces), { array: Uint8Array.of(level), lut: lutOf(more.shown), filter: more.filter, stamps: "stamps" in more ? more.stamps : stamps });
  return out.filter((v) => v).length;
}

test("a red house of two pixels gets a dot as well, a large one and one that is in order do not", () => {
  assert.equal(stamped(1, 2, { stamps: null }), 4);
  assert.ok(stamped(1, 2) > 20, `${stamped(1, 2)} pixels`);
  assert.ok(stamped(2, 2) > 8, `${stamped(2, 2)} pixels`);
  assert.equal(stamped(1, 12), 144);
  assert.equal(stamped(5, 2), 4);
});

test("a red house that is filtered out gets no dot either", () => {
  assert.equal(stamped(1, 2, { shown: [2] }), 0);
  assert.equal(stamped(1, 2, { filter: { array: Uint8Array.of(5), shown: Uint8Array.from({ length: 256 }, (_, v) => (v === 1 ? 1 : 0)) } }), 0);
});

test("dots on small red polygons cost little among ten thousand houses on a tile", () => {
  const size = 1024, n = 10000, pieces = [];
  for (let y = 0; y < 100; y++)
    for (let row = 0; row < 5; row++) for (let x = 0; x < 100; x++) pieces.push([(y * 10 + row) * size + x * 10, y * 100 + x + 1], [(y * 10 + row) * size + x * 10 + 5, 0]);
  const array = Uint8Array.from({ length: n }, (_, i) => (i % 50 ? 5 : 1)), out = new Uint32Array(size * size);
  const stamps = { larger: { 1: 2, 2: 1.4 }, radius: 1.5, ring: 0, under: 6, rank: ranks() }, ground = runsOf(size, pieces);
  const took = (look) => Math.min(...Array.from({ length: 7 }, () => { out.fill(0); const t = performance.now(); paint.paintRuns(out, ground, look); return performance.now() - t; }));
  const plain = took({ array, lut: lutOf() }), both = took({ array, lut: lutOf(), stamps });
  assert.ok(both < 2 * plain + 3, `${both} ms instead of ${plain} ms`);
});

test("yellow on paper has a dark edge of its own, as an outline and around its dot; the others keep theirs", () => {
  const light = { level: { light: ["#6B7788", "#D9363E", "#DB6400", "#F2C200"], alpha: [1, 1, 1, 1], rank: [1, 2, 3, 0], edge: { light: { 3: "#7A6200" } } } };
  const lut = paint.table(paint.colours(light, null, "light"), { fill: 1, edgeHex: "#FFFFFF", shown: null });
  near(lut.edge[3], paint.pixel("#7A6200", 1));
  near(lut.fill[3], paint.pixel("#F2C200", 1));
  assert.ok((lut.edge[1] & 0xff00) > (lut.fill[1] & 0xff00), "a red outline is still mixed with the paper");
  const out = new Uint32Array(81);
  dots.paintDots(out, { size: 9, xs: Int16Array.of(4), ys: Int16Array.of(4), ids: Uint32Array.of(0) }, { array: Uint8Array.of(3), lut, rank: ranks(), radius: 3, ring: 0 });
  near(out[4 * 9 + 1], paint.pixel("#7A6200", 1));
  near(out[4 * 9 + 4], paint.pixel("#F2C200", 1));
});

test("of two dots of one level that meet, the rim of neither lies over the other", () => {
  const size = 16, out = new Uint32Array(size * size), rim = 0xff123456, draw = (...xs) => dots.paintDots(out.fill(0), { size, xs: Int16Array.from(xs), ys: Int16Array.from(xs, () => 8), ids: Uint32Array.from(xs.keys()) },
    { array: Uint8Array.from(xs, () => 1), lut: lutOf(), rank: ranks(), radius: 4, ring: rim });
  draw(6);
  const alone = [...out.keys()].filter((p) => out[p] && out[p] !== rim);
  for (const xs of [[6, 9], [9, 6]]) {
    draw(...xs);
    assert.ok(alone.every((p) => out[p] === out[8 * size + 6]));
  }
});
