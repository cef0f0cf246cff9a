// The canvas layer: one Leaflet GridLayer whose tiles are painted from rasters and colour arrays.
(function (root) {
  "use strict";

  const ns = (root.onescreen = root.onescreen || {});
  ns.map = ns.map || {};
  const TILE_PX = 512; // CSS pixels; a screen tile of map zoom z is world tile z − 1

  const PAINT_MS = 8; // of a frame while the map is dragged: half of it; the rest is the browser's

  /**
   * Do things of a list one after another as long as they are likely to end within `ms`; the first in any case. How many were done.
   */
  function within(ms, things, act) {
    const start = performance.now();
    let n = 0;
    for (const thing of things) {
      const gone = performance.now() - start;
      if (n && gone + gone / n > ms) break;
      act(thing);
      n++;
    }
    return n;
  }

  /** What a raster of `item` for a screen tile depends on, as cache key, with the message for the worker (null: no data there). */
  function order(source, item, coords, dpr) {
    const { tile, plan } = ns.map;
    const screen = { z: coords.z - 1, x: coords.x, y: coords.y };
    const index = source.index(item.band);
    const tiles = tile.covering(screen, item.band.z).map(({ x, y }) => index.get(`${x}/${y}`)).filter(Boolean);
    if (!tiles.length) return null;
    const size = Math.round(TILE_PX * dpr);
    const key = `${item.name}|${item.band.kind}|${screen.z}/${screen.x}/${screen.y}|${size}|${tiles.map((one) => one.name).join()}`;
    return { key, tiles, message: () => ({ base: source.base, screen, size, bandZ: item.band.z, tiles, style: plan.style(item, coords.z, dpr), spotted: ns.map.record.spotted(item) }) };
  }

  /** Canvas pixels to a CSS pixel. */
  const density = () => Math.min(3, root.devicePixelRatio || 1);

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
        this._moving = false;
        map.on("movestart", this._setOff, this).on("moveend", this._arrive, this);
        return L.GridLayer.prototype.onAdd.call(this, map);
      },
      onRemove(map) {
        L.GridLayer.prototype.onRemove.call(this, map);
        this.off("tileunload", this._forget, this);
        map.off("movestart", this._setOff, this).off("moveend", this._arrive, this);
        cancelAnimationFrame(this._frame);
        this._frame = 0;
        this.records.forEach((record) => { withdraw(record); ns.map.below.drop(record); });
        this.records.clear();
      },

      _setOff() { this._moving = true; },
      _arrive() { this._moving = false; },

      createTile(coords, done) {
        const dpr = density();
        const canvas = L.DomUtil.create("canvas", "leaflet-tile");
        canvas.width = canvas.height = Math.round(TILE_PX * dpr);
        const record = { coords, canvas, dpr, parts: [], shown: [], below: null, region: null, done, painted: false, withdrawals: [] };
        this.records.set(this._tileCoordsToKey(coords), record);
        this.prepare(record);
        return canvas;
      },
      _forget({ coords }) {
        const key = this._tileCoordsToKey(coords);
        const record = this.records.get(key);
        if (!record) return;
        withdraw(record);
        ns.map.below.drop(record);
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
      /** Paint the record with the next frame; `region`: this part of it alone, if nothing else is due. */
      repaint(record, region = null) {
        record.region = region;
        this._dirty.add(record);
        if (!this._frame) this._frame = requestAnimationFrame(() => this._paintDirty());
      },
      _paintDirty() {
        this._frame = 0;
        const start = performance.now(), scene = host.scene();
        const painted = within(this._moving ? PAINT_MS : Infinity, this._moving ? this._nearestFirst() : [...this._dirty], (record) => {
          ns.map.record.paint(record, scene);
          this._dirty.delete(record);
          if (!record.painted) { record.painted = true; record.done(null, record.canvas); }
        });
        if (painted) performance.measure("onescreen-map-paint", { start, end: performance.now(), detail: { tiles: painted } });
        if (this._dirty.size) this._frame = requestAnimationFrame(() => this._paintDirty());
        host.settled();
      },
      /** What is to be painted, from the middle of the map outwards. */
      _nearestFirst() {
        const middle = this._map.getPixelBounds().getCenter().divideBy(TILE_PX);
        const away = ({ coords: { x, y } }) => (x + 0.5 - middle.x) ** 2 + (y + 0.5 - middle.y) ** 2;
        return [...this._dirty].sort((a, b) => away(a) - away(b));
      },
      /** These objects of a layer have other values: repaint the places where they are. */
      repaintChanged(layer, ordinals) {
        this.records.forEach((record) => {
          if (record.next) { ns.map.below.changed(record, layer); this.settle(record); return; }
          const whole = this._dirty.has(record) && !record.region;
          const region = ns.map.record.changed(record, layer, ordinals, host.scene());
          if (region !== undefined) this.repaint(record, whole ? null : region);
        });
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

  ns.map.canvas = { create, within, order, density, has: (...of) => ns.map.region.has(...of), TILE_PX };
  if (typeof module !== "undefined") module.exports = ns.map.canvas;
})(typeof self !== "undefined" ? self : globalThis);
