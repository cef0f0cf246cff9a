/* Measures on the map: every tap adds a point; a tap on the last one, or Enter, ends it, Escape leaves it, Backspace takes the last point back.
   From the keyboard: m begins, arrows move the map, space sets a point in its middle.
   The functions at the top are pure; they run in the page and in node. */
(function (root) {
  "use strict";
  const SAME_PX = 14; // a tap so near to the last point means that point
  const STAYS_MS = 60_000; // a result that nobody clears goes by itself
  const FIRM = "\u00a0"; // a space at which no line breaks
  const M2_PER_MU = 2000 / 3; // as in screen/figures.py

  /** All digits, thousands apart: whole from a hundred on, else so many decimals. */
  function digits(value, decimals) {
    const fixed = value.toFixed(value >= 100 ? 0 : decimals).split(".");
    fixed[0] = fixed[0].replace(/\B(?=(\d{3})+$)/g, ",");
    return fixed.join(".");
  }

  /** A length in m under a kilometre, else in km. `units` names them. */
  function length(metres, units) {
    if (metres < 999.5) return `${digits(metres, 1)} ${units.m}`;
    return `${metres < 100_000 ? (metres / 1000).toFixed(metres < 10_000 ? 3 : 2) : digits(metres / 1000, 0)} ${units.km}`;
  }

  /** An area in m²; from 1000 on in mu or hectares first, and from a square kilometre on in km² beside them. */
  function area(m2, units) {
    const plain = `${digits(m2, 1)} ${units.m2}`;
    if (m2 < 1000) return plain;
    const land = units.mu ? `${digits(m2 / M2_PER_MU, 2)} ${units.mu}` : `${digits(m2 / 10_000, 2)} ${units.ha}`;
    return `${land} (${m2 < 1e6 ? plain : `${digits(m2 / 1e6, 2)} ${units.km2}`})`;
  }

  /** What is said of the points so far. `words` has units, begin, length, area, around. */
  function said(points, words, geodesic) {
    if (points.length < 2) return words.begin;
    const parts = [`${words.length} ${length(geodesic.length(points), words.units)}`];
    if (points.length > 2) {
      parts.push(`${words.area} ${area(geodesic.area(points), words.units)}`, `${words.around} ${length(geodesic.length([...points, points[0]]), words.units)}`);
    }
    return parts.map((part) => part.replace(/ (?!\()/g, FIRM)).join(" · "); // lines break between them
  }

  const api = { length, area, said };
  if (typeof module !== "undefined") module.exports = api;
  if (typeof document === "undefined") return;
  const app = (root.onescreen = root.onescreen || {});
  app.acts = app.acts || {};
  let map = null, run = null; // run: {points, shapes, open, timer, raise}

  document.addEventListener("onescreen:on-map", function ({ detail }) {
    if (run) clear();
    map = detail.map;
    map.on("unload", () => { if (map === detail.map) { clear(); map = null; } });
  });

  const place = () => document.querySelector(".measure");

  function begin(keys) {
    clear();
    if (!map || !place()) return;
    run = { points: [], shapes: root.L.layerGroup().addTo(map), open: true, timer: 0, raise: app.lowerSheet() };
    map.doubleClickZoom.disable();
    map.getContainer().classList.add("measuring");
    map.getContainer().classList.toggle("measuring-keys", keys);
    app.middle(map);
    map.getContainer().focus({ preventScroll: true });
    show();
  }

  function clear() {
    if (!run) return;
    const { shapes, timer, raise } = run;
    close();
    clearTimeout(timer);
    shapes.remove();
    raise();
    run = null;
    show();
  }

  /** No more points; what was measured stays to be read. */
  function close() {
    if (!run || !run.open) return;
    run.open = false;
    map.getContainer().classList.remove("measuring", "measuring-keys");
    const back = map; // the double click that ends a measure is still to come
    setTimeout(() => { if (!(run && run.open)) back.doubleClickZoom.enable(); }, 500);
  }

  function end() {
    if (!run || !run.open) return;
    if (run.points.length < 2) return clear();
    close();
    run.timer = setTimeout(clear, STAYS_MS);
    show();
  }

  /** A tap on the map. True: it was for this tool, nothing else shall come of it. */
  app.tap = function ({ lon, lat }) {
    if (!run || !run.open) return false;
    const last = run.points[run.points.length - 1];
    const pixel = ([x, y]) => map.latLngToContainerPoint([y, x]);
    if (last && pixel(last).distanceTo(pixel([lon, lat])) <= SAME_PX) end();
    else { run.points.push([lon, lat]); show(); }
    return true;
  };

  function show() {
    const panel = place(), button = document.querySelector('[data-act="measure"]');
    if (button) button.setAttribute("aria-pressed", String(Boolean(run && run.open)));
    if (!panel) return;
    panel.hidden = !run;
    if (!run) return;
    const { points, shapes, open } = run;
    panel.querySelector(".measure-said").textContent = said(points, JSON.parse(panel.dataset.words), app.map.geodesic);
    panel.querySelector('[data-act="measure-end"]').hidden = !open;
    shapes.clearLayers();
    const at = points.map(([lon, lat]) => [lat, lon]), look = { interactive: false, className: "measure-line", pane: "overlayPane" };
    if (at.length > 2) root.L.polygon(at, { ...look, stroke: false, className: "measure-area" }).addTo(shapes);
    if (at.length > 2) root.L.polyline([at[at.length - 1], at[0]], { ...look, className: "measure-line measure-closing" }).addTo(shapes);
    root.L.polyline(at, look).addTo(shapes);
    at.forEach((point) => root.L.circleMarker(point, { ...look, radius: 5 * app.textScale(), className: "measure-point" }).addTo(shapes));
  }

  Object.assign(app.acts, { measure: (button) => (run && run.open ? clear() : begin(!button)), "measure-end": end, "measure-clear": clear });

  const typing = (target) => target.closest && target.closest("input, textarea, select, [contenteditable], dialog");

  const middle = () => { const { lng, lat } = app.middle(map); return { lon: lng, lat }; };

  const KEYS = {
    Enter: end, Escape: clear,
    Backspace: () => { run.points.pop(); show(); },
    " ": () => app.tap(middle()),
  };

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
    if (event.key === "m" || event.key === "M") return place() && app.acts.measure();
    const act = run && KEYS[event.key];
    if (!act || (event.key !== "Escape" && (!run.open || event.target.closest("a, button")))) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }, true);
})(typeof self !== "undefined" ? self : globalThis);
