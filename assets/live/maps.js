/* Joins the live overlay to the page's map (`config.map`), also when React makes the map anew; and the switches of its layers. */
(function (root) {
  "use strict";
  const app = (root.onescreen = root.onescreen || {});
  app.live = app.live || {};
  if (typeof document === "undefined") return;
  const KEPT = "onescreen-live-layers-"; // and the page's name: which layers are on, remembered by this browser
  const ASKED = { // layer → what it needs from the server, and for how long that holds
    heat: { url: "/api/network/heat", ms: 60_000 }, hotspots: { url: "/api/network/hotspots", ms: 60_000 }, cameras: { url: "/api/network/cameras", ms: 600_000 },
  };
  const catalogue = { heat: [], hotspots: [], cameras: [] };
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
      const answer = await fetch(ASKED[layer].url, { cache: "no-cache" });
      if (!answer.ok) throw new Error(String(answer.status));
      const body = await answer.json();
      catalogue[layer] = layer === "heat" ? weighed(body) : body[layer] || body.items || body.rows || body;
      if (overlay) { overlay.heatChanged(); overlay.again(); }
    } catch { asked[layer] = performance.now() - ASKED[layer].ms + 5000; }
    return catalogue[layer];
  }

  const weighed = (body) => (body.points || body.items || body).map((one) => (Array.isArray(one) ? [one[0], one[1], one[2] || 1] : [one.lon, one.lat, one.n || 1]));

  /* ---- picking ---- */
  function picked(found) {
    const { group } = found;
    if (found.kind === "incident") return app.live.open(group.row.id);
    if (found.kind !== "group") return app.live.about(found);
    const zoom = joined.getZoom(), most = Math.min(joined.getMaxZoom(), 18);
    if (zoom >= most || group.ids.size <= 1) return app.live.list([...group.ids]);
    const rows = [...group.ids].map((id) => app.live.now.state.rows.get(id)).filter(Boolean);
    const bounds = root.L.latLngBounds(rows.map(({ lat, lon }) => [lat, lon]));
    if (joined.getBoundsZoom(bounds.pad(0.1)) <= zoom) return app.live.list([...group.ids]);
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
