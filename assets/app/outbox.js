/* What has been decided here and is not yet acknowledged by the server: steps of the desk, reports of the phone. Pure; in the page and in node.

   An item is `waiting` (not sent, or without an answer), `sending`, `done` or `refused`. Nothing is ever dropped for want of an answer. */
(function (root) {
  "use strict";
  const WAITS_MS = [1000, 2000, 5000, 10_000, 30_000]; // between tries in a row; the last one for ever

  const waitsAgain = (item) => (item.state === "sending" ? { ...item, state: "waiting" } : item);
  const create = (items = []) => ({ items: items.map(waitsAgain), tries: 0, due: 0 });

  /** With one more item; one with the same key takes the place of the old one. */
  const add = (box, item) => ({ ...box, due: 0, items: [...box.items.filter((one) => one.key !== item.key), { state: "waiting", ...item }] });

  /** The item to send now, oldest first, one at a time; null while one is on its way, nothing waits, or it is too early. `may(item)` leaves out
      what is not ours to send. */
  function next(box, now, may = () => true) {
    if (now < box.due || box.items.some((item) => item.state === "sending")) return null;
    return box.items.find((item) => item.state === "waiting" && now >= (item.due || 0) && may(item)) || null;
  }

  const change = (box, key, more) => ({ ...box, items: box.items.map((item) => (item.key === key ? { ...item, ...more } : item)) });
  const sending = (box, key) => change(box, key, { state: "sending" });
  const pause = (tries) => WAITS_MS[Math.min(tries, WAITS_MS.length - 1)];
  const triesOf = (box, key) => (box.items.find((item) => item.key === key) || {}).tries || 0;

  /** The server's word: `{ok, body}` when it answered; `{later: status}` when it could not take this item, which is tried again while those
      behind it go on; `null` when nothing came back, and then everything waits and the same item is tried again first. */
  function answered(box, key, answer, now) {
    const tries = triesOf(box, key) + 1;
    if (answer === null) return { ...change(box, key, { state: "waiting", tries }), tries: box.tries + 1, due: now + pause(box.tries) };
    if (answer.later) return { ...change(box, key, { state: "waiting", tries, later: answer.later, due: now + pause(tries - 1) }), tries: 0, due: 0 };
    return { ...change(box, key, { state: answer.ok ? "done" : "refused", answer: answer.body }), tries: 0, due: 0 };
  }

  /** The network is back: try at once. */
  const hurry = (box) => ({ ...box, tries: 0, due: 0, items: box.items.map((item) => (item.due ? { ...item, due: 0 } : item)) });
  const forget = (box, key) => ({ ...box, items: box.items.filter((item) => item.key !== key) });
  const pending = (box) => box.items.filter((item) => item.state === "waiting" || item.state === "sending");

  /** Steps that were decided together, in a row, on the same incident: what was seen by the later ones is what the first one made. */
  function followed(box, id, from, to) {
    const moved = (item) => (item.seqs && item.seqs[id] === from ? { ...item, seqs: { ...item.seqs, [id]: to } } : item);
    return { ...box, items: box.items.map(moved) };
  }

  const api = { WAITS_MS, create, add, next, sending, answered, hurry, forget, pending, followed };
  const app = (root.onescreen = root.onescreen || {});
  app.outbox = api;
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
