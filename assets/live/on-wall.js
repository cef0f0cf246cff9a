/* What is live on the wall beside its map: an alarm holds the scene and brings the map there and back, and panels of the network are asked for anew
   after something has changed, at most every two seconds, else every half minute, since lights turn without an event. */
(function (root) {
  "use strict";
  const app = (root.onescreen = root.onescreen || {});
  if (typeof document === "undefined") return;
  const SOONEST_MS = 2000, LATEST_MS = 30_000;
  let asked = 0, changed = true;

  document.addEventListener("onescreen:live-alarm", function ({ detail: { row, flood } }) {
    if (!document.querySelector(".wall")) return;
    app.wall.hold(Boolean(row) && !flood);
    app.wallMap.visit(row && row.lon !== null && !flood ? { lon: row.lon, lat: row.lat } : null);
    if (app.live.shown) app.live.shown.select(row ? row.id : null);
  });

  document.addEventListener("onescreen:live", ({ detail }) => (changed = changed || detail.changed.size > 0 || detail.gone.size > 0));

  function ask() {
    const since = performance.now() - asked;
    if (!app.live || !app.live.now || document.hidden || !document.getElementById("wall-network") || app.live.now.status() === "lost") return;
    if (since < (changed ? SOONEST_MS : LATEST_MS) || !root.dash_clientside || !root.dash_clientside.set_props) return;
    asked = performance.now();
    changed = false;
    root.dash_clientside.set_props("wall-tick", { data: app.live.now.state.seq + asked / 1e9 });
  }
  setInterval(ask, 500);
})(typeof self !== "undefined" ? self : globalThis);
