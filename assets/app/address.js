/* The address is the view: what it holds, how it changes, and links that stay in the page. `a[data-in]` changes the address without a
   reload; dcc.Location tells the callbacks. Ctrl, middle click and "copy link" work as on any link, because they are links.
   The functions at the top are pure; they run in the page and in node. */
(function (root) {
  "use strict";
  const PLACE = ["area", "layer", "theme", "level", "class", "list", "rows", "compare"]; // keys of screen/view.py
  const METRES = 5; // decimals of a degree: about a metre

  const said = (query) => query.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
  const searchOf = (query) => (said(query) ? "?" + said(query) : "");

  /** The query string with only some of its parameters, empty ones left out. */
  function part(search, keys) {
    const query = new URLSearchParams(search), kept = new URLSearchParams();
    for (const key of keys) if (query.get(key)) kept.set(key, query.get(key));
    return searchOf(kept);
  }

  /** Place and object, so that opening an object does not read the whole place again; a card depends on the layer it is looked at through. */
  function split(search) {
    const object = new URLSearchParams(search).get("object");
    return { place: part(search, PLACE), object: object ? part(search, ["layer", "object"]) : "" };
  }

  /** The query string with some parameters changed; null or "" takes one away. */
  function changed(search, changes) {
    const query = new URLSearchParams(search);
    for (const [key, value] of Object.entries(changes)) {
      if (value === null || value === "") query.delete(key);
      else query.set(key, value);
    }
    return searchOf(query);
  }

  /** Where the map looks as `at` holds it: lon,lat,zoom. */
  function written({ lon, lat, zoom }) {
    return [lon.toFixed(METRES), lat.toFixed(METRES), String(Math.round(zoom * 100) / 100)].join(",");
  }

  /** {lon, lat, zoom} of an address, or null where it says none or none that exists. */
  function position(search) {
    const found = new URLSearchParams(search).get("at");
    const [lon, lat, zoom, ...more] = (found || "").split(",").map((number) => (number.trim() === "" ? NaN : Number(number)));
    const whole = [lon, lat, zoom].every(Number.isFinite) && !more.length;
    return whole && Math.abs(lon) <= 180 && Math.abs(lat) <= 85 && zoom >= 0 && zoom <= 24 ? { lon, lat, zoom } : null;
  }

  const app = (root.onescreen = root.onescreen || {});
  app.view = { part, split, changed, written, position };
  if (typeof module !== "undefined") module.exports = app.view;
  if (typeof document === "undefined") return;

  app.go = function (href) {
    if (href === location.pathname + location.search) return;
    if (app.scrolled) history.replaceState({ ...history.state, scrolled: app.scrolled() }, "");
    history.pushState({}, "", href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  };

  /* The address with some query parameters changed. */
  app.address = (changes) => location.pathname + changed(location.search, changes);

  /* Another address for the same entry of the history: nobody has gone anywhere. */
  app.settle = function (changes) {
    const href = app.address(changes);
    if (href !== location.pathname + location.search) history.replaceState(history.state, "", href);
  };

  function plainClick(event) {
    return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  }

  document.addEventListener("click", function (event) {
    const link = event.target.closest && event.target.closest("a[data-in]");
    if (!link || !plainClick(event) || event.defaultPrevented) return;
    const url = new URL(link.href, location.href);
    if (url.pathname !== location.pathname) return;
    event.preventDefault();
    const change = link.dataset.change; // of the address as it is now, whatever has been opened since the link was written
    app.go(change ? app.address(Object.fromEntries(new URLSearchParams(change))) : url.pathname + url.search);
  });
})(typeof self !== "undefined" ? self : globalThis);
