/* Incidents on a Leaflet map: one canvas above the heavy layers, that moves with the map and is painted at most once a frame.

   What lies on it, from the ground up: alerts, heat, hot spots, cameras, responders, incidents; each can be switched. Picking is by place (`pick`)
   or by id (`select`), so that a list by keyboard marks the same thing as a click. */
(function (root) {
  "use strict";
  const app = (root.onescreen = root.onescreen || {});
  app.live = app.live || {};
  const PANE = "onescreen-live", Z = 460; // above the names of the pack (450), which wait for nobody; below popups and controls
  const TURNS_MS = 5000; // rings go on by themselves
  const TOUCH_PX = 6; // around a mark
  const ON = { incidents: true, heat: false, hotspots: false, responders: true, cameras: false, alerts: true };

  /** Put the overlay on `map`. `host` has state, clock's now(), scale(), catalogue (extras.js), onPick(found). Undone by `remove()`. */
  function attach(map, host) {
    const me = { map, host, on: { ...ON }, index: null, scale: 0, stamps: null, drawn: [], selected: null, frame: 0, painted: 0, lies: null, canvas: null };
    const pane = map.getPane(PANE) || map.createPane(PANE);
    Object.assign(pane.style, { zIndex: Z, pointerEvents: "none" });
    const layer = canvasOf(me);
    const click = (event) => clicked(me, event);
    const point = ({ containerPoint }) => map.getContainer().classList.toggle("live-over", Boolean(pick(me, containerPoint)));
    const look = () => { me.stamps = null; again(); };

    function again() {
      if (me.frame || !me.map) return;
      me.frame = requestAnimationFrame(() => { me.frame = 0; layer.redraw(); });
    }

    /** Take what a notice of the client tells; paints within the same frame, in which the notice came. */
    function take(news) {
      if (me.index) {
        for (const id of news.gone) me.index.set(id, null);
        for (const id of news.changed) me.index.set(id, host.state.rows.get(id) || null);
      }
      if (news.changed.size || news.gone.size) me.heat = null;
      if (news.changed.size || news.gone.size || news.positions || news.alerts) layer.redraw();
    }

    function select(id) {
      me.selected = id;
      layer.redraw();
    }

    function turn(name, on) {
      me.on[name] = on;
      layer.redraw();
    }

    layer.addTo(map);
    map.on({ click, mousemove: point });
    const turning = setInterval(again, TURNS_MS);
    document.addEventListener("onescreen:look", look);
    return {
      map, take, select, turn, again, on: me.on,
      heatChanged() { me.heat = null; },
      pick: (point) => pick(me, point),
      seen: () => seen(me),
      paintMs: () => me.painted,
      drawn: () => me.drawn,
      remove() {
        clearInterval(turning);
        cancelAnimationFrame(me.frame);
        document.removeEventListener("onescreen:look", look);
        map.off({ click, mousemove: point });
        map.getContainer().classList.remove("live-over");
        layer.remove();
        pane.remove();
        delete map.getPanes()[PANE];
        me.map = null;
      },
    };
  }

  function canvasOf(me) {
    const { L } = root;
    const Live = L.Renderer.extend({
      options: { pane: PANE, padding: 0.2 },
      _initContainer() {
        this._container = me.canvas = L.DomUtil.create("canvas", "live-canvas");
        this._container.style.pointerEvents = "none";
      },
      _destroyContainer() {
        L.DomUtil.remove(this._container);
        delete this._container;
        me.canvas = null;
      },
      _update() {
        if (this._map._animatingZoom && this._bounds) return;
        L.Renderer.prototype._update.call(this);
        const size = this._bounds.getSize(), dpr = root.devicePixelRatio || 1;
        L.DomUtil.setPosition(this._container, this._bounds.min);
        const width = Math.round(size.x * dpr), height = Math.round(size.y * dpr);
        if (this._container.width !== width || this._container.height !== height) Object.assign(this._container, { width, height });
        Object.assign(this._container.style, { width: `${size.x}px`, height: `${size.y}px` });
        me.lies = { zoom: this._map.getZoom(), origin: this._map.getPixelOrigin().add(this._bounds.min), size };
        this.redraw();
      },
      /* A flight goes frame by frame, and marks keep their size in each; a zoom that CSS animates does not. */
      _onZoom() {
        if (this._map._animatingZoom) L.Renderer.prototype._onZoom.call(this);
        else this._update();
      },
      /* While CSS moves and scales the canvas, it is a picture of where it set out: what is new is painted into that. */
      redraw() {
        if (!this._map || !this._container || !me.lies) return;
        const from = performance.now();
        paint(me, this._container);
        me.painted = performance.now() - from;
      },
    });
    return new Live();
  }

  function paint(me, canvas) {
    const dpr = root.devicePixelRatio || 1, context = canvas.getContext("2d"), view = viewOf(me);
    prepare(me, dpr);
    context.setTransform(dpr, 0, 0, dpr, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    me.drawn = [];
    const extras = app.live.extras;
    if (me.on.alerts) extras.alerts(context, me, view);
    if (me.on.heat) extras.heat(context, me, view);
    if (me.on.hotspots) extras.hotspots(context, me, view);
    if (me.on.cameras) extras.cameras(context, me, view);
    if (me.on.responders) extras.responders(context, me, view);
    if (me.on.incidents) incidents(context, me, view);
    mark(context, me, view);
  }

  /** Where the canvas lies: `at(u, v)` gives CSS pixels on it of a place in the world of zoom 0. */
  function viewOf(me) {
    const { zoom, origin, size } = me.lies, world = 256 * 2 ** zoom;
    const box = [origin.x / world, origin.y / world, (origin.x + size.x) / world, (origin.y + size.y) / world];
    return {
      zoom, world, origin, size, box, now: me.host.now(),
      at: (u, v) => ({ x: u * world - origin.x, y: v * world - origin.y }),
      place(lon, lat) { const { x, y } = app.map.tile.mercator(lon, lat); return this.at(x, y); },
    };
  }

  /* Another look, density or size of type needs other stamps; other sizes of marks other groups. */
  function prepare(me, dpr) {
    const scale = me.host.scale();
    if (!me.stamps || me.dpr !== dpr || me.scale !== scale) {
      me.stamps = app.live.marks.create({ dpr, scale, family: getComputedStyle(me.map.getContainer()).fontFamily || "sans-serif" });
      me.dpr = dpr;
    }
    if (!me.index || me.scale !== scale) {
      me.index = app.live.clusters.create({ scale });
      for (const [id, row] of me.host.state.rows) me.index.set(id, row);
    }
    me.scale = scale;
  }

  function incidents(context, me, view) {
    const { clock } = app.live, margin = (40 * me.scale) / view.world;
    const [u0, v0, u1, v1] = view.box, box = [u0 - margin, v0 - margin, u1 + margin, v1 + margin];
    for (const group of me.index.at(view.zoom, box, view.now)) {
      const { x, y } = view.at(group.u, group.v), { row } = group;
      const size = row ? me.stamps.incident(context, x, y, row, clock.light(row, view.now), clock.share(row, view.now)) : me.stamps.group(context, x, y, group);
      me.drawn.push({ kind: row ? "incident" : "group", x, y, r: size / 2, group });
    }
  }

  /** What is selected, alone or in its group. */
  function mark(context, me, view) {
    const spot = me.selected && me.index.spot(me.selected);
    if (!spot) return;
    const holder = me.drawn.find(({ group }) => group && group.ids.has(me.selected));
    const { x, y } = holder || view.at(spot.u, spot.v), r = (holder ? holder.r : 15 * me.scale) + 3 * me.scale;
    for (const [width, colour] of [[5, "panel-solid"], [2.5, "accent"]]) {
      context.beginPath();
      context.arc(x, y, r, 0, 2 * Math.PI);
      context.lineWidth = width * me.scale;
      context.strokeStyle = me.stamps.tokens[colour];
      context.stroke();
    }
  }

  /** The topmost mark at a point of the container, or null. */
  function pick(me, point) {
    if (!me.canvas) return null;
    const at = me.map.containerPointToLayerPoint(point).subtract(root.L.DomUtil.getPosition(me.canvas));
    for (let i = me.drawn.length - 1; i >= 0; i--) {
      const one = me.drawn[i];
      if (Math.hypot(one.x - at.x, one.y - at.y) <= one.r + TOUCH_PX) return one;
    }
    return null;
  }

  function clicked(me, event) {
    const found = pick(me, event.containerPoint);
    if (found) me.host.onPick(found, me);
  }

  /** Ids of the incidents that lie in view. */
  function seen(me) {
    const bounds = me.map.getBounds(), all = [];
    for (const row of me.host.state.rows.values()) if (row.lon !== null && bounds.contains([row.lat, row.lon])) all.push(row.id);
    return all;
  }

  app.live.overlay = { attach, ON, PANE };
})(typeof self !== "undefined" ? self : globalThis);
