/* Where it is: the phone's position, corrected on a small map that is fetched only when it is opened. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const ZOOM = 17, FIND_MS = 15_000;

  /** One position: `{lon, lat, accuracy}`; rejects with "refused" or "failed". */
  app.findMe = () => new Promise((found, failed) => {
    if (!navigator.geolocation) return failed("failed");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => found({ lon: coords.longitude, lat: coords.latitude, accuracy: coords.accuracy }),
      (error) => failed(error.code === error.PERMISSION_DENIED ? "refused" : "failed"),
      { enableHighAccuracy: true, timeout: FIND_MS, maximumAge: 30_000 },
    );
  });

  function script(src) {
    return new Promise((done, failed) => {
      const made = document.createElement("script");
      Object.assign(made, { src, async: false, onload: done, onerror: () => failed(new Error(src)) });
      document.head.append(made);
    });
  }

  let scripts = null;
  const load = (files) => (scripts = scripts || Promise.all(files.map(script)).catch((error) => { scripts = null; throw error; }));

  /** A map in `box` with a pin to drag; `moved(lon, lat)` when somebody has put it somewhere. Gives {put(lon, lat)}. Rejects without a network. */
  app.smallMap = async function (box, { files, bounds, label }, moved) {
    await load(files);
    const { L } = window, [west, south, east, north] = bounds;
    box.hidden = false;
    const map = L.map(box, { zoomControl: true, attributionControl: false, maxZoom: 19 }).fitBounds([[south, west], [north, east]]);
    box.setAttribute("role", "application");
    box.setAttribute("aria-label", label);
    const handle = app.map.attach(map, { scheme: app.look(), language: document.documentElement.lang.slice(0, 2) });
    handle.set({ layers: [] });
    const icon = L.divIcon({ className: "report-pin", html: "<span class='icon icon-pin'></span>", iconSize: [44, 44], iconAnchor: [22, 42] });
    let pin = null;

    function put(lon, lat, { look = true } = {}) {
      if (!pin) {
        pin = L.marker([lat, lon], { icon, draggable: true, keyboard: true, autoPan: true, alt: label }).addTo(map);
        pin.on("dragend", () => told());
      }
      pin.setLatLng([lat, lon]);
      if (look) map.setView([lat, lon], Math.max(map.getZoom(), ZOOM), { animate: false });
    }
    const told = () => { const { lat, lng } = pin.getLatLng(); moved(lng, lat); };
    map.on("click", ({ latlng }) => { put(latlng.lng, latlng.lat, { look: false }); told(); });
    document.addEventListener("onescreen:look", (event) => handle.set({ scheme: event.detail }));
    return { put };
  };
})();
