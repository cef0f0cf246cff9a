"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const form = require("../../assets/app/report-form.js");

test("what it is and where are needed; an address does in place of a position", () => {
  assert.deepEqual(form.missing({}), ["report.need.type", "report.need.where"]);
  assert.deepEqual(form.missing({ type: "0102", address: "  " }), ["report.need.where"]);
  assert.deepEqual(form.missing({ type: "0102", address: "桥边" }), []);
  assert.deepEqual(form.missing({ type: "0102", lon: 121.7, lat: 31.2 }), []);
  assert.deepEqual(form.missing({ type: "0102", lon: 121.7, lat: NaN }), ["report.need.where"]);
});

test("only what was given is sent, and the accuracy of a position that was put by hand is not the phone's", () => {
  const draft = { type: "0102", lon: 121.7, lat: 31.2, accuracy: 12.4, address: " ", description: " 垃圾 ", name: "", phone: "", photos: ["a", "b", "c", "d"] };
  assert.deepEqual(form.payload(draft, "k"), { client: "k", type: "0102", lon: 121.7, lat: 31.2, accuracy_m: 12, description: "垃圾", photos: ["a", "b", "c"] });
  assert.equal(form.payload({ ...draft, moved: true }, "k").accuracy_m, undefined);
  assert.deepEqual(form.payload({ type: "0102", address: "桥边", photos: [] }, "k"), { client: "k", type: "0102", address: "桥边" });
});

test("taken and refused settle a report; a server that is busy makes all wait; one that fails on a report makes that one wait alone", () => {
  assert.deepEqual([200, 201, 400, 403, 413].map(form.meaning), Array(5).fill("settled"));
  assert.deepEqual([429, 502, 503, 504].map(form.meaning), Array(4).fill("busy"));
  assert.deepEqual([404, 408, 421, 500, 501, 507].map(form.meaning), Array(6).fill("later"));
});

test("an answer that is not ours holds up no other report", () => {
  assert.deepEqual([form.answerOf(201, { incident: 1 }), form.answerOf(400, { error: "x" })], [{ ok: true, body: { incident: 1 } }, { ok: false, body: { error: "x" } }]);
  assert.deepEqual([form.answerOf(500, null), form.answerOf(500, { error: "x" }), form.answerOf(413, null)], [{ later: 500 }, { later: 500 }, { later: 413 }]);
  assert.deepEqual([form.answerOf(200, null), form.answerOf(503, { error: "x" })], [null, null]);
});

test("a picture keeps its shape and is never made larger", () => {
  assert.deepEqual(form.fitted(4000, 3000, 1600), [1600, 1200]);
  assert.deepEqual(form.fitted(300, 4000, 1600), [120, 1600]);
  assert.deepEqual(form.fitted(640, 480, 1600), [640, 480]);
  assert.deepEqual(form.fitted(1, 20_000, 1600), [1, 1600]);
});

test("types stand under their class in the town's order", () => {
  assert.deepEqual(form.byClass([{ code: "1", class: "a" }, { code: "2", class: "b" }, { code: "3", class: "a" }]).map(([name, list]) => [name, list.map((type) => type.code)]), [["a", ["1", "3"]], ["b", ["2"]]]);
});

test("a place outside the town's box is told", () => {
  assert.equal(form.within([121, 31, 122, 32], 121.5, 31.5), true);
  assert.equal(form.within([121, 31, 122, 32], 31.5, 121.5), false);
  assert.equal(form.within(null, 0, 0), true);
});
