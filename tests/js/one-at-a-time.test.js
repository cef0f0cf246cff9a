"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { make, LEASE_MS } = require("../../assets/app/one-at-a-time.js");

const storage = () => {
  const kept = new Map();
  return { getItem: (name) => kept.get(name) || null, setItem: (name, value) => kept.set(name, value), removeItem: (name) => kept.delete(name) };
};
const turn = () => new Promise((done) => setImmediate(done));
const tabs = (shared, now = () => 0) => ["a", "b"].map((tab) => make({ name: "n", tab, storage: shared, now, wait: turn }));

test("without Web Locks two tabs that reach for it at the same instant do not both work", async () => {
  const shared = storage(), [a] = tabs(shared), done = [];
  let early = true; // the other tab looked before the first one's word was in the store
  const behind = { ...shared, getItem: (name) => { const found = early ? null : shared.getItem(name); early = false; return found; } };
  const b = tabs(behind)[1];
  const work = (name) => async () => { done.push(name); await turn(); await turn(); };
  assert.deepEqual(await Promise.all([a(work("a")), b(work("b"))]), [false, true]);
  assert.deepEqual(done, ["b"]);
  assert.equal(await a(work("a")), true);
});

test("a tab at work keeps the others out, and lets them in when it is done or has failed", async () => {
  const [a, b] = tabs(storage());
  let end;
  const first = a(() => new Promise((_, failed) => { end = failed; }));
  await turn();
  await turn();
  assert.equal(await b(() => assert.fail("both at once")), false);
  end(new Error("lost"));
  await assert.rejects(first, /lost/);
  assert.equal(await b(() => {}), true);
});

test("a tab that was closed in the middle of it holds up the others for the lease and no longer", async () => {
  const shared = storage();
  let now = 0;
  const [a, b] = tabs(shared, () => now);
  a(() => new Promise(() => {}));
  await turn();
  now = LEASE_MS - 1;
  assert.equal(await b(() => {}), false);
  now = LEASE_MS;
  assert.equal(await b(() => {}), true);
});

test("where the browser has Web Locks they decide", async () => {
  const asked = [], locks = (free) => ({ request: async (name, options, work) => { asked.push([name, options]); return work(free ? {} : null); } });
  let ran = 0;
  const work = async () => { ran += 1; };
  assert.deepEqual([await make({ name: "n", tab: "a", locks: locks(true) })(work), await make({ name: "n", tab: "a", locks: locks(false) })(work)], [true, false]);
  assert.equal(ran, 1);
  assert.deepEqual(asked[0], ["n", { ifAvailable: true }]);
});
