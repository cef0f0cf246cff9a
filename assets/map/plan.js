// What is drawn at a zoom, from the manifest and the state of the screen. Pure; runs in the page and in node.
(function (root) {
  "use strict";

  /** State of a new map: everything by levels. `layers` null means all layers of the manifest. */
  const START = {
    layers: null, levels: null, classes: null, selected: null, scheme: "dark", language: "zh",
    labels: true, backdrop: true, boundaries: true, stale: [], larger: null,
    asOf: null, // day of the colours, "YYYY-MM-DD"; null: those of the snapshot
  };

  /**
   * Things to draw, bottom first: backdrop, layers on the ground, roads and canals, layers above ground, boundaries.
   * Each: {role, tileset, name, band, layer, entry, alpha}; `name` is the tileset's, `entry` the layer's state.
   */
  function plan(manifest, state, zoom) {
    const layers = visible(manifest, state);
    const draws = (ground) => layers.filter(({ layer }) => layer.ground === ground).flatMap((one) => layerItems(manifest, one, zoom));
    return [
      ...(state.backdrop ? backdropItems(manifest, "backdrop", zoom) : []),
      ...draws(true),
      ...(state.backdrop ? backdropItems(manifest, "backdrop-line", zoom) : []),
      ...draws(false),
      ...(state.boundaries ? boundaryItems(manifest, zoom) : []),
    ];
  }

  /** Layers switched on, in drawing order, each with its entry of the state. */
  function visible(manifest, state) {
    const entries = state.layers || manifest.layers.map((layer) => ({ name: layer.name }));
    return manifest.layers
      .map((layer) => ({ layer, entry: entries.find((entry) => entry.name === layer.name) }))
      .filter(({ entry }) => entry)
      .sort((a, b) => a.layer.order - b.layer.order);
  }

  function layerItems(manifest, { layer, entry }, zoom) {
    if (zoom < layer.from || zoom > layer.to) return [];
    const forced = entry.level !== undefined && entry.level !== null;
    return layer.draws
      .filter((draw) => (forced && draw.level !== undefined ? draw.level === entry.level : zoom >= draw.from && zoom <= draw.to))
      .map((draw) => item(manifest, draw.tileset, zoom, { role: "layer", layer, entry, alpha: layer.fill * (entry.opacity ?? 1) }))
      .filter(Boolean);
  }

  function backdropItems(manifest, name, zoom) {
    return [item(manifest, name, zoom, { role: "backdrop", alpha: 1 })].filter(Boolean);
  }

  /** Outlines of the areas that read best at this zoom, and of the villages (or whatever comes below the town) once these are smaller. */
  function boundaryItems(manifest, zoom) {
    const areas = Object.entries(manifest.tilesets).filter(([, tileset]) => tileset.show).sort((a, b) => a[1].level - b[1].level);
    const current = areas.find(([, tileset]) => zoom >= tileset.show[0] && zoom <= tileset.show[1]);
    const names = new Set([current, areas[0]].filter(Boolean).map(([name]) => name));
    return [...names].map((name, i) => item(manifest, name, zoom, { role: "boundary", alpha: i === 0 && names.size > 1 ? 0.45 : 0.85 })).filter(Boolean);
  }

  function item(manifest, name, zoom, rest) {
    const tileset = manifest.tilesets[name];
    const band = tileset && tileset.bands.find((one) => zoom >= one.from && zoom <= one.to);
    return band ? { name, tileset, band, ...rest } : null;
  }

  /** Value at `zoom` of stops [[zoom, value], …], linear between and constant outside. */
  function at(stops, zoom) {
    if (!stops || !stops.length) return 0;
    if (zoom <= stops[0][0]) return stops[0][1];
    for (let i = 1; i < stops.length; i++) {
      const [z0, v0] = stops[i - 1], [z1, v1] = stops[i];
      if (zoom <= z1) return v0 + ((zoom - z0) / (z1 - z0)) * (v1 - v0);
    }
    return stops[stops.length - 1][1];
  }

  /** Widths in device pixels of the classes of a line tileset: by rank, but never under the true width on the ground. */
  function widths(tileset, zoom, dpr) {
    if (!tileset.classes) return null;
    const latitude = ((tileset.box[1] + tileset.box[3]) / 2) * (Math.PI / 180);
    const pxPerMetre = (256 * 2 ** zoom) / (40075016.7 * Math.cos(latitude));
    return Float32Array.from(tileset.classes, (c) => (zoom < c.from ? 0 : Math.max(at(c.width, zoom), c.width_m * pxPerMetre) * dpr));
  }

  const LARGEST = 8; // times the radius of a dot: so much larger may some levels be drawn, and so far beyond a tile's edge are dots known

  /** How a tileset is rasterised at a zoom: everything that decides its pixels, beside the tiles themselves. */
  function style({ tileset, band }, zoom, dpr) {
    if (band.kind === "point") {
      const radius = at(band.size_px, zoom) * dpr;
      return { kind: "point", radius, reach: radius * LARGEST };
    }
    const outlined = zoom >= tileset.outline;
    const lines = band.kind === "line" ? widths(tileset, zoom, dpr) : null;
    return {
      kind: band.kind, keep: tileset.keep, widths: lines,
      outline: outlined ? Math.max(1, Math.round((tileset.table === "area" ? 1.4 : 1) * dpr)) : 0,
      edged: lines ? Uint8Array.from(lines, (width) => (width >= 5 * dpr ? 1 : 0)) : null, // a narrow line would be nothing but outline
    };
  }

  const api = { START, plan, visible, at, widths, style };
  root.onescreen = root.onescreen || {};
  root.onescreen.map = Object.assign(root.onescreen.map || {}, { plan: api });
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
