/* The picture of the town on the first page: the one engine of assets/map, looked at and not moved. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const MAP = "door-map";
  const LARGER = { 1: 2.6, 2: 1.5 }; // red and orange dots: where things stand badly is what the picture says
  let handle = null;
  let box = null;
  let size = ""; // of the picture when the town was last fitted into it

  function attach() {
    handle = app.map.attach(MAP, {
      scheme: app.look(),
      language: document.documentElement.lang.slice(0, 2),
      textScale: () => app.textScale(),
      onError: (message) => console.info("map: " + message),
    });
    arrive();
  }

  /* React may make the Leaflet map after the picture is due. */
  function arrive() {
    if (!handle.map) return requestAnimationFrame(arrive);
    new ResizeObserver(fit).observe(handle.map.getContainer());
    requestAnimationFrame(() => ((size = ""), fit())); // dash-leaflet sets its own bounds first
  }

  /* The town stands in what the figures leave free. */
  function fit() {
    if (!handle.map || !box) return;
    const all = handle.map.getContainer().getBoundingClientRect();
    const now = `${all.width}x${all.height}${box}`;
    if (now === size || !all.width) return;
    size = now;
    handle.map.invalidateSize({ animate: false, pan: false });
    const told = document.getElementById("door-told").getBoundingClientRect();
    const beside = told.top < all.bottom - 1 && told.right < all.right ? told.right - all.left : 0;
    const gap = all.height / 12;
    const fading = beside ? 7 * parseFloat(getComputedStyle(document.documentElement).fontSize) : 0; // the picture begins softly (door.css)
    const [west, south, east, north] = box;
    const options = { paddingTopLeft: [beside ? beside + fading : gap, gap], paddingBottomRight: [gap, gap], maxZoom: 16, animate: false };
    handle.map.fitBounds([[south, west], [north, east]], options);
  }

  function draw(focus) {
    if (!focus || !document.getElementById(MAP)) return;
    box = focus.box;
    if (!handle) attach();
    handle.set({ layers: focus.draw, levels: null, classes: null, larger: app.dots(LARGER), labels: false, stale: focus.stale });
    fit();
  }

  document.addEventListener("onescreen:look", (event) => handle && handle.set({ scheme: event.detail }));
  document.addEventListener("onescreen:snapshot", function (event) {
    if (!document.getElementById(MAP) || !window.dash_clientside) return;
    if (handle) handle.load("/pack/manifest.json");
    window.dash_clientside.set_props("door-snapshot", { data: event.detail + " " + performance.now() });
  });

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    door: {
      draw(focus) {
        draw(focus);
        return window.dash_clientside.no_update;
      },
    },
  });
})();
