"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
require("../../assets/live/state.js");
const { create, LOST_MS } = require("../../assets/live/client.js");
const { fnv1a } = require("../../assets/live/state.js");

const COLUMNS = ["id", "seq"];
const digest = (rows) => rows.reduce((sum, [id, seq]) => (sum + fnv1a(`${id}:${seq}`)) % 2 ** 32, 0);
const snapshot = (seq, rows, at = 0) => ({ kind: "snapshot", epoch: "e1", seq, at, digest: digest(rows), columns: COLUMNS, rows });
const delta = (from, seq, rows, at = 0) => ({ kind: "delta", from, seq, at, rows });

/** A client on a network and a clock of the test's own; `pass(ms)` lets time go by, `frame()` paints. */
function following({ area = "", hidden = false } = {}) {
  const world = { time: 0, timers: new Set(), frames: [], sockets: [], news: [], told: [], hidden };
  const timer = (at, run, every = 0) => { const one = { at, run, every }; world.timers.add(one); return one; };
  world.client = create({
    url: (query) => `ws://town/live?${query}`,
    open(url) {
      const socket = { url, readyState: 1, sent: [], closed: false, send(text) { this.sent.push(JSON.parse(text)); }, close() { this.closed = true; } };
      if (world.refuses) throw new Error("refused");
      world.sockets.push(socket);
      return socket;
    },
    every: (ms, run) => timer(world.time + ms, run, ms), after: (ms, run) => timer(world.time + ms, run), cancel: (one) => world.timers.delete(one),
    frame: (run) => world.frames.push(run), now: () => world.time, hidden: () => world.hidden, area, random: () => 0,
    onNews: (news) => world.news.push(news), onStatus: (status) => world.told.push([world.time, status]),
  });
  world.pass = (ms) => {
    const end = world.time + ms;
    for (;;) {
      const next = [...world.timers].filter((one) => one.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      world.time = Math.max(world.time, next.at);
      if (next.every) next.at += next.every; else world.timers.delete(next);
      next.run();
    }
    world.time = end;
  };
  world.frame = () => world.frames.splice(0).forEach((run) => run());
  world.socket = () => world.sockets[world.sockets.length - 1];
  world.say = (frame) => world.socket().onmessage({ data: JSON.stringify(frame) });
  world.drop = () => world.socket().onclose({});
  world.client.start();
  return world;
}

test("a first connection asks for everything, a later one for what came since, of the same epoch", () => {
  const world = following({ area: "990115103" });
  assert.equal(world.socket().url, "ws://town/live?area=990115103");
  world.say(snapshot(7, [["a", 7]]));
  world.say(delta(7, 9, [["b", 9]]));
  world.drop();
  world.pass(250);
  assert.equal(world.sockets.length, 2);
  assert.equal(world.socket().url, "ws://town/live?since=9&epoch=e1&area=990115103");
  world.say(delta(9, 12, [["c", 12]]));
  assert.deepEqual([...world.client.state.rows.keys()], ["a", "b", "c"]);
});

test("tries back off to three seconds, go on for ever, and begin anew once something has been heard", () => {
  const world = following();
  world.say(snapshot(1, []));
  const gaps = [];
  for (let i = 0; i < 8; i++) {
    const from = world.time, before = world.sockets.length;
    world.drop();
    while (world.sockets.length === before) world.pass(50);
    gaps.push(world.time - from);
  }
  assert.deepEqual(gaps, [250, 500, 1000, 2000, 3000, 3000, 3000, 3000]);
  world.say(delta(1, 2, []));
  world.drop();
  world.pass(250);
  assert.equal(world.sockets.length, 10);
});

test("a browser that refuses to open a socket is asked again as well", () => {
  const world = following();
  world.refuses = true;
  world.drop();
  world.pass(10_000);
  assert.equal(world.sockets.length, 1);
  world.refuses = false;
  world.pass(3000);
  assert.equal(world.sockets.length, 2);
});

test("a gap closes the connection and asks for a snapshot; what was known stays on the screen meanwhile", () => {
  const world = following();
  world.say(snapshot(7, [["a", 7]]));
  const first = world.socket();
  world.say(delta(8, 9, [["b", 9]]));
  assert.ok(first.closed);
  assert.deepEqual([...world.client.state.rows.keys()], ["a"]);
  world.pass(250);
  assert.equal(world.socket().url, "ws://town/live?");
  world.say(snapshot(9, [["a", 7], ["b", 9]]));
  assert.deepEqual([...world.client.state.rows.keys()], ["a", "b"]);
  world.frame();
  assert.equal(world.news[0].resync, "gap");
});

test("another digest in a beat asks for a snapshot too", () => {
  const world = following();
  world.say(snapshot(7, [["a", 7]]));
  world.say({ kind: "beat", seq: 7, digest: 1 });
  world.pass(250);
  assert.equal(world.sockets.length, 2);
  assert.equal(world.socket().url, "ws://town/live?");
});

test("silence of two heartbeats is a loss, told once, and the half-open connection is replaced", () => {
  const world = following();
  world.say(snapshot(7, []));
  assert.deepEqual(world.told, [[0, "live"]]);
  world.pass(LOST_MS - 1);
  assert.equal(world.client.status(), "live");
  world.pass(1001);
  assert.deepEqual(world.told.map(([, status]) => status), ["live", "lost"]);
  assert.ok(world.told[1][0] <= 2 * 2000 + 1000);
  assert.ok(world.sockets[0].closed);
  world.pass(20_000);
  assert.equal(world.told.length, 2);
  while (!world.socket().onmessage) world.pass(50); // until the next try
  world.say(delta(7, 8, [["a", 8]]));
  assert.equal(world.client.status(), "live");
});

test("a connection that ends is first tried again and only lost when two heartbeats have passed since the last word", () => {
  const world = following();
  world.say(snapshot(7, []));
  world.pass(3000);
  world.drop();
  assert.equal(world.client.status(), "trying");
  world.pass(1000);
  assert.equal(world.client.status(), "lost");
});

test("many frames between two pictures make one notice, in which what came and went again is gone alone", () => {
  const world = following();
  world.say(snapshot(1, [["a", 1]], 5));
  world.frame();
  world.say(delta(1, 2, [["b", 2]], 10));
  world.say(delta(2, 3, [["a", 3]], 60));
  world.say({ ...delta(3, 4, [], 110), gone: ["b"] });
  assert.equal(world.news.length, 1);
  world.frame();
  assert.equal(world.news.length, 2);
  const news = world.news[1];
  assert.deepEqual([[...news.changed], [...news.gone], [...news.fresh], news.at], [["a"], ["b"], [], [10, 60, 110]]);
});

test("a hidden page, for which no frames come, is told once a second", () => {
  const world = following({ hidden: true });
  for (let seq = 1; seq <= 40; seq++) {
    world.say(seq === 1 ? snapshot(1, []) : delta(seq - 1, seq, [["a", seq]]));
    world.pass(50);
  }
  world.pass(1000);
  assert.ok(world.news.length >= 2 && world.news.length <= 3, String(world.news.length));
});

test("the server's clock is told from the frame that was fastest on its way", () => {
  const world = following();
  world.time = 1000;
  world.say(snapshot(1, [], 5000 - 80));
  world.time = 2000;
  world.say({ kind: "beat", seq: 1, digest: 0, at: 6000 - 5 });
  world.time = 3000;
  world.say({ kind: "beat", seq: 1, digest: 0, at: 7000 - 60 });
  assert.equal(world.client.serverNow(), 3000 + 3995);
  for (world.time = 4000; world.time < 80_000; world.time += 2000) world.say({ kind: "beat", seq: 1, digest: 0, at: world.time + 100 });
  assert.equal(world.client.serverNow(), world.time + 100, "a clock that has been set back is followed within a minute");
});

test("weeks of frames leave nothing behind: no timer, no frame, no row of what has closed", () => {
  const world = following();
  world.say(snapshot(0, []));
  world.frame();
  const timers = world.timers.size;
  for (let seq = 1; seq <= 20_000; seq++) {
    const open = [[`i${seq}`, seq]];
    world.say({ ...delta(seq - 1, seq, open, seq), gone: seq > 10 ? [`i${seq - 10}`] : [] });
    if (seq % 3 === 0) world.frame();
    if (seq % 500 === 0) { world.drop(); world.pass(250); world.say(snapshot(seq, [...world.client.state.rows.values()].map(({ id, seq: own }) => [id, own]))); }
  }
  world.frame();
  world.pass(1500);
  assert.equal(world.client.state.rows.size, 10);
  assert.ok(world.timers.size <= timers + 1, `${world.timers.size} timers`);
  assert.ok(world.news.every((news) => news.at.length <= 256));
});

test("a client that has been stopped closes its socket, starts no more and says nothing", () => {
  const world = following();
  world.say(snapshot(1, []));
  world.client.stop();
  world.frame();
  world.pass(60_000);
  assert.ok(world.socket().closed);
  assert.equal(world.sockets.length, 1);
  assert.equal(world.timers.size, 0);
  assert.equal(world.news.length, 0);
});

test("what a screen tells of itself goes out only while there is a connection", () => {
  const world = following();
  assert.ok(world.client.send({ kind: "paint", ms: [12] }));
  assert.deepEqual(world.socket().sent, [{ kind: "paint", ms: [12] }]);
  world.drop();
  assert.equal(world.client.send({ kind: "paint", ms: [1] }), false);
});
