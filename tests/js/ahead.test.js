"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
require("../../assets/map/plan.js");
const ahead = require("../../assets/map/ahead.js");

const array = (bytes) => ({ name: `a${bytes}`, bytes });
const layer = (name, bytes, themes) => ({
  name, order: bytes, from: 0, to: 22, fill: 1, ground: true, array: array(bytes),
  themes: themes.map((theme) => ({ name: theme, array: array(bytes) })), draws: [{ tileset: name === "people" ? "area" : name, from: 0, to: 24 }],
});
const tileset = { table: "x", kind: "polygon", bands: [{ z: 14, kind: "polygon", from: 0, to: 24, tiles: [] }] };
const manifest = {
  layers: [layer("land", 300, ["class"]), layer("houses", 700, ["use"]), layer("areas", 10, []), layer("people", 10, ["density"])],
  tilesets: { land: tileset, houses: tileset, area: tileset, areas: tileset },
};
const state = { layers: [{ name: "houses" }], backdrop: true, boundaries: false };
const named = (list) => list.map(({ layer, theme }) => `${layer.name} ${theme}`);

test("first the levels of all layers, what is drawn before the rest, then its themes, then the other themes", () => {
  const all = ["houses level", "land level", "areas level", "people level", "houses use", "land class", "people density"];
  assert.deepEqual(named(ahead.arrays(manifest, state, 1e6)), all);
});

test("no more bytes are fetched ahead than the limit, and one large array does not keep small ones out", () => {
  assert.deepEqual(named(ahead.arrays(manifest, state, 330)), ["land level", "areas level", "people level", "people density"]);
  assert.deepEqual(ahead.arrays(manifest, state, 0), []);
});

test("rasters are made ahead of layers that are off, and once for two layers on the same geometry", () => {
  const names = (layers) => ahead.items(manifest, { ...state, layers }, 15).map((item) => item.name);
  assert.deepEqual(names([{ name: "houses" }]), ["areas", "area", "land"]);
  assert.deepEqual(names([{ name: "people" }]), ["areas", "land", "houses"]);
  assert.deepEqual(names(null), []);
});

test("the screen tiles under a view are those that it touches, the middle one first", () => {
  const middle = { x: 0.5 + 0.5 / 16, y: 0.5 + 0.5 / 16 }; // of tile 8/8 among 16 × 16
  const tiles = (width) => ahead.screenTiles(middle, 5, width, 512, 512).map(({ x, y, z }) => `${z}/${x}/${y}`);
  assert.deepEqual(tiles(512), ["5/8/8"]);
  assert.deepEqual(tiles(514), ["5/8/8", "5/7/8", "5/9/8"]);
  assert.deepEqual(ahead.screenTiles({ x: 0, y: 0 }, 2, 4000, 4000, 512).length, 4); // the world has no more
});

const soon = () => new Promise((done) => setImmediate(done));

test("tasks are done one at a time, and none of an old list once there is a new one", async () => {
  const done = [], releases = [];
  const task = (name) => () => { done.push(name); return new Promise((release) => releases.push(release)); };
  const queue = ahead.queue(soon);
  queue.start([task("a"), () => { done.push("at hand"); }, task("b"), task("c")]);
  await soon(); await soon();
  assert.deepEqual(done, ["a"]);
  releases.pop()();
  await soon(); await soon(); await soon();
  assert.deepEqual(done, ["a", "at hand", "b"]);
  queue.stop();
  releases.pop()();
  await soon(); await soon(); await soon();
  assert.deepEqual(done, ["a", "at hand", "b"]);
});
