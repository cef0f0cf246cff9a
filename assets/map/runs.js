// Runs: a rasterised tileset as the page keeps it, rows of stretches of one feature each. Pure; runs in the worker, the page and node.
//
// {size, rowAt, xs, codes, ids, spots}: run i of row y (rowAt[y] ≤ i < rowAt[y + 1]) begins at column xs[i] and ends where the next begins. Its
// code is 0 where nothing is, else 2 + 2 · k for the feature ids[k], and one more on its outline. Two bytes each: 50 tiles of them are kept.
(function (root) {
  "use strict";

  const EDGE = 0x80000000; // bit of a pixel on the outline of its feature, while runs are made
  const MASK = 0x7fffffff;

  let columns = new Uint16Array(4096), values = new Uint32Array(4096);

  /**
   * Runs over the inner square of a canvas of raster.js. `outline` is the width of outlines in pixels, 0 for none; `edged[id]` says which
   * classes have one (null: all). Between two features the one with the greater id carries the line, so it is drawn once. `spotted`: say too
   * where each feature lies.
   */
  function make(target, outline, edged, spotted) {
    const { size, margin, side, values: pixels } = target;
    const reach = Math.min(outline, margin), rowReach = reach * side, rowAt = new Uint32Array(size + 1);
    let count = 0;
    for (let y = 0; y < size; y++) {
      let p = (y + margin) * side + margin, last = -1;
      while (count + size > columns.length) grow();
      for (let x = 0; x < size; x++, p++) {
        let v = pixels[p];
        if (v !== 0 && reach && (pixels[p - reach] < v || pixels[p + reach] < v || pixels[p - rowReach] < v || pixels[p + rowReach] < v) && (!edged || edged[v - 1]))
          v = (v | EDGE) >>> 0;
        if (v === last) continue;
        columns[count] = x;
        values[count++] = last = v;
      }
      rowAt[y + 1] = count;
    }
    return packed(size, rowAt, count, spotted);
  }

  function grow() {
    const a = new Uint16Array(columns.length * 2), b = new Uint32Array(values.length * 2);
    a.set(columns); b.set(values);
    columns = a; values = b;
  }

  let index = new Uint32Array(0); // id + 1 → 1 + its place among those present; zero again when a raster is made

  function packed(size, rowAt, count, spotted) {
    const ids = present(count);
    const codes = new (2 * ids.length + 2 > 0xffff ? Uint32Array : Uint16Array)(count);
    for (let i = 0; i < count; i++) codes[i] = 2 * index[values[i] & MASK] + (values[i] >= EDGE ? 1 : 0);
    for (const id of ids) index[id + 1] = 0;
    const made = { size, rowAt, xs: columns.slice(0, count), codes, ids };
    return { ...made, spots: spotted ? spotsOf(made) : null };
  }

  /** Distinct ids of the runs at hand, ascending; `index` afterwards has their places. */
  function present(count) {
    let top = 0, n = 0;
    for (let i = 0; i < count; i++) top = Math.max(top, values[i] & MASK);
    if (index.length <= top) index = new Uint32Array(Math.max(top + 1, 2 * index.length));
    for (let i = 0; i < count; i++) { const v = values[i] & MASK; if (v && !index[v]) { index[v] = 1; n++; } }
    const out = new Uint32Array(n);
    for (let v = 1, at = 0; at < n; v++) if (index[v]) { out[at] = v - 1; index[v] = ++at; }
    return out;
  }

  /** Of each feature the middle of its box in pixels, and the longer side of the box: {xs, ys, across}. */
  function spotsOf({ size, rowAt, xs, codes, ids }) {
    const left = new Int16Array(ids.length).fill(size), right = new Int16Array(ids.length), top = new Int16Array(ids.length).fill(-1), bottom = new Int16Array(ids.length);
    for (let y = 0; y < size; y++)
      for (let i = rowAt[y]; i < rowAt[y + 1]; i++) {
        if (!codes[i]) continue;
        const k = (codes[i] >> 1) - 1, end = i + 1 < rowAt[y + 1] ? xs[i + 1] : size;
        if (xs[i] < left[k]) left[k] = xs[i];
        if (end > right[k]) right[k] = end;
        if (top[k] < 0) top[k] = y;
        bottom[k] = y + 1;
      }
    return {
      xs: left.map((x, k) => (x + right[k]) >> 1), ys: top.map((y, k) => (y + bottom[k]) >> 1),
      across: left.map((x, k) => Math.max(right[k] - x, bottom[k] - top[k])),
    };
  }

  /** The run of row `y` that holds column `x`. */
  function runAt({ rowAt, xs }, y, x) {
    let low = rowAt[y], high = rowAt[y + 1] - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (xs[middle] <= x) low = middle; else high = middle - 1;
    }
    return low;
  }

  /** Id of the feature at a pixel, or -1. */
  function idAt(runs, x, y) {
    const code = runs.codes[runAt(runs, y, x)];
    return code ? runs.ids[(code >> 1) - 1] : -1;
  }

  /** The arrays of a raster {runs | dots, present}, each once: what goes from the worker to the page, and what its memory is. */
  function arraysOf({ runs, dots, present }) {
    const { xs, ys, across } = (runs && runs.spots) || {};
    return [...new Set([present, ...(runs ? [runs.rowAt, runs.xs, runs.codes, xs, ys, across] : [dots.xs, dots.ys])])].filter(Boolean);
  }

  const api = { make, runAt, idAt, arraysOf };
  root.onescreen = root.onescreen || {};
  root.onescreen.map = Object.assign(root.onescreen.map || {}, { runs: api });
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
