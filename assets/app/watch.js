/* Notices a new snapshot, a lost server and its return. One small conditional request every few seconds, none while the page is hidden. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const EVERY_MS = 5000;
  const MANIFEST = "/pack/manifest.json";
  let seen = null;
  let lost = false;

  async function stamp() {
    const answer = await fetch(MANIFEST, { cache: "no-cache" }); // a conditional request: 304 and no body while nothing changed
    if (answer.status === 404) return "";
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.headers.get("etag") || "";
  }

  function said(key) {
    const place = document.getElementById("toast");
    return (place && place.dataset[key]) || "";
  }

  async function look() {
    if (document.hidden) return;
    try {
      const now = await stamp();
      if (lost) app.toast("");
      lost = false;
      if (seen !== null && now !== seen) arrived(seen, now);
      seen = now;
    } catch {
      if (!lost) app.toast(said("offline"), "late");
      lost = true;
    }
  }

  function arrived(before, now) {
    if (!before) return location.reload(); // the first town of this installation
    document.dispatchEvent(new CustomEvent("onescreen:snapshot", { detail: now }));
  }

  app.watch = { look, every: setInterval(look, EVERY_MS) };
  document.addEventListener("visibilitychange", look);
  window.addEventListener("load", look);
})();
