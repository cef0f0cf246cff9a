// In view: how many features of each layer are drawn and have at least a pixel, or their dot, within the view.
(function (root) {
  "use strict";

  const ns = (root.onescreen = root.onescreen || {});
  ns.map = ns.map || {};

  /** {layer: n} of the tiles at `zoom` among `records`; `box` is [west, south, east, north], `scene` says what is drawn. */
  function count(records, scene, zoom, box) {
    const seen = new Map(); // layer → a mark for each of its features
    for (const record of records.values()) {
      if (record.coords.z !== zoom) continue;
      const window = windowOf(record, box);
      if (!window) continue;
      for (const { item, raster } of record.parts.filter((part) => part.item.role === "layer")) {
        const marks = marksOf(seen, item);
        if (raster) mark(marks, raster, scene.look(item), window);
      }
    }
    return Object.fromEntries([...seen].map(([name, marks]) => [name, marks.reduce((sum, one) => sum + one, 0)]));
  }

  function marksOf(seen, { layer, tileset }) {
    if (!seen.has(layer.name)) seen.set(layer.name, new Uint8Array(tileset.size));
    return seen.get(layer.name);
  }

  /** The pixels of a tile that lie in the box, right and bottom beyond them; null for none. */
  function windowOf({ coords, canvas }, [west, south, east, north]) {
    const across = 2 ** (coords.z - 1), size = canvas.width, { mercator } = ns.map.tile;
    const from = mercator(west, north), to = mercator(east, south);
    const low = (value, tile) => Math.max(0, Math.floor((value * across - tile) * size)), high = (value, tile) => Math.min(size, Math.ceil((value * across - tile) * size));
    const window = { left: low(from.x, coords.x), top: low(from.y, coords.y), right: high(to.x, coords.x), bottom: high(to.y, coords.y) };
    return window.left < window.right && window.top < window.bottom ? window : null;
  }

  function mark(marks, { runs, dots }, look, window) {
    if (!look) return;
    const put = (id) => { if (!marks[id] && ns.map.scene.draws(look, id)) marks[id] = 1; };
    if (dots) return inside(dots, window, put);
    const { rowAt, xs, codes, ids } = runs;
    for (let y = window.top; y < window.bottom; y++)
      for (let i = ns.map.runs.runAt(runs, y, window.left); i < rowAt[y + 1] && xs[i] < window.right; i++) if (codes[i]) put(ids[(codes[i] >> 1) - 1]);
  }

  function inside({ xs, ys, ids }, { left, top, right, bottom }, put) {
    for (let i = 0; i < ids.length; i++) if (xs[i] >= left && xs[i] < right && ys[i] >= top && ys[i] < bottom) put(ids[i]);
  }

  ns.map.inview = { count, windowOf, mark };
  if (typeof module !== "undefined") module.exports = ns.map.inview;
})(typeof self !== "undefined" ? self : globalThis);
