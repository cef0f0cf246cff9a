/* What has been decided here and is not yet acknowledged by the server: steps of the desk, reports of the phone. Pure; in the page and in node.

   An item is `waiting` (not sent, or without an answer), `sending`, `done` or `refused`. Nothing is ever dropped for want of an answer. */
(function (root) {
  "use strict";
  const WAITS_MS = [1000, 2000, 5000, 10_000, 30_000]; // between tries in a row; the last one for ever

  const create = (items = []) => ({ items: items.map((item) => (item.state === "sending" ? { ...item, state: "waiting" } : item)), tries: 0, due: 0 });

  /** With one more item; one with the same key takes the place of the old one. */
  const add = (box, item) => ({ ...box, due: 0, items: [...box.items.filter((one) => one.key !== item.key), { state: "waiting", ...item }] });

  /** The item to send now, oldest first, one at a time; null while one is on its way, nothing waits, or it is too early. */
  function next(box, now) {
    if (now < box.due || box.items.some((item) => item.state === "sending")) return null;
    return box.items.find((item) => item.state === "waiting") || null;
  }

  const change = (box, key, more) => ({ ...box, items: box.items.map((item) => (item.key === key ? { ...item, ...more } : item)) });
  const sending = (box, key) => change(box, key, { state: "sending" });

  /** The server's word: `{ok, body}` when it answered; `null` when nothing came back, and then the same item is tried again later. */
  function answered(box, key, answer, now) {
    if (answer === null) return { ...change(box, key, { state: "waiting" }), tries: box.tries + 1, due: now + WAITS_MS[Math.min(box.tries, WAITS_MS.length - 1)] };
    return { ...change(box, key, { state: answer.ok ? "done" : "refused", answer: answer.body }), tries: 0, due: 0 };
  }

  /** The network is back: try at once. */
  const hurry = (box) => ({ ...box, tries: 0, due: 0 });
  const forget = (box, key) => ({ ...box, items: box.items.filter((item) => item.key !== key) });
  const pending = (box) => box.items.filter((item) => item.state === "waiting" || item.state === "sending");

  const api = { WAITS_MS, create, add, next, sending, answered, hurry, forget, pending };
  const app = (root.onescreen = root.onescreen || {});
  app.outbox = api;
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
