/* What lies on the map beside incidents: alerts as hatched areas, heat, hot spots, cameras, and responders where they were last. Each function draws
   one of them from what `me.host.catalogue` holds, and notes in `me.drawn` what can be picked. */
(function (root) {
  "use strict";
  const app = (root.onescreen = root.onescreen || {});
  app.live = app.live || {};
  const OLD_MS = 10 * 60_000, GONE_MS = 2 * 3600_000; // a position fades after ten minutes and is not drawn after two hours
  const CAMERAS_FROM = 13; // zoom
  const PEOPLE_FROM = 15; // zoom from which a person is drawn as one
  const DEAD = new Set(["offline", "not_installed", "closed"]); // states of a device
  const HOT_APART_PX = 48; // between hot spots, or their own size where that is more
  const APART_PX = 34; // between cameras, so that they never cover each other

  const inView = (view, x, y, margin = 20) => x > -margin && y > -margin && x < view.size.x + margin && y < view.size.y + margin;

  // ── alerts ──
  /** Level of a CAP severity. */
  const SEVERITY = { extreme: 1, severe: 2, moderate: 3, minor: 4, unknown: 0 };
  const levelOf = (alert) => { const level = SEVERITY[String(alert.severity || "").toLowerCase()]; return level === undefined ? 0 : level; };

  function alerts(context, me, view) {
    for (const alert of me.host.state.alerts) {
      if (alert.expires && alert.expires <= view.now) continue; // nobody tells that time has passed
      const level = levelOf(alert), colour = me.stamps.tokens[`level-${level}`];
      for (const polygon of polygonsOf(alert.areas)) {
        const path = pathOf(polygon, view);
        context.save();
        context.clip(path, "evenodd");
        hatch(context, view, colour, me.scale, level);
        context.restore();
        context.lineWidth = 2 * me.scale;
        context.strokeStyle = colour;
        context.stroke(path);
        headline(context, me, view, polygon, app.live.names.of(alert.headline) || app.live.names.of(alert.event), level, alert);
      }
    }
  }

  /** Polygons (lists of rings) of the areas of an alert ({name, geometry}), or of any GeoJSON. */
  function polygonsOf(json) {
    if (!json) return [];
    if (Array.isArray(json)) return json.flatMap(polygonsOf);
    if (json.type === "FeatureCollection") return json.features.flatMap(polygonsOf);
    if (json.geometry) return polygonsOf(json.geometry);
    if (json.type === "GeometryCollection") return json.geometries.flatMap(polygonsOf);
    return json.type === "Polygon" ? [json.coordinates] : json.type === "MultiPolygon" ? json.coordinates : [];
  }

  function pathOf(rings, view) {
    const path = new Path2D();
    for (const ring of rings) {
      ring.forEach(([lon, lat], i) => { const { x, y } = view.place(lon, lat); path[i ? "lineTo" : "moveTo"](x, y); });
      path.closePath();
    }
    return path;
  }

  /* Lines fixed to the ground, the closer the graver: an area that moves with the map does not shimmer. */
  function hatch(context, view, colour, scale, level) {
    const step = (level && level <= 2 ? 10 : 16) * scale, { x, y } = view.size, shift = (view.origin.x + view.origin.y) % step;
    context.globalAlpha = 0.55;
    context.lineWidth = 1.4 * scale;
    context.strokeStyle = colour;
    context.beginPath();
    for (let at = -shift; at < x + y; at += step) { context.moveTo(at, 0); context.lineTo(at - y, y); }
    context.stroke();
    context.globalAlpha = 1;
  }

  function headline(context, me, view, rings, text, level, alert) {
    const points = rings[0].map(([lon, lat]) => view.place(lon, lat)), top = points.reduce((a, b) => (b.y < a.y ? b : a));
    const x = points.reduce((sum, point) => sum + point.x, 0) / points.length, y = Math.max(top.y, 0) + 16 * me.scale;
    if (!text || !inView(view, x, y)) return;
    tagged(context, me, text, x, y, level);
    me.drawn.push({ kind: "alert", x, y, r: 12 * me.scale, alert });
  }

  function tagged(context, me, text, x, y, level) {
    const size = 13 * me.scale;
    context.font = `600 ${size}px ${getComputedStyle(me.map.getContainer()).fontFamily || "sans-serif"}`;
    const half = context.measureText(text).width / 2 + size;
    context.fillStyle = me.stamps.tokens["panel-solid"];
    context.fillRect(x - half, y - size * 0.85, 2 * half, size * 1.7);
    context.fillStyle = me.stamps.tokens[`level-${level}`];
    app.live.marks.shape(context, level, x - half + size * 0.55, y, size * 0.3);
    context.fill();
    context.fillStyle = me.stamps.tokens.text;
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillText(text, x - half + size * 1.1, y + size * 0.05);
  }

  // ── heat ──
  /* Painted anew when the view or the incidents have changed; the rest of the time it is a picture. */
  function heat(context, me, view) {
    const key = `${view.zoom}/${view.origin.x}/${view.origin.y}/${view.size.x}/${me.scale}/${document.documentElement.dataset.look}`;
    if (!me.heat || me.heat.key !== key) me.heat = { key, ...cloud(me, view) };
    context.imageSmoothingEnabled = true;
    context.drawImage(me.heat.canvas, 0, 0, me.heat.width, me.heat.height);
  }

  /** [lon, lat] of what was reported in the last hours (as the server has told it) and of what is open beside that; nothing twice. */
  function felt(rows, { heat: told, heatSince, heatAt }) {
    const beside = [...rows].filter((row) => row.lon !== null && !(row.reported_at >= heatSince && row.reported_at <= heatAt));
    return [...told, ...beside.map((row) => [row.lon, row.lat])];
  }

  function cloud(me, view) {
    const all = felt(me.host.state.rows.values(), me.host.catalogue).map(([lon, lat]) => { const { x, y } = view.place(lon, lat); return [x, y, 1]; });
    const near = all.filter(([x, y]) => inView(view, x, y, 60 * me.scale));
    const found = app.live.density.density(near, view.size.x, view.size.y, me.scale);
    const canvas = (me.heat && me.heat.canvas) || document.createElement("canvas");
    Object.assign(canvas, { width: found.columns, height: found.rows });
    const picture = new ImageData(found.columns, found.rows);
    app.live.density.coloured(found, app.live.marks.rgb(me.stamps.tokens.accent), picture.data);
    canvas.getContext("2d").putImageData(picture, 0, 0);
    return { canvas, width: found.columns * found.cell, height: found.rows * found.cell };
  }

  // ── hot spots ──
  function hotspots(context, me, view) {
    const shown = []; // those with most come first; from afar lesser ones beside them are left out
    for (const spot of me.host.catalogue.hotspots) {
      const { x, y } = view.place(spot.lon, spot.lat), metre = view.world / (40075016.7 * Math.cos((spot.lat * Math.PI) / 180));
      if (!inView(view, x, y)) continue;
      const r = Math.max(11 * me.scale, (spot.radius_m || 50) * metre), apart = Math.max(2 * r, HOT_APART_PX * me.scale);
      if (shown.some((other) => Math.hypot(other.x - x, other.y - y) < apart)) continue;
      shown.push({ x, y });
      context.beginPath();
      context.arc(x, y, r, 0, 2 * Math.PI);
      context.setLineDash([5 * me.scale, 4 * me.scale]);
      context.lineWidth = 2 * me.scale;
      context.strokeStyle = me.stamps.tokens["series-2"];
      context.stroke();
      context.setLineDash([]);
      const at = { x: x + r * 0.7, y: y - r * 0.7 };
      counted(context, me, `×${spot.n}`, at.x, at.y);
      me.drawn.push({ kind: "hotspot", ...at, r: 10 * me.scale, hotspot: spot });
    }
  }

  function counted(context, me, text, x, y) {
    const size = 12 * me.scale;
    context.font = `700 ${size}px ${getComputedStyle(me.map.getContainer()).fontFamily || "sans-serif"}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineWidth = 3 * me.scale;
    context.strokeStyle = me.stamps.tokens["panel-solid"];
    context.strokeText(text, x, y);
    context.fillStyle = me.stamps.tokens["series-2"];
    context.fillText(text, x, y);
  }

  // ── cameras ──
  function cameras(context, me, view) {
    if (view.zoom < CAMERAS_FROM) return;
    const taken = new Set(), step = APART_PX * me.scale, all = me.host.catalogue.cameras;
    for (const camera of all) {
      const { x, y } = view.place(camera.lon, camera.lat), cell = `${Math.floor((x + view.origin.x) / step)}/${Math.floor((y + view.origin.y) / step)}`;
      if (!inView(view, x, y) || taken.has(cell)) continue;
      taken.add(cell);
      body(context, me, x, y, !DEAD.has(camera.state));
      me.drawn.push({ kind: "camera", x, y, r: 9 * me.scale, camera });
    }
  }

  /** A camera seen from the side; one that does not work is crossed out. */
  function body(context, me, x, y, works) {
    const s = me.scale, { tokens } = me.stamps;
    context.fillStyle = tokens["panel-solid"];
    context.fillRect(x - 9 * s, y - 7 * s, 18 * s, 14 * s);
    context.strokeStyle = context.fillStyle = works ? tokens.text : tokens["level-0"];
    context.lineWidth = 1.4 * s;
    context.strokeRect(x - 9 * s, y - 7 * s, 18 * s, 14 * s);
    context.fillRect(x - 6 * s, y - 3.5 * s, 8 * s, 7 * s);
    context.beginPath();
    for (const [dx, dy] of [[3, 0], [6.5, -3.5], [6.5, 3.5]]) context.lineTo(x + dx * s, y + dy * s);
    context.fill();
    if (!works) { context.beginPath(); context.moveTo(x - 9 * s, y + 7 * s); context.lineTo(x + 9 * s, y - 7 * s); context.stroke(); }
  }

  // ── responders ──
  /** Share of its colour that a position of some age still has; 0: not drawn. */
  const fading = (age) => (age > GONE_MS ? 0 : age > OLD_MS ? 0.45 : 1);

  /* Seen from afar hundreds of people would hide the town and what happens in it: there they are small dots. */
  function responders(context, me, view) {
    const near = view.zoom >= PEOPLE_FROM;
    for (const one of me.host.state.positions.values()) {
      const age = view.now - one.at, alpha = one.duty === "off" ? 0 : fading(age), { x, y } = view.place(one.lon, one.lat);
      if (!alpha || !inView(view, x, y)) continue;
      context.globalAlpha = near ? alpha : 0.7 * alpha;
      if (near) person(context, me, x, y, alpha < 1);
      else dot(context, me, x, y);
      context.globalAlpha = 1;
      me.drawn.push({ kind: "responder", x, y, r: (near ? 8 : 3) * me.scale, responder: one, age });
    }
  }

  function dot(context, me, x, y) {
    context.beginPath();
    context.arc(x, y, 1.8 * me.scale, 0, 2 * Math.PI);
    context.fillStyle = me.stamps.tokens["series-3"];
    context.fill();
  }

  /** Head and shoulders; hollow where the position is old. */
  function person(context, me, x, y, old) {
    const s = me.scale, { tokens } = me.stamps;
    context.beginPath();
    context.arc(x, y - 3 * s, 3.2 * s, 0, 2 * Math.PI);
    context.moveTo(x + 6 * s, y + 7 * s);
    context.arc(x, y + 7 * s, 6 * s, 0, Math.PI, true);
    context.closePath();
    context.lineWidth = 3 * s;
    context.strokeStyle = tokens["panel-solid"];
    context.stroke();
    context.lineWidth = 1.6 * s;
    context.strokeStyle = context.fillStyle = tokens["series-3"];
    context.stroke();
    if (!old) context.fill();
  }

  const api = { alerts, heat, hotspots, cameras, responders, polygonsOf, levelOf, fading, felt, DEAD };
  app.live.extras = api;
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
