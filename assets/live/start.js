/* Starts the one client of a page that has an element `[data-live]` (screen/live.py), tells the page what it hears, and how the connection is.

   Events on `document`: `onescreen:live` {changed, gone, fresh (sets of ids), at, alerts, positions, feeds, whole, state, now}, at most one a frame;
   `onescreen:live-state` {status, heard}; `onescreen:live-painted` {seq, ms} after the frame that shows it. */
(function (root) {
  "use strict";
  const app = (root.onescreen = root.onescreen || {});
  app.live = app.live || {};
  if (typeof document === "undefined") return;
  const TELL_MS = 5000; // between two reports of how long painting took
  const MOST = 200; // instants in one of them
  let paints = [];
  let told = 0;

  function begin(place) {
    const config = JSON.parse(place.dataset.live), scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const client = app.live.client.create({
      url: (query) => `${scheme}//${location.host}/live${query ? "?" + query : ""}`,
      open: (url) => new WebSocket(url),
      every: (ms, run) => setInterval(run, ms), after: (ms, run) => setTimeout(run, ms),
      cancel: (timer) => { clearTimeout(timer); clearInterval(timer); },
      frame: (run) => requestAnimationFrame(run), now: () => Date.now(), hidden: () => document.hidden, random: Math.random,
      area: config.area, page: config.page, onNews: (news) => heard(client, news), onStatus: (status) => tell(client, status),
    });
    Object.assign(app.live, { config, now: client, page: { now: client.serverNow, client, state: client.state } });
    app.live.names.ready();
    client.start();
    tell(client, client.status());
    document.dispatchEvent(new CustomEvent("onescreen:live-begun", { detail: { config, client } }));
    root.addEventListener("pagehide", client.stop);
    root.addEventListener("pageshow", client.start); // from the browser's own memory of pages
  }

  function heard(client, news) {
    const detail = { ...news, state: client.state, now: client.serverNow() };
    document.dispatchEvent(new CustomEvent("onescreen:live", { detail }));
    document.documentElement.dataset.liveSeq = client.state.seq;
    if (news.at.length && !document.hidden) setTimeout(() => painted(client, news.at), 0); // the frame that we are in has been painted then
  }

  function painted(client, at) {
    const now = client.serverNow(), ms = at.map((one) => Math.max(0, Math.round(now - one)));
    paints = [...paints, ...ms].slice(-MOST);
    document.dispatchEvent(new CustomEvent("onescreen:live-painted", { detail: { seq: client.state.seq, ms } }));
    if (performance.now() - told < TELL_MS) return;
    told = performance.now();
    client.send({ kind: "paint", ms: paints });
    app.live.paintMs = percentile(paints, 0.95);
    paints = [];
  }

  const percentile = (all, share) => [...all].sort((a, b) => a - b)[Math.min(all.length - 1, Math.floor(all.length * share))];

  function tell(client, status) {
    document.documentElement.dataset.live = status;
    if (app.watch) app.watch.tell("live", status === "lost", new Date(client.heard()));
    document.dispatchEvent(new CustomEvent("onescreen:live-state", { detail: { status, heard: client.heard() } }));
  }

  /* Pages are drawn after scripts have run: look until there is one, and not before all scripts are there. */
  const drawn = new MutationObserver(look);
  document.addEventListener("DOMContentLoaded", look);
  function look() {
    if (document.readyState === "loading") return;
    const place = !app.live.now && document.querySelector("[data-live]");
    if (!place) return;
    drawn.disconnect();
    begin(place);
  }
  drawn.observe(document.documentElement, { childList: true, subtree: true });
})(typeof self !== "undefined" ? self : globalThis);
