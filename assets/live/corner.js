/* The wall's own corner (key i): its memory, the time between frames, from event to picture, and when the server was last heard; told to the
   server every 30 s, which shows it on /health. */
(function (root) {
  "use strict";
  const app = (root.onescreen = root.onescreen || {});
  app.live = app.live || {};
  const TELL_MS = 30_000, FRAMES = 30;

  /** The value under which a share of all lies; null of none. */
  function under(all, share) {
    return all.length ? [...all].sort((a, b) => a - b)[Math.min(all.length - 1, Math.floor(all.length * share))] : null;
  }

  app.live.corner = { under };
  if (typeof module !== "undefined") module.exports = app.live.corner;
  if (typeof document === "undefined") return;
  let frame = null; // ms, 95 % of the last sample
  let paint = null;
  let sampling = false;

  /* A sample of some frames: watching all of them would keep a resting wall awake. */
  function sample(then) {
    if (sampling || document.hidden) return then();
    const took = [];
    sampling = true;
    let last = performance.now();
    requestAnimationFrame(function next(now) {
      took.push(now - last);
      last = now;
      if (took.length < FRAMES) return requestAnimationFrame(next);
      sampling = false;
      frame = under(took.slice(1), 0.95);
      then();
    });
  }

  const heapMB = () => (performance.memory ? performance.memory.usedJSHeapSize / 2 ** 20 : null);
  const ageS = () => (app.live.now ? Math.max(0, (Date.now() - app.live.now.heard()) / 1000) : null);
  const rounded = (value, digits = 0) => (value === null || !Number.isFinite(value) ? null : Number(value.toFixed(digits)));

  function measured() {
    return { heap: performance.memory ? performance.memory.usedJSHeapSize : null, frame_ms: rounded(frame, 1), paint_ms: rounded(paint), age_s: rounded(ageS(), 1), nodes: document.getElementsByTagName("*").length, page: app.live.config.page };
  }

  function tell() {
    if (!app.live.now) return;
    sample(() => app.live.now.send({ kind: "health", ...measured() }));
  }

  // ── the corner ──
  const corner = () => document.getElementById("live-corner");

  function draw() {
    const place = corner();
    if (!place || place.hidden) return;
    const words = app.live.config.words, value = (one, digits, unit) => (one === null ? "—" : `${one.toFixed(digits)} ${unit}`);
    const rows = [["heap", value(heapMB(), 1, "MB")], ["frame", value(frame, 1, "ms")], ["paint", value(paint, 0, "ms")], ["age", value(ageS(), 1, "s")]];
    rows.forEach(([name, said], i) => {
      const row = place.children[i] || place.appendChild(app.el("div", {}, app.el("dt", {}, words[`corner_${name}`]), app.el("dd", {})));
      if (row.lastChild.textContent !== said) row.lastChild.textContent = said;
    });
  }

  function turn() {
    if (!app.live.config) return;
    let place = corner();
    if (!place) document.body.append((place = app.el("dl.live-corner", { id: "live-corner", "aria-label": app.live.config.words.corner, hidden: true })));
    place.hidden = !place.hidden;
    if (!place.hidden) sample(draw);
    draw();
  }

  document.addEventListener("onescreen:live-painted", ({ detail }) => (paint = under(detail.ms, 0.95)));
  setInterval(tell, TELL_MS);
  setInterval(() => corner() && !corner().hidden && sample(draw), 1000);
  Object.assign(app.live.corner, { turn, tell });
})(typeof self !== "undefined" ? self : globalThis);
