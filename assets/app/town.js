/* Between the address, the panels that Dash renders, and the map of assets/map. Nothing is drawn here. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const MAP = "map";
  const SEEN = { 1: 2.2, 2: 1.3 }; // reds and oranges among all: they are few, and a pixel or two each
  const ALONE = { 1: 2.8, 2: 1.6 }; // once somebody asks for one level alone
  let handle = null;
  let focus = null;
  let seen = false; // whether a complete view has been painted
  let shown = null; // the marked object
  let spotted = null; // where it is
  let tapped = null; // the object last chosen on the map
  let asked = app.view.split(location.search); // place and object of the address; the page was opened with these in it
  let read = null; // the same place as its own links name it, once it is there
  let byHand = false; // whether somebody has moved the map since it was last sent somewhere

  /* ---- map ---- */
  function attach() {
    handle = app.map.attach(MAP, {
      scheme: app.look(),
      language: document.documentElement.lang.slice(0, 2),
      textScale: () => app.textScale(), // names grow with everything else
      onPick: picked,
      onError: (message) => console.info("map: " + message),
    });
  }

  async function picked(hits, at) {
    if (app.tap && app.tap(at)) return; // a tool of the map has taken it
    const hit = hits.find((one) => focus && focus.layers.includes(one.layer)) || hits[0];
    if (!hit) return;
    const answer = await fetch(`/api/object/${encodeURIComponent(hit.layer)}/${hit.ordinal}`);
    if (!answer.ok) return;
    const found = await answer.json();
    tapped = found.object;
    app.go(app.address(found.enter ? { area: found.enter, object: found.object } : { object: found.object }));
  }

  function show(next, spot) {
    const moved = !(spot && spot.object !== shown) && (!focus || String(focus.box) !== String(next.box));
    focus = next;
    read = next.place ? app.view.split(next.place).place : null;
    handle.set({ layers: next.draw, levels: next.levels, classes: next.classes, stale: next.stale, larger: app.dots(next.levels ? ALONE : SEEN) });
    if (goTo(app.view.position(location.search))) return;
    if (moved) fly(next.box);
    else if (byHand) keep(); // another layer or filter of the same place: the map stays, and its address says where
  }

  /* Fit a box into the part of the map that no panel covers. */
  function fly(box) {
    if (!box) return;
    byHand = false;
    if (seen || !handle.map) handle.flyTo(box, { maxZoom: 18, ...clear() });
    else fit(box); // the first view: before anything is fetched for another one
  }

  function fit([west, south, east, north]) {
    handle.map.fitBounds([[south, west], [north, east]], { maxZoom: 18, ...clear(), animate: false });
  }

  /* A tablet has been turned, a window drawn larger: what is looked at still fits, unless a hand has chosen the view. */
  window.addEventListener("resize", function () {
    if (!leaflet() || !focus || byHand) return;
    leaflet().invalidateSize({ animate: false, pan: false });
    const box = spotted && spotted.table !== "area" && shown !== tapped ? spotted.box : focus.box;
    if (box) fit(box);
  });

  /* ---- where the map looks, in the address: written when somebody has moved it, without a new entry in the history ---- */
  function goTo(at) {
    if (!at || !leaflet()) return false;
    if (app.view.written(where()) !== app.view.written(at)) leaflet().setView([at.lat, at.lon], at.zoom, { animate: false });
    byHand = true;
    return true;
  }

  function where() {
    const { lat, lng } = leaflet().getCenter();
    return { lon: lng, lat, zoom: leaflet().getZoom() };
  }

  app.where = () => (leaflet() ? where() : null);

  const keep = () => app.settle({ at: byHand ? app.view.written(where()) : null });

  function followHand() {
    const map = leaflet();
    if (!map || map.onescreenFollowed) return;
    map.onescreenFollowed = true;
    const container = map.getContainer(), named = container.closest("main");
    container.setAttribute("role", "application"); // arrow keys and + and - are the map's own
    if (named) container.setAttribute("aria-label", named.getAttribute("aria-label"));
    document.dispatchEvent(new CustomEvent("onescreen:on-map", { detail: handle })); // tools of the map: assets/app/readout.js and others
    map.on("moveend", () => byHand && keep());
    for (const kind of ["pointerdown", "wheel", "keydown"])
      map.getContainer().addEventListener(kind, () => (byHand = true), { passive: true, capture: true });
  }

  window.addEventListener("popstate", () => goTo(app.view.position(location.search)));

  function clear() {
    const all = document.getElementById(MAP).getBoundingClientRect();
    const wide = window.matchMedia("(min-width: 52.0625rem)").matches;
    const size = (name) => {
      const found = document.querySelector(name);
      return found ? found.getBoundingClientRect() : null;
    };
    const top = size(".top");
    const left = wide ? size(".side") : null;
    const right = wide ? size(".rail") : null;
    const sheet = wide ? null : size(".sheet");
    const gap = 24;
    return {
      paddingTopLeft: [(left ? left.right : 0) + gap, (top ? top.bottom : 0) + gap],
      paddingBottomRight: [(right && right.width ? all.right - right.left : 0) + gap, (sheet ? all.bottom - sheet.top : 0) + gap],
    };
  }

  app.draw = function (place, spot) {
    if (!place || !document.getElementById(MAP)) return;
    if (!handle) attach();
    followHand();
    if (place !== focus) show(place, spot);
    mark(spot);
    app.read(place.question, new URLSearchParams(location.search).get("object") || "");
  };

  /* What was chosen in a list is brought into view; what was tapped on the map is in view already. */
  function mark(spot) {
    const name = spot && spot.object;
    spotted = spot;
    const of = spot && (spot.table === "area" ? { layer: "areas" } : { tileset: spot.table });
    handle.set({ selected: spot ? { ...of, ordinal: spot.ordinal } : null });
    if (name && name !== shown && name !== tapped && spot.table !== "area" && !app.view.position(location.search)) fly(spot.box);
    shown = name;
    for (const row of document.querySelectorAll(".list-row")) {
      const here = name && new URLSearchParams(row.search).get("object") === name;
      if (here) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
  }

  /* ---- small acts ---- */
  app.acts = app.acts || {};
  Object.assign(app.acts, {
    "zoom-in": () => zoom(1),
    "zoom-out": () => zoom(-1),
    fit: () => focus && (fly(focus.box), keep()),
    retry: () => document.dispatchEvent(new CustomEvent("onescreen:snapshot", { detail: "retry" })),
    locate: () => spotted && fly(spotted.box),
    sheet: () => {
      const town = document.querySelector(".town");
      const steps = { low: "half", half: "full", full: "low" };
      town.dataset.sheet = steps[town.dataset.sheet || "half"];
    },
  });

  /* On a phone the sheet goes down while tools of the map are at work. The last that lets go puts it back, unless a hand has moved it since. */
  const tools = new Set();
  let sheet = null; // where it was before the first of them

  app.lowerSheet = function () {
    const town = document.querySelector(".town"), tool = {};
    if (!town || !window.matchMedia("(max-width: 52rem)").matches) return () => {};
    if (!tools.size) sheet = town.dataset.sheet || "half";
    tools.add(tool);
    town.dataset.sheet = "low";
    return function () {
      if (tools.delete(tool) && !tools.size && town.dataset.sheet === "low") town.dataset.sheet = sheet;
    };
  };

  const leaflet = () => handle && handle.map;

  function zoom(by) {
    if (!leaflet()) return;
    byHand = true;
    leaflet().setZoom(leaflet().getZoom() + by);
  }

  document.addEventListener("onescreen:map-ready", function () {
    seen = true;
    document.documentElement.dataset.mapSeen = "1";
    followHand(); // where the map came later than what is drawn on it
  });
  document.addEventListener("onescreen:look", (event) => handle && handle.set({ scheme: event.detail }));
  document.addEventListener("onescreen:snapshot", function (event) {
    if (handle && event.detail !== "retry") handle.load("/pack/manifest.json");
    // Only these two pages have callbacks that wait for it, and only once Dash has drawn them.
    if (document.querySelector("#page .town, #page .desk")) window.dash_clientside.set_props("snapshot", { data: event.detail + " " + performance.now() });
  });

  /* Arrow keys walk through lists. */
  document.addEventListener("keydown", (event) => app.walk(event, ".list"));

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    town: {
      split(search) {
        const { place, object } = app.view.split(search || "");
        const stay = window.dash_clientside.no_update;
        const before = asked;
        asked = { place, object };
        const same = before.place === place || read === place;
        if (!same) read = null;
        return [same ? stay : place, before.object === object ? stay : object];
      },
      draw(place, spot) {
        app.draw(place, spot);
        return window.dash_clientside.no_update;
      },
    },
  });
})();
