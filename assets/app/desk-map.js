/* The map beside the queue: the same engine and the same live marks as on /town; the selected incident is in sight. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const desk = (app.desk = app.desk || {});
  const MAP = "desk-map", CLOSE = 16; // zoom at which one place is looked at

  desk.startMap = function () {
    if (!document.getElementById(MAP) || desk.map) return;
    desk.map = app.map.attach(MAP, { scheme: app.look(), language: document.documentElement.lang.slice(0, 2), textScale: () => app.textScale(), onError: (message) => console.info("map: " + message) });
    desk.map.set({ layers: [{ name: "areas", theme: "level", opacity: 0.35 }], levels: null, classes: null });
    arrive();
  };

  function arrive() {
    if (!desk.map.map) return requestAnimationFrame(arrive);
    const container = desk.map.map.getContainer(), named = container.closest("section");
    container.setAttribute("role", "application");
    container.setAttribute("aria-label", named.getAttribute("aria-label"));
    follow(container);
    if (app.live.join) app.live.join();
  }

  /* The place of the map changes with the window and, on small screens, with the card: what is looked at stays in sight. Ends with the map. */
  function follow(container) {
    const { map } = desk.map, watch = new ResizeObserver(() => {
      map.invalidateSize({ animate: false, pan: true });
      desk.keepInSight(desk.opened && desk.opened.incident);
    });
    watch.observe(container);
    map.once("unload", () => watch.disconnect());
  }

  /** Bring an incident into sight, near enough to tell where it is. */
  desk.fly = function (row) {
    const map = desk.map && desk.map.map;
    if (!map || row.lon === null || row.lon === undefined) return;
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    map.setView([row.lat, row.lon], Math.max(map.getZoom(), CLOSE), { animate: !still });
  };

  /** Only where it is not to be seen: a map that jumps at every key tells nothing. */
  desk.keepInSight = function (row) {
    const map = desk.map && desk.map.map;
    if (map && row && row.lon !== null && row.lon !== undefined && !map.getBounds().pad(-0.1).contains([row.lat, row.lon])) map.panTo([row.lat, row.lon], { animate: false });
  };

  document.addEventListener("onescreen:look", (event) => desk.map && desk.map.set({ scheme: event.detail }));
  document.addEventListener("onescreen:snapshot", (event) => desk.map && event.detail !== "retry" && desk.map.load("/pack/manifest.json"));
  document.addEventListener("onescreen:map-ready", () => { if (desk.place) document.documentElement.dataset.mapSeen = "1"; });
})();
