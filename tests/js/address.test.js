"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const view = require("../../assets/app/address.js");

const SHANGHAI = { lon: 121.69835, lat: 31.19301, zoom: 14.5 };

test("a part of the address keeps only the parameters asked for, in their order, and no empty ones", () => {
  assert.equal(view.part("?area=1&object=house:H1&layer=houses&theme=", ["layer", "area", "theme"]), "?layer=houses&area=1");
  assert.equal(view.part("?object=house:H1", ["area"]), "");
  assert.equal(view.part("", ["area"]), "");
});

test("the address is split into a place and an object, and where the map looks belongs to neither", () => {
  const { place, object } = view.split("?area=1&layer=houses&theme=use&class=let&level=1&list=objects&rows=150&compare=a,b&object=house:H1&at=121.7,31.2,14");
  assert.equal(place, "?area=1&layer=houses&theme=use&level=1&class=let&list=objects&rows=150&compare=a,b");
  assert.equal(object, "?layer=houses&object=house:H1");
});

test("without an object the layer does not make one: changing the layer reads no card", () => {
  assert.equal(view.split("?layer=houses").object, "");
  assert.equal(view.split("?layer=land").object, "");
});

test("the keys of a place are those that the server reads, and nothing else changes it", () => {
  const known = [...require("node:fs").readFileSync(`${__dirname}/../../screen/view.py`, "utf8").matchAll(/values\.get\("(\w+)"/g)].map((found) => found[1]);
  assert.ok(known.length >= 8);
  for (const key of known) assert.equal(view.split(`?${key}=x`).place, key === "object" ? "" : `?${key}=x`, key);
});

test("colons and commas stay readable, other signs are escaped", () => {
  assert.equal(view.changed("", { object: "house:a b&c", compare: "x,y" }), "?object=house:a+b%26c&compare=x,y");
});

test("a change replaces, adds or takes away, and leaves the rest", () => {
  assert.equal(view.changed("?area=1&at=1,2,3", { at: null, object: "house:H1" }), "?area=1&object=house:H1");
  assert.equal(view.changed("?area=1", { area: "" }), "");
  assert.equal(view.changed("?area=1", { area: 2 }), "?area=2");
});

test("where the map looks is written to the metre and read back", () => {
  assert.equal(view.written(SHANGHAI), "121.69835,31.19301,14.5");
  assert.deepEqual(view.position(view.changed("?area=1", { at: view.written(SHANGHAI) })), SHANGHAI);
  assert.equal(view.written({ lon: -8.6123456, lat: 41.1, zoom: 13.250001 }), "-8.61235,41.10000,13.25");
});

test("an address that says no place, or none on earth, leaves the map where it is", () => {
  for (const at of ["", "1,2", "1,2,3,4", "a,b,c", "181,0,5", "0,86,5", "0,0,25", "0,0,-1", ",,", "Infinity,0,3"]) assert.equal(view.position(`?at=${at}`), null, at);
  assert.equal(view.position("?area=1"), null);
});
