"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { within } = require("../../assets/map/canvas.js");

/** How many of ten things that take so many ms each are done within `ms`. */
function done(t, ms, each) {
  let now = 0;
  t.mock.method(performance, "now", () => now);
  const order = [], n = within(ms, [...Array(10).keys()], (thing) => { order.push(thing); now += each; });
  assert.deepEqual(order, [...Array(n).keys()]);
  t.mock.restoreAll();
  return n;
}

test("while the map is dragged a frame paints as many tiles as end in time, the nearest ones, and one at least", (t) => {
  assert.equal(done(t, 8, 2), 4);
  assert.equal(done(t, 8, 3), 2);
  assert.equal(done(t, 8, 5), 1);
  assert.equal(done(t, 8, 100), 1);
});

test("a map that stands is painted in one frame, however long it takes: half a recolour is none", (t) => {
  assert.equal(done(t, Infinity, 100), 10);
});
