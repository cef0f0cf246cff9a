"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
require("../../assets/map/tile.js");
const clock = require("../../assets/live/clock.js");
const { create, ALONE_FROM } = require("../../assets/live/clusters.js");
const { density, coloured, metres, nearest } = require("../../assets/live/density.js");

const WORLD = [0, 0, 1, 1], NOW = 1000;
let seed = 11;
const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
const incident = (id, more = {}) => ({
  id, lon: 121.6 + 0.1 * random(), lat: 31.1 + 0.1 * random(), grade: 1 + Math.floor(random() * 4), paused: 0, clock_from: 0, yellow_at: 2000 * random(), due_at: 2000 + 1000 * random(), ...more,
});

/** An index of so many incidents, and these. */
function filled(n) {
  const index = create({ clock }), rows = new Map();
  for (let i = 0; i < n; i++) { const row = incident(`i${i}`); rows.set(row.id, row); index.set(row.id, row); }
  return { index, rows };
}

/** Incidents by light and by grade, over all groups or over rows. */
function totals(groups) {
  const sum = { n: 0, light: {}, grade: {} };
  for (const { n, light, grade } of groups) {
    sum.n += n;
    for (const [all, some] of [[sum.light, light], [sum.grade, grade]]) for (const [key, one] of Object.entries(some)) all[key] = (all[key] || 0) + one;
  }
  return sum;
}
const truth = (rows, now) => totals([...rows.values()].map((row) => ({ n: 1, light: { [clock.light(row, now)]: 1 }, grade: { [row.grade]: 1 } })));

test("at every zoom groups count each incident once, by light and by grade", () => {
  const { index, rows } = filled(3000);
  for (const zoom of [5, 10, 12, 14, 16, 18]) assert.deepEqual(totals(index.at(zoom, WORLD, NOW)), truth(rows, NOW), `zoom ${zoom}`);
});

test("counts go along with what comes, changes, moves and leaves, at all zooms that are kept", () => {
  const { index, rows } = filled(500);
  for (const zoom of [11, 13, 15]) index.at(zoom, WORLD, NOW);
  for (let i = 0; i < 2000; i++) {
    const id = `i${Math.floor(random() * 700)}`;
    if (random() < 0.3) { rows.delete(id); index.set(id, null); }
    else { const row = incident(id); rows.set(id, row); index.set(id, row); }
  }
  for (const zoom of [11, 13, 15]) assert.deepEqual(totals(index.at(zoom, WORLD, NOW)), truth(rows, NOW), `zoom ${zoom}`);
  assert.equal(index.size(), rows.size);
});

test("lights turn by themselves, without a word from the server", () => {
  const { index, rows } = filled(400);
  index.at(13, WORLD, 0);
  for (let i = 0; i < 200; i++) { const row = incident(`i${i}`); rows.set(row.id, row); index.set(row.id, row); } // what they were turns no more
  for (let i = 200; i < 220; i++) { rows.delete(`i${i}`); index.set(`i${i}`, null); }
  for (const now of [0, 900, 1999, 2500, 4000]) assert.deepEqual(totals(index.at(13, WORLD, now)).light, truth(rows, now).light, `at ${now}`);
  assert.deepEqual(totals(index.at(13, WORLD, 4000)).light, { red: 380 });
});

test("a view holds what lies in it, and no mark lies on another", () => {
  const { index } = filled(3000);
  const box = [0.8377, 0.4058, 0.8378, 0.4062], zoom = 14, px = 256 * 2 ** zoom;
  const groups = index.at(zoom, WORLD, NOW);
  for (const [i, a] of groups.entries()) for (const b of groups.slice(i + 1)) assert.ok(Math.hypot(a.u - b.u, a.v - b.v) * px > 40);
  assert.ok(index.at(zoom, box, NOW).length < groups.length);
});

test("what is worst is drawn last, on top", () => {
  const { index } = filled(1000);
  const late = index.at(13, WORLD, 2500).map((group) => group.light.red || 0);
  assert.deepEqual(late, [...late].sort((a, b) => a - b));
});

test("far in, everyone stands alone but for those at one spot", () => {
  const index = create({ clock });
  index.set("a", incident("a", { lon: 121.6, lat: 31.1 }));
  index.set("b", incident("b", { lon: 121.6, lat: 31.1 }));
  index.set("c", incident("c", { lon: 121.6006, lat: 31.1 }));
  const groups = index.at(ALONE_FROM, WORLD, NOW);
  assert.deepEqual(groups.map(({ n }) => n).sort(), [1, 2]);
  assert.equal(groups.find(({ n }) => n === 1).row.id, "c");
  assert.deepEqual([...groups.find(({ n }) => n === 2).ids].sort(), ["a", "b"]);
});

test("an incident without a place is on no map, and zooms that were left are forgotten", () => {
  const index = create({ clock });
  index.set("a", incident("a", { lon: null, lat: null }));
  assert.equal(index.size(), 0);
  for (let zoom = 8; zoom < 20; zoom++) index.at(zoom, WORLD, NOW);
  assert.equal(index.grids(), 4);
});

test("ten thousand incidents are grouped for a picture in a few milliseconds, and a change costs far less than that", () => {
  const { index, rows } = filled(10_000);
  index.at(13, WORLD, NOW);
  const some = [...rows.keys()].slice(0, 50), from = performance.now();
  for (let i = 0; i < 20; i++) {
    for (const id of some) index.set(id, rows.get(id));
    index.at(13, WORLD, NOW);
  }
  const each = (performance.now() - from) / 20;
  assert.ok(each < 25, `${each.toFixed(1)} ms`);
});

test("thickness is where incidents are, adds up, and fades away", () => {
  const { columns, values, most } = density([[100, 100, 1], [101, 101, 1], [300, 100, 1]], 400, 200);
  const at = (x, y) => values[Math.floor(y / 4) * columns + Math.floor(x / 4)];
  assert.equal(most, 2);
  assert.equal(at(100, 100), 2);
  assert.equal(at(300, 100), 1);
  assert.ok(at(110, 100) < 2 && at(110, 100) > 0);
  assert.equal(at(200, 100), 0);
  const bytes = coloured({ values, most }, [1, 2, 3], new Uint8ClampedArray(4 * values.length));
  const alpha = (x, y) => bytes[4 * (Math.floor(y / 4) * columns + Math.floor(x / 4)) + 3];
  assert.ok(alpha(100, 100) > alpha(300, 100) && alpha(300, 100) > 0 && alpha(200, 100) === 0);
});

test("a heat that reaches over the edge of the view does not come in at the other side", () => {
  const { columns, rows, values } = density([[-10, 100, 5]], 400, 200);
  for (let y = 0; y < rows; y++) for (let x = 40; x < columns; x++) assert.equal(values[y * columns + x], 0);
});

test("the nearest camera is the nearest one in metres, and none where all are too far", () => {
  const cameras = [{ id: "a", lon: 121.61, lat: 31.1 }, { id: "b", lon: 121.6, lat: 31.105 }];
  assert.equal(nearest(cameras, 121.6, 31.1, 2000).id, "b");
  assert.ok(Math.abs(nearest(cameras, 121.6, 31.1, 2000).away_m - 556) < 1);
  assert.equal(nearest(cameras, 121.6, 31.1, 500), null);
  assert.ok(Math.abs(metres(121.6, 31.1, 121.61, 31.1) - 952.1) < 1);
});
