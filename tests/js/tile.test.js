"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const tile = require("../../assets/map/tile.js");

/** A tile as the format says, written by hand: one triangle with id 7 and one square with id 9. */
function written() {
  const xs = [0, 100, 50, -200, -100, -100, -200], ys = [0, 0, 80, 10, 10, 110, 110];
  const steps = (values) => values.map((value, i) => (value - (i ? values[i - 1] : 0)) & 0xffff);
  const body = [...u32([7, 2]), ...u32([1, 1]), ...u32([3, 4])];
  for (const values of [xs, ys]) body.push(...steps(values).map((v) => v & 255), ...steps(values).map((v) => v >> 8));
  const head = [0x4f, 0x53, 0x4d, 0x54, 1, 1, 14, 0, ...u32([13700, 6400, 2, 2, 7]), 0, 0, 0, 0];
  const bytes = Uint8Array.from([...head, ...body]);
  new DataView(bytes.buffer).setUint32(28, tile.crc32(bytes, 32), true);
  return { bytes, xs, ys };
}
const u32 = (values) => values.flatMap((v) => [v & 255, (v >> 8) & 255, (v >> 16) & 255, v >>> 24]);

test("a tile written by hand decodes to its ids, parts and vertices", () => {
  const { bytes, xs, ys } = written();
  const got = tile.decode(bytes.buffer);
  assert.deepEqual([got.kind, got.z, got.x, got.y, got.n], ["polygon", 14, 13700, 6400, 2]);
  assert.deepEqual([...got.ids], [7, 9]);
  assert.deepEqual([...got.partAt], [0, 1, 2]);
  assert.deepEqual([...got.vertexAt], [0, 3, 7]);
  assert.deepEqual([...got.xs], xs);
  assert.deepEqual([...got.ys], ys);
});

test("a tile with one flipped bit is refused", () => {
  const { bytes } = written();
  bytes[bytes.length - 1] ^= 1;
  assert.throws(() => tile.decode(bytes.buffer), /checksum/);
});

test("what is not a tile is refused, an HTML page among others", () => {
  assert.throws(() => tile.decode(new TextEncoder().encode("<!doctype html><html>a page of forty bytes</html>").buffer), /not a map tile/);
  assert.throws(() => tile.decode(new ArrayBuffer(3)), /not a map tile/);
});

test("a tile of a later version is refused with both versions named", () => {
  const { bytes } = written();
  bytes[4] = 2;
  assert.throws(() => tile.decode(bytes.buffer), /version 2; this page reads version 1/);
});

test("CRC-32 has the value that everybody's has", () => {
  assert.equal(tile.crc32(new TextEncoder().encode("123456789"), 0), 0xcbf43926);
});

test("a screen tile is covered by the data tiles under it, deeper or shallower", () => {
  assert.deepEqual(tile.covering({ z: 13, x: 5, y: 7 }, 14), [{ x: 10, y: 14 }, { x: 11, y: 14 }, { x: 10, y: 15 }, { x: 11, y: 15 }]);
  assert.deepEqual(tile.covering({ z: 16, x: 5, y: 7 }, 14), [{ x: 1, y: 1 }]);
});

test("two neighbouring data tiles meet at the same pixel, whatever the size of the screen tile", () => {
  for (const size of [512, 640, 1024, 1536]) {
    const left = tile.placement({ z: 13, x: 5, y: 7 }, 14, { x: 10, y: 14 }, size), right = tile.placement({ z: 13, x: 5, y: 7 }, 14, { x: 11, y: 14 }, size);
    assert.equal(left.window[2], right.window[0]);
    assert.equal(16384 * left.scale + left.dx, -16384 * right.scale + right.dx);
  }
});

test("Mercator puts Chuansha where EPSG:3857 does (13 547 582, 3 658 750)", () => {
  const { x, y } = tile.mercator(121.7, 31.2);
  assert.equal(Math.floor(x * 2 ** 14), 13730);
  assert.equal(Math.floor(y * 2 ** 14), 6696);
});
