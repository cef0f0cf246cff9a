// The worker: fetches tiles, keeps them decoded, rasterises on demand. Dash also loads this file into the page, where it does nothing.
//
// in:  {type: "raster", job, base, screen: {z, x, y}, size, bandZ, tiles: [{x, y, name}], style, spotted}    {type: "cancel", job}
// out: {job, runs | dots, present, failed: [name]}; present: ids, ascending, the same array as runs.ids or dots.ids
(function () {
  "use strict";
  if (typeof WorkerGlobalScope === "undefined" || !(self instanceof WorkerGlobalScope)) return;

  const version = self.location.search; // a new release has a new address, so its parts must too
  importScripts(`tile.js${version}`, `raster.js${version}`, `runs.js${version}`);
  const { tile: tiles, raster, runs } = self.onescreen.map;

  const DECODED_LIMIT = 24 * 2 ** 20; // bytes of decoded tiles that are kept, least recently used go first
  const RETRY_AFTER_MS = 500;
  const decoded = new Map(); // name → tile
  const loading = new Map(); // name → {promise, abort, jobs: Set}
  const active = new Map(); // job → names that it waits for
  let kept = 0;

  self.onmessage = ({ data }) => {
    if (data.type === "cancel") cancel(data.job);
    else if (data.type === "raster") run(data);
  };

  async function run(job) {
    active.set(job.job, job.tiles.map((tile) => tile.name));
    const failed = [];
    const got = await Promise.all(job.tiles.map(({ name }) => load(job, name).catch(() => { failed.push(name); return null; })));
    if (!active.delete(job.job)) return; // cancelled meanwhile
    const answer = job.style.kind === "point" ? dots(job, got) : filled(job, got);
    self.postMessage({ job: job.job, failed, ...answer }, runs.arraysOf(answer).map((array) => array.buffer));
  }

  /** Forget a job; a fetch that nobody else waits for is aborted. */
  function cancel(job) {
    for (const name of active.get(job) || []) {
      const entry = loading.get(name);
      if (entry && entry.jobs.delete(job) && entry.jobs.size === 0) entry.abort.abort();
    }
    active.delete(job);
  }

  function filled(job, got) {
    const { style, size } = job;
    const target = raster.canvas(size, Math.max(2, style.outline));
    got.forEach((tile, i) => {
      if (!tile) return;
      const placement = tiles.placement(job.screen, job.bandZ, job.tiles[i], size);
      if (style.kind === "line") raster.strokeLines(target, tile, placement, style.widths);
      else raster.fillPolygons(target, tile, placement, style.keep);
    });
    const made = runs.make(target, style.outline, style.edged, job.spotted);
    return { runs: made, present: made.ids };
  }

  function dots(job, got) {
    const reach = Math.ceil(job.style.reach) + 1;
    const parts = got.map((tile, i) => tile && raster.placePoints(tile, tiles.placement(job.screen, job.bandZ, job.tiles[i], job.size), job.size, reach)).filter(Boolean);
    const merged = raster.mergePoints(parts);
    return { dots: { size: job.size, ...merged }, present: merged.ids };
  }

  /** Decoded tile `name`; a fetch is shared by all who want it. */
  async function load(job, name) {
    const known = decoded.get(name);
    if (known) {
      decoded.delete(name); // to the young end of the map
      decoded.set(name, known);
      return known;
    }
    let entry = loading.get(name);
    if (!entry || entry.abort.signal.aborted) {
      const abort = new AbortController();
      entry = { abort, jobs: new Set(), promise: fetchTile(job.base + name + ".tile", abort.signal) };
      const mine = entry;
      const settle = () => { if (loading.get(name) === mine) loading.delete(name); };
      entry.promise.then(settle, settle);
      loading.set(name, entry);
    }
    entry.jobs.add(job.job);
    const tile = await entry.promise;
    keep(name, tile);
    return tile;
  }

  async function fetchTile(address, signal) {
    try {
      return await fetchOnce(address, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      await new Promise((done) => setTimeout(done, RETRY_AFTER_MS));
      return fetchOnce(address, signal);
    }
  }

  async function fetchOnce(address, signal) {
    const response = await fetch(address, { signal });
    if (!response.ok) throw new Error(`${response.status} for ${address}`);
    return tiles.decode(await response.arrayBuffer());
  }

  function keep(name, tile) {
    if (decoded.has(name)) return;
    decoded.set(name, tile);
    kept += tile.bytes;
    for (const [old, { bytes }] of decoded) {
      if (kept <= DECODED_LIMIT || old === name) break;
      decoded.delete(old);
      kept -= bytes;
    }
  }
})();
