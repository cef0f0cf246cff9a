// Rasters: asks the worker for rasterised tilesets, shares equal requests, and keeps answers up to a limit.
(function (root) {
  "use strict";

  const here = typeof document !== "undefined" && document.currentScript ? document.currentScript.src : "";
  const startWorker = () => new Worker(here.replace(/rasters\.js/, "worker.js"));
  // A page that asks for a manifest in its head will show a map: its worker starts while the page is still being put together.
  let early = here && document.querySelector('link[rel="preload"][href^="/pack/"]') ? startWorker() : null;

  /** `limit` in bytes; `onError(message)` hears of tiles that failed twice. */
  function create({ limit, onError }) {
    const worker = early || startWorker();
    early = null;
    const cache = new Map(); // key → {result, bytes}, least recently used first
    const pending = new Map(); // key → {job, waiters: Set of callbacks}
    const keys = new Map(); // job → key
    let bytes = 0, next = 1;

    worker.onmessage = ({ data }) => {
      const key = keys.get(data.job);
      keys.delete(data.job);
      const entry = pending.get(key);
      if (!entry || entry.job !== data.job) return;
      pending.delete(key);
      if (data.failed.length) onError(`map tiles not loaded: ${data.failed.join(", ")}`);
      else remember(key, data);
      entry.waiters.forEach((waiter) => waiter(data));
    };
    worker.onerror = (event) => onError(`map worker: ${event.message}`);

    function remember(key, result) {
      const size = sizeOf(result);
      cache.set(key, { result, bytes: size });
      bytes += size;
      for (const [old, entry] of cache) {
        if (bytes <= limit || old === key) break;
        cache.delete(old);
        bytes -= entry.bytes;
      }
    }

    const sizeOf = (result) => root.onescreen.map.runs.arraysOf(result).reduce((sum, array) => sum + array.byteLength, 0);

    /** The raster for `key` if it is at hand. */
    function peek(key) {
      const entry = cache.get(key);
      if (!entry) return null;
      cache.delete(key);
      cache.set(key, entry);
      return entry.result;
    }

    /** Ask for a raster; `waiter(result)` is called later. Returns a function that withdraws the request. */
    function request(key, message, waiter) {
      let entry = pending.get(key);
      if (!entry) {
        entry = { job: next++, waiters: new Set() };
        pending.set(key, entry);
        keys.set(entry.job, key);
        worker.postMessage({ type: "raster", job: entry.job, ...message });
      }
      entry.waiters.add(waiter);
      return () => {
        if (!entry.waiters.delete(waiter) || entry.waiters.size || pending.get(key) !== entry) return;
        pending.delete(key);
        keys.delete(entry.job);
        worker.postMessage({ type: "cancel", job: entry.job });
      };
    }

    return { peek, request, sizeOf, stop: () => { worker.terminate(); cache.clear(); pending.clear(); }, get bytes() { return bytes; } };
  }

  root.onescreen = root.onescreen || {};
  root.onescreen.map = Object.assign(root.onescreen.map || {}, { rasters: { create } });
})(typeof self !== "undefined" ? self : globalThis);
