// The canvas layer: one Leaflet GridLayer whose tiles are painted from rasters and colour arrays.
(function (root) {
  "use strict";

  const ns = (root.onescreen = root.onescreen || {});
  ns.map = ns.map || {};
  const RING_FROM_PX = 3; // radius from which a dot has a rim; on a smaller one there would be little else
  const SMALL_PX = 6; // a red or orange polygon that is smaller gets its dot as well
  const SMALL_DOT_PX = 1.5; // radius of a dot of things that are never drawn as dots
  const STAMPED = { 1: 2, 2: 1.4 }; // by how much these dots are larger, where nobody has asked for more
  const TILE_PX = 512; // CSS pixels; a screen tile of map zoom z is world tile z − 1

  /** What a raster of `item` for a screen tile depends on, as cache key, with the message for the worker (null: no data there). */
  function order(source, item, coords, dpr) {
    const { tile, plan } = ns.map;
    const screen = { z: coords.z - 1, x: coords.x, y: coords.y };
    const index = source.index(item.band);
    const tiles = tile.covering(screen, item.band.z).map(({ x, y }) => index.get(`${x}/${y}`)).filter(Boolean);
    if (!tiles.length) return null;
    const size = Math.round(TILE_PX * dpr);
    const key = `${item.name}|${item.band.kind}|${screen.z}/${screen.x}/${screen.y}|${size}|${tiles.map((one) => one.name).join()}`;
    return { key, tiles, message: () => ({ base: source.base, screen, size, bandZ: item.band.z, tiles, style: plan.style(item, coords.z, dpr) }) };
  }

  /** Canvas pixels to a CSS pixel. */
  const density = () => Math.min(3, root.devicePixelRatio || 1);

  /** Paint a record (one screen tile) from the rasters it has. `scene` gives colour tables, arrays and highlights. */
  function paintRecord(record, scene) {
    const size = record.canvas.width;
    const image = scene.image(size);
    const out = new Uint32Array(image.data.buffer);
    out.fill(0);
    for (const { item, raster } of record.parts) if (raster) paintItem(out, size, item, raster, scene, record);
    for (const { item, raster } of record.parts) if (raster) paintHighlights(out, item, raster, scene, record);
    record.canvas.getContext("2d").putImageData(image, 0, 0);
  }

  function paintItem(out, size, item, raster, scene, record) {
    const { paint } = ns.map;
    const look = scene.look(item);
    if (!look) return;
    if (raster.runs) paint.paintRuns(out, { ...raster.runs, size }, { ...look, stamps: stampsOf(item, look, record) });
    else {
      const radius = dotRadius(item, record);
      paint.paintDots(out, raster.dots, { ...look, radius, ring: radius >= RING_FROM_PX * record.dpr ? scene.ring : 0 });
    }
  }

  /** How small polygons of the worst levels are made to be seen; null for colours that are no levels, and for areas and lines. */
  function stampsOf(item, look, record) {
    if (!look.byLevel || item.tileset.kind !== "polygon" || item.tileset.table === "area") return null;
    const dots = item.tileset.bands.find((band) => band.size_px);
    const radius = (dots ? ns.map.plan.at(dots.size_px, record.coords.z) : SMALL_DOT_PX) * record.dpr;
    return { larger: look.larger || STAMPED, radius, ring: 0, under: SMALL_PX * record.dpr, rank: look.rank };
  }

  function dotRadius(item, record) {
    return ns.map.plan.at(item.band.size_px, record.coords.z) * record.dpr;
  }

  function paintHighlights(out, item, raster, scene, record) {
    const { paint } = ns.map;
    for (const { tileset, ordinal, colour, px } of scene.highlights) {
      if (tileset !== item.name || item.role === "boundary" || !has(raster.present, ordinal)) continue;
      const width = Math.max(1, Math.round(px * record.dpr));
      if (raster.runs) paint.paintHalo(out, raster.runs, ordinal, colour, width);
      else paint.paintDotHalo(out, raster.dots, ordinal, colour, dotRadius(item, record), width);
    }
  }

  /** Binary search in an ascending array. */
  function has(sorted, value) {
    let low = 0, high = sorted.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] === value) return true;
      if (sorted[middle] < value) low = middle + 1; else high = middle - 1;
    }
    return false;
  }

  /**
   * The GridLayer. `host` decides what is drawn: host.items(z), host.source, host.rasters, host.scene(),
   * host.settled() is called whenever a record may have become complete.
   */
  function create(L, host) {
    const Layer = L.GridLayer.extend({
      options: { tileSize: TILE_PX, pane: "onescreen", updateWhenZooming: false, keepBuffer: 1, minZoom: 2, maxZoom: 24, noWrap: true },

      initialize(options) {
        L.GridLayer.prototype.initialize.call(this, options);
        this.records = new Map();
        this._dirty = new Set();
      },
      onAdd(map) {
        this.on("tileunload", this._forget, this);
        return L.GridLayer.prototype.onAdd.call(this, map);
      },
      onRemove(map) {
        L.GridLayer.prototype.onRemove.call(this, map);
        this.off("tileunload", this._forget, this);
        cancelAnimationFrame(this._frame);
        this._frame = 0;
        this.records.forEach((record) => withdraw(record));
        this.records.clear();
      },

      createTile(coords, done) {
        const dpr = density();
        const canvas = L.DomUtil.create("canvas", "leaflet-tile");
        canvas.width = canvas.height = Math.round(TILE_PX * dpr);
        const record = { coords, canvas, dpr, parts: [], done, painted: false, withdrawals: [] };
        this.records.set(this._tileCoordsToKey(coords), record);
        this.prepare(record);
        return canvas;
      },
      _forget({ coords }) {
        const key = this._tileCoordsToKey(coords);
        const record = this.records.get(key);
        if (!record) return;
        withdraw(record);
        this._dirty.delete(record);
        this.records.delete(key);
      },

      /** Find out what the record needs now; what is not at hand is asked of the worker. */
      prepare(record) {
        withdraw(record);
        if (!host.source) return;
        const parts = host.items(record.coords.z).map((item) => ({ item, raster: null, waiting: false }));
        record.next = parts;
        for (const part of parts) this._supply(record, part);
        this.settle(record);
      },
      _supply(record, part) {
        const wanted = order(host.source, part.item, record.coords, record.dpr);
        if (!wanted) return;
        part.raster = host.rasters.peek(wanted.key);
        if (part.raster) return;
        part.waiting = true;
        record.withdrawals.push(host.rasters.request(wanted.key, wanted.message(), (result) => {
          part.waiting = false;
          part.raster = result;
          this.settle(record);
        }));
      },
      /** Paint the record when nothing is missing; until then the canvas keeps what it shows. */
      settle(record) {
        if (!record.next || record.next.some((part) => part.waiting) || !host.scene().complete(record.next)) return;
        record.parts = record.next;
        record.next = null;
        this.repaint(record);
      },
      repaint(record) {
        this._dirty.add(record);
        if (!this._frame) this._frame = requestAnimationFrame(() => this._paintDirty());
      },
      _paintDirty() {
        this._frame = 0;
        const start = performance.now(), scene = host.scene();
        let n = 0;
        for (const record of this._dirty) {
          paintRecord(record, scene);
          if (!record.painted) { record.painted = true; record.done(null, record.canvas); }
          n++;
        }
        this._dirty.clear();
        if (n) performance.measure("onescreen-map-paint", { start, end: performance.now(), detail: { tiles: n } });
        host.settled();
      },
      /** Another array, palette, filter or highlight: repaint, from what is rasterised, the records for which `wanted` says yes. */
      repaintAll(wanted) {
        this.records.forEach((record) => {
          if (record.next) this.settle(record);
          else if (!wanted || wanted(record)) this.repaint(record);
        });
      },
      /** Something has come: paint the records that lacked nothing else. */
      settleAll() {
        this.records.forEach((record) => record.next && this.settle(record));
      },
      /** The set of drawn things changed. */
      prepareAll() {
        this.records.forEach((record) => this.prepare(record));
      },
      /** True when every record shows what it should. */
      complete() {
        if (this._dirty.size || !this.records.size) return false;
        for (const record of this.records.values()) if (record.next || !record.painted) return false;
        return true;
      },
    });
    return new Layer();
  }

  function withdraw(record) {
    record.withdrawals.splice(0).forEach((undo) => undo());
    record.next = null;
  }

  ns.map.canvas = { create, order, density, has, TILE_PX };
})(typeof self !== "undefined" ? self : globalThis);
