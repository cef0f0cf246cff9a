// Region: the part of a screen tile that is painted anew when a few objects change. Pure; runs in the page and in node.
(function (root) {
  "use strict";

  const SPAN = 8192; // more than any tile has pixels across

  let marks = new Uint8Array(0);

  /** An empty region of a tile of `size` pixels. It is made of boxes, and read as spans of pixels within a row. */
  function create(size) {
    const boxes = []; // x0, y0, x1, y1, right and bottom beyond it
    let spans = null;

    function add(x0, y0, x1, y1) {
      const box = [Math.max(0, x0), Math.max(0, y0), Math.min(size, x1), Math.min(size, y1)];
      if (box[0] >= box[2] || box[1] >= box[3]) return;
      boxes.push(...box);
      spans = null;
    }

    const made = () => (spans = spans || spansOf(boxes, size));

    /** Call `visit(from, to)` for the pixels of each span, none twice, from the top down. */
    function each(visit) {
      const all = made();
      for (let i = 0; i < all.length; i += 2) visit(all[i], all[i + 1]);
    }

    function eachBox(visit) {
      for (let i = 0; i < boxes.length; i += 4) visit(boxes[i], boxes[i + 1], boxes[i + 2], boxes[i + 3]);
    }

    /** Share of the tile. */
    function share() {
      let pixels = 0;
      each((from, to) => { pixels += to - from; });
      return pixels / (size * size);
    }

    /** Cells of 2^bits pixels, and some around the tile, with a mark on those from which something that reaches so far comes into the region. */
    function cells(bits, reach) {
      const pad = (reach >> bits) + 1, across = (size >> bits) + 1 + 2 * pad;
      if (marks.length < across * across) marks = new Uint8Array(across * across);
      marks.fill(0, 0, across * across);
      eachBox((x0, y0, x1, y1) => {
        const left = ((x0 - reach) >> bits) + pad, right = ((x1 - 1 + reach) >> bits) + pad;
        for (let y = (y0 - reach) >> bits; y <= (y1 - 1 + reach) >> bits; y++) marks.fill(1, (y + pad) * across + left, (y + pad) * across + right + 1);
      });
      return { marks, across, pad };
    }

    return { size, add, each, eachBox, share, cells };
  }

  /** Rows of the boxes as from, to, from, to …, ascending and without overlap. */
  function spansOf(boxes, size) {
    const rows = [];
    for (let i = 0; i < boxes.length; i += 4)
      for (let y = boxes[i + 1]; y < boxes[i + 3]; y++) rows.push((y * size + boxes[i]) * SPAN + boxes[i + 2] - boxes[i]);
    const out = [];
    for (const row of Float64Array.from(rows).sort()) {
      const from = Math.floor(row / SPAN), to = from + (row % SPAN), last = out.length - 1;
      // A span that ends at the edge of the tile and one that begins in the next row stay two.
      if (last > 0 && (from < out[last] || (from === out[last] && from % size !== 0))) out[last] = Math.max(out[last], to);
      else out.push(from, to);
    }
    return out;
  }

  /**
   * Add to `region` the places of the `ordinals` in a raster, `reach` pixels around dots; how many of them are there. -1 where the raster does
   * not say where its features lie.
   */
  function addChanged(region, raster, ordinals, reach) {
    const { present, dots } = raster, spots = dots || raster.runs.spots;
    let found = 0;
    for (const ordinal of ordinals) {
      for (let i = indexOf(present, ordinal); i < present.length && present[i] === ordinal; i++, found++) {
        if (!spots) return -1;
        const half = Math.max(reach, dots ? 0 : (spots.across[i] >> 1) + 1);
        region.add(spots.xs[i] - half, spots.ys[i] - half, spots.xs[i] + half + 1, spots.ys[i] + half + 1);
      }
    }
    return found;
  }

  /** First index of `value` in an ascending array; its length where it is not in it. */
  function indexOf(sorted, value) {
    let low = 0, high = sorted.length;
    if (!high || value < sorted[0] || value > sorted[high - 1]) return high; // most ordinals lie in other tiles
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] < value) low = middle + 1; else high = middle;
    }
    return sorted[low] === value ? low : sorted.length;
  }

  const has = (sorted, value) => indexOf(sorted, value) < sorted.length;

  const api = { create, addChanged, has };
  root.onescreen = root.onescreen || {};
  root.onescreen.map = Object.assign(root.onescreen.map || {}, { region: api });
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
