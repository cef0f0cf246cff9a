// Scene: how each thing of the plan looks under the present state: arrays, colour tables, filters, highlights.
(function (root) {
  "use strict";

  /** `source` from source.open, `state` as in plan.START, `hover` {tileset, ordinal} or null. Made anew at every change of these. */
  function create(source, state, hover) {
    const { paint } = root.onescreen.map;
    const { manifest } = source;
    const ink = manifest.palettes.ink[state.scheme];
    const day = state.asOf === manifest.as_of ? null : state.asOf; // the snapshot's own day is no other day
    const looks = new Map();

    /** Everything that `paint` needs for an item, or null when its array has not come. Looks of one `sign` over equal arrays are equal. */
    function look(item) {
      const key = `${item.role}|${item.name}|${item.layer ? item.layer.name : ""}`;
      if (!looks.has(key)) {
        const made = item.role === "backdrop" ? backdropLook(item) : item.role === "boundary" ? boundaryLook(item) : layerLook(item);
        if (!made) return null;
        looks.set(key, made);
      }
      return looks.get(key);
    }

    const levelsOf = (layer) => source.array(layer, "level", day);

    const backdropLook = (item) => ({ array: null, lut: paint.backdropTable(item.tileset.classes, state.scheme), sign: `${item.name} ${state.scheme}` });

    function boundaryLook(item) {
      const lut = { fill: new Uint32Array(256), edge: new Uint32Array(256) };
      lut.edge[0] = paint.pixel(ink.boundary, item.alpha);
      return { array: zeros(item.tileset.size), lut, sign: `${item.name} ${state.scheme} ${item.alpha}` };
    }

    function layerLook({ layer, entry, alpha }) {
      const theme = themeOf(layer, entry);
      const array = source.array(layer, theme ? theme.name : "level", day);
      const levels = theme && state.levels ? levelsOf(layer) : null;
      if (!array || (theme && state.levels && !levels)) return null;
      const hatched = !day && state.stale.includes(layer.name);
      const only = theme ? state.classes : state.levels;
      const lut = paint.table(paint.colours(manifest.palettes, theme, state.scheme), { fill: alpha, edgeHex: ink.edge, shown: only && new Set(only) });
      return {
        array, lut, sign: JSON.stringify([layer.name, theme && theme.name, levels && state.levels, only, state.scheme, alpha, state.larger, hatched]),
        byLevel: !theme, rank: ranks(theme), period: 8 * Math.max(1, Math.round(root.devicePixelRatio || 1)),
        filter: levels && { array: levels, shown: Uint8Array.from({ length: 256 }, (_, value) => (state.levels.includes(value) ? 1 : 0)) },
        larger: theme ? null : state.larger,
        hatched: hatched ? new Uint8Array(256).fill(1) : null,
      };
    }

    /** Lower is drawn above: the worst level, or the first class; what is not stated lies below all. */
    function ranks(theme) {
      const out = Uint8Array.from({ length: 256 }, (_, value) => Math.min(value, 254));
      if (theme) out[0] = 254;
      else manifest.palettes.level.rank.forEach((level, rank) => { out[level] = rank; });
      return out;
    }

    return {
      look,
      levelsOf,
      ring: paint.pixel(ink.paper, 0.9),
      highlights: highlights(manifest, state, hover, ink),
      complete: (parts) => parts.map(({ item }) => look(item)).every(Boolean), // every array is asked for, not one after the other
      /** ImageData of a size, used again for every tile. */
      image(size) {
        if (!images.has(size)) images.set(size, new ImageData(size, size));
        return images.get(size);
      },
    };
  }

  const images = new Map();
  let nothing = new Uint8Array(0);
  /** At least so many zeros, the same array as long as it is long enough. */
  function zeros(length) {
    if (nothing.length < length) nothing = new Uint8Array(length);
    return nothing;
  }

  /** Whether anything is drawn of a feature: its array may be shorter than the map knows features, on a day before they came. */
  const draws = ({ array, lut, filter }, id) => Boolean(lut.fill[array[id]]) && (!filter || filter.shown[filter.array[id]] === 1);

  function themeOf(layer, entry) {
    return entry.theme && entry.theme !== "level" ? layer.themes.find((theme) => theme.name === entry.theme) || null : null;
  }

  /** Halos to draw: {tileset, ordinal, colour, px}; the selected object last, so above. */
  function highlights(manifest, state, hover, ink) {
    const { paint } = root.onescreen.map;
    const of = (one, hex, px) => (one ? tilesetsOf(manifest, one).map((tileset) => ({ tileset, ordinal: one.ordinal, colour: paint.pixel(hex, 1), px })) : []);
    return [...of(hover, ink.hover, 1.5), ...of(state.selected, ink.select, 2.5)];
  }

  /** A selection may name its tileset, its layer, or its table (then all tilesets of the table). */
  function tilesetsOf(manifest, { tileset, layer, table }) {
    const drawn = manifest.layers.find((one) => one.name === layer);
    if (tileset && manifest.tilesets[tileset]) return [tileset];
    const wanted = table || tileset || (drawn && drawn.table);
    return Object.keys(manifest.tilesets).filter((name) => manifest.tilesets[name].table === wanted);
  }

  root.onescreen = root.onescreen || {};
  root.onescreen.map = Object.assign(root.onescreen.map || {}, { scene: { create, draws, themeOf, tilesetsOf } });
  if (typeof module !== "undefined") module.exports = root.onescreen.map.scene;
})(typeof self !== "undefined" ? self : globalThis);
