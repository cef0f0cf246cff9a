// Overlay: the names on the map, on one canvas above all tiles that moves and scales with the map.
(function (root) {
  "use strict";

  const ns = (root.onescreen = root.onescreen || {});
  ns.map = ns.map || {};

  /** Layer of labels. `host.source`, `host.state`, `host.items(zoom)` as for the canvas layer. */
  function create(L, host) {
    const Overlay = L.Renderer.extend({
      options: { pane: "onescreen-labels", padding: 0.15 },
      _initContainer() {
        this._container = L.DomUtil.create("canvas", "onescreen-labels");
        this._container.style.pointerEvents = "none";
      },
      _destroyContainer() {
        cancelAnimationFrame(this._frame);
        this._frame = 0;
        L.DomUtil.remove(this._container);
        delete this._container;
      },
      _update() {
        if (this._map._animatingZoom && this._bounds) return;
        L.Renderer.prototype._update.call(this);
        const size = this._bounds.getSize(), dpr = root.devicePixelRatio || 1;
        L.DomUtil.setPosition(this._container, this._bounds.min);
        this._container.width = Math.round(size.x * dpr);
        this._container.height = Math.round(size.y * dpr);
        this._container.style.width = `${size.x}px`;
        this._container.style.height = `${size.y}px`;
        this.redraw();
      },
      /** Other things are drawn: write other names with the next frame, if they are others. */
      refresh() {
        if (!this._map || this._frame || contents(host, this._map) === this._written) return;
        this._frame = requestAnimationFrame(() => { this._frame = 0; this.redraw(); });
      },
      redraw() {
        if (!this._map || !this._container || !this._bounds) return;
        this._written = contents(host, this._map);
        const context = this._container.getContext("2d"), dpr = root.devicePixelRatio || 1;
        context.setTransform(dpr, 0, 0, dpr, 0, 0);
        context.clearRect(0, 0, this._container.width, this._container.height);
        if (host.source && host.state.labels) write(context, this._map, this._bounds, host);
      },
    });
    return new Overlay();
  }

  /** What the names depend on, beside the view. */
  function contents(host, map) {
    if (!host.source || !host.state.labels) return "";
    return [host.state.scheme, ...holders(host, Math.round(map.getZoom())).map(({ holder }) => holder.labels.name)].join();
  }

  function write(context, map, bounds, host) {
    const family = getComputedStyle(map.getContainer()).fontFamily || "sans-serif";
    const font = (size) => `500 ${size}px ${family}`;
    const widths = new Map();
    const measure = (text, size) => {
      const key = `${size}|${text}`;
      if (!widths.has(key)) { context.font = font(size); widths.set(key, context.measureText(text).width); }
      return widths.get(key);
    };
    const size = bounds.getSize();
    const chosen = ns.map.labels.place(candidates(map, bounds, host), measure, [0, 0, size.x, size.y], host.options.wholeLabels ? view(map, bounds) : null);
    const ink = host.source.manifest.palettes.ink[host.state.scheme];
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    for (const label of chosen) writeOne(context, label, ink, font(label.size));
  }

  /** What of the canvas can be seen: left, top, right, bottom in its own pixels. */
  function view(map, bounds) {
    const { x, y } = map.containerPointToLayerPoint([0, 0]).subtract(bounds.min), seen = map.getSize();
    return [x, y, x + seen.x, y + seen.y];
  }

  function writeOne(context, label, ink, font) {
    context.save();
    context.translate(label.x, label.y);
    if (label.angle) context.rotate((label.angle * Math.PI) / 180);
    context.font = font;
    context.globalAlpha = label.alpha;
    context.lineWidth = Math.max(3, label.size / 4);
    context.strokeStyle = ink.halo;
    context.strokeText(label.text, 0, 0);
    context.fillStyle = ink.text;
    context.fillText(label.text, 0, 0);
    context.restore();
  }

  /** Labels of everything in the plan, in CSS pixels from the corner of the canvas. */
  function candidates(map, bounds, host) {
    const zoom = map.getZoom(), out = [], scale = host.options.textScale();
    const world = 256 * 2 ** zoom;
    const origin = map.getPixelOrigin().add(bounds.min);
    for (const { item, holder } of holders(host, Math.round(zoom)))
      collect(host.source.labelsOf(holder), item, { zoom, world, origin, scale, size: bounds.getSize() }, out);
    return out;
  }

  /** Tilesets and layers with names in the plan at a zoom, each once, with the first item that draws them. */
  function holders(host, zoom) {
    const seen = new Set(), out = [];
    for (const item of host.items(zoom))
      for (const holder of [item.tileset, item.layer])
        if (holder && holder.labels && !seen.has(holder)) { seen.add(holder); out.push({ item, holder }); }
    return out;
  }

  function collect(labels, item, { zoom, world, origin, scale, size }, out) {
    if (!labels) return;
    positions(labels);
    const area = item.tileset.table === "area", backdrop = item.role === "backdrop";
    const below = item.tileset.kind === "point" ? 14 * scale : 0; // under the dot, not on it
    const reached = zoom - Math.log2(Math.max(1, scale)); // a name twice as large fits its object one zoom nearer
    for (let i = 0; i < labels.id.length; i++) {
      if (labels.from[i] > reached) continue;
      const x = labels.u[i] * world - origin.x, y = labels.v[i] * world - origin.y + below;
      if (x < 0 || y < 0 || x > size.x || y > size.y) continue;
      out.push({ x, y, text: labels.text[i], angle: labels.angle[i], priority: labels.priority[i], size: scale * (area ? 14 : backdrop ? 11 : 12), alpha: backdrop ? 0.8 : 1 });
    }
  }

  /** Mercator positions, once a label set. */
  function positions(labels) {
    if (labels.u) return;
    const points = labels.id.map((_, i) => ns.map.tile.mercator(labels.lon[i], labels.lat[i]));
    labels.u = points.map((point) => point.x);
    labels.v = points.map((point) => point.y);
  }

  ns.map.overlay = { create, holders };
})(typeof self !== "undefined" ? self : globalThis);
