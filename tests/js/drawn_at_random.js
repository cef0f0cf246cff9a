// Made-up tiles for the tests of painting: runs from pieces, and tiles full of dots and polygons drawn by lot, the same each time.
"use strict";
const runs = require("../../assets/map/runs.js");

const EDGE = 0x80000000;

/** Runs of a tile from [first pixel, id + 1, with EDGE on an outline], each up to the next. */
function runsOf(size, pieces) {
  const pixels = new Uint32Array(size * size);
  pieces.forEach(([at, value], i) => pixels.fill(value, at, i + 1 < pieces.length ? pieces[i + 1][0] : size * size));
  return runsOfPixels(size, pixels);
}

/** Runs of a tile from id + 1 by pixel. */
function runsOfPixels(size, pixels) {
  const bare = pixels.map((value) => value & 0x7fffffff);
  const made = runs.make({ size, margin: 0, side: size, values: bare }, 0, null, true);
  // Outlines are set by hand: a run for each pixel, so that each may have one or not.
  const rowAt = Uint32Array.from({ length: size + 1 }, (_, y) => y * size), places = new Map([...made.ids].map((id, k) => [id + 1, 2 * k + 2]));
  const codes = Uint16Array.from(pixels, (value) => (value & 0x7fffffff ? places.get(value & 0x7fffffff) + (value >= EDGE ? 1 : 0) : 0));
  return { ...made, ...joined(size, rowAt, codes) };
}

function joined(size, rowAt, codes) {
  const at = [0], xs = [], out = [];
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) if (x === 0 || codes[rowAt[y] + x] !== codes[rowAt[y] + x - 1]) { xs.push(x); out.push(codes[rowAt[y] + x]); }
    at.push(xs.length);
  }
  return { rowAt: Uint32Array.from(at), xs: Uint16Array.from(xs), codes: Uint16Array.from(out) };
}

/** Whole numbers under n, the same for a seed. */
function lot(seed) {
  let state = seed;
  return (n) => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 16) % n; // the high bits: the low ones repeat soon
}

/** `n` rectangles of ids from 0 on a tile, later ones above, the left column of each its outline. */
function rectangles(size, n, across, draw) {
  const pixels = new Uint32Array(size * size);
  for (let id = 0; id < n; id++) {
    const x = draw(size), y = draw(size), right = Math.min(size, x + 1 + draw(across)), bottom = Math.min(size, y + 1 + draw(across));
    for (let row = y; row < bottom; row++) for (let column = x; column < right; column++) pixels[row * size + column] = id + 1 + (column === x ? EDGE : 0);
  }
  return runsOfPixels(size, pixels);
}

/** `n` dots of ids from 0, some beyond the edge; `close`: those of one neighbourhood follow each other, as they do in a town. */
function dotsOf(size, n, draw, close = false) {
  const place = () => draw(size + 20) - 10, at = Array.from({ length: n }, () => [place(), place()]);
  if (close) at.sort(([x, y], [u, v]) => (y >> 4) - (v >> 4) || (x >> 4) - (u >> 4));
  return { size, xs: Int16Array.from(at, ([x]) => x), ys: Int16Array.from(at, ([, y]) => y), ids: Uint32Array.from({ length: n }, (_, i) => i) };
}

module.exports = { EDGE, runsOf, rectangles, dotsOf, lot };
