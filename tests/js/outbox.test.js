"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const outbox = require("../../assets/app/outbox.js");

const states = (box) => Object.fromEntries(box.items.map((item) => [item.key, item.state]));

test("what was on its way when the page ended waits again: it may or may not have arrived", () => {
  assert.deepEqual(states(outbox.create([{ key: "a", state: "sending" }, { key: "b", state: "done" }, { key: "c", state: "refused" }])), { a: "waiting", b: "done", c: "refused" });
});

test("items go one by one, oldest first", () => {
  let box = outbox.add(outbox.add(outbox.create(), { key: "a" }), { key: "b" });
  assert.equal(outbox.next(box, 0).key, "a");
  box = outbox.sending(box, "a");
  assert.equal(outbox.next(box, 0), null);
  box = outbox.answered(box, "a", { ok: true, body: { incident: 7 } }, 0);
  assert.equal(outbox.next(box, 0).key, "b");
  assert.equal(box.items[0].answer.incident, 7);
});

test("without an answer the same item waits longer and longer, and is never given up", () => {
  let box = outbox.add(outbox.create(), { key: "a" }), now = 0;
  const waits = [];
  for (let i = 0; i < 8; i++) {
    assert.equal(outbox.next(box, now).key, "a");
    box = outbox.answered(outbox.sending(box, "a"), "a", null, now);
    assert.equal(outbox.next(box, box.due - 1), null);
    waits.push(box.due - now);
    now = box.due;
  }
  assert.deepEqual(waits, [...outbox.WAITS_MS, 30_000, 30_000, 30_000]);
  assert.deepEqual(states(box), { a: "waiting" });
});

test("once the network is back it goes at once, and a refusal is an answer", () => {
  let box = outbox.answered(outbox.sending(outbox.add(outbox.create(), { key: "a" }), "a"), "a", null, 100);
  box = outbox.hurry(box);
  assert.equal(outbox.next(box, 100).key, "a");
  box = outbox.answered(outbox.sending(box, "a"), "a", { ok: false, body: { error: "no" } }, 100);
  assert.deepEqual([states(box), outbox.pending(box).length], [{ a: "refused" }, 0]);
  assert.deepEqual(outbox.forget(box, "a").items, []);
});

test("the same key is one item", () => {
  const box = outbox.add(outbox.add(outbox.create(), { key: "a", n: 1 }), { key: "a", n: 2 });
  assert.deepEqual(box.items.map((item) => item.n), [2]);
});

test("one that the server cannot take is kept and tried later and later, and those behind it go on", () => {
  let box = outbox.add(outbox.add(outbox.create(), { key: "bad" }), { key: "good" });
  box = outbox.answered(outbox.sending(box, "bad"), "bad", { later: 500 }, 0);
  assert.equal(outbox.next(box, 0).key, "good");
  box = outbox.answered(outbox.sending(box, "good"), "good", { ok: true, body: {} }, 0);
  assert.deepEqual([states(box), box.items[0].later, box.items[0].due], [{ bad: "waiting", good: "done" }, 500, outbox.WAITS_MS[0]]);
  assert.equal(outbox.next(box, outbox.WAITS_MS[0] - 1), null);
  assert.equal(outbox.next(box, outbox.WAITS_MS[0]).key, "bad");
  box = outbox.answered(outbox.sending(box, "bad"), "bad", { later: 500 }, 1000);
  assert.equal(box.items[0].due, 1000 + outbox.WAITS_MS[1]);
  assert.equal(outbox.next(outbox.hurry(box), 1000).key, "bad");
});

test("what another tab is to send is left to it", () => {
  const box = outbox.add(outbox.add(outbox.create(), { key: "theirs", tab: "b" }), { key: "ours", tab: "a" });
  assert.equal(outbox.next(box, 0, (item) => item.tab === "a").key, "ours");
});

test("steps decided in a row on one incident see what the first of them made, and no other", () => {
  const box = ["x", "y"].reduce((made, key, i) => outbox.add(made, { key, seqs: { one: 5 - i, two: 5 } }), outbox.create());
  assert.deepEqual(outbox.followed(box, "one", 5, 9).items.map((item) => item.seqs), [{ one: 9, two: 5 }, { one: 4, two: 5 }]);
});
