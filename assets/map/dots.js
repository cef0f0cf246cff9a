// Dots: objects painted as points. Where several meet the worst is seen. Pure; runs in the page and in node.
(function (root) {
  "use strict";

  const NONE = 255; // place of a pixel on which no dot lies yet
  const CELL_BITS = 1; // cells of 2 × 2 pixels tell whether a dot may touch what is painted anew

  let order = new Uint8Array(0), centres = new Uint8Array(0);

  /**
   * Paint points as discs over `out`; where several meet, the value of the least `rank` wins (worst level). `dots` = {size, xs, ys, ids}.
   * `radius` in pixels; `ring` is the colour of their rim, 0 for none; `larger` gives values that are drawn so many times as large.
   * `region` (region.js): nothing outside it is touched; null: the whole tile.
   */
  function paintDots(out, dots, look, region = null) {
    const { size } = dots;
    const kinds = kindsOf(look);
    prepare(size, region);
    const near = region && region.cells(CELL_BITS, kinds.reach);
    const sieved = !region && kinds.base.square && manyOf(dots.ids.length, kinds.base.square, size);
    if (sieved) sieve(out, dots, look, kinds);
    if (!sieved || kinds.several) stampAll(out, dots, look, kinds, near, sieved);
  }

  /** Whether so many squares are sieved, not stamped: a stamp takes 20 ns and 2 a pixel, the sieve 5 a dot and 4 a pixel of the tile. */
  const manyOf = (n, square, size) => n * (15 + 2 * square ** 2) > 4 * size * size;

  /** What the values look like: `place` in the order of ranks from 1 (`NONE`: not drawn), `stamp` and colours of each. */
  function kindsOf({ lut, rank, radius, ring, larger }) {
    const place = new Uint8Array(256).fill(NONE), stamp = [], rims = [], base = stampOf(radius, ring);
    const drawn = [];
    for (let value = 0; value < 255; value++) if (lut.fill[value]) drawn.push(value);
    drawn.sort((a, b) => rank[a] - rank[b]).forEach((value, i) => {
      place[value] = Math.min(i + 1, NONE - 1);
      rims[value] = (lut.rim && lut.rim[value]) || ring;
      stamp[value] = stampOf(radius * ((larger && larger[value]) || 1), rims[value]);
    });
    const all = drawn.map((value) => stamp[value]);
    return { place, stamp, rims, base, several: all.some((one) => one !== base), reach: Math.max(base.reach, ...all.map((one) => one.reach)) };
  }

  const stampOf = (radius, ring) => disc(radius, ring ? Math.max(1, radius / 4) : 0);

  /** `order` free where something may be painted; elsewhere taken by what is better than all. */
  function prepare(size, region) {
    order = grown(order, size * size);
    order.fill(region ? 0 : NONE, 0, size * size);
    if (region) region.each((from, to) => order.fill(NONE, from, to));
  }

  const grown = (array, length) => (array.length < length ? new Uint8Array(length) : array);

  function stampAll(out, dots, { array, lut, filter }, { place, stamp, rims, base }, near, sieved) {
    const { size, xs, ys, ids } = dots, chosen = near ? nearOnes(dots, near) : null, n = chosen ? chosen.length : ids.length;
    for (let k = 0; k < n; k++) {
      const i = chosen ? chosen[k] : k, id = ids[i], value = array[id];
      const colour = lut.fill[value];
      if (!colour || (sieved && stamp[value] === base) || (filter && !filter.shown[filter.array[id]])) continue;
      stampDisc(out, size, xs[i], ys[i], stamp[value], place[value], colour, rims[value]);
    }
  }

  const BLOCK = 64; // dots, which come along a curve through the town, so most blocks lie close together
  const blocks = new WeakMap(); // xs → the box of each block, left, top, right, bottom
  let chosenOnes = new Uint32Array(1024);

  /** Indices of the dots in marked cells: a few of a million, so blocks of them are passed over. */
  function nearOnes({ xs, ys }, near) {
    const { marks, across, pad } = near, shift = pad * across + pad;
    if (!blocks.has(xs)) blocks.set(xs, boxesOf(xs, ys));
    const boxes = blocks.get(xs);
    let count = 0;
    for (let from = 0, b = 0; from < xs.length; from += BLOCK, b += 4) {
      if (!touched(near, boxes[b], boxes[b + 1], boxes[b + 2], boxes[b + 3])) continue;
      while (chosenOnes.length < count + BLOCK) { const more = new Uint32Array(2 * chosenOnes.length); more.set(chosenOnes); chosenOnes = more; }
      for (let i = from; i < Math.min(xs.length, from + BLOCK); i++)
        if (marks[(ys[i] >> CELL_BITS) * across + (xs[i] >> CELL_BITS) + shift]) chosenOnes[count++] = i;
    }
    return chosenOnes.subarray(0, count);
  }

  function boxesOf(xs, ys) {
    const out = new Int16Array(4 * Math.ceil(xs.length / BLOCK));
    for (let i = 0; i < xs.length; i++) {
      const b = 4 * Math.floor(i / BLOCK), first = i % BLOCK === 0;
      if (first || xs[i] < out[b]) out[b] = xs[i];
      if (first || ys[i] < out[b + 1]) out[b + 1] = ys[i];
      if (first || xs[i] > out[b + 2]) out[b + 2] = xs[i];
      if (first || ys[i] > out[b + 3]) out[b + 3] = ys[i];
    }
    return out;
  }

  /** Whether there may be a dot of a box in a marked cell; of a large box it may. */
  function touched({ marks, across, pad }, left, top, right, bottom) {
    const x0 = (left >> CELL_BITS) + pad, x1 = (right >> CELL_BITS) + pad, y0 = (top >> CELL_BITS) + pad, y1 = (bottom >> CELL_BITS) + pad;
    if ((x1 - x0 + 1) * (y1 - y0 + 1) > BLOCK) return true;
    for (let y = y0; y <= y1; y++) for (let x = x0; x <= x1; x++) if (marks[y * across + x]) return true;
    return false;
  }

  function stampDisc(out, size, x, y, stamp, place, colour, ring) {
    const { xs, ys, rims, reach } = stamp, middle = y * size + x;
    const inside = x >= reach && y >= reach && x < size - reach && y < size - reach;
    for (let k = 0; k < xs.length; k++) {
      if (!inside && (x + xs[k] < 0 || y + ys[k] < 0 || x + xs[k] >= size || y + ys[k] >= size)) continue;
      const p = middle + ys[k] * size + xs[k];
      if (place > order[p] || (place === order[p] && rims[k])) continue;
      order[p] = place;
      out[p] = rims[k] ? ring : colour;
    }
  }

  /**
   * The same for very many dots that are squares of `base`: the worst of each pixel first, then for each pixel the worst of the square of
   * pixels whose dots reach it. Three dots in four lie under others, and are looked at once.
   */
  function sieve(out, dots, look, { place, stamp, base }) {
    const { size } = dots, pad = base.square, side = size + 2 * pad;
    worst(dots, look, place, stamp, base, pad, side);
    const colours = new Uint32Array(256);
    look.lut.fill.forEach((colour, value) => { if (colour) colours[place[value]] = colour; });
    const { square } = base, second = (square > 1 ? 1 : 0) * side, third = (square - 1) * side; // rows that reach a pixel; of less than three some twice
    const first = pad - base.low - (square - 1); // of the columns and rows that reach pixel 0
    for (let y = 0, p = 0; y < size; y++) {
      let before = NONE, last = NONE; // least of the two columns before; what a smaller square does not reach is none
      for (let x = 1 - square, c = (y + first) * side + first; x < size; x++, c++) {
        const here = least(least(centres[c], centres[c + second]), centres[c + third]), found = least(least(before, last), here);
        before = square > 2 ? last : NONE;
        last = square > 1 ? here : NONE;
        if (x < 0) continue;
        if (found !== NONE) { order[p] = found; out[p] = colours[found]; }
        p++;
      }
    }
  }

  /** The lesser of two small numbers, without a branch: which it is cannot be foretold. */
  const least = (a, b) => b + ((a - b) & ((a - b) >> 31));

  /** The best place of a dot at each pixel, and `pad` pixels around the tile, into `centres`. */
  function worst({ xs, ys, ids }, { array, filter }, place, stamp, base, pad, side) {
    centres = grown(centres, side * side);
    centres.fill(NONE, 0, side * side);
    const own = place.map((at, value) => (stamp[value] === base ? at : NONE));
    for (let i = 0; i < ids.length; i++) {
      const x = xs[i] + pad, y = ys[i] + pad;
      if ((x | y) < 0 || x >= side || y >= side || (filter && !filter.shown[filter.array[ids[i]]])) continue;
      const p = y * side + x;
      centres[p] = least(own[array[ids[i]]], centres[p]);
    }
  }

  const discs = new Map();
  /**
   * Pixels of a disc: {xs, ys, rims (1 on the ring), reach, square, low}. A radius under 1.6 is a square of 1 to 3 pixels; `square` is the
   * side of what is a square without a rim, else 0, and `low` its first column.
   */
  function disc(radius, ringWidth) {
    const key = `${radius}/${ringWidth}`;
    if (!discs.has(key)) discs.set(key, radius < 1.6 ? squareOf(Math.max(1, Math.round(2 * radius))) : round(radius, ringWidth));
    return discs.get(key);
  }

  function squareOf(across) {
    const low = -Math.floor((across - 1) / 2), pixels = [];
    for (let y = low; y < low + across; y++) for (let x = low; x < low + across; x++) pixels.push([x, y, 0]);
    return { ...columns(pixels), square: across, low };
  }

  function round(radius, ringWidth) {
    const pixels = [], reach = Math.ceil(radius);
    for (let y = -reach; y <= reach; y++)
      for (let x = -reach; x <= reach; x++) {
        const away = Math.hypot(x, y);
        if (away <= radius) pixels.push([x, y, away > radius - ringWidth ? 1 : 0]);
      }
    const full = pixels.length === 9 && pixels.every(([, , rim]) => !rim); // under a radius of 2 the round dot is a square too
    return { ...columns(pixels), square: full ? 3 : 0, low: -1 };
  }

  function columns(pixels) {
    const [xs, ys, rims] = [0, 1, 2].map((k) => Int16Array.from(pixels, (pixel) => pixel[k]));
    return { xs, ys, rims, reach: Math.max(...pixels.map(([x, y]) => Math.max(Math.abs(x), Math.abs(y)))) };
  }

  /** How far from its pixel a dot reaches at most, whichever of the values in `larger` it has. */
  function reachOf(radius, larger) {
    return Math.max(...[1, ...Object.values(larger || {})].map((times) => disc(radius * (times || 1), 0).reach));
  }

  /** A halo around the points of feature `id`. */
  function paintDotHalo(out, dots, id, colour, radius, width) {
    const stamp = disc(radius + width, width);
    const { size, xs, ys, ids } = dots;
    for (let i = 0; i < ids.length; i++) {
      if (ids[i] !== id) continue;
      for (let k = 0; k < stamp.xs.length; k++) {
        const px = xs[i] + stamp.xs[k], py = ys[i] + stamp.ys[k];
        if (stamp.rims[k] && px >= 0 && py >= 0 && px < size && py < size) out[py * size + px] = colour;
      }
    }
  }

  const api = { paintDots, paintDotHalo, reachOf };
  root.onescreen = root.onescreen || {};
  root.onescreen.map = Object.assign(root.onescreen.map || {}, { dots: api });
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
