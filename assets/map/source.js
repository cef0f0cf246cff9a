// Source: a manifest and what hangs on it: tile indices, colour arrays, labels, all fetched once.
(function (root) {
  "use strict";

  const RETRY_AFTER_MS = 500;
  const ARRAYS_KEPT = 48;
  const ARRAYS_AHEAD = 32; // fewer, so that what is fetched ahead never drives out what is drawn

  /** fetch with one retry; rejects when both fail. `read` is "json" or "arrayBuffer". */
  async function get(address, read, signal) {
    try {
      return await once(address, read, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      await new Promise((done) => setTimeout(done, RETRY_AFTER_MS));
      return once(address, read, signal);
    }
  }

  async function once(address, read, signal) {
    const response = await fetch(address, { signal });
    if (!response.ok) throw new Error(`${response.status} for ${address}`);
    return response[read]();
  }

  /** Load the manifest at `manifestUrl`. `onArrival("array" or "labels")` is called whenever one has come; `onError(message)` when not. */
  async function open(manifestUrl, { onArrival, onError }) {
    const address = new URL(manifestUrl, root.location.href);
    const base = new URL("./", address).href;
    const abort = new AbortController();
    const manifest = await get(address.href, "json", abort.signal);
    const indices = new Map(), arrays = new Map(), labels = new Map(), patched = new Map(), underWay = new Map();

    /** Index "x/y" → the tile there: {x, y, name, bytes}, of the tiles of a band. */
    function index(band) {
      if (!indices.has(band)) indices.set(band, new Map(band.tiles.map(([x, y, name, bytes]) => [`${x}/${y}`, { x, y, name, bytes }])));
      return indices.get(band);
    }

    /** Value of `store[name]`, or null while it is under way. */
    function fetched(store, name, read, convert) {
      if (store.has(name)) return store.get(name);
      store.set(name, null);
      const came = (value) => { underWay.delete(name); store.set(name, convert(value)); onArrival(store === labels ? "labels" : "array"); };
      underWay.set(name, get(base + name, read, abort.signal).then(came, (error) => {
        if (!abort.signal.aborted) { onError(`${name}: ${error.message}`); came(null); }
      }));
      return null;
    }

    const nameOf = (layer, theme) => (theme === "level" ? layer.array : layer.themes.find((one) => one.name === theme).array).name;

    /** Colour array of a layer, or null while it is under way. An array that cannot be had draws nothing. */
    function array(layer, theme) {
      const own = patched.get(`${layer.name}|${theme}`);
      if (own) return own;
      const name = nameOf(layer, theme);
      const value = fetched(arrays, name, "arrayBuffer", (buffer) => new Uint8Array(buffer || 0));
      if (value) { arrays.delete(name); arrays.set(name, value); }
      for (const [old, held] of arrays) { if (arrays.size <= ARRAYS_KEPT) break; if (held) arrays.delete(old); }
      return value;
    }

    /** Have an array at hand; a promise that it has come, or cannot be had. */
    function ahead(layer, theme) {
      array(layer, theme);
      return underWay.get(nameOf(layer, theme));
    }

    /** Sparse change of a layer's array. Returns false while the array is under way. */
    function patch(layer, theme, ordinals, values) {
      const current = array(layer, theme);
      if (!current) return false;
      const last = ordinals.reduce((most, ordinal) => Math.max(most, ordinal), -1);
      const key = `${layer.name}|${theme}`;
      let own = patched.get(key);
      if (!own || own.length <= last) { const more = new Uint8Array(Math.max(current.length, last + 1)).fill(255); more.set(current); patched.set(key, (own = more)); }
      ordinals.forEach((ordinal, i) => { own[ordinal] = values[i]; });
      return true;
    }

    const labelsOf = (holder) => (holder.labels ? fetched(labels, holder.labels.name, "json", (value) => value || { id: [] }) : null);

    return { manifest, base, index, array, ahead, ARRAYS_AHEAD, patch, labelsOf, close: () => abort.abort() };
  }

  root.onescreen = root.onescreen || {};
  root.onescreen.map = Object.assign(root.onescreen.map || {}, { source: { open } });
})(typeof self !== "undefined" ? self : globalThis);
