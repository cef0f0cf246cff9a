"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const plan = require("../../assets/map/plan.js");
const labels = require("../../assets/map/labels.js");

const band = (from, to, kind = "polygon") => ({ z: 14, kind, from, to, size_px: [[8, 1], [14, 3]], tiles: [] });
const tileset = (table, rest = {}) => ({ table, kind: "polygon", ids: "ordinal", size: 1, keep: true, outline: 15, box: [121, 31, 122, 31.4], bands: [band(0, 14, rest.dots ? "point" : "polygon"), band(15, 24)], ...rest });
const manifest = {
  tilesets: {
    "area-1": tileset("area", { level: 1, show: [0, 13] }), "area-2": tileset("area", { level: 2, show: [14, 24] }), "area-0": tileset("area", { level: 0, show: null }),
    house: tileset("house", { dots: true }), parcel: tileset("parcel"), backdrop: tileset("backdrop"), "backdrop-line": tileset("backdrop", { kind: "line", bands: [band(0, 24, "line")] }),
  },
  layers: [
    { name: "houses", order: 40, from: 0, to: 22, fill: 1, ground: false, draws: [{ tileset: "house", from: 0, to: 24 }] },
    { name: "land", order: 20, from: 0, to: 22, fill: 0.8, ground: true, draws: [{ tileset: "parcel", from: 0, to: 24 }] },
    { name: "areas", order: 10, from: 0, to: 22, fill: 0.3, ground: true, draws: [{ tileset: "area-1", level: 1, from: 0, to: 13 }, { tileset: "area-2", level: 2, from: 14, to: 24 }] },
  ],
};
const names = (state, zoom) => plan.plan(manifest, { ...plan.START, ...state }, zoom).map((item) => `${item.role} ${item.name}`);

test("where whole names are wanted, one that reaches over the edge is left out", () => {
  const near = [{ x: 4, y: 50, text: "川沙", size: 12, priority: 1 }], wide = () => 24;
  assert.equal(labels.place(near, wide, [0, 0, 99, 99]).length, 1);
  assert.equal(labels.place(near, wide, [0, 0, 99, 99], [0, 0, 99, 99]).length, 0);
});

test("things are drawn from the ground up: backdrop, ground layers, roads, houses, boundaries", () => {
  assert.deepEqual(names({}, 13), ["backdrop backdrop", "layer area-1", "layer parcel", "backdrop backdrop-line", "layer house", "boundary area-1"]);
});

test("the tree level follows the zoom, unless one is asked for", () => {
  assert.deepEqual(names({ layers: [{ name: "areas" }], boundaries: false, backdrop: false }, 16), ["layer area-2"]);
  assert.deepEqual(names({ layers: [{ name: "areas", level: 1 }], boundaries: false, backdrop: false }, 16), ["layer area-1"]);
});

test("a layer that is off, unknown or out of its zooms is not drawn", () => {
  assert.deepEqual(names({ layers: [{ name: "nosuch" }], boundaries: false, backdrop: false }, 13), []);
  assert.deepEqual(names({ layers: [], boundaries: false, backdrop: false }, 13), []);
  assert.deepEqual(names({ layers: [{ name: "houses" }], boundaries: false, backdrop: false }, 23), []);
});

test("opacity multiplies what the layer has of its own, and nought stays nought", () => {
  const alpha = (opacity) => plan.plan(manifest, { ...plan.START, backdrop: false, boundaries: false, layers: [{ name: "land", opacity }] }, 13)[0].alpha;
  assert.equal(alpha(0.5), 0.4);
  assert.equal(alpha(0), 0);
  assert.equal(alpha(undefined), 0.8);
});

test("a canal is never narrower than it is on the ground, nor thinner than its rank allows", () => {
  const line = { ...manifest.tilesets["backdrop-line"], classes: [{ from: 0, width: [[10, 1], [14, 2]], width_m: 24 }, { from: 15, width: [[10, 1]], width_m: 0 }] };
  assert.equal(plan.widths(line, 12, 1)[0], 1.5);
  const atDeep = plan.widths(line, 18, 2)[0];
  assert.ok(Math.abs(atDeep - (24 / (40075016.7 * Math.cos((31.2 * Math.PI) / 180))) * 256 * 2 ** 18 * 2) < 0.01);
  assert.deepEqual([plan.widths(line, 14, 1)[1], plan.widths(line, 15, 1)[1]], [0, 1]);
});

test("stops are linear between and constant outside", () => {
  assert.deepEqual([8, 10, 12, 14, 20].map((zoom) => plan.at([[10, 1], [14, 3]], zoom)), [1, 1, 2, 3, 3]);
  assert.equal(plan.at([], 12), 0);
});

test("houses are dots without outline until they are large enough", () => {
  const item = (zoom) => plan.plan(manifest, { ...plan.START, backdrop: false, boundaries: false, layers: [{ name: "houses" }] }, zoom)[0];
  assert.deepEqual(plan.style(item(14), 14, 2), { kind: "point", radius: 6, reach: 48 });
  assert.equal(plan.style(item(15), 15, 2).outline, 2);
});

const label = (text, x, y, priority = 0, angle = 0) => ({ text, x, y, priority, angle, size: 12 });
const measure = (text, size) => text.length * size;

test("of two names that would cover each other the more important is written", () => {
  const got = labels.place([label("小巷", 50, 50, 9), label("川沙", 55, 52, 1)], measure, [0, 0, 300, 300]);
  assert.deepEqual(got.map((one) => one.text), ["川沙"]);
});

test("no two of a thousand names overlap, turned ones included", () => {
  let seed = 7;
  const random = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const many = Array.from({ length: 1000 }, (_, i) => label(`名${i}`, random() * 900, random() * 600, i % 5, Math.round(random() * 180 - 90)));
  const boxes = labels.place(many, measure, [0, 0, 900, 600]).map((one) => labels.bounds(one, one.width, one.height));
  assert.ok(boxes.length > 100);
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => assert.ok(a[0] >= b[2] || a[2] <= b[0] || a[1] >= b[3] || a[3] <= b[1])));
});

test("the same name is not written twice within 200 pixels", () => {
  const got = labels.place([label("人民路", 50, 50), label("人民路", 50, 200), label("人民路", 50, 290)], measure, [0, 0, 600, 600]);
  assert.equal(got.length, 2);
});
