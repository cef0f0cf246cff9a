// Source: a manifest and what hangs on it: tile indices, colour arrays, labels, all fetched once.
(function (root) {
  "use strict";

  const RETRY_AFTER_MS = 500;
  const ARRAYS_KEPT = 48;
  const NOTHING = new Uint8Array(0); // an array that says of every feature that it is absent
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
    const indices = new Map(), arrays = new Map(), labels = new Map(), dayLists = new Map(), patched = new Map(), underWay = new Map();

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

    /** Days before that of the manifest whose colours are kept, oldest first: {as_of, layers}; null while they are under way. */
    const days = () => (manifest.days ? fetched(dayLists, manifest.days.name, "json", (value) => value || []) : []);

    /** Blob of an array: of the manifest, or of an earlier day. null while it is not known, "" where the day has none. */
    function nameOf(layer, theme, day) {
      if (!day || day === manifest.as_of) return (theme === "level" ? layer.array : layer.themes.find((one) => one.name === theme).array).name;
      const listed = days();
      if (!listed) return null;
      const colours = (listed.find((one) => one.as_of === day) || { layers: {} }).layers[layer.name];
      const found = colours && (theme === "level" ? colours.array : colours.themes[theme]);
      return found ? found.name : "";
    }

    /** Colour array of a layer, of an earlier `day` if one is given, or null while it is under way. An array that cannot be had draws nothing. */
    function array(layer, theme, day) {
      const own = !day && patched.get(`${layer.name}|${theme}`);
      if (own) return own;
      const name = nameOf(layer, theme, day);
      if (!name) return name === null ? null : NOTHING;
      const value = fetched(arrays, name, "arrayBuffer", (buffer) => new Uint8Array(buffer || 0));
      if (value) { arrays.delete(name); arrays.set(name, value); }
      for (const [old, held] of arrays) { if (arrays.size <= ARRAYS_KEPT) break; if (held) arrays.delete(old); }
      return value;
    }

    /** Have an array at hand; a promise that it has come, or cannot be had. */
    function ahead(layer, theme, day) {
      const name = nameOf(layer, theme, day);
      if (name === null) return underWay.get(manifest.days.name).then(() => ahead(layer, theme, day));
      array(layer, theme, day);
      return underWay.get(name);
    }

    /** The days, once they have come. */
    async function daysCome() {
      if (!days()) await underWay.get(manifest.days.name);
      return days();
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

    return { manifest, base, index, array, ahead, days: daysCome, ARRAYS_AHEAD, patch, labelsOf, close: () => abort.abort() };
  }

  root.onescreen = root.onescreen || {};
  root.onescreen.map = Object.assign(root.onescreen.map || {}, { source: { open } });
})(typeof self !== "undefined" ? self : globalThis);
