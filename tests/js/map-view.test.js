"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { changeOf, propsOf, news } = require("../../assets/app/map-view.js");
const days = require("../../assets/app/days.js");

const ALL = ["houses", "land"];

test("a property that was never given changes nothing, and one that is told back neither", () => {
  assert.deepEqual(changeOf({}, {}, ALL), {});
  assert.deepEqual(changeOf({ as_of: "2026-10-23", layers: [{ name: "land" }] }, { as_of: "2026-10-23", layers: [{ name: "land" }] }, ALL), {});
});

test("each property is one part of the map's state", () => {
  assert.deepEqual(changeOf({ filter: { levels: [1] } }, {}, ALL), { levels: [1], classes: null });
  assert.deepEqual(changeOf({ filter: null }, { filter: { levels: [1] } }, ALL), { levels: null, classes: null });
  assert.deepEqual(changeOf({ selected: { layer: "houses", ordinal: 3 } }, {}, ALL), { selected: { layer: "houses", ordinal: 3 } });
  assert.deepEqual(changeOf({ as_of: null }, { as_of: "2026-10-23" }, ALL), { asOf: null });
});

test("a theme is that of all layers which name none of their own, also where no layers are named", () => {
  assert.deepEqual(changeOf({ theme: "use" }, {}, ALL), { layers: [{ name: "houses", theme: "use" }, { name: "land", theme: "use" }] });
  assert.deepEqual(changeOf({ theme: "use", layers: [{ name: "land", theme: null }] }, {}, ALL), { layers: [{ name: "land", theme: "use" }] });
  assert.deepEqual(changeOf({ theme: "use", layers: [{ name: "land", theme: "class" }] }, {}, ALL), { layers: [{ theme: "class", name: "land" }] });
});

test("what the map shows is told in the same properties, and only what is news", () => {
  const state = { layers: [{ name: "houses", theme: "use" }], levels: [1, 2], classes: null, selected: null, asOf: "2026-10-23" };
  const props = propsOf(state, ALL);
  assert.deepEqual(props, { layers: [{ name: "houses" }], theme: "use", filter: { levels: [1, 2], classes: null }, selected: null, as_of: "2026-10-23" });
  assert.deepEqual(news(props, { layers: [{ name: "houses" }], theme: "use", filter: props.filter }), { as_of: "2026-10-23" });
  assert.deepEqual(news(propsOf({ layers: null, levels: null, classes: null, selected: null, asOf: null }, ALL), {}), {});
});

test("after one theme another one is another one, also where no layers were named", () => {
  const known = { layers: null, theme: "use" };
  const state = { ...changeOf(known, {}, ALL), levels: null, classes: null, selected: null, asOf: null };
  assert.deepEqual(news(propsOf(state, ALL), known), {}, "nothing comes back that was not given");
  assert.deepEqual(changeOf({ ...known, theme: "age" }, known, ALL).layers.map((layer) => layer.theme), ["age", "age"]);
  const mixed = { ...state, layers: [{ name: "houses", theme: "use" }, { name: "land" }] };
  assert.deepEqual(propsOf(mixed, ALL).layers, mixed.layers, "with several themes each is told with its layer");
});

test("the last of the days is today, and a day that is no longer kept counts as today", () => {
  const known = ["2026-09-23", "2026-10-23", "2026-11-22"];
  assert.deepEqual([null, "2026-09-23", "2025-01-01"].map((day) => days.placeOf(known, day)), [2, 0, 2]);
  assert.deepEqual([0, 1, 2].map((place) => days.dayAt(known, place)), ["2026-09-23", "2026-10-23", null]);
  assert.deepEqual([0, 1, 2].map((place) => days.next(known, place)), [1, 2, 0]);
});

test("a day is said as the server says it", () => {
  assert.equal(days.said("2026-09-03", "zh-CN"), "2026年9月3日");
  assert.equal(days.said("2026-09-03", "en"), "3 Sep 2026");
});
