// Painting: colour tables, and rasterised ids to pixels. Pure; runs in the page and in node.
//
// A painted pixel is one 32-bit number A<<24 | B<<16 | G<<8 | R, which is what ImageData holds on every little-endian machine.
(function (root) {
  "use strict";

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

  let colourOf = new Int32Array(0); // by code of a run; signed, for small integers are fast in V8

  /**
   * Paint rasterised polygons or lines (runs.js) over `out`. `array` maps id to value (null: the id is the value); `lut` comes from `table`.
   * `filter` = {array, shown: Uint8Array(256)} hides features by a second array; `hatched` = Uint8Array(256) of values drawn in stripes.
   * `stamps` = {larger, radius, ring, under, rank}: features of the values in `larger` that are less than `under` pixels across get a dot
   * as well, as large as `larger` says: a red house must be seen where it is three pixels among thousands.
   * `region` (region.js): nothing outside it is touched; null: the whole tile.
   */
  function paintRuns(out, runs, look, region = null) {
    const { size } = runs;
    const signed = new Int32Array(out.buffer, out.byteOffset, out.length);
    const striped = colourRuns(runs, look);
    const span = (from, to) => paintSpan(signed, runs, from, to, striped, look.period);
    if (region) region.each(span);
    else for (let y = 0; y < size; y++) span(y * size, (y + 1) * size);
    if (look.stamps && runs.spots) paintSmall(out, runs, look, region);
  }

  /** Fill `colourOf`, 0 for what is not drawn; which codes are striped, or null. */
  function colourRuns({ ids }, { array, lut, filter, hatched }) {
    if (colourOf.length < 2 * ids.length + 2) colourOf = new Int32Array(4 * ids.length + 2);
    const striped = hatched ? new Uint8Array(2 * ids.length + 2) : null;
    for (let k = 0, code = 2; k < ids.length; k++, code += 2) {
      const id = ids[k], value = valueOf(array, id);
      const shown = !filter || filter.shown[filter.array[id]];
      colourOf[code] = shown ? lut.fill[value] : 0;
      colourOf[code + 1] = shown ? lut.edge[value] : 0;
      if (striped) striped[code] = striped[code + 1] = hatched[value];
    }
    return striped;
  }

  const valueOf = (array, id) => (array ? (id < array.length ? array[id] : ABSENT) : id);

  /** Paint what the runs have between two pixels of one row. */
  function paintSpan(signed, runs, from, to, striped, period) {
    const { size, rowAt, xs, codes } = runs;
    const y = (from / size) | 0, row = y * size, end = rowAt[y + 1];
    for (let i = from === row ? rowAt[y] : root.onescreen.map.runs.runAt(runs, y, from - row); from < to; i++) {
      const next = i + 1 < end ? Math.min(to, row + xs[i + 1]) : to, colour = colourOf[codes[i]];
      if (!colour) { from = next; continue; }
      if (striped && striped[codes[i]]) stripes(signed, from, next, colour, size, period);
      else lay(signed, from, next, colour);
      from = next;
    }
  }

  /** A dot on each of the features that is small and of a value that must be seen. */
  function paintSmall(out, { size, ids, spots }, { array, lut, filter, stamps }, region) {
    const { larger, radius, ring, under, rank } = stamps;
    const xs = [], ys = [], values = [];
    for (let k = 0; k < ids.length; k++) {
      const value = valueOf(array, ids[k]), times = larger[value];
      if (!times || !lut.fill[value] || spots.across[k] >= Math.max(under, 2 * radius * times) || (filter && !filter.shown[filter.array[ids[k]]])) continue;
      xs.push(spots.xs[k]);
      ys.push(spots.ys[k]);
      values.push(value);
    }
    if (!values.length) return;
    const points = { size, xs: Int16Array.from(xs), ys: Int16Array.from(ys), ids: Uint32Array.from(values.keys()) }; // of one type with other dots: V8 makes fast code for one
    root.onescreen.map.dots.paintDots(out, points, { array: Uint8Array.from(values), lut, rank, radius, ring, larger }, region);
  }

  const LONG = 32; // pixels from which on the fill of the browser is faster than a loop

  function lay(signed, from, to, colour) {
    if (colour >>> 24 === 255) {
      if (to - from > LONG) signed.fill(colour, from, to);
      else for (let p = from; p < to; p++) signed[p] = colour;
      return;
    }
    let below = signed[from], result = blend(colour, below); // neighbours mostly look alike: mix once
    for (let p = from; p < to; p++) {
      const d = signed[p];
      if (d !== below) { below = d; result = blend(colour, d); }
      signed[p] = result;
    }
  }

  const BLEND_BITS = 12;
  const blendOf = new Int32Array(1 << BLEND_BITS), blendOver = new Int32Array(1 << BLEND_BITS), blended = new Int32Array(1 << BLEND_BITS);

  /** `over` for signed numbers. A map has few colours, so the same pairs meet again and again: a pair's mix is kept until another takes its place. */
  function blend(colour, below) {
    const at = Math.imul(colour ^ Math.imul(below, 0x2c1b3c6d), 0x297a2d39) >>> (32 - BLEND_BITS);
    if (blendOf[at] !== colour || blendOver[at] !== below) {
      blendOf[at] = colour;
      blendOver[at] = below;
      blended[at] = over(colour >>> 0, below >>> 0);
    }
    return blended[at];
  }

  function stripes(signed, from, to, colour, size, period) {
    for (let p = from; p < to; p++) if ((((p % size) + ((p / size) | 0)) % period) * 2 < period) signed[p] = blend(colour, signed[p]);
  }

  /** A halo of `width` pixels around the pixels of feature `id`. */
  function paintHalo(out, { size, rowAt, xs, codes, ids }, id, colour, width) {
    const inside = new Uint8Array(size * size), pieces = []; // y, from, to
    const own = 2 * ids.indexOf(id) + 2;
    if (!own) return;
    for (let y = 0; y < size; y++)
      for (let i = rowAt[y]; i < rowAt[y + 1]; i++) {
        if ((codes[i] & ~1) !== own) continue;
        const end = i + 1 < rowAt[y + 1] ? xs[i + 1] : size;
        inside.fill(1, y * size + xs[i], y * size + end);
        pieces.push([y, xs[i], end]);
      }
    for (const [y, from, end] of pieces) haloRow(out, inside, size, from, end, y, colour, width);
  }

  function haloRow(out, inside, size, x0, x1, y, colour, width) {
    const left = Math.max(0, x0 - width), right = Math.min(size, x1 + width);
    for (let row = Math.max(0, y - width); row <= Math.min(size - 1, y + width); row++)
      for (let p = row * size + left; p < row * size + right; p++) if (!inside[p]) out[p] = colour;
  }

  const api = { pixel, over, mixed, table, colours, backdropTable, paintRuns, paintHalo, ABSENT };
  root.onescreen = root.onescreen || {};
  root.onescreen.map = Object.assign(root.onescreen.map || {}, { paint: api });
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
