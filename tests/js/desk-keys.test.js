"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { actOf, rows, KEYS } = require("../../assets/app/desk-keys.js");

const STEPS = [{ step: "accept", key: "a" }, { step: "file", key: "f" }, { step: "void", key: "" }];
const press = (key, more = {}) => ({ key, target: { tagName: "DIV" }, ...more });

test("keys of the list act, keys of steps take the step, and only while it may be taken", () => {
  assert.deepEqual(actOf(press("j"), STEPS), { act: "next" });
  assert.deepEqual(actOf(press("a"), STEPS), { step: "accept" });
  assert.equal(actOf(press("d"), STEPS), null);
});

test("letters belong to a field that has the focus, Escape does not", () => {
  for (const tagName of ["INPUT", "TEXTAREA", "SELECT"]) {
    assert.equal(actOf(press("a", { target: { tagName, type: "text" } }), STEPS), null);
    assert.deepEqual(actOf(press("Escape", { target: { tagName, type: "text" } }), STEPS), { act: "back" });
  }
  assert.deepEqual(actOf(press("j", { target: { tagName: "INPUT", type: "range" } }), STEPS), { act: "next" });
});

test("with a modifier, while a word is composed, or in a dialog nothing is taken by accident", () => {
  for (const more of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }, { isComposing: true }]) assert.equal(actOf(press("a", more), STEPS), null);
  assert.equal(actOf(press("a"), STEPS, { dialog: true }), null);
});

test("Enter is a button's own, and arrows are the map's while it has the focus", () => {
  assert.equal(actOf(press("Enter", { target: { tagName: "BUTTON" } }), STEPS), null);
  assert.equal(actOf(press("ArrowDown"), STEPS, { map: true }), null);
  assert.deepEqual(actOf(press("ArrowDown"), STEPS), { act: "next" });
});

test("the help names every key, those of one act together", () => {
  const told = rows();
  assert.equal(told.flatMap(([keys]) => keys).length, Object.keys(KEYS).length);
  assert.deepEqual(told.find(([, act]) => act === "next")[0], ["j", "↓"]);
});

test("no key of a step of the life cycle is one of the list's", () => {
  const source = require("node:fs").readFileSync(require("node:path").join(__dirname, "../../incidents/core/lifecycle.py"), "utf8");
  const keys = [...source.matchAll(/key="(.)"/g)].map(([, key]) => key);
  assert.ok(keys.length > 8);
  assert.deepEqual(keys.filter((key) => key in KEYS), []);
});
