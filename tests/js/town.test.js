"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { page, element } = require("./fake_page.js");

const VILLAGE = [121.7, 31.1, 121.8, 31.2], TOWN = [121.6, 31.0, 121.9, 31.3];
const focus = (rest = {}) => ({ layers: ["houses"], draw: [{ name: "houses", theme: "level" }], levels: null, classes: null, stale: [], box: TOWN, ...rest });

/** A Leaflet map that only remembers. `move` is what a hand does. */
function leaflet() {
  const listeners = {}, container = element("div");
  const map = {
    moves: [], at: { lng: 121.75, lat: 31.15 }, zoom: 12,
    getCenter: () => map.at, getZoom: () => map.zoom, getContainer: () => container,
    on: (kind, listener) => { listeners[kind] = listener; },
    fitBounds: (bounds) => { map.moves.push(["fit", bounds]); listeners.moveend && listeners.moveend(); },
    setView: ([lat, lng], zoom) => { map.moves.push(["view", lat, lng, zoom]); Object.assign(map, { at: { lng, lat }, zoom }); listeners.moveend && listeners.moveend(); },
    setZoom: (zoom) => { map.zoom = zoom; listeners.moveend && listeners.moveend(); },
    move(lng, lat) { container.dispatchEvent(new Event("pointerdown")); map.at = { lng, lat }; listeners.moveend(); },
  };
  return map;
}

/** /town with its scripts, a map that remembers, and the handle that draws on it. */
function town({ search = "", objects = {}, rows = [] } = {}) {
  const window = page({
    search, elements: { map: element("div") }, all: { ".list-row": rows },
    fetch: async (url) => ({ ok: url in objects, json: async () => objects[url] }),
  });
  window.run("address.js", "preferences.js", "sizes.js", "reading.js");
  const map = leaflet(), set = [], flown = [];
  window.onescreen.map = {
    attach(id, options) {
      const handle = { map, options, set: (change) => set.push(change), flyTo: (box) => { flown.push(box); map.fitBounds(box); }, load() {} };
      Object.assign(window, { handle });
      return handle;
    },
  };
  window.run("town.js");
  return Object.assign(window, { map, set, flown, search: () => decodeURIComponent(window.location.search), seen: () => window.document.dispatchEvent(new CustomEvent("onescreen:map-ready")) });
}

test("the first view is there at once, a later one is flown to, and the same place is not left", () => {
  const { onescreen, map, flown, seen } = town();
  onescreen.draw(focus(), null);
  assert.equal(JSON.stringify(map.moves), JSON.stringify([["fit", [[31.0, 121.6], [31.3, 121.9]]]])); // arrays of another realm
  seen();
  onescreen.draw(focus({ box: VILLAGE }), null);
  onescreen.draw(focus({ box: VILLAGE, levels: [1] }), null);
  assert.deepEqual(flown, [VILLAGE]);
});

test("a turned tablet still shows the whole place, unless a hand has moved the map", () => {
  const window = town(), { onescreen, map, seen } = window;
  const dispatchEvent = (event) => window.dispatchEvent(event);
  Object.assign(map, { invalidateSize() {} });
  onescreen.draw(focus(), null);
  seen();
  dispatchEvent(new Event("resize"));
  assert.equal(map.moves.length, 2);
  map.move(121.71, 31.11);
  dispatchEvent(new Event("resize"));
  assert.equal(map.moves.length, 2);
});

test("what is drawn, and of which levels and classes, is what the server says", () => {
  const { onescreen, set } = town();
  onescreen.draw(focus({ levels: [1], classes: [3] }), null);
  const said = set.find((one) => one.layers);
  assert.deepEqual([said.layers[0].name, said.levels, said.classes], ["houses", [1], [3]]);
});

test("a hand that moves the map changes the address, but adds nothing to the history", () => {
  const window = town({ search: "?area=1" });
  window.onescreen.draw(focus(), null);
  assert.equal(window.search(), "?area=1", "the map's own way to a place is no wish of anybody");
  window.map.move(121.7, 31.2);
  window.map.move(121.71, 31.21);
  assert.equal(window.search(), "?area=1&at=121.71000,31.21000,12");
  assert.equal(window.entries, 1);
});

test("an address that says where to look is obeyed instead of flying to the place", () => {
  const window = town({ search: "?area=1&at=121.72,31.22,15" });
  window.onescreen.draw(focus(), null);
  assert.deepEqual(window.map.moves, [["view", 31.22, 121.72, 15]]);
  assert.equal(window.search(), "?area=1&at=121.72,31.22,15");
});

test("going back to an address returns to where the map looked then", () => {
  const window = town({ search: "?area=1" });
  window.onescreen.draw(focus(), null);
  window.location.search = "?area=1&at=121.72,31.22,15";
  window.dispatchEvent(new Event("popstate"));
  assert.deepEqual(window.map.moves.at(-1), ["view", 31.22, 121.72, 15]);
});

test("another filter of the same place keeps the map where a hand has left it, and the address says so", () => {
  const window = town({ search: "?area=1" });
  window.onescreen.draw(focus(), null);
  window.map.move(121.7, 31.2);
  window.location.search = "?area=1&level=1"; // a link of the server, which knows nothing of the map
  window.onescreen.draw(focus({ levels: [1] }), null);
  assert.equal(window.map.moves.length, 1);
  assert.equal(window.search(), "?area=1&level=1&at=121.70000,31.20000,12");
});

test("the whole area again is no wish of a hand: the address forgets where it looked", () => {
  const window = town({ search: "?area=1" });
  window.onescreen.draw(focus(), null);
  window.onescreen.acts["zoom-in"]();
  assert.match(window.search(), /at=.*,13$/);
  window.onescreen.acts.fit();
  assert.equal(window.search(), "?area=1");
});

test("an object from a list is flown to, one tapped on the map is not", async () => {
  const window = town({ objects: { "/api/object/houses/7": { object: "house:H7", enter: null } } });
  const spot = { object: "house:H1", table: "house", ordinal: 1, box: VILLAGE };
  window.onescreen.draw(focus(), null);
  window.seen();
  window.onescreen.draw(focus(), spot);
  assert.equal(window.flown.length, 1);
  await window.handle.options.onPick([{ layer: "houses", ordinal: 7 }]);
  assert.equal(window.search(), "?object=house:H7");
  window.onescreen.draw(focus(), { ...spot, object: "house:H7" });
  assert.equal(window.flown.length, 1);
  assert.equal(window.set.at(-1).selected.tileset, "house");
});

test("of what lies under a tap the layer on show wins, an area is entered, and nothing is nothing", async () => {
  const window = town({ objects: { "/api/object/houses/7": { object: "house:H7", enter: null }, "/api/object/areas/2": { object: "area:V2", enter: "V2" } } });
  window.onescreen.draw(focus(), null);
  const pick = window.handle.options.onPick;
  await pick([]);
  await pick([{ layer: "gone", ordinal: 1 }]);
  assert.equal(window.search(), "");
  await pick([{ layer: "areas", ordinal: 2 }, { layer: "houses", ordinal: 7 }]);
  assert.equal(window.search(), "?object=house:H7");
  await pick([{ layer: "areas", ordinal: 2 }]);
  assert.equal(window.search(), "?object=area:V2&area=V2");
});

test("the row of the open object is marked in the list, and no other", () => {
  const rows = ["house:H1", "house:H2"].map((object) => element("a", { search: `?object=${object}` }));
  const { onescreen } = town({ rows });
  onescreen.draw(focus(), { object: "house:H2", table: "house", ordinal: 2, box: VILLAGE });
  assert.deepEqual(rows.map((row) => row.attributes["aria-current"]), [undefined, "true"]);
  onescreen.draw(focus(), null);
  assert.deepEqual(rows.map((row) => row.attributes["aria-current"]), [undefined, undefined]);
});

test("names on the map grow with the type of the page", () => {
  const { onescreen, handle } = (() => { const window = town(); window.onescreen.draw(focus(), null); return window; })();
  assert.ok(onescreen);
  assert.equal(handle.options.textScale(), 2);
});

test("reds and oranges are drawn larger among all, larger still alone, and grow with the type to a limit", () => {
  const { onescreen, set } = town(); // type of twice a desk's
  onescreen.draw(focus(), null);
  onescreen.draw(focus({ levels: [1] }), null);
  const [among, alone] = set.filter((one) => one.larger).map((one) => one.larger);
  assert.ok(alone[1] > among[1] && among[1] > among[2] && among[2] > 2);
  assert.equal(onescreen.dots({ 1: 7 })[1], 8);
});

test("Dash is told of the place and of the object only where each has changed", () => {
  const window = town();
  window.dash_clientside.no_update = "stay";
  const { split } = window.dash_clientside.town;
  assert.deepEqual([...split("?area=1&layer=houses")], ["?area=1&layer=houses", "stay"]);
  assert.deepEqual([...split("?area=1&layer=houses&at=1,2,3")], ["stay", "stay"]);
  assert.deepEqual([...split("?area=1&layer=houses&object=house:H1")], ["stay", "?layer=houses&object=house:H1"]);
});

test("the place that is on show is not read again under the name that its own links give it", () => {
  const window = town({ search: "?layer=houses" });
  window.dash_clientside.no_update = "stay";
  const { split } = window.dash_clientside.town;
  window.onescreen.draw(focus({ place: "?area=T&layer=houses" }), null);
  assert.deepEqual([...split("?area=T&layer=houses&object=house:H1")], ["stay", "?layer=houses&object=house:H1"]);
  assert.deepEqual([...split("?area=V&layer=houses")], ["?area=V&layer=houses", ""]);
  assert.deepEqual([...split("?area=T&layer=houses")], ["?area=T&layer=houses", "stay"], "another place has been asked for meanwhile");
});
