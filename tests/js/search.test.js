"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { page, element } = require("./fake_page.js");

/** A field that is listened to in a page whose timers run when the test says so; `told` is what has reached the page. */
function search() {
  const field = element("input", { value: "" }), told = [], timers = new Map();
  let last = 0;
  const window = Object.assign(page({}), { setTimeout: (run) => timers.set(++last, run) && last, clearTimeout: (n) => timers.delete(n) });
  window.run("search.js");
  window.onescreen.listen(field, (value) => told.push(value));
  const fire = (kind, isComposing = false) => field.dispatchEvent(Object.defineProperty(new Event(kind), "isComposing", { value: isComposing }));
  const type = (value, isComposing) => { field.value = value; fire("input", isComposing); };
  const rest = () => { const runs = [...timers.values()]; timers.clear(); runs.forEach((run) => run()); };
  return { field, told, fire, rest, type };
}

test("what is typed is told once, when the hand rests, and the field is left alone", () => {
  const { field, told, rest, type } = search();
  type("黄");
  type("黄若");
  assert.deepEqual(told, []);
  rest();
  assert.deepEqual([told, field.value], [["黄若"], "黄若"]);
});

test("letters of an input method are not told before they are characters", () => {
  const { told, fire, rest, type } = search();
  type("huang", true);
  rest();
  assert.deepEqual(told, []);
  type("黄", true);
  fire("compositionend");
  rest();
  assert.deepEqual(told, ["黄"]);
});

test("a field that is emptied tells it at once, and nothing that was typed before", () => {
  const { field, told, fire, rest, type } = search();
  type("黄");
  fire("onescreen:clear");
  rest();
  assert.deepEqual([told, field.value], [[""], ""]);
});
