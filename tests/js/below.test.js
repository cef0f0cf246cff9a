"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const below = require("../../assets/map/below.js");
const { lot } = require("./drawn_at_random.js");

/* A record of four parts, each of which writes its number into the pixels that its array says; `looks` tell how often each was painted. */
function record() {
  const parts = Array.from({ length: 4 }, (_, k) => ({ item: { layer: `layer ${k}` }, raster: { k } }));
  return { parts, shown: [], below: null };
}
const looksOf = (arrays, signs) => arrays.map((array, k) => ({ sign: signs[k], array, filter: null }));

test("whatever changes, in whatever order, the pixels are those of a whole repaint", () => {
  const draw = lot(2), one = record(), arrays = Array.from({ length: 4 }, () => Uint8Array.from({ length: 16 }, () => draw(3))), signs = ["a", "b", "c", "d"];
  const painter = (out, looks, count) => ({ raster }) => { count.n++; arrays[raster.k].forEach((value, p) => { if (value) out[p] = 10 * out[p] + value + looks[raster.k].sign.length; }); };
  let saved = 0;
  for (let round = 0; round < 400; round++) {
    const k = draw(4), what = draw(4);
    if (what === 0) signs[k] += "'";
    if (signs[k].length > 3) signs[k] = "x";
    if (what === 1) arrays[k] = arrays[k].map(() => draw(3));
    if (what === 2) { arrays[k][draw(16)] = draw(3); below.changed(one, `layer ${k}`); }
    const looks = looksOf(arrays, signs), out = new Uint32Array(16).fill(9), whole = new Uint32Array(16), painted = { n: 0 };
    below.paintAll(one, out, looks, painter(out, looks, painted));
    one.parts.forEach(painter(whole, looks, { n: 0 }));
    assert.deepEqual(out, whole);
    saved += 4 - painted.n;
  }
  assert.ok(saved > 40, `${saved}: what has not changed is seldom painted again`);
});

test("the third recolour of the topmost layer paints that layer alone", () => {
  const one = record(), arrays = [0, 1, 2, 3].map(() => new Uint8Array(4));
  const painted = ["d", "e", "f", "g"].map((sign) => { let n = 0; below.paintAll(one, new Uint32Array(4), looksOf(arrays, ["a", "b", "c", sign]), () => { n++; }); return n; });
  assert.deepEqual(painted, [4, 4, 1, 1]);
});

test("another raster in the same place is painted", () => {
  const one = record(), looks = looksOf([0, 1, 2, 3].map(() => new Uint8Array(4)), ["a", "b", "c", "d"]);
  const count = () => { let n = 0; below.paintAll(one, new Uint32Array(4), looks, () => { n++; }); return n; };
  [count(), count()].forEach((n) => assert.equal(n, 4));
  one.parts = one.parts.map((part, k) => (k === 1 ? { ...part, raster: { k } } : part));
  assert.equal(count(), 4);
});

test("beyond the limit nothing is kept, and what is dropped makes room", () => {
  const large = () => ({ ...record(), shown: [] }), looks = (sign) => looksOf([0, 1, 2, 3].map(() => 0), ["a", "b", "c", sign]);
  const out = new Uint32Array(2 ** 22), records = Array.from({ length: 8 }, large); // 16 MB each
  const twice = (one) => ["d", "e"].forEach((sign) => below.paintAll(one, out, looks(sign), () => {}));
  records.forEach(twice);
  const held = records.filter((one) => one.below).length;
  assert.ok(held >= 5 && held < 7, `${held} of 8 are kept`);
  below.drop(records[0]);
  twice(records[7]);
  assert.ok(records[7].below);
  records.forEach(below.drop);
});
