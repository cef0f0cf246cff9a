// Geometry tiles: decoding and tile arithmetic. Pure; the page, the worker and node load it. Format: docs/pack.md section 4.
(function (root) {
  "use strict";

  const EXTENT = 32768; // units a tile side
  const HALF = EXTENT / 2;
  const HEADER_BYTES = 32;
  const KINDS = ["", "polygon", "line", "point"];

  /** Decode the raw bytes (ArrayBuffer) of a tile. Throws when they are not a tile, or damaged. */
  function decode(buffer) {
    const view = new DataView(buffer);
    if (buffer.byteLength < HEADER_BYTES || view.getUint32(0, true) !== 0x544d534f) throw new Error("not a map tile");
    if (view.getUint8(4) !== 1) throw new Error(`map tile of version ${view.getUint8(4)}; this page reads version 1`);
    const bytes = new Uint8Array(buffer);
    if (crc32(bytes, HEADER_BYTES) !== view.getUint32(28, true)) throw new Error("map tile with a wrong checksum");
    const kind = KINDS[view.getUint8(5)];
    const n = view.getUint32(16, true), parts = view.getUint32(20, true), vertices = view.getUint32(24, true);
    let at = HEADER_BYTES;
    const words = (count) => { const out = new Uint32Array(buffer.slice(at, at + 4 * count)); at += 4 * count; return out; };
    const ids = runningSum(words(n));
    const partAt = kind === "point" ? null : offsets(words(n));
    const vertexAt = kind === "point" ? null : offsets(words(parts));
    const xs = coordinates(bytes, at, vertices);
    const ys = coordinates(bytes, at + 2 * vertices, vertices);
    const size = 4 * (n + (partAt ? n + parts + 2 : 0)) + 4 * vertices;
    return { kind, z: view.getUint8(6), x: view.getUint32(8, true), y: view.getUint32(12, true), n, ids, partAt, vertexAt, xs, ys, bytes: size };
  }

  function runningSum(steps) {
    for (let i = 1; i < steps.length; i++) steps[i] += steps[i - 1];
    return steps;
  }

  function offsets(counts) {
    const out = new Uint32Array(counts.length + 1);
    for (let i = 0; i < counts.length; i++) out[i + 1] = out[i] + counts[i];
    return out;
  }

  function coordinates(bytes, at, count) {
    const out = new Int16Array(count);
    let value = 0;
    for (let i = 0; i < count; i++) {
      value += bytes[at + i] | (bytes[at + count + i] << 8);
      out[i] = value; // Int16Array wraps modulo 2^16, as the writer did
    }
    return out;
  }

  let tables = null; // four, for four bytes a step: a tile has megabytes
  function crcTables() {
    const first = Int32Array.from({ length: 256 }, (_, i) => {
      for (let k = 0; k < 8; k++) i = i & 1 ? (i >>> 1) ^ 0xedb88320 : i >>> 1;
      return i;
    });
    const made = [first];
    for (let k = 1; k < 4; k++) made.push(made[k - 1].map((c) => first[c & 255] ^ (c >>> 8)));
    return made;
  }

  function crc32(bytes, start) {
    const [a, b, c, d] = (tables = tables || crcTables());
    let crc = -1, i = start;
    for (; i + 4 <= bytes.length; i += 4) {
      crc ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
      crc = d[crc & 255] ^ c[(crc >>> 8) & 255] ^ b[(crc >>> 16) & 255] ^ a[crc >>> 24];
    }
    for (; i < bytes.length; i++) crc = a[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
    return ~crc >>> 0;
  }

  /** Data tiles under a screen tile: {x, y} of data zoom `bandZ` that cover screen tile {z, x, y}, both in tiles of the whole world. */
  function covering(screen, bandZ) {
    const deeper = bandZ - screen.z;
    if (deeper <= 0) return [{ x: Math.floor(screen.x / 2 ** -deeper), y: Math.floor(screen.y / 2 ** -deeper) }];
    const out = [], side = 2 ** deeper;
    for (let y = screen.y * side; y < (screen.y + 1) * side; y++)
      for (let x = screen.x * side; x < (screen.x + 1) * side; x++) out.push({ x, y });
    return out;
  }

  /** How a data tile lies on a screen tile of `size` pixels: pixel = unit · scale + (dx, dy); `window` is its own part of the screen tile. */
  function placement(screen, bandZ, tile, size) {
    const unitsAcross = EXTENT * 2 ** (bandZ - screen.z);
    const scale = size / unitsAcross;
    const left = (tile.x * EXTENT - screen.x * unitsAcross) * scale;
    const top = (tile.y * EXTENT - screen.y * unitsAcross) * scale;
    return { scale, dx: left + HALF * scale, dy: top + HALF * scale, window: [left, top, left + EXTENT * scale, top + EXTENT * scale] };
  }

  /** Web Mercator of lon, lat as a share of the world, 0 to 1, y south. */
  function mercator(lon, lat) {
    const sine = Math.sin((Math.max(-85.0511, Math.min(85.0511, lat)) * Math.PI) / 180);
    return { x: lon / 360 + 0.5, y: 0.5 - Math.atanh(sine) / (2 * Math.PI) };
  }

  const api = { EXTENT, HALF, decode, crc32, covering, placement, mercator };
  root.onescreen = root.onescreen || {};
  root.onescreen.map = Object.assign(root.onescreen.map || {}, { tile: api });
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
