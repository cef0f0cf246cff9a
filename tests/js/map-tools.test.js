"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const readout = require("../../assets/app/readout.js");
const measure = require("../../assets/app/measure.js");
const basemap = require("../../assets/map/basemap.js");
const geodesic = require("../../assets/map/geodesic.js");

const UNITS = { m: "米", km: "公里", m2: "m²", ha: "公顷", km2: "km²", mu: "亩" };
const { mu, ...SI } = UNITS;

test("the scale bar is 1, 2 or 5 times a power of ten, never longer than there is room, never under half of it but for the step", () => {
  assert.deepEqual([0.3, 1, 1.9, 2, 4.99, 5, 9.99, 10, 499, 1234].map(readout.step), [0.2, 1, 1, 2, 2, 5, 5, 10, 200, 1000]);
  for (let zoom = 3; zoom <= 20; zoom += 0.5) {
    const { metres, width } = readout.bar(31.2, zoom, geodesic.degreeM);
    assert.ok(width <= 120.001 && width >= 120 / 2.5 - 0.001, `${width} at ${zoom}`);
    assert.match(String(metres / 10 ** Math.floor(Math.log10(metres) + 1e-9)), /^[125](\.0+\d*)?$/);
  }
});

test("the scale bar is right at the latitude of the map, on the ellipsoid and not on Leaflet's sphere", () => {
  const { metres, width } = readout.bar(60, 14, geodesic.degreeM);
  const lon = (width / (256 * 2 ** 14)) * 360;
  assert.ok(Math.abs(geodesic.length([[10, 60], [10 + lon, 60]]) / metres - 1) < 1e-6);
  const sphere = 6378137 * Math.cos(Math.PI / 3) * (lon * Math.PI / 180);
  assert.ok(Math.abs(sphere / metres - 1) > 1e-3, "the sphere would be a thousandth off here");
});

test("the plane holds inside its box and says nothing outside", () => {
  const fit = { centre: [10, 20], half: [2, 1], east: [[100, 10], [5, 1]], north: [[7, 0], [0, 3]], error_m: 0 };
  assert.deepEqual(readout.plane(fit, 11, 20.5), [100 + 5 + 2.5 + 0.25, 7 + 0.75]);
  assert.equal(readout.plane(fit, 12.1, 20), null);
  assert.equal(readout.plane(fit, 10, 18.9), null);
});

test("coordinates have the digits that a pixel is worth", () => {
  assert.deepEqual(readout.degrees(121.7, 31.2, 10), ["121.7000", "31.2000"]);
  assert.deepEqual(readout.degrees(121.7, 31.2, 18), ["121.7000000", "31.2000000"]);
  assert.equal(readout.metres(3453214.56, 19, 0.001), "3\u2009453\u2009214.6");
  assert.equal(readout.metres(3453214.56, 19, 0.2), "3\u2009453\u2009215", "no decimetre from a fit that is not so good");
});

test("lengths and areas are said in the units of the visitor", () => {
  assert.deepEqual([12.34, 456.7, 999.7, 1234.5, 123456].map((one) => measure.length(one, UNITS)), ["12.3 米", "457 米", "1.000 公里", "1.234 公里", "123 公里"]);
  assert.equal(measure.area(600, UNITS), "600 m²");
  assert.equal(measure.area(20000, UNITS), "30.00 亩 (20,000 m²)");
  assert.equal(measure.area(20000, SI), "2.00 公顷 (20,000 m²)");
  assert.equal(measure.area(3.2e6, UNITS), "4,800 亩 (3.20 km²)");
});

test("what is said grows with the points: first what to do, then the length, then the area", () => {
  const words = { begin: "tap", length: "L", area: "A", around: "P", units: SI };
  const square = [[121.7, 31.2], [121.701, 31.2], [121.701, 31.201], [121.7, 31.201]];
  assert.equal(measure.said(square.slice(0, 1), words, geodesic), "tap");
  const plain = (text) => text.replaceAll("\u00a0", " ");
  assert.equal(plain(measure.said(square.slice(0, 2), words, geodesic)), "L 95.3 米");
  assert.match(plain(measure.said(square, words, geodesic)), /^L 301 米 · A 1\.06 公顷 \(10,567 m²\) · P 412 米$/);
});

test("a basemap that needs no shift is drawn pixel for pixel, and from its deepest zoom beyond it", () => {
  const spec = { datum: "wgs84", matrix: "w", min: 1, max: 15 };
  const plain = basemap.plan(spec, { x: 27459, y: 13316, z: 15 }, 256);
  assert.deepEqual([plain.tiles, plain.blocks], [[{ x: 27459, y: 13316 }], [{ x: 0, y: 0, w: 256, h: 256, matrix: [1, -0, -0, 1, 0, 0] }]]);
  const deeper = basemap.plan(spec, { x: 27459 * 4 + 3, y: 13316 * 4, z: 17 }, 256);
  assert.deepEqual([deeper.zoom, deeper.tiles, deeper.blocks[0].matrix], [15, [{ x: 27459, y: 13316 }], [4, -0, -0, 4, -768, 0]]);
  const sharp = basemap.plan({ ...spec, max: 18 }, { x: 27459, y: 13316, z: 15 }, 512);
  assert.deepEqual([sharp.zoom, sharp.tiles.length], [16, 4], "a screen of two pixels to one gets the next zoom");
});

/** Largest distance, in metres, between where a tile draws a place of the basemap and where the place is. */
function off(spec, lon, lat, z, px = 256) {
  const world = 2 ** z, x = Math.floor(((lon + 180) / 360) * world);
  const y = Math.floor((0.5 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / (2 * Math.PI)) * world);
  const plan = basemap.plan(spec, { x, y, z }, px), metre = (40075017 * Math.cos((lat * Math.PI) / 180)) / world / px;
  let worst = 0;
  for (const { x: left, y: top, w, h, matrix: [a, b, c, d, e, f] } of plan.blocks)
    for (const i of [0, 0.5, 1]) for (const j of [0, 0.5, 1]) {
      const at = [left + i * w, top + j * h];
      const [s, t] = basemap.pixel(spec, ...basemap.lonlat((x + at[0] / px) * 256, (y + at[1] / px) * 256, z), plan.zoom);
      const u = s - plan.left * 256, v = t - plan.top * 256;
      worst = Math.max(worst, Math.hypot(a * u + c * v + e - at[0], b * u + d * v + f - at[1]) * metre);
    }
  return worst;
}

for (const datum of ["gcj02", "bd09"]) for (const matrix of ["w", "c"])
  test(`tiles in ${datum}, matrix ${matrix}, lie right to better than 2 m everywhere in China and at any zoom of a town`, () => {
    for (const [lon, lat] of [[121.7, 31.2], [113.95, 22.74], [87.6, 43.8], [126.6, 45.7], [110.3, 20.0]])
      for (let z = 10; z <= 20; z++) assert.ok(off({ datum, matrix, min: 1, max: 18 }, lon, lat, z) < 2, `${lon} ${lat} ${z}`);
  });

test("at lower zooms what is left is far below a pixel", () => {
  for (let z = 5; z < 10; z++) assert.ok(off({ datum: "bd09", matrix: "c", min: 1, max: 18 }, 121.7, 31.2, z) / (40075017 / 2 ** z / 256) < 0.06, String(z));
});

test("addresses are filled: numbers from north and from south, subdomains, and the box of a WMS", () => {
  const at = { x: 3, y: 1 };
  assert.equal(basemap.address("https://t{s}/{z}/{x}/{y}/{-y}", at, 2, "0123"), "https://t0/2/3/1/2");
  const box = basemap.address("{bbox}", { x: 1, y: 0 }, 1).split(",").map(Number);
  assert.ok(Math.abs(box[0]) < 1e-6 && Math.abs(box[1]) < 1e-6 && Math.abs(box[2] - 20037508.342789244) < 1e-6 && Math.abs(box[3] - 20037508.342789244) < 1e-6);
  assert.equal(basemap.address("{unknown}", at, 2), "{unknown}");
});
