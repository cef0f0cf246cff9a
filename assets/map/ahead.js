// Ahead: what somebody may ask for next of the view that stands. Arrays of other layers and themes, and rasters of other layers, are had one
// after another while the page has nothing else to do, so that another layer or theme is a matter of painting.
(function (root) {
  "use strict";

  /**
   * Arrays to have at hand as {layer, theme, bytes}, what is drawn now among them: the levels of all layers, then the themes of what is
   * drawn, then those of the rest. Together at most `limit` bytes; one that is too large is left out, not those behind it.
   */
  function arrays(manifest, state, limit) {
    const { plan } = root.onescreen.map;
    const drawn = new Set(plan.visible(manifest, state).map(({ layer }) => layer));
    const layers = [...manifest.layers].sort((a, b) => drawn.has(b) - drawn.has(a));
    const levels = layers.map((layer) => ({ layer, theme: "level", bytes: layer.array.bytes }));
    const themes = layers.flatMap((layer) => layer.themes.map((theme) => ({ layer, theme: theme.name, bytes: theme.array.bytes })));
    let left = limit;
    return [...levels, ...themes].filter(({ bytes }) => bytes <= left && (left -= bytes, true));
  }

  /** Things that the layers which are switched off would draw at `zoom`. */
  function items(manifest, state, zoom) {
    const { plan } = root.onescreen.map;
    const off = { ...state, layers: null, backdrop: false, boundaries: false };
    const drawn = new Set(plan.plan(manifest, state, zoom).filter((item) => item.role === "layer").map((item) => item.name));
    const seen = new Set();
    return plan.plan(manifest, off, zoom).filter(({ name }) => !drawn.has(name) && !seen.has(name) && seen.add(name));
  }

  /** Screen tiles of `tilePx` pixels, {x, y, z}, under a view of `width`×`height` around mercator position {x, y} (shares of the world) at `zoom`. */
  function screenTiles({ x, y }, zoom, width, height, tilePx) {
    const world = 256 * 2 ** zoom, last = world / tilePx - 1, out = [];
    const first = (middle, size) => Math.max(0, Math.floor((middle * world - size / 2) / tilePx));
    const end = (middle, size) => Math.min(last, Math.ceil((middle * world + size / 2) / tilePx) - 1);
    for (let row = first(y, height); row <= end(y, height); row++)
      for (let column = first(x, width); column <= end(x, width); column++) out.push({ x: column, y: row, z: zoom });
    const away = (one) => (one.x + 0.5 - (x * world) / tilePx) ** 2 + (one.y + 0.5 - (y * world) / tilePx) ** 2;
    return out.sort((a, b) => away(a) - away(b));
  }

  /**
   * Does tasks one after another, each when the page is idle. A task is a function that returns a promise, or nothing where nothing was to
   * be done. New tasks take the place of old ones; the one under way ends, so that an urgent request waits for one task at most.
   */
  function queue(idle = whenIdle) {
    let turn = 0;
    async function start(tasks) {
      const mine = ++turn;
      await idle();
      for (const left = tasks[Symbol.iterator](); mine === turn; ) { // asked before each task is made: the map may be gone
        const { done, value: task } = left.next();
        if (done) return;
        const work = task();
        if (work) { await work; await idle(); }
      }
    }
    return { start, stop() { turn++; } };
  }

  const IDLE_MS = 50; // where the browser cannot say that it is idle
  function whenIdle() {
    return new Promise((done) => (root.requestIdleCallback ? root.requestIdleCallback(() => done()) : setTimeout(done, IDLE_MS)));
  }

  /** Bytes that `host` (a handle of attach.js) may fetch ahead. */
  function allowance({ options }) {
    return (root.navigator.connection || {}).saveData ? 0 : options.aheadMB * 2 ** 20;
  }

  /** Tasks for a queue: the arrays. */
  function* arrayTasks(host) {
    const { manifest, state, source } = host;
    for (const { layer, theme } of arrays(manifest, state, allowance(host)).slice(0, source.ARRAYS_AHEAD)) yield () => source.ahead(layer, theme);
  }

  /** Tasks for a queue: rasters of the view of `host`. */
  function* rasterTasks(host) {
    const left = { fetched: allowance(host), kept: (host.options.cacheMB * 2 ** 20) / 4, names: new Set() };
    for (const item of items(host.manifest, host.state, Math.round(host.map.getZoom())))
      for (const record of host.layer.records.values()) yield () => rasterised(host, item, record, left);
  }

  /** What works ahead for `host`: arrays and rasters side by side. */
  function create(host) {
    const queues = [[queue(), arrayTasks], [queue(), rasterTasks]];
    return {
      start() { queues.forEach(([one, tasks]) => one.start(tasks(host))); },
      stop() { queues.forEach(([one]) => one.stop()); },
    };
  }

  /** Have one raster at hand, if what is `left` allows it. */
  function rasterised({ source, rasters }, item, { coords, dpr }, left) {
    const wanted = root.onescreen.map.canvas.order(source, item, coords, dpr);
    if (!wanted || rasters.peek(wanted.key)) return null;
    const tiles = wanted.tiles.filter(({ name }) => !left.names.has(name));
    const bytes = tiles.reduce((sum, tile) => sum + tile.bytes, 0);
    if (bytes > left.fetched || left.kept <= 0) return null;
    left.fetched -= bytes;
    tiles.forEach(({ name }) => left.names.add(name));
    return new Promise((done) => rasters.request(wanted.key, wanted.message(), (result) => { left.kept -= rasters.sizeOf(result); done(); }));
  }

  const api = { arrays, items, screenTiles, queue, whenIdle, create };
  root.onescreen = root.onescreen || {};
  root.onescreen.map = Object.assign(root.onescreen.map || {}, { ahead: api });
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
