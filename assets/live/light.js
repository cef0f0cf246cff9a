/* How the live connection is and how old what it tells: `[data-live-light]`, the age of every feed: `[data-live-feeds]`, and the map that fades when
   nothing is heard. Written once a second, and only where the words are others. */
(function (root) {
  "use strict";
  const app = (root.onescreen = root.onescreen || {});
  app.live = app.live || {};
  const SOON = 90_000; // under this an age is said in seconds

  /** An age in words: seconds, minutes, hours, days. `words` has age_s, age_m, age_h, age_d. */
  function age(ms, words) {
    const s = Math.max(0, Math.round(ms / 1000));
    const [n, unit] = ms < SOON ? [s, "s"] : s < 5400 ? [Math.round(s / 60), "m"] : s < 129_600 ? [Math.round(s / 3600), "h"] : [Math.round(s / 86_400), "d"];
    return words[`age_${unit}`].replace("{n}", n);
  }

  /** What stands beside the light. */
  function said(status, silent, words) {
    return status === "live" ? words.live : words[status].replace("{age}", age(silent, words));
  }

  app.live.light = { age, said };
  if (typeof module !== "undefined") module.exports = app.live.light;
  if (typeof document === "undefined") return;

  const set = (element, text) => { if (element && element.textContent !== text) element.textContent = text; };

  function tick() {
    const { now: client, config } = app.live;
    if (!client) return;
    const words = config.words, status = client.status(), silent = Date.now() - client.heard();
    for (const place of document.querySelectorAll("[data-live-light]")) {
      if (place.dataset.state !== status) place.dataset.state = status;
      set(place.querySelector(".live-said"), said(status, silent, words));
    }
    feeds(client, words, status === "live" ? 0 : silent);
  }

  /* Ages that the server has told grow by what has passed since it told them. */
  function feeds(client, words, silent) {
    for (const list of document.querySelectorAll("[data-live-feeds]")) {
      const rows = client.state.feeds.slice(0, Number(list.dataset.liveFeeds) || 12);
      while (list.children.length > rows.length) list.lastChild.remove();
      rows.forEach((feed, i) => row(list.children[i] || list.appendChild(blank()), feed, silent, words));
    }
  }

  function blank() {
    const item = document.createElement("li");
    item.className = "live-feed";
    for (const part of ["live-feed-name", "live-feed-age"]) item.appendChild(Object.assign(document.createElement("span"), { className: part }));
    return item;
  }

  function row(item, feed, silent, words) {
    const state = silent ? "unknown" : feed.state;
    if (item.dataset.state !== state) item.dataset.state = state;
    const none = feed.age_s === null || feed.age_s === undefined;
    set(item.children[0], app.live.names.of(feed));
    set(item.children[1], none ? words.never : age(feed.age_s * 1000 + silent, words));
  }

  document.addEventListener("onescreen:live-state", tick);
  setInterval(tick, 1000);
})(typeof self !== "undefined" ? self : globalThis);
