"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { create, take, counts, fnv1a } = require("../../assets/live/state.js");
const { light } = require("../../assets/live/clock.js");

const COLUMNS = ["id", "seq", "grade", "state", "paused", "yellow_at", "due_at"];
const row = (id, seq, grade = 4, state = "filed", due = 100) => [id, seq, grade, state, 0, due * 0.8, due];
const digest = (...rows) => rows.reduce((sum, [id, seq]) => (sum + fnv1a(`${id}:${seq}`)) % 2 ** 32, 0);
const snapshot = (seq, rows, more = {}) => ({ kind: "snapshot", epoch: "e", seq, at: 0, digest: digest(...rows), columns: COLUMNS, rows, ...more });

/** A state that has taken these frames, and what the last one changed. */
function after(...frames) {
  const state = create();
  let news = null;
  for (const frame of frames) news = take(state, frame);
  return { state, news };
}

test("FNV-1a gives the published values of its reference", () => {
  assert.equal(fnv1a(""), 0x811c9dc5);
  assert.equal(fnv1a("a"), 0xe40c292c);
  assert.equal(fnv1a("foobar"), 0xbf9cf968);
});

test("a snapshot fills the table, and nothing of the first one is new to anybody", () => {
  const { state, news } = after(snapshot(7, [row("a", 5), row("b", 7)]));
  assert.deepEqual([...state.rows.keys()], ["a", "b"]);
  assert.deepEqual(news.changed, ["a", "b"]);
  assert.deepEqual(news.fresh, []);
  assert.equal(news.resync, "");
  assert.equal(state.digest, digest(["a", 5], ["b", 7]));
});

test("a delta changes, adds and takes away, and the digest goes along", () => {
  const first = snapshot(7, [row("a", 5), row("b", 7)]);
  const { state, news } = after(first, { kind: "delta", from: 7, seq: 10, at: 1, rows: [row("a", 8), row("c", 10)], gone: ["b", "never"] });
  assert.deepEqual(news.changed, ["a", "c"]);
  assert.deepEqual(news.fresh, ["c"]);
  assert.deepEqual(news.gone, ["b"], "what was not known cannot go");
  assert.equal(state.seq, 10);
  assert.equal(state.digest, digest(["a", 8], ["c", 10]));
});

test("a delta that does not begin where we are is a gap and changes nothing", () => {
  const { state, news } = after(snapshot(7, [row("a", 5)]), { kind: "delta", from: 8, seq: 9, rows: [row("b", 9)], gone: ["a"] });
  assert.equal(news.resync, "gap");
  assert.deepEqual([...state.rows.keys()], ["a"]);
  assert.equal(state.seq, 7);
});

test("a beat of our number with another digest is noticed, one with ours is not", () => {
  const first = snapshot(7, [row("a", 5)]);
  assert.equal(after(first, { kind: "beat", seq: 7, digest: digest(["a", 5]) }).news.resync, "");
  assert.equal(after(first, { kind: "beat", seq: 7, digest: digest(["a", 4]) }).news.resync, "digest");
});

test("a beat ahead of us may have overtaken a delta; a second one in a row tells that something is lost", () => {
  const first = snapshot(7, [row("a", 5)]), ahead = { kind: "beat", seq: 9, digest: 1 };
  assert.equal(after(first, ahead).news.resync, "");
  assert.equal(after(first, ahead, { kind: "delta", from: 7, seq: 9 }, { ...ahead, seq: 10 }).news.resync, "");
  assert.equal(after(first, ahead, { ...ahead, seq: 10 }).news.resync, "gap");
});

test("a snapshot whose rows do not come to its digest is not believed", () => {
  assert.equal(after({ ...snapshot(7, [row("a", 5)]), digest: 1 }).news.resync, "digest");
});

test("a second snapshot tells what it changed: what came while we were away is new, what left is gone", () => {
  const { news } = after(snapshot(7, [row("a", 5), row("b", 7)]), snapshot(30, [row("a", 5), row("c", 20)], { epoch: "f" }));
  assert.deepEqual(news.changed, ["c"]);
  assert.deepEqual(news.fresh, ["c"]);
  assert.deepEqual(news.gone, ["b"]);
});

test("of positions the last one counts, and alerts and feeds are those of the last frame that had any", () => {
  const { state } = after(
    snapshot(1, [], { positions: [["r", 1, 2, 3, "grid_member"]], alerts: [{ identifier: "x" }], feeds: [{ name: "camera", age_s: 1 }] }),
    { kind: "positions", rows: [["r", 4, 5, 6, "grid_member"]] },
    { kind: "beat", seq: 1, digest: 0, feeds: [{ name: "camera", age_s: 3 }] },
  );
  assert.deepEqual(state.positions.get("r"), { id: "r", lon: 4, lat: 5, at: 6, duty: "grid_member" });
  assert.equal(state.alerts.length, 1);
  assert.equal(state.feeds[0].age_s, 3);
});

test("counts are by grade, by state and by the light of the moment", () => {
  const { state } = after(snapshot(3, [row("a", 1, 1, "filed", 100), row("b", 2, 4, "handling", 1000), row("c", 3, 4, "handling", 110)]));
  const found = counts(state, 100, light);
  assert.equal(found.open, 3);
  assert.deepEqual(found.grade, { 1: 1, 4: 2 });
  assert.deepEqual(found.state, { filed: 1, handling: 2 });
  assert.deepEqual(found.light, { red: 1, green: 1, yellow: 1 });
});

test("after a long random course the digest is that of the rows, and nothing has been kept of those that left", () => {
  const state = create();
  take(state, snapshot(0, []));
  let seed = 7;
  const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
  for (let seq = 1; seq <= 5000; seq++) {
    const id = `20261122-${String(random(300)).padStart(6, "0")}`;
    take(state, { kind: "delta", from: seq - 1, seq, rows: random(3) ? [row(id, seq)] : [], gone: random(3) ? [] : [id] });
  }
  assert.equal(state.digest, digest(...[...state.rows.values()].map(({ id, seq }) => [id, seq])));
  assert.ok(state.rows.size <= 300);
});
