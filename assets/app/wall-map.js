/* The map of the wall: the one engine of assets/map, flown from picture to picture. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const MAP = "wall-map";
  const FLIGHT_S = 1.2;
  const LARGER = { 1: 2.8, 2: 1.6 }; // red and orange dots: what matters must carry across a room
  const VISIT_ZOOM = 17; // streets and single houses
  const TOUR_ZOOM = 14; // the nearest at which houses are dots, so that red ones can be drawn larger
  let handle = null;
  let shown = null; // the picture that is on
  let size = ""; // of the map when it was last fitted
  let visited = null; // a place that goes before the picture

  function attach() {
    handle = app.map.attach(MAP, {
      scheme: app.look(),
      language: document.documentElement.lang.slice(0, 2),
      textScale: () => app.textScale(14), // names grow with the wall
      wholeLabels: true,
      onError: (message) => console.info("map: " + message),
    });
    arrive();
  }

  /* React may make the Leaflet map after the first picture is due. */
  function arrive() {
    if (!handle.map) return requestAnimationFrame(arrive);
    requestAnimationFrame(() => {
      size = ""; // dash-leaflet sets its own bounds first
      resized();
      fly(false);
    });
  }

  function show(picture) {
    if (!document.getElementById(MAP)) return;
    if (!handle) attach();
    const before = shown;
    shown = picture;
    handle.set({
      layers: picture.layers, levels: picture.levels, classes: null, larger: app.dots(LARGER, app.textScale(14)), stale: picture.aged,
      selected: picture.spot === null || picture.spot === undefined ? null : { layer: "areas", ordinal: picture.spot },
    });
    if (!before || String(before.box) !== String(picture.box)) fly(Boolean(before));
  }

  /* There and back again: {lon, lat}, or null for the picture that is on. */
  function visit(place) {
    if (!place && !visited) return;
    visited = place;
    fly(true);
  }

  function fly(moving) {
    if (!handle || !handle.map || !shown || !shown.box) return;
    if (visited) return near(moving);
    const still = !moving || document.hidden || window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const [west, south, east, north] = shown.box;
    const gap = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const options = { padding: [gap, gap], maxZoom: shown.stop ? TOUR_ZOOM : 17, animate: !still, duration: FLIGHT_S };
    const bounds = [[south, west], [north, east]];
    if (still) handle.map.fitBounds(bounds, options);
    else handle.map.flyToBounds(bounds, options);
  }

  function near(moving) {
    const still = !moving || document.hidden || window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const at = [visited.lat, visited.lon];
    if (still) handle.map.setView(at, VISIT_ZOOM, { animate: false });
    else handle.map.flyTo(at, VISIT_ZOOM, { duration: FLIGHT_S });
  }

  /* The place of the map may have changed with the scene or the window. */
  function resized() {
    if (!handle || !handle.map) return;
    const box = handle.map.getContainer();
    const now = `${box.clientWidth}x${box.clientHeight}`;
    if (now === size) return;
    const first = !size;
    size = now;
    handle.map.invalidateSize({ animate: false, pan: false });
    if (!first) fly(false);
  }

  document.addEventListener("onescreen:map-ready", () => (document.documentElement.dataset.mapSeen = "1"));
  document.addEventListener("onescreen:look", (event) => handle && handle.set({ scheme: event.detail }));
  document.addEventListener("onescreen:snapshot", () => handle && handle.load("/pack/manifest.json"));

  app.wallMap = { show, visit, resized, handle: () => handle };
})();
