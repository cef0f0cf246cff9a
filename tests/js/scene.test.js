"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");

globalThis.onescreen = {};
require("../../assets/map/paint.js");
require("../../assets/map/scene.js");

const LEVELS = ["#777777", "#ff0000", "#ff8800", "#ffee00", "#0088ff", "#00aa44"];
const manifest = {
  palettes: { level: { dark: LEVELS, light: LEVELS, alpha: [1, 1, 1, 1, 1, 1], rank: [1, 2, 3, 4, 0, 5] }, ink: { dark: { paper: "#000000", edge: "#000000", boundary: "#ffffff" } } },
  tilesets: {}, layers: [],
};
const item = (name) => ({ item: { role: "layer", layer: { name, themes: [] }, entry: { theme: "level" }, alpha: 1, tileset: { size: 1 } } });

test("the arrays of all layers of a view are asked for at once, not one after the other", () => {
  const asked = [];
  const source = { manifest, array: (layer) => { asked.push(layer.name); return null; } };
  const scene = globalThis.onescreen.map.scene.create(source, { scheme: "dark", levels: null, classes: null, larger: null, stale: [], selected: null }, null);
  assert.equal(scene.complete([item("houses"), item("land"), item("forest")]), false);
  assert.deepEqual(asked, ["houses", "land", "forest"]);
});

test("with the colours of a day all arrays are of that day, and nothing is hatched as stale", () => {
  const asked = [];
  const source = { manifest, array: (_layer, theme, day) => { asked.push(`${theme} ${day}`); return new Uint8Array(1); } };
  const state = { scheme: "dark", levels: null, classes: null, larger: null, stale: ["houses"], selected: null };
  const of = (day) => globalThis.onescreen.map.scene.create(source, { ...state, asOf: day }, null).look(item("houses").item);
  assert.ok(of(null).hatched);
  assert.equal(of("2026-10-23").hatched, null);
  assert.deepEqual(asked, ["level null", "level 2026-10-23"]);
  assert.notEqual(of(null).sign, of("2026-10-23").sign, "what is hatched looks another, so nothing kept of it is used");
});

test("the snapshot's own day is no other day: live changes and hatching are shown", () => {
  const asked = [];
  const source = { manifest: { ...manifest, as_of: "2026-11-22" }, array: (_layer, _theme, day) => { asked.push(day); return new Uint8Array(1); } };
  const state = { scheme: "dark", levels: null, classes: null, larger: null, stale: ["houses"], selected: null, asOf: "2026-11-22" };
  assert.ok(globalThis.onescreen.map.scene.create(source, state, null).look(item("houses").item).hatched);
  assert.deepEqual(asked, [null]);
});
