// Painting: colour tables, and rasterised ids to pixels. Pure; runs in the page and in node.
//
// A painted pixel is one 32-bit number A<<24 | B<<16 | G<<8 | R, which is what ImageData holds on every little-endian machine.
(function (root) {
  "use strict";

  const EDGE = 0x80000000, MASK = 0x7fffffff;
  const ABSENT = 255;

  /** "#RRGGBB" and an opacity of 0 to 1 as a pixel. */
  function pixel(hex, alpha) {
    const value = parseInt(hex.slice(1), 16);
    const a = Math.round(Math.max(0, Math.min(1, alpha)) * 255);
    return a ? ((a << 24) | ((value & 255) << 16) | (value & 0xff00) | (value >> 16)) >>> 0 : 0;
  }

  /** `source` laid over `below`, both not premultiplied. Two channels at a time, in integers: this is the innermost step. */
  function over(source, below) {
    const a = source >>> 24, b = below >>> 24;
    if (a === 255 || b === 0) return source;
    if (a === 0) return below;
    // Share of the source in 256ths; over something half-transparent the source weighs more.
    const out = b === 255 ? 255 : a + Math.round((b * (255 - a)) / 255);
    const share = Math.round((a * 256) / out), rest = 256 - share;
    const rb = ((Math.imul(source & 0xff00ff, share) + Math.imul(below & 0xff00ff, rest) + 0x800080) >>> 8) & 0xff00ff;
    const g = ((Math.imul(source & 0xff00, share) + Math.imul(below & 0xff00, rest) + 0x8000) >>> 8) & 0xff00;
    return ((out << 24) | rb | g) >>> 0;
  }

  /** Mix of two hexes, for outlines: `share` of the second. */
  function mixed(hex, other, share) {
    const a = parseInt(hex.slice(1), 16), b = parseInt(other.slice(1), 16);
    const part = (shift) => Math.round(((a >> shift) & 255) * (1 - share) + ((b >> shift) & 255) * share);
    return "#" + ((1 << 24) | (part(16) << 16) | (part(8) << 8) | part(0)).toString(16).slice(1);
  }

  /**
   * Colour table of a layer: `fill` and `edge` pixel by array value, 0 where nothing is to be drawn.
   * `colours[value]` is {hex, alpha, edge} or missing, `edge` a hex where the outline is no mix of `hex` and `edgeHex`; such a dot has a
   * rim of it (`rim`, 0 for none). `shown` a set of values or null for all.
   */
  function table(colours, { fill, edgeHex, shown }) {
    const out = { fill: new Uint32Array(256), edge: new Uint32Array(256), rim: new Uint32Array(256) };
    for (let value = 0; value < ABSENT; value++) {
      const colour = colours[value];
      if (!colour || (shown && !shown.has(value))) continue;
      out.fill[value] = pixel(colour.hex, fill * colour.alpha);
      out.edge[value] = colour.edge ? pixel(colour.edge, Math.min(1, fill * colour.alpha + 0.45)) : pixel(mixed(colour.hex, edgeHex, 0.45), Math.min(1, fill * colour.alpha + 0.25));
      if (colour.edge) out.rim[value] = pixel(colour.edge, 1);
    }
    return out;
  }

  /** Colours of a layer's levels or of one of its themes, in a scheme, as `table` takes them. */
  function colours(palettes, theme, scheme) {
    const edges = (palettes.level.edge || {})[scheme] || {};
    if (!theme) return palettes.level[scheme].map((hex, level) => ({ hex, alpha: palettes.level.alpha[level], edge: edges[level] }));
    // Class 0: not stated. Such objects are there all the same, in the grey of what nobody knows.
    const out = [{ hex: palettes.level[scheme][0], alpha: palettes.level.alpha[0] }];
    for (const entry of theme.classes) out[entry.index] = { hex: entry.hex, alpha: 1 };
    return out;
  }

  /** Colour tables of a backdrop tileset, one entry a class. */
  function backdropTable(classes, scheme) {
    return { fill: Uint32Array.from(classes, (c) => pixel(c[scheme][0], 1)), edge: Uint32Array.from(classes, (c) => pixel(c[scheme][1], 1)) };
  }

  /**
   * Paint rasterised polygons or lines over `out`. `array` maps id to value (null: the id is the value); `lut` comes from `table`.
   * `filter` = {array, shown: Uint8Array(256)} hides features by a second array; `hatched` = Uint8Array(256) of values drawn in stripes.
   * `stamps` = {larger, radius, ring, under, rank}: features of the values in `larger` that are less than `under` pixels across get a dot
   * as well, as large as `larger` says: a red house must be seen where it is three pixels among thousands.
   */
  function paintRuns(out, runs, { array, lut, filter, hatched, period, stamps }) {
    const { starts, values, size } = runs;
    const boxes = stamps ? new Map() : null;
    const signed = new Int32Array(out.buffer, out.byteOffset, out.length); // small integers in V8; unsigned ones above 2^31 are not
    for (let i = 0; i < starts.length; i++) {
      const v = values[i];
      if (v === 0) continue;
      const id = (v & MASK) - 1;
      const value = array ? (id < array.length ? array[id] : ABSENT) : id;
      if (filter && !filter.shown[filter.array[id]]) continue;
      const colour = v >= EDGE ? lut.edge[value] : lut.fill[value];
      if (!colour) continue;
      const from = starts[i], to = i + 1 < starts.length ? starts[i + 1] : size * size;
      if (hatched && hatched[value]) stripes(out, from, to, colour, size, period);
      else lay(signed, from, to, colour);
      if (boxes && stamps.larger[value]) widen(boxes, id, value, from, to, size);
    }
    if (boxes && boxes.size) paintSmall(out, boxes, size, lut, stamps);
  }

  /** Make the box of a feature hold a run of it: [value, left, top, right, bottom], right and bottom beyond it. */
  function widen(boxes, id, value, from, to, size) {
    const y = (from / size) | 0, end = ((to - 1) / size) | 0;
    const x = end > y ? 0 : from - y * size, right = end > y ? size : to - y * size;
    const box = boxes.get(id);
    if (!box) { boxes.set(id, [value, x, y, right, end + 1]); return; }
    if (x < box[1]) box[1] = x;
    if (right > box[3]) box[3] = right;
    box[4] = end + 1; // runs come from the top down
  }

  /** A dot on each of the features with these boxes that is small. */
  function paintSmall(out, boxes, size, lut, { larger, radius, ring, under, rank }) {
    const xs = [], ys = [], array = [];
    for (const [value, left, top, right, bottom] of boxes.values()) {
      if (Math.max(right - left, bottom - top) >= Math.max(under, 2 * radius * larger[value])) continue;
      xs.push((left + right) >> 1);
      ys.push((top + bottom) >> 1);
      array.push(value);
    }
    if (array.length) paintDots(out, { size, xs, ys, ids: array.map((_, i) => i) }, { array, lut, rank, radius, ring, larger });
  }

  function lay(signed, from, to, colour) {
    if (colour >>> 24 === 255) { signed.fill(colour | 0, from, to); return; }
    let below = signed[from], result = over(colour, below) | 0; // neighbours mostly look alike: mix once
    for (let p = from; p < to; p++) {
      const d = signed[p];
      if (d !== below) { below = d; result = over(colour, d) | 0; }
      signed[p] = result;
    }
  }

  function stripes(out, from, to, colour, size, period) {
    for (let p = from; p < to; p++) if ((((p % size) + ((p / size) | 0)) % period) * 2 < period) out[p] = over(colour, out[p]);
  }

  let order = new Uint8Array(0);

  /**
   * Paint points as discs over `out`; where several meet, the value of the least `rank` wins (worst level). `dots` = {size, xs, ys, ids}.
   * `radius` in pixels; `ring` is the colour of their rim, 0 for none; `larger` gives values that are drawn so many times as large.
   */
  function paintDots(out, dots, { array, lut, filter, rank, radius, ring, larger }) {
    const { size, xs, ys, ids } = dots;
    if (order.length < size * size) order = new Uint8Array(size * size);
    order.fill(255, 0, size * size);
    const own = [];
    const ringOf = (value) => (lut.rim && lut.rim[value]) || ring;
    const stampOf = (value) => own[value] || (own[value] = disc(radius * ((larger && larger[value]) || 1), ringOf(value) ? Math.max(1, radius / 4) : 0));
    for (let i = 0; i < ids.length; i++) {
      const value = array[ids[i]];
      const colour = lut.fill[value];
      if (!colour || (filter && !filter.shown[filter.array[ids[i]]])) continue;
      stampDisc(out, order, size, xs[i], ys[i], stampOf(value), rank[value], colour, ringOf(value));
    }
  }

  function stampDisc(out, order, size, x, y, stamp, rank, colour, ring) {
    for (let k = 0; k < stamp.length; k += 3) {
      const px = x + stamp[k], py = y + stamp[k + 1];
      if (px < 0 || py < 0 || px >= size || py >= size) continue;
      const p = py * size + px;
      if (rank > order[p] || (rank === order[p] && stamp[k + 2])) continue;
      order[p] = rank;
      out[p] = stamp[k + 2] ? ring : colour;
    }
  }

  const stamps = new Map();
  /** Pixels of a disc as dx, dy, 1 on the ring. A radius under 1 is a square of 1 or 2 pixels. */
  function disc(radius, ringWidth) {
    const key = `${radius}/${ringWidth}`;
    if (stamps.has(key)) return stamps.get(key);
    const out = [], reach = Math.ceil(radius), across = Math.max(1, Math.round(2 * radius));
    if (radius < 1.6) {
      const low = -Math.floor((across - 1) / 2);
      for (let y = low; y < low + across; y++) for (let x = low; x < low + across; x++) out.push(x, y, 0);
    } else {
      for (let y = -reach; y <= reach; y++)
        for (let x = -reach; x <= reach; x++) {
          const away = Math.hypot(x, y);
          if (away <= radius) out.push(x, y, away > radius - ringWidth ? 1 : 0);
        }
    }
    const made = Int16Array.from(out);
    stamps.set(key, made);
    return made;
  }

  /** A halo of `width` pixels around the pixels of feature `id`. */
  function paintHalo(out, runs, id, colour, width) {
    const { size, starts, values } = runs;
    const inside = new Uint8Array(size * size);
    const pieces = [];
    for (let i = 0; i < starts.length; i++) {
      if (!values[i] || (values[i] & MASK) - 1 !== id) continue;
      const to = i + 1 < starts.length ? starts[i + 1] : size * size;
      inside.fill(1, starts[i], to);
      pieces.push(starts[i], to);
    }
    for (let i = 0; i < pieces.length; i += 2) {
      for (let at = pieces[i]; at < pieces[i + 1]; ) {
        const y = Math.floor(at / size), rowEnd = Math.min(pieces[i + 1], (y + 1) * size);
        haloRow(out, inside, size, at - y * size, rowEnd - y * size, y, colour, width);
        at = rowEnd;
      }
    }
  }

  function haloRow(out, inside, size, x0, x1, y, colour, width) {
    const left = Math.max(0, x0 - width), right = Math.min(size, x1 + width);
    for (let row = Math.max(0, y - width); row <= Math.min(size - 1, y + width); row++)
      for (let p = row * size + left; p < row * size + right; p++) if (!inside[p]) out[p] = colour;
  }

  /** A halo around the points of feature `id`. */
  function paintDotHalo(out, dots, id, colour, radius, width) {
    const stamp = disc(radius + width, width);
    const { size, xs, ys, ids } = dots;
    for (let i = 0; i < ids.length; i++) {
      if (ids[i] !== id) continue;
      for (let k = 0; k < stamp.length; k += 3) {
        const px = xs[i] + stamp[k], py = ys[i] + stamp[k + 1];
        if (stamp[k + 2] && px >= 0 && py >= 0 && px < size && py < size) out[py * size + px] = colour;
      }
    }
  }

  const api = { pixel, over, mixed, table, colours, backdropTable, paintRuns, paintDots, paintHalo, paintDotHalo, disc, ABSENT };
  root.onescreen = root.onescreen || {};
  root.onescreen.map = Object.assign(root.onescreen.map || {}, { paint: api });
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
