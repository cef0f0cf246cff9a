"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { page, element } = require("./fake_page.js");

const answer = (status, etag) => ({ status, ok: status === 200, headers: new Map(etag ? [["etag", etag]] : []) });

/** A watched page whose server answers what `say` was last told; what it announces is kept in `said`. */
function watched(first) {
  let now = first;
  const asked = [];
  const window = page({
    elements: { toast: element("p", { dataset: { offline: "断了 {when}", liveOffline: "实时断了 {when}" } }) },
    fetch: (url, options) => { asked.push({ url, options }); return now instanceof Error ? Promise.reject(now) : Promise.resolve(now); },
  });
  const said = [];
  for (const kind of ["snapshot", "connection"]) window.document.addEventListener(`onescreen:${kind}`, (event) => said.push([kind, kind === "snapshot" ? event.detail : event.detail.ok]));
  window.run("watch.js");
  return { window, said, asked, look: async (next) => { now = next === undefined ? now : next; await window.onescreen.watch.look(); } };
}

const banner = (window) => window.document.getElementById("connection");

test("the same snapshot again is no news, another one is", async () => {
  const { look, said } = watched(answer(200, '"1"'));
  await look();
  await look();
  assert.deepEqual(said, []);
  await look(answer(200, '"2"'));
  assert.deepEqual(said, [["snapshot", '"2"']]);
});

test("a request asks whether anything has changed, and is given up in the end", async () => {
  const { look, asked } = watched(answer(200, '"1"'));
  await look();
  assert.equal(asked[0].url, "/pack/manifest.json");
  assert.equal(asked[0].options.cache, "no-cache");
  assert.ok(asked[0].options.signal instanceof AbortSignal);
});

test("a lost server is said once, with the moment of its last answer, and its return takes that away", async () => {
  const { window, look, said } = watched(answer(200, '"1"'));
  await look();
  await look(new Error("refused"));
  const bar = banner(window);
  assert.match(bar.textContent, /^断了 \d+:\d+:\d+$/);
  assert.equal(window.document.documentElement.dataset.connection, "lost");
  await look();
  assert.equal(banner(window), bar, "not made anew while it is still lost");
  await look(answer(200, '"1"'));
  assert.equal(banner(window), null);
  assert.deepEqual(said.filter(([kind]) => kind === "connection"), [["connection", false], ["connection", true]]);
});

test("a server that answers with an error is lost as well", async () => {
  const { look, said } = watched(answer(500));
  await look();
  assert.deepEqual(said, [["connection", false]]);
});

test("what was asked while the server was lost is asked again when it is back", async () => {
  const { look, said } = watched(answer(200, '"1"'));
  await look();
  await look(new Error("refused"));
  await look(answer(200, '"1"'));
  assert.deepEqual(said.filter(([kind]) => kind === "snapshot"), [["snapshot", '"1"']]);
});

test("the first town of an empty installation reloads the page", async () => {
  const { window, look } = watched(answer(204));
  await look();
  assert.equal(window.location.reloads, 0);
  await look(answer(200, '"1"'));
  assert.equal(window.location.reloads, 1);
});

test("a hidden page asks nothing, and however many ask, one request is under way", async () => {
  const { window, look, asked } = watched(answer(200, '"1"'));
  window.document.hidden = true;
  await look();
  assert.equal(asked.length, 0);
  window.document.hidden = false;
  await Promise.all([look(), look(), look()]);
  assert.equal(asked.length, 1);
});

test("a live log that is lost is told as well, by the one banner, and asks at once whether it is the whole server", async () => {
  const { window, look, said, asked } = watched(answer(200, '"1"'));
  await look();
  const tell = window.onescreen.watch.tell, before = asked.length;
  tell("live", true, new Date("2026-11-22T01:02:03"));
  assert.match(banner(window).textContent, /^实时断了 \d+:\d+:\d+$/);
  assert.equal(asked.length, before + 1);
  await look(); // the one that is under way
  await look(new Error("refused"));
  assert.match(banner(window).textContent, /^断了/, "the server that is lost has the log with it");
  await look(answer(200, '"1"'));
  assert.match(banner(window).textContent, /^实时断了/, "the log is not back yet");
  tell("live", false, new Date());
  assert.equal(banner(window), null);
  assert.deepEqual(said.filter(([kind]) => kind === "connection"), [["connection", false], ["connection", true]], "told once, for all that is lost");
});
