// The map's front door: onescreen.map.attach(container or map, options). Interface: docs/pack.md section 7.
(function (root) {
  "use strict";
  if (typeof document === "undefined") return; // the worker and node have no page

  const ns = (root.onescreen = root.onescreen || {});
  ns.map = ns.map || {};
  const maps = new Map(); // container id → Leaflet map that lives there
  const handles = new Set();
  const awaited = new Set(); // {target, then} of those who wait for a handle

  const PANES = { onescreen: 250, "onescreen-labels": 450 }; // and their place among Leaflet's own

  const DEFAULTS = {
    manifestUrl: "/pack/manifest.json", // blobs are fetched from the same folder
    scheme: null, // "dark" or "light"
    language: "zh",
    cacheMB: 40, // limit of rasterised tiles kept beside those in view; the worker keeps 24 MB of decoded tiles beside them
    aheadMB: 24, // limit of what is fetched ahead for a view: arrays and tiles of other layers and themes; 0 for none
    wholeLabels: false, // leave out names that the edge of the map would cut: for maps that nobody moves
    textScale: () => 1, // by how much names are larger than on a desk: a wall reads from afar
    mouseTolerance: 2, // CSS pixels around a click
    touchTolerance: 8, // and around a tap
    onPick() {}, onHover() {}, onView() {}, onError() {},
  };

  /** Learn of every Leaflet map as it is made, also when React mounts it anew. */
  function watch() {
    if (!root.L || root.L.Map.onescreenWatched) return;
    root.L.Map.onescreenWatched = true;
    root.L.Map.addInitHook(function () {
      const id = this.getContainer().id;
      maps.set(id, this);
      this.on("unload", () => { if (maps.get(id) === this) maps.delete(id); });
      handles.forEach((handle) => { if (handle.target === id) handle.mount(this); });
    });
  }

  class Handle {
    constructor(target, options) {
      const { scheme, theme, language } = options;
      this.options = { ...DEFAULTS, ...options };
      this.state = { ...ns.map.plan.START, scheme: scheme || theme || "dark", language: language || "zh" };
      this.target = target;
      this.source = null;
      this.rasters = ns.map.rasters.create({ limit: this.options.cacheMB * 2 ** 20, onError: (message) => this.options.onError(message) });
      this.ahead = ns.map.ahead.create(this);
      this.aheadDue = true;
      this.expected = []; // withdrawals of what was asked for a view that the map is on its way to
      this.pointing = ns.map.pointing.create(this);
      this.listeners = {
        ...this.pointing.listeners,
        zoomanim: ({ center, zoom }) => this.expect(center, zoom),
        moveend: () => { this.viewChanged = this.shownAnew = true; this.settled(); },
        unload: () => this.unmount(),
      };
      this.viewChanged = true;
      this.observers = new Set();
      this.shownAnew = false; // whether what is drawn has changed since the observers were told
      this.ready = this.load(this.options.manifestUrl);
    }

    get manifest() { return this.source && this.source.manifest; }

    // ── on and off the map ──
    mount(map) {
      if (this.map) this.unmount();
      this.map = map;
      this.before = { fade: map._fadeAnimated, paper: map.getContainer().style.background, panes: addPanes(map) };
      map._fadeAnimated = false; // a new tile replaces the scaled old one at once; a cross-fade of half-transparent layers flickers
      this.layer = ns.map.canvas.create(root.L, this);
      this.overlay = ns.map.overlay.create(root.L, this);
      this.layer.on("loading", this.unsettle, this);
      map.on(this.listeners);
      this.layer.addTo(map);
      this.overlay.addTo(map);
      this.tint();
    }

    unmount() {
      if (!this.map) return;
      const { map } = this;
      this.pointing.stop();
      this.ahead.stop();
      this.expected.splice(0).forEach((undo) => undo());
      map.off(this.listeners);
      this.layer.off("loading", this.unsettle, this);
      this.overlay.remove();
      this.layer.remove();
      this.before.panes.forEach((name) => { map.getPane(name).remove(); delete map.getPanes()[name]; });
      map._fadeAnimated = this.before.fade;
      map.getContainer().style.background = this.before.paper;
      delete document.documentElement.dataset.mapReady;
      this.map = this.layer = this.overlay = null;
    }

    remove() {
      handles.delete(this);
      this.unmount();
      this.rasters.stop();
      if (this.source) this.source.close();
    }

    // ── state ──
    async load(manifestUrl) {
      this.loading = manifestUrl;
      try {
        const source = await ns.map.source.open(manifestUrl, { onArrival: (what) => this.arrived(what), onError: (message) => this.options.onError(message) });
        if (this.loading !== manifestUrl || !handles.has(this)) { source.close(); return this.manifest; } // overtaken
        if (this.source) this.source.close();
        this.source = source;
        this.tint();
        this.redraw(true);
      } catch (error) {
        this.options.onError(`${manifestUrl}: ${error.message}`);
      }
      return this.manifest;
    }

    set(change) {
      const { theme, ...rest } = change;
      const before = this.state;
      this.state = { ...before, ...rest, ...(theme === "dark" || theme === "light" ? { scheme: theme } : {}) };
      const same = (key) => JSON.stringify(before[key]) === JSON.stringify(this.state[key]);
      if (Object.keys(this.state).every(same)) return;
      this.tell("state", this.state);
      if (!same("scheme")) this.tint();
      const onlySelected = Object.keys(this.state).every((key) => key === "selected" || same(key));
      if (onlySelected) this.rehighlight(before.selected, this.state.selected);
      else this.redraw(!same("layers") || !same("backdrop") || !same("boundaries"));
    }

    /** Tell somebody of every new state (`state(state)`), and whenever the map shows something else and shows it whole (`painted()`); undone by what is returned. */
    observe(observer) {
      this.observers.add(observer);
      return () => this.observers.delete(observer);
    }

    /** An observer that fails is no reason for the map to stop. */
    tell(what, ...about) {
      this.observers.forEach((observer) => {
        try { if (observer[what]) observer[what](...about); } catch (error) { this.options.onError(`${what}: ${error.message}`); }
      });
    }

    /** Sparse live change: {ordinals, levels} of a layer. */
    patch(name, { ordinals, levels }, theme = "level") {
      const layer = this.manifest && this.manifest.layers.find((one) => one.name === name);
      if (!layer || !this.source.patch(layer, theme, ordinals, levels)) return false;
      this.current = null;
      this.shownAnew = true;
      if (this.layer) this.layer.repaintChanged(layer, ordinals);
      return true;
    }

    /** The days whose colours can be shown, oldest first, the day of the snapshot last. */
    async days() {
      if (!(await this.ready)) return [];
      return [...(await this.source.days()).map((one) => one.as_of), this.manifest.as_of].filter(Boolean);
    }

    /** Have the colours of a day at hand of all that is drawn, so that `set({asOf: day})` is the next frame. */
    have(day) {
      const drawn = ns.map.plan.visible(this.manifest, this.state);
      const themes = drawn.map(({ layer, entry }) => [layer, ns.map.scene.themeOf(layer, entry)]);
      const needed = themes.flatMap(([layer, theme]) => (theme && this.state.levels ? [[layer, theme.name], [layer, "level"]] : [[layer, theme ? theme.name : "level"]]));
      return Promise.all(needed.map(([layer, name]) => this.source.ahead(layer, name, day)));
    }

    // ── what the canvas layer and the overlay ask for ──
    items(zoom) {
      return this.source ? ns.map.plan.plan(this.manifest, this.state, zoom) : [];
    }

    scene() {
      if (!this.current) this.current = ns.map.scene.create(this.source, this.state, this.pointing.hover);
      return this.current;
    }

    // ── repainting ──
    tint() {
      if (this.map && this.source) this.map.getContainer().style.background = this.manifest.palettes.ink[this.state.scheme].paper;
    }

    redraw(otherThings) {
      this.current = null;
      this.shownAnew = true;
      if (!this.layer || !this.source) return;
      this.unsettle();
      if (otherThings) this.layer.prepareAll(); else this.refresh();
      this.overlay.refresh();
    }

    /** Items carry the entry of the state, so records get the new ones; their rasters are at hand. */
    refresh() {
      this.layer.records.forEach((record) => this.layer.prepare(record));
    }

    arrived(what) {
      if (!this.layer) return;
      if (what === "labels") this.overlay.redraw();
      else this.layer.settleAll();
    }

    rehighlight(...changed) {
      this.current = null;
      if (!this.layer || !this.source) return;
      const wanted = changed.filter(Boolean).flatMap((one) => ns.map.scene.tilesetsOf(this.manifest, one).map((tileset) => ({ tileset, ordinal: one.ordinal })));
      this.layer.repaintAll((record) => record.parts.some(({ item, raster }) => raster && wanted.some((one) => one.tileset === item.name && ns.map.canvas.has(raster.present, one.ordinal))));
    }

    unsettle() {
      this.ahead.stop();
      this.aheadDue = true;
      delete document.documentElement.dataset.mapReady;
    }

    /** Called after every paint: when the view is complete, say so. */
    settled() {
      if (!this.layer || !this.source || !this.layer.complete()) return;
      document.documentElement.dataset.mapReady = "1";
      if (this.aheadDue) { this.aheadDue = false; this.ahead.start(); }
      if (this.shownAnew) { this.shownAnew = false; this.tell("painted"); }
      if (!this.viewChanged) return;
      this.viewChanged = false;
      this.expected.splice(0).forEach((undo) => undo());
      performance.mark("onescreen-map-view");
      if (!this.shown) { this.shown = true; performance.mark("onescreen-map-first"); }
      const view = this.view();
      this.options.onView(view);
      document.dispatchEvent(new CustomEvent("onescreen:map-ready", { detail: view }));
    }

    /** The map is on its way to a view: ask for its rasters now, so that they are there when it arrives. */
    expect(center, zoom) {
      if (!this.source) return;
      const { ahead, canvas, tile } = ns.map, dpr = canvas.density(), to = Math.round(zoom);
      const grown = 2 ** (to - zoom), { x, y } = this.map.getSize().multiplyBy(grown), before = this.expected, items = this.items(to);
      this.expected = [];
      ns.map.overlay.holders(this, to).forEach(({ holder }) => this.source.labelsOf(holder));
      for (const coords of ahead.screenTiles(tile.mercator(center.lng, center.lat), to, x, y, canvas.TILE_PX))
        for (const item of items) {
          const wanted = canvas.order(this.source, item, coords, dpr);
          if (wanted && !this.rasters.peek(wanted.key)) this.expected.push(this.rasters.request(wanted.key, wanted.message(), () => {}));
        }
      before.forEach((undo) => undo()); // after the new ones: what both want goes on
    }

    view() {
      const bounds = this.map.getBounds(), box = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
      const count = () => ns.map.inview.count(this.layer.records, this.scene(), Math.round(this.map.getZoom()), box);
      return { zoom: this.map.getZoom(), box, get features() { return count(); } }; // counted for those alone who ask
    }

    flyTo([west, south, east, north], options = {}) {
      const still = root.matchMedia("(prefers-reduced-motion: reduce)").matches;
      if (!this.map) return;
      const box = [[south, west], [north, east]], how = { animate: !still, maxZoom: 18, ...options };
      const { center, zoom } = this.map._getBoundsCenterZoom(box, how);
      this.expect(center, zoom);
      this.map.fitBounds(box, how);
    }

    /** Hits at a place, topmost first; `tolerance` in CSS pixels. */
    pickAt(lon, lat, tolerance) {
      return this.pointing.pickAt(lon, lat, tolerance);
    }
  }

  /** Make the panes that the map has not; gives their names. */
  function addPanes(map) {
    const missing = Object.keys(PANES).filter((name) => !map.getPane(name));
    for (const name of missing) Object.assign(map.createPane(name).style, { zIndex: PANES[name], pointerEvents: "none" });
    return missing;
  }

  /** Draw the pack on a Leaflet map. `target` is the id of its container, which may not exist yet, or the map. */
  function attach(target, options = {}) {
    performance.mark("onescreen-map-attach");
    watch();
    const handle = new Handle(target, options);
    handles.add(handle);
    const map = typeof target === "string" ? maps.get(target) : target;
    if (map) handle.mount(map);
    awaited.forEach((one) => one.target === target && one.then(handle));
    return handle;
  }

  /** `then(handle)` for whoever draws on the map in the container `target`, now and each time that it is attached anew; undone by what is returned. */
  function whenAttached(target, then) {
    const waiting = { target, then };
    awaited.add(waiting);
    handles.forEach((handle) => handle.target === target && then(handle));
    return () => awaited.delete(waiting);
  }

  /** The handle of the map in the container `target`, or null. */
  const shown = (target) => [...handles].find((handle) => handle.target === target) || null;

  watch();
  Object.assign(ns.map, { attach, whenAttached, shown });
})(typeof self !== "undefined" ? self : globalThis);
