"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const queue = require("../../assets/app/desk-queue.js");
const clock = require("../../assets/live/clock.js");

const NOW = 1_000_000;
const row = (id, more = {}) => ({ id, seq: 1, type: "0102", grade: 4, state: "reported", source: "patrol", unit: null, area: "v1t1", reported_at: NOW - 10, clock_from: NOW - 10, yellow_at: NOW + 80, due_at: NOW + 100, paused: 0, ...more });
const about = (more = {}) => ({
  light: (one) => clock.light(one, NOW), area: (one) => one.area.slice(0, 2), text: (one) => `${one.id} 桥村`, mine: (one) => one.state === "filed", changed: (one) => one.seq > 5, ...more,
});
const select = (rows, filter = {}) => queue.select(rows, { ...queue.NONE, ...filter }, about(), clock.order);
const ids = (found) => found.rows.map((one) => one.id);

test("the queue begins with what is late longest, then what is due next; what has no clock running stands last", () => {
  const rows = [row("later", { due_at: NOW + 500 }), row("paused", { paused: 1 }), row("late", { due_at: NOW - 50 }), row("soon"), row("latest", { due_at: NOW - 900 }), row("none", { due_at: null })];
  assert.deepEqual(ids(select(rows)).slice(0, 4), ["latest", "late", "soon", "later"]);
  assert.deepEqual(new Set(ids(select(rows)).slice(4)), new Set(["paused", "none"]));
});

test("of two that are due at once the graver stands first, then the newer", () => {
  const rows = [row("a", { grade: 3 }), row("b", { grade: 1 }), row("c", { grade: 3, reported_at: NOW - 1 })];
  assert.deepEqual(ids(select(rows)), ["b", "c", "a"]);
});

test("each filter alone leaves what has its value, and all words must be said", () => {
  const rows = [row("1"), row("2", { state: "filed", unit: "u" }), row("3", { area: "v2t7", grade: 1 }), row("4", { seq: 9 })];
  assert.deepEqual(ids(select(rows, { state: "filed" })), ["2"]);
  assert.deepEqual(ids(select(rows, { area: "v2" })), ["3"]);
  assert.deepEqual(ids(select(rows, { grade: "1" })), ["3"]);
  assert.deepEqual(ids(select(rows, { mine: true })), ["2"]);
  assert.deepEqual(ids(select(rows, { changed: true })), ["4"]);
  assert.deepEqual(ids(select(rows, { text: " 桥村  2 " })), ["2"]);
});

test("a filter's count says what choosing that value would leave, whatever this filter itself is set to", () => {
  const rows = [];
  let seed = 7;
  const any = (list) => list[(seed = (seed * 48271) % 2147483647) % list.length];
  for (let i = 0; i < 400; i++) rows.push(row(`n${i}`, { grade: any([1, 2, 3, 4]), state: any(["reported", "filed", "handling"]), area: any(["v1t1", "v2t1"]), due_at: any([NOW - 1, NOW + 50, NOW + 500]), source: any(["patrol", "hotline"]) }));
  const filter = { grade: "2", light: "red", source: "hotline" };
  const found = select(rows, filter);
  for (const facet of queue.FACETS)
    for (const value of Object.keys(select(rows).counts[facet])) if (value) assert.equal(found.counts[facet][value] || 0, select(rows, { ...filter, [facet]: value }).rows.length, `${facet} ${value}`);
  assert.equal(found.mine, select(rows, { ...filter, mine: true }).rows.length);
  assert.equal(found.all, 400);
});

test("only the rows in sight are drawn, and the room of the others is kept", () => {
  for (const [top, n] of [[0, 10_000], [123_456, 10_000], [719_000, 10_000], [0, 3], [0, 0]]) {
    const { from, to, above, below } = queue.portion(top, 800, 72, n);
    assert.equal(above + (to - from) * 72 + below, n * 72, `height of the list at ${top}`);
    assert.ok(to - from <= 800 / 72 + 14 && from <= Math.max(0, top / 72) && to >= Math.min(n, (top + 800) / 72) - 1e-9);
  }
});

test("ten thousand rows are selected and ordered within a tenth of a second", () => {
  const rows = Array.from({ length: 10_000 }, (_, i) => row(String(i), { due_at: NOW + ((i * 7919) % 10_007) }));
  select(rows);
  const before = performance.now();
  assert.equal(select(rows, { source: "patrol" }).rows.length, 10_000);
  assert.ok(performance.now() - before < 100);
});

test("a row that is chosen by key is scrolled to as little as needed", () => {
  assert.equal(queue.reveal(0, 720, 72, 3), 0);
  assert.equal(queue.reveal(0, 720, 72, 10), 72);
  assert.equal(queue.reveal(720, 720, 72, 2), 144);
});

test("keys move by one and stay at the ends; from nowhere they begin at the nearer end", () => {
  const all = ["a", "b", "c"];
  assert.deepEqual([queue.move(all, "a", 1), queue.move(all, "c", 1), queue.move(all, "a", -1), queue.move(all, null, 1), queue.move(all, "gone", -1), queue.move([], "a", 1)], ["b", "c", "a", "a", "c", null]);
});

test("when the current incident leaves the list the one that took its place is current", () => {
  assert.equal(queue.stay(["a", "b", "c", "d"], ["a", "c", "d"], "b"), "c");
  assert.equal(queue.stay(["a", "b", "c", "d"], ["a", "d"], "b"), "d");
  assert.equal(queue.stay(["a", "b"], ["a"], "b"), "a");
  assert.equal(queue.stay(["a", "b"], ["x", "a", "b"], "b"), "b");
  assert.equal(queue.stay(["a"], [], "a"), null);
});

test("filters go into the address and come back as they were", () => {
  const filter = { ...queue.NONE, state: "filed", text: "桥 & 路", mine: true };
  assert.deepEqual(queue.read(queue.written(filter)), filter);
  assert.equal(queue.written(queue.NONE), "");
});
