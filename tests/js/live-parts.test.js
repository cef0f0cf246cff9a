"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { felt, polygonsOf, levelOf, fading } = require("../../assets/live/extras.js");
const { alarming, queue, floods } = require("../../assets/live/alarm.js");
const { age, said } = require("../../assets/live/light.js");
const marks = require("../../assets/live/marks.js");
const names = require("../../assets/live/names.js");
const { under } = require("../../assets/live/corner.js");

const MIN = 60_000;

test("the heat is of what came in the last hours and of what is open beside that, nothing twice", () => {
  const told = { heat: [[1, 1, 4], [2, 2, 4]], heatSince: 100, heatAt: 200 };
  const open = [{ lon: 2, lat: 2, reported_at: 150 }, { lon: 3, lat: 3, reported_at: 50 }, { lon: 4, lat: 4, reported_at: 201 }, { lon: null, lat: null, reported_at: 1 }];
  assert.deepEqual(felt(open, told).map(([lon]) => lon), [1, 2, 3, 4]);
  assert.deepEqual(felt(open, { heat: [], heatSince: -Infinity, heatAt: -Infinity }).map(([lon]) => lon), [2, 3, 4], "before the server has told anything, what is open");
});

test("an alert may be any GeoJSON, and lines and points in it are no areas", () => {
  const square = [[[0, 0], [1, 0], [1, 1], [0, 0]]];
  const all = { type: "FeatureCollection", features: [
    { type: "Feature", geometry: { type: "Polygon", coordinates: square } },
    { type: "Feature", geometry: { type: "GeometryCollection", geometries: [{ type: "MultiPolygon", coordinates: [square, square] }, { type: "Point", coordinates: [0, 0] }] } },
  ] };
  assert.equal(polygonsOf(all).length, 3);
  assert.equal(polygonsOf([{ name: "东部", geometry: { type: "Polygon", coordinates: square } }, { name: "西部", geometry: null }]).length, 1);
  assert.deepEqual(polygonsOf(null), []);
  assert.deepEqual(["Extreme", "Severe", "Moderate", "Minor", "Unknown", "other", undefined].map((severity) => levelOf({ severity })), [1, 2, 3, 4, 0, 0, 0]);
});

test("a position fades after ten minutes and is not drawn after two hours", () => {
  assert.deepEqual([0, 10 * MIN, 10 * MIN + 1, 120 * MIN, 120 * MIN + 1].map(fading), [1, 1, 0.45, 0.45, 0]);
});

test("grades one and two alarm, gravest first, then newest; lesser ones and merged ones do not", () => {
  const rows = [{ id: "a", grade: 2, reported_at: 1 }, { id: "b", grade: 3, reported_at: 9 }, { id: "c", grade: 1, reported_at: 0 }, { id: "d", grade: 2, reported_at: 5 }, { id: "e", grade: 1, parent: "c", reported_at: 8 }];
  assert.deepEqual(alarming(rows).map(({ id }) => id), ["c", "d", "a"]);
});

test("what was reported over a quarter of an hour ago is no news, though it comes only now", () => {
  const rows = [{ id: "a", grade: 1, reported_at: 5 * MIN }, { id: "b", grade: 1, reported_at: 5 * MIN + 1 }];
  assert.deepEqual(alarming(rows, 20 * MIN).map(({ id }) => id), ["b"]);
});

test("cards come one after the other, each for its time, can be closed, and a flood of them keeps the gravest and newest", () => {
  const cards = queue(1000, 3);
  assert.equal(cards.at(0), null);
  cards.add([1, 2, 3, 4, 5].map((at) => ({ id: at, grade: at === 1 ? 1 : 2, reported_at: at })));
  assert.equal(cards.waiting(), 3);
  assert.equal(cards.at(0).id, 1);
  assert.equal(cards.at(999).id, 1);
  assert.equal(cards.at(1000).id, 5);
  cards.close();
  assert.equal(cards.at(1100).id, 4);
  assert.equal(cards.at(2100), null);
});

test("more than three grave ones in a minute are a flood, until a minute has passed", () => {
  const flood = floods(3, 60_000);
  assert.equal(flood(0, 3), false);
  assert.equal(flood(1000, 1), true);
  assert.equal(flood(59_999), true);
  assert.equal(flood(60_001), false);
  assert.equal(flood(70_000, 500), true);
});

test("an age is said in the unit that suits it, and a lost connection with the age of what is shown", () => {
  const words = { age_s: "{n} 秒", age_m: "{n} 分", age_h: "{n} 小时", age_d: "{n} 天", live: "实时", lost: "断开 {age}前" };
  assert.deepEqual([0, 89_000, 90_000, 90 * MIN, 36 * 60 * MIN, 72 * 60 * MIN].map((ms) => age(ms, words)), ["0 秒", "89 秒", "2 分", "2 小时", "2 天", "3 天"]);
  assert.equal(said("live", 5000, words), "实时");
  assert.equal(said("lost", 5000, words), "断开 5 秒前");
});

test("counts fit into a mark, and their ink can be read on it", () => {
  assert.deepEqual([7, 999, 1000, 9949, 9950, 12_345].map(marks.said), ["7", "999", "1.0k", "9.9k", "10k", "12k"]);
  assert.equal(marks.readable("#fadb14"), "#000000");
  assert.equal(marks.readable("#b3161f"), "#ffffff");
  assert.deepEqual(marks.rgb("#36cfff"), [54, 207, 255]);
});

test("codes have the names that the server gives, lists and maps alike, and themselves where it gives none", () => {
  names.load({ types: [{ code: "0102", zh: "暴露垃圾", en: "Exposed garbage" }], states: { filed: { zh: "已立案", en: "Filed" } } }, { t: ["镇", null, 0], v: ["苇圩村", "t", 1], g: ["3组", "v", 2] });
  assert.equal(names.name("types", "0102"), "暴露垃圾");
  assert.equal(names.name("states", "filed"), "已立案");
  assert.equal(names.name("types", "9999"), "9999");
  assert.equal(names.place("g"), "苇圩村 · 3组");
  assert.equal(names.place("t"), "镇");
  assert.equal(names.place("x"), "x");
});

test("the share under which values lie is that of the sorted ones", () => {
  assert.equal(under([5, 1, 4, 2, 3], 0.5), 3);
  assert.equal(under([7], 0.95), 7);
  assert.equal(under([], 0.95), null);
});
