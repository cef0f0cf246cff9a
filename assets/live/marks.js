/* What an incident and a group of incidents look like: drawn once for each look of them, then stamped. Shapes are those of the levels
   (layers/core/palette.py): square, triangle, diamond, disc; colours are the tokens of the page. */
(function (root) {
  "use strict";
  const KEPT = 600; // stamps; a town shows far fewer different ones at once
  const STEPS = 24; // of the ring: as fine as eyes tell at this size
  const TURN = 2 * Math.PI, TOP = -Math.PI / 2;
  const RING = { red: 1, yellow: 3, green: 5, paused: 0, none: 0 }; // level whose colour a light has
  const TOKENS = ["level-0", "level-1", "level-2", "level-3", "level-4", "level-5", "level-3-edge", "panel-solid", "text", "text-2", "accent", "line", "ground", "series-2", "series-3"];

  /** The colours of the page's look, by token. */
  function colours() {
    const style = getComputedStyle(document.documentElement), found = {};
    for (const name of TOKENS) found[name] = style.getPropertyValue(`--${name}`).trim();
    return found;
  }

  /** [r, g, b] of #rrggbb. */
  const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) || 0);

  /** Black or white, whichever is easier to read on a colour (WCAG relative luminance). */
  function readable(hex) {
    const [r, g, b] = rgb(hex).map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? "#000000" : "#ffffff";
  }

  /** The path of a level's shape around a point, so large that all weigh the same to the eye. */
  function shape(context, level, x, y, r) {
    context.beginPath();
    if (level === 1) context.rect(x - 0.86 * r, y - 0.86 * r, 1.72 * r, 1.72 * r);
    else if (level === 2) polygon(context, [[0, -1.15], [1.05, 0.8], [-1.05, 0.8]], x, y, r);
    else if (level === 3) polygon(context, [[0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]], x, y, r);
    else context.arc(x, y, r, 0, TURN);
  }

  function polygon(context, points, x, y, r) {
    points.forEach(([dx, dy], i) => context[i ? "lineTo" : "moveTo"](x + dx * r, y + dy * r));
    context.closePath();
  }

  /** Marks of one look at one density and scale: `incident(context, x, y, …)` and `group(…)` draw in CSS pixels and give the size. */
  function create({ dpr, scale, family }) {
    const tokens = colours(), made = new Map(), seen = new Set();

    function stamp(key, size, draw) {
      const known = made.get(key);
      if (known) return known;
      if (made.size >= KEPT) made.clear();
      const pixels = Math.ceil(size * scale * dpr), canvas = document.createElement("canvas");
      canvas.width = canvas.height = pixels;
      const context = canvas.getContext("2d"), one = pixels / size; // the stamp is drawn in its own units
      context.scale(one, one);
      draw(context, size / 2);
      const done = { canvas, size: pixels / dpr };
      made.set(key, done);
      return done;
    }

    /** One incident: its grade as shape and fill, its clock as ring; cards of supervision at its shoulder. */
    function incident(target, x, y, { grade, supervised }, light, share) {
      const step = light === "red" ? STEPS : Math.round(share * STEPS);
      const known = stamp(`i${grade}${light}${step}${supervised || 0}`, 30, (context, c) => {
        ground(context, c, 12.5);
        clockRing(context, c, light, step / STEPS);
        shape(context, grade, c, c, 5.6);
        context.fillStyle = tokens[`level-${grade}`];
        context.fill();
        if (grade === 3) { context.lineWidth = 0.8; context.strokeStyle = tokens["level-3-edge"]; context.stroke(); }
        if (supervised > 1) cards(context, c, supervised);
      });
      put(target, known, x, y);
      return known.size;
    }

    function ground(context, c, r) {
      context.beginPath();
      context.arc(c, c, r, 0, TURN);
      context.fillStyle = tokens["panel-solid"];
      context.fill();
    }

    function clockRing(context, c, light, share) {
      const arc = (from, to, width, colour) => { context.beginPath(); context.arc(c, c, 10.5, from, to); context.lineWidth = width; context.strokeStyle = colour; context.stroke(); };
      arc(0, TURN, 1, tokens["level-0"]);
      if (light === "none") return;
      if (light === "paused") { context.setLineDash([3.2, 2.3]); arc(0, TURN, 3, tokens["level-0"]); context.setLineDash([]); return; }
      const width = light === "red" ? 4 : 3;
      if (light === "yellow") arc(TOP, TOP + TURN * share, width + 0.8, tokens["level-3-edge"]);
      if (share > 0) arc(TOP, TOP + TURN * share, width, tokens[`level-${RING[light]}`]);
    }

    /** A yellow card is one card, a red one lies on another. */
    function cards(context, c, supervised) {
      const level = supervised === 3 ? 1 : 3;
      for (const shift of supervised === 3 ? [2, 0] : [0]) {
        context.fillStyle = tokens[`level-${level}`];
        context.strokeStyle = tokens["panel-solid"];
        context.lineWidth = 1;
        context.beginPath();
        context.rect(c + 6.5 - shift, c - 14 + shift, 5.5, 7.5);
        context.fill();
        context.stroke();
      }
    }

    /** A group: its total, a ring of as much red, yellow and green as it has, and at its shoulder how many are red. Drawn at a place; gives its size.

        What looks so for the second time is stamped from then on: while much changes, a stamp for each look would cost more than drawing it. */
    function group(target, x, y, { n, light, grade }) {
      const red = light.red || 0, yellow = light.yellow || 0, green = light.green || 0;
      const worst = Number(Object.keys(grade).sort()[0]), r = n < 10 ? 14 : n < 100 ? 16.5 : n < 1000 ? 20 : 24;
      const key = `g${n}/${red}/${yellow}/${green}/${worst}`, size = 2 * r + 14;
      const draw = (context, c) => drawGroup(context, c, { n, red, yellow, green, worst, r });
      if (seen.has(key)) { const known = stamp(key, size, draw); put(target, known, x, y); return known.size; }
      if (seen.size >= 4 * KEPT) seen.clear();
      seen.add(key);
      target.save();
      target.translate(Math.round((x - (size * scale) / 2) * dpr) / dpr, Math.round((y - (size * scale) / 2) * dpr) / dpr);
      target.scale(scale, scale);
      draw(target, size / 2);
      target.restore();
      return size * scale;
    }

    function drawGroup(context, c, { n, red, yellow, green, worst, r }) {
      ground(context, c, r + 2.5);
      segments(context, c, r, [[red, 1, 5.5], [yellow, 3, 4.5], [green, 5, 3.5], [n - red - yellow - green, 0, 2.5]], n);
      write(context, said(n), c, c - (worst <= 2 ? 2.2 : 0), n < 1000 ? 13 : 12, tokens.text);
      if (worst <= 2) { shape(context, worst, c, c + r * 0.56, 2.9); context.fillStyle = tokens[`level-${worst}`]; context.fill(); }
      if (red) badge(context, c + r * 0.78, c - r * 0.78, said(red));
    }

    /** On whole device pixels, else a stamp is blurred. */
    function put(target, { canvas, size }, x, y) {
      target.drawImage(canvas, Math.round((x - size / 2) * dpr) / dpr, Math.round((y - size / 2) * dpr) / dpr, size, size);
    }

    /* Gaps between the parts and their width tell them apart without colour too: the worse, the thicker. */
    function segments(context, c, r, parts, n) {
      const shown = parts.filter(([count]) => count), gap = shown.length > 1 ? 0.09 : 0;
      let from = TOP;
      for (const [count, level, width] of shown) {
        const to = from + (TURN * count) / n;
        context.beginPath();
        context.arc(c, c, r, from + gap / 2, Math.max(from + gap / 2 + 0.05, to - gap / 2));
        context.lineWidth = width;
        context.strokeStyle = tokens[`level-${level}`];
        context.stroke();
        from = to;
      }
    }

    function badge(context, x, y, text) {
      context.font = `700 11px ${family}`;
      const half = Math.max(6.5, context.measureText(text).width / 2 + 3.2);
      context.beginPath();
      context.roundRect(x - half, y - 6.8, 2 * half, 13.6, 3);
      context.fillStyle = tokens["level-1"];
      context.fill();
      context.lineWidth = 1;
      context.strokeStyle = tokens["panel-solid"];
      context.stroke();
      write(context, text, x, y, 11, readable(tokens["level-1"]));
    }

    function write(context, text, x, y, size, colour) {
      context.font = `700 ${size}px ${family}`;
      context.textAlign = "center";
      context.textBaseline = "alphabetic";
      context.fillStyle = colour;
      context.fillText(text, x, y + size * 0.36);
    }

    return { tokens, scale, incident, group, count: () => made.size };
  }

  /** A count in at most four signs. */
  const said = (n) => (n < 1000 ? String(n) : n < 9950 ? `${(n / 1000).toFixed(1)}k` : `${Math.round(n / 1000)}k`);

  const api = { create, colours, rgb, readable, said, shape };
  root.onescreen = root.onescreen || {};
  root.onescreen.live = Object.assign(root.onescreen.live || {}, { marks: api });
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
