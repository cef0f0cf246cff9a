/* Notices a new snapshot, a lost server and its return. One small conditional request every few seconds, none while the page is hidden.
   A lost server is told within two periods: the request is given up before the next one is due. Where a page follows the live log, that tells of a
   loss as well, and sooner (assets/live/start.js); both are one banner. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const EVERY_MS = 5000;
  const GIVE_UP_MS = 4000; // a server that hangs, or a network that swallows, is lost as well
  const MANIFEST = "/pack/manifest.json";
  let seen = null; // the stamp of the snapshot on show; "" where there is none
  const heard = { server: new Date(), live: null }; // when there was last an answer
  const missing = { server: false, live: false };
  const lost = () => missing.server || missing.live;
  let asking = null; // the request under way

  async function stamp() {
    const answer = await fetch(MANIFEST, { cache: "no-cache", signal: AbortSignal.timeout(GIVE_UP_MS) }); // 304 and no body while nothing changed
    if (answer.status === 204) return "";
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.headers.get("etag") || "";
  }

  /* One request at a time, however many events ask for one. */
  function look() {
    if (document.hidden) return Promise.resolve();
    if (!asking) asking = ask().finally(() => (asking = null));
    return asking;
  }

  async function ask() {
    try {
      const now = await stamp();
      const before = seen;
      const back = missing.server;
      seen = now;
      tell("server", false, new Date());
      if (before !== null && (now !== before || (back && now))) arrived(before, now);
    } catch {
      tell("server", true);
    }
  }

  /* Loud, at the top of every page and on top of everything, until the server answers again. Not within what Dash renders.
     `what` is "server" or "live"; what is lost with the server is told with it. */
  function tell(what, now, when) {
    if (when) heard[what] = when;
    if (now === missing[what]) return;
    const before = lost();
    missing[what] = now;
    document.documentElement.dataset.connection = lost() ? "lost" : "live";
    const old = document.getElementById("connection");
    if (old) old.remove();
    if (lost()) document.body.append(banner());
    if (lost() !== before) document.dispatchEvent(new CustomEvent("onescreen:connection", { detail: { ok: !lost(), heard: heard[what] } }));
    if (what === "live" && now) look(); // is it the whole server?
  }

  function banner() {
    const place = document.getElementById("toast"), what = missing.server ? "server" : "live";
    const said = (place && (what === "live" ? place.dataset.liveOffline : place.dataset.offline)) || "";
    const bar = document.createElement("div");
    bar.id = bar.className = "connection";
    bar.setAttribute("role", "alert");
    bar.textContent = said.replace("{when}", heard[what].toLocaleTimeString(document.documentElement.lang, { hour12: false }));
    return bar;
  }

  /* Also after a loss without a new snapshot: what was asked for meanwhile has not been answered. */
  function arrived(before, now) {
    if (!before) return location.reload(); // the first town of this installation
    document.dispatchEvent(new CustomEvent("onescreen:snapshot", { detail: now }));
  }

  app.watch = { look, tell, every: setInterval(look, EVERY_MS), lost };
  document.addEventListener("visibilitychange", look);
  for (const event of ["load", "online", "offline", "pageshow"]) window.addEventListener(event, look);
})();
