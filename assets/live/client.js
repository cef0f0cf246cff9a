/* Follows /live: one socket, for ever. What it is given (socket, timers, frames) makes it run in the page and in node.

   status: "live"; "trying" when the socket has gone and the last word is younger than two heartbeats; "lost" from then on. */
(function (root) {
  "use strict";
  const LOST_MS = 4000; // two heartbeats
  const BACK_OFF_MS = [250, 500, 1000, 2000, 3000]; // of tries in a row; the last one for ever
  const HIDDEN_MS = 1000; // between two notices while nobody looks: frames do not come then
  const OFFSET_MS = 30_000; // for so long the best estimate of the server's clock is kept
  const LONGEST = 256; // instants of frames that are kept until they have been told

  /**
   * `options`: url(query) → address, open(address) → WebSocket, every(ms, f), after(ms, f), cancel(timer), frame(f), now(), hidden(),
   * area and page (told to the server, which shows a wall less), random(), onNews(news), onStatus(status). Gives {state, start, stop, send, status(), heard(), serverNow()}.
   */
  function create(options, state = root.onescreen.live.state) {
    const me = {
      known: state.create(), status: "trying", heard: -Infinity, opened: -Infinity, tries: 0, socket: null, retry: null, watch: null, due: null,
      news: null, best: -Infinity, next: -Infinity, turned: -Infinity, ended: true,
    };

    function start() {
      if (!me.ended) return;
      me.ended = false;
      me.heard = options.now(); // a first try gets two heartbeats as well
      me.watch = options.every(1000, look);
      connect();
    }

    function stop() {
      me.ended = true;
      options.cancel(me.watch);
      options.cancel(me.retry);
      options.cancel(me.due);
      me.due = me.retry = me.watch = null;
      leave();
    }

    function leave() {
      const socket = me.socket;
      me.socket = null;
      if (!socket) return;
      socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
      try { socket.close(); } catch { /* it was never open */ }
    }

    function connect() {
      me.retry = null;
      me.opened = options.now();
      const query = new URLSearchParams();
      if (me.known.epoch) { query.set("since", me.known.seq); query.set("epoch", me.known.epoch); }
      for (const name of ["area", "page"]) if (options[name]) query.set(name, options[name]);
      leave();
      try {
        const socket = (me.socket = options.open(options.url(query.toString())));
        socket.onmessage = ({ data }) => heard(data);
        socket.onclose = socket.onerror = () => gone(socket);
      } catch { again(); }
    }

    function gone(socket) {
      if (socket !== me.socket) return;
      leave();
      if (me.status === "live") tell("trying");
      again();
    }

    /* A little earlier than the step says, so that a hundred walls do not come back in the same instant. */
    function again() {
      if (me.ended || me.retry) return;
      const step = BACK_OFF_MS[Math.min(me.tries++, BACK_OFF_MS.length - 1)];
      me.retry = options.after(step * (1 - 0.3 * options.random()), connect);
    }

    /** The same connection is of no use: what is known is forgotten by its number, not from the screen. */
    function resync() {
      me.known.epoch = "";
      leave();
      again();
    }

    function heard(data) {
      const frame = JSON.parse(data);
      me.heard = options.now();
      if (typeof frame.at === "number") setClock(frame.at - me.heard);
      const news = state.take(me.known, frame);
      if (news.resync) { notice(news, frame); return resync(); }
      me.tries = 0;
      if (me.status !== "live") tell("live");
      notice(news, frame);
    }

    /* The server's clock less ours: the largest difference seen is that of the frame that was on its way for the shortest time. */
    function setClock(difference) {
      if (me.heard - me.turned > OFFSET_MS) Object.assign(me, { best: me.next, next: -Infinity, turned: me.heard });
      me.next = Math.max(me.next, difference);
      me.best = Math.max(me.best, difference);
    }

    /* One notice a frame of the screen, however many frames of the socket; once a second where frames do not come. */
    function notice(news, frame) {
      if (!me.news) me.news = { changed: new Set(), gone: new Set(), fresh: new Set(), at: [], alerts: false, positions: false, feeds: false, whole: false, resync: "" };
      const all = me.news;
      for (const id of news.changed) { all.changed.add(id); all.gone.delete(id); }
      for (const id of news.gone) { all.gone.add(id); all.changed.delete(id); all.fresh.delete(id); }
      for (const id of news.fresh) all.fresh.add(id);
      for (const kind of ["alerts", "positions", "feeds", "whole"]) all[kind] = all[kind] || news[kind];
      all.resync = all.resync || news.resync;
      if (frame.kind === "delta" && all.at.length < LONGEST) all.at.push(frame.at);
      if (me.due) return;
      me.due = options.after(HIDDEN_MS, flush);
      if (!options.hidden()) options.frame(flush);
    }

    function flush() {
      if (!me.due) return; // the other of both has come first
      options.cancel(me.due);
      const news = me.news;
      me.due = me.news = null;
      if (news && !me.ended) options.onNews(news);
    }

    function look() {
      const silent = options.now() - me.heard;
      if (silent < LOST_MS) return;
      if (me.status !== "lost") tell("lost");
      if (me.socket && options.now() - me.opened >= LOST_MS) gone(me.socket); // half open, or never answered
    }

    function tell(status) {
      me.status = status;
      options.onStatus(status);
    }

    return {
      state: me.known, start, stop,
      status: () => me.status,
      heard: () => me.heard,
      serverNow: () => options.now() + (Number.isFinite(me.best) ? me.best : 0),
      send(message) {
        if (!me.socket || me.socket.readyState !== 1) return false;
        me.socket.send(JSON.stringify(message));
        return true;
      },
    };
  }

  const api = { create, LOST_MS, BACK_OFF_MS };
  root.onescreen = root.onescreen || {};
  root.onescreen.live = Object.assign(root.onescreen.live || {}, { client: api });
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
