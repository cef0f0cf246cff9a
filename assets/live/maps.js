/* Joins the live overlay to the page's map (`config.map`), also when React makes the map anew; and the switches of its layers. */
(function (root) {
  "use strict";
  const app = (root.onescreen = root.onescreen || {});
  app.live = app.live || {};
  if (typeof document === "undefined") return;
  const SPOT_DEG = 1e-5; // about a metre: no zoom would tell apart what lies within
  const KEPT = "onescreen-live-layers-"; // and the page's name: which layers are on, remembered by this browser
  const HEAT_H = 24; // hours back that the heat goes, beside what is open
  const DAYS = 30, AROUND_M = 50; // of a hot spot, as in the town's table of figures unless that says otherwise
  const ASKED = { // layer → what it needs from the server, and for how long that holds
    heat: { url: `/api/network/heat?hours=${HEAT_H}`, ms: 60_000 }, hotspots: { url: `/api/network/hotspots?m=${AROUND_M}&days=${DAYS}`, ms: 60_000 }, cameras: { url: "/api/network/cameras", ms: 600_000 },
  };
  const catalogue = { heat: [], heatSince: -Infinity, heatAt: -Infinity, hotspots: [], cameras: [] };
  const asked = {}; // layer → when, by performance.now()
  let overlay = null;
  let joined = null; // the Leaflet map it is on

  const wall = () => document.documentElement.dataset.place === "wall";
  const scale = () => (wall() ? 1.15 * app.textScale(14) : Math.max(1, app.textScale(16)));

  function join() {
    const { config, now: client } = app.live;
    if (!client || !config.map) return;
    const handle = app.map.shown(config.map), map = handle && handle.map;
    if (map === joined) return;
    if (overlay) overlay.remove();
    joined = map;
    overlay = map ? app.live.overlay.attach(map, { state: client.state, now: client.serverNow, scale, catalogue, onPick: picked }) : null;
    app.live.shown = overlay;
    if (!overlay) return;
    handle.covered = (point) => joined === map && Boolean(overlay.pick(point)); // a click on a mark means the mark
    Object.assign(overlay.on, remembered());
    marks();
    overlay.again();
  }

  /* ---- which layers ---- */
  function remembered() {
    try { return JSON.parse(localStorage.getItem(KEPT + app.live.config.page)) || {}; } catch { return {}; }
  }

  function turn(name) {
    if (!overlay) return;
    overlay.turn(name, !overlay.on[name]);
    try { localStorage.setItem(KEPT + app.live.config.page, JSON.stringify(overlay.on)); } catch { /* a browser that keeps nothing */ }
    marks();
    ask();
  }

  function marks() {
    for (const button of document.querySelectorAll("[data-act=live-layer]")) {
      const said = String(Boolean(overlay && overlay.on[button.dataset.target]));
      if (button.getAttribute("aria-pressed") !== said) button.setAttribute("aria-pressed", said);
    }
  }

  /* What layers need that the socket does not tell, while they are on. */
  function ask() {
    for (const [layer, { ms }] of Object.entries(ASKED)) {
      if (overlay && overlay.on[layer] && !document.hidden && !(performance.now() - asked[layer] < ms)) fill(layer);
    }
  }

  /** Fill a part of the catalogue now; resolves with it. What could not be had stays as it was and is asked for again soon. */
  async function fill(layer) {
    asked[layer] = performance.now();
    try {
      const answer = await fetch(app.live.masked(ASKED[layer].url), { cache: "no-cache" });
      if (!answer.ok) throw new Error(String(answer.status));
      const at = app.live.now.serverNow(), { rows } = await answer.json();
      catalogue[layer] = layer === "hotspots" ? rows.map((row) => ({ ...row, radius_m: AROUND_M, days: DAYS })) : rows;
      if (layer === "heat") Object.assign(catalogue, { heatAt: at, heatSince: at - HEAT_H * 3_600_000 });
      if (overlay) { overlay.heatChanged(); overlay.again(); }
    } catch { asked[layer] = performance.now() - ASKED[layer].ms + 5000; }
    return catalogue[layer];
  }

  /* ---- picking ---- */
  function picked(found) {
    const { group } = found;
    if (found.kind === "incident") return app.live.open(group.row.id);
    if (found.kind !== "group") return app.live.about(found);
    const zoom = joined.getZoom(), most = Math.min(joined.getMaxZoom(), 18);
    if (zoom >= most || group.ids.size <= 1) return app.live.list([...group.ids]);
    const rows = [...group.ids].map((id) => app.live.now.state.rows.get(id)).filter(Boolean);
    const bounds = root.L.latLngBounds(rows.map(({ lat, lon }) => [lat, lon]));
    const spot = bounds.getNorth() - bounds.getSouth() < SPOT_DEG && bounds.getEast() - bounds.getWest() < SPOT_DEG;
    if (spot || joined.getBoundsZoom(bounds.pad(0.1)) <= zoom) return app.live.list([...group.ids]);
    const still = root.matchMedia("(prefers-reduced-motion: reduce)").matches;
    joined.flyToBounds(bounds.pad(0.2), { animate: !still, maxZoom: most, duration: 0.6 });
  }

  app.acts = app.acts || {};
  app.acts["live-layer"] = (button) => turn(button.dataset.target);
  document.addEventListener("onescreen:live", ({ detail }) => overlay && overlay.take(detail));
  document.addEventListener("onescreen:live-begun", join);
  setInterval(() => { join(); marks(); ask(); }, 1000);
  Object.assign(app.live, { catalogue, fill, join });
})(typeof self !== "undefined" ? self : globalThis);
