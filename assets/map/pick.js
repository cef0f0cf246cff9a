// Picking: which objects lie at a place on the map. One array read a layer, then a look around within the tolerance.
(function (root) {
  "use strict";

  const ns = (root.onescreen = root.onescreen || {});
  ns.map = ns.map || {};

  /** Hits at lon, lat, topmost first. `records` of the canvas layer, `scene` present, `tolerance` in CSS pixels. */
  function at(records, scene, zoom, lon, lat, tolerance) {
    const { x, y } = ns.map.tile.mercator(lon, lat);
    const across = 2 ** (zoom - 1);
    const column = Math.floor(x * across), row = Math.floor(y * across);
    const record = [...records.values()].find(({ coords }) => coords.z === zoom && coords.x === column && coords.y === row);
    if (!record) return [];
    const size = record.canvas.width;
    const px = Math.min(size - 1, Math.floor((x * across - column) * size)), py = Math.min(size - 1, Math.floor((y * across - row) * size));
    const hits = [];
    for (const { item, raster } of record.parts.slice().reverse()) {
      if (item.role !== "layer" || !raster) continue;
      const look = scene.look(item);
      const ordinal = look ? nearest(raster, item, look, size, px, py, tolerance * record.dpr, record) : -1;
      if (ordinal >= 0) hits.push(hit(scene, item, ordinal, lon, lat));
    }
    return hits;
  }

  function hit(scene, item, ordinal, lon, lat) {
    const levels = scene.levelsOf(item.layer);
    return { layer: item.layer.name, tileset: item.name, table: item.tileset.table, ordinal, level: levels ? levels[ordinal] : null, lon, lat };
  }

  function nearest(raster, item, look, size, px, py, reach, record) {
    if (raster.dots) return nearestDot(raster.dots, look, px, py, ns.map.plan.at(item.band.size_px, record.coords.z) * record.dpr + reach);
    // Only what may be too small to hit gets a tolerance; areas and parcels cover the ground, there the exact pixel counts.
    const far = item.tileset.keep && !item.layer.ground ? Math.ceil(reach) : 0;
    for (let ring = 0; ring <= far; ring++) {
      const found = onRing(raster.runs, look, size, px, py, ring);
      if (found >= 0) return found;
    }
    return -1;
  }

  function onRing(runs, look, size, px, py, ring) {
    for (let y = Math.max(0, py - ring); y <= Math.min(size - 1, py + ring); y++) {
      const inner = Math.abs(y - py) < ring;
      for (let x = px - ring; x <= px + ring; x += inner && ring ? 2 * ring : 1) {
        if (x < 0 || x >= size) continue;
        const id = ns.map.runs.idAt(runs, x, y);
        if (id >= 0 && ns.map.scene.draws(look, id)) return id;
      }
    }
    return -1;
  }

  function nearestDot({ xs, ys, ids }, look, px, py, reach) {
    let best = -1, least = reach * reach, rank = 256;
    for (let i = 0; i < ids.length; i++) {
      const away = (xs[i] - px) ** 2 + (ys[i] - py) ** 2;
      if (away > least || !ns.map.scene.draws(look, ids[i])) continue;
      const own = look.rank[look.array[ids[i]]];
      if (away === least && own >= rank) continue; // of two at one pixel, the one that is seen
      best = ids[i]; least = away; rank = own;
    }
    return best;
  }

  ns.map.pick = { at };
})(typeof self !== "undefined" ? self : globalThis);
