// Below: what lies under the layer that changes, kept as pixels, so that a recolour of houses does not mix roads and parcels anew. Pure.
(function (root) {
  "use strict";

  const LIMIT = 96 * 2 ** 20; // bytes of all that are kept: 96 screen tiles of one device pixel to the CSS pixel. Beyond it all is painted anew
  let kept = 0;

  /** How many parts of a record, from the lowest, look in `looks` as they did when it was last painted whole; parts are {item, raster}. */
  function unchanged({ shown, parts }, looks) {
    let k = 0;
    while (k < shown.length && k < parts.length && sameThing(shown[k].part, parts[k]) && alike(shown[k].look, looks[k])) k++;
    return k;
  }

  /** The same raster of the same manifest. */
  const sameThing = (a, b) => a.raster === b.raster && a.item.tileset === b.item.tileset && a.item.layer === b.item.layer;

  /** Looks (scene.js) that paint the same. */
  function alike(a, b) {
    if (!a || !b) return a === b;
    return a.sign === b.sign && a.array === b.array && (a.filter && a.filter.array) === (b.filter && b.filter.array);
  }

  /**
   * Paint all parts of `record` over `out` with `paint(part)`: those that look as they did from what is kept of them, if it is. What has
   * changed may change again, so what lies below it is kept then. `looks` are those of the parts.
   */
  function paintAll(record, out, looks, paint) {
    const { parts } = record, same = unchanged(record, looks);
    if (record.below && record.below.parts > same) drop(record);
    const from = record.below ? record.below.parts : 0;
    const keepAt = from && same === parts.length ? 0 : same; // nothing has changed but a highlight: what is kept will do
    if (from) out.set(record.below.pixels); else out.fill(0);
    for (let k = from; k < parts.length; k++) {
      if (k === keepAt && k > from) keep(record, out, k);
      paint(parts[k]);
    }
    record.shown = parts.map((part, k) => ({ part: { ...part }, look: looks[k] }));
  }

  /** Keep `out` as what the lowest `parts` of a record look like, if there is room. */
  function keep(record, out, parts) {
    if (record.below) record.below.pixels.set(out);
    else if (kept + out.byteLength > LIMIT) return;
    else { record.below = { pixels: out.slice() }; kept += out.byteLength; }
    record.below.parts = parts;
  }

  /** Objects of a layer have other values: what is kept is right no more if the layer lies in it. */
  function changed(record, layer) {
    if (record.below && record.shown.slice(0, record.below.parts).some(({ part }) => part.item.layer === layer)) drop(record);
  }

  function drop(record) {
    if (record.below) kept -= record.below.pixels.byteLength;
    record.below = null;
  }

  const api = { paintAll, changed, drop };
  root.onescreen = root.onescreen || {};
  root.onescreen.map = Object.assign(root.onescreen.map || {}, { below: api });
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
