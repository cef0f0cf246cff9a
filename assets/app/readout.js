/* Scale bar, and where the pointer (on touch: the middle of the map) is, in degrees and in the town's own system.
   The functions at the top are pure; they run in the page and in node. */
(function (root) {
  "use strict";
  const WIDEST = 120; // CSS pixels of the scale bar on a desk

  /** The longest of 1, 2, 5, 10 … that is no longer than `most`. */
  function step(most) {
    const ten = 10 ** Math.floor(Math.log10(most) + 1e-12);
    return ten * [5, 2, 1].find((one) => one * ten <= most * (1 + 1e-12));
  }

  /** Ground metres of a CSS pixel along the parallel of `lat`, on the ellipsoid; `degreeM` as in assets/map/geodesic.js. */
  const metresPerPixel = (lat, zoom, degreeM) => (360 * degreeM(lat)) / (256 * 2 ** zoom);

  /** {metres, width} of the scale bar. */
  function bar(lat, zoom, degreeM, widest = WIDEST) {
    const each = metresPerPixel(lat, zoom, degreeM), metres = step(each * widest);
    return { metres, width: metres / each };
  }

  /** [east, north] in the town's plane from the fit of data/geo/planefit.py; null outside the box that it holds for. */
  function plane(fit, lon, lat) {
    const u = (lon - fit.centre[0]) / fit.half[0], v = (lat - fit.centre[1]) / fit.half[1];
    if (!(Math.abs(u) <= 1 && Math.abs(v) <= 1)) return null;
    const horner = (row, x, each) => row.reduceRight((sum, one) => sum * x + each(one), 0);
    return [fit.east, fit.north].map((table) => horner(table, u, (row) => horner(row, v, (one) => one)));
  }

  /** Degrees to about a pixel, the same number of digits for both. */
  function degrees(lon, lat, zoom) {
    const digits = Math.max(3, Math.min(7, Math.ceil((zoom + 2) / 3.3219)));
    return [lon.toFixed(digits), lat.toFixed(digits)];
  }

  /** Metres with a thin space between thousands, to a decimetre where a pixel shows that much, and never finer than the fit is. */
  function metres(value, zoom, error) {
    const [whole, part] = value.toFixed(zoom >= 18 && error < 0.05 ? 1 : 0).split(".");
    return whole.replace(/\B(?=(\d{3})+$)/g, "\u2009") + (part ? "." + part : "");
  }

  const api = { step, bar, plane, degrees, metres };
  if (typeof module !== "undefined") module.exports = api;
  if (typeof document === "undefined") return;
  const app = (root.onescreen = root.onescreen || {});
  let fit = null, asked = false;

  document.addEventListener("onescreen:on-map", function ({ detail }) {
    const { map } = detail;
    const points = root.matchMedia("(hover: hover)").matches;
    const refresh = () => { scale(map); if (!points) tell(map, app.middle(map)); };
    map.on("move zoomend resize", refresh);
    if (points) map.on("mousemove", ({ latlng }) => tell(map, latlng));
    if (points) map.on("mouseout", () => tell(map, app.middle(map)));
    refresh();
    document.addEventListener("onescreen:map-ready", () => { know(map); refresh(); }, { once: true });
  });

  /* The fit comes after the first view has been painted: nobody waits for it. */
  async function know(map) {
    if (asked) return;
    asked = true;
    const answer = await fetch("/api/plane").catch(() => null);
    if (answer && answer.ok) fit = await answer.json();
    tell(map, app.middle(map));
  }
  document.addEventListener("onescreen:snapshot", () => { asked = false; });

  /** The middle of what is seen of the map: above the sheet, where everything else lies in a sheet. */
  app.middle = function (map) {
    const { x, y } = map.getSize(), area = map.getContainer().closest(".map-area");
    const [top, sheet] = [".top", ".sheet"].map((name) => document.querySelector(name));
    const narrow = sheet && root.matchMedia("(max-width: 52rem)").matches;
    const down = narrow ? (top.getBoundingClientRect().bottom + sheet.getBoundingClientRect().top) / 2 : y / 2;
    if (area) area.style.setProperty("--middle", `${down}px`);
    return map.containerPointToLatLng([x / 2, down]);
  };

  const part = (name) => document.querySelector(`.map-foot .${name}`);

  function scale(map) {
    const place = part("scale");
    if (!place) return;
    const { metres: length, width } = bar(map.getCenter().lat, map.getZoom(), app.map.geodesic.degreeM, WIDEST * app.textScale());
    const { m, km } = place.dataset, said = length >= 1000 ? `${length / 1000} ${km}` : `${length} ${m}`;
    place.style.width = `${width}px`;
    if (place.textContent !== said) place.textContent = said;
  }

  function tell(map, { lng, lat }) {
    const place = part("at");
    if (!place) return;
    const zoom = map.getZoom(), [lon, latitude] = degrees(lng, lat, zoom), at = fit && plane(fit, lng, lat), { east, north } = place.dataset;
    place.querySelector(".at-degrees").textContent = `${lon}, ${latitude}`;
    place.querySelector(".at-plane").textContent = at ? `${east} ${metres(at[0], zoom, fit.error_m)}  ${north} ${metres(at[1], zoom, fit.error_m)}` : "";
  }
})(typeof self !== "undefined" ? self : globalThis);
