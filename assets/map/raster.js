// Rasteriser: geometry in, feature ids by pixel out. Pure; runs in the worker and in node.
//
// A pixel belongs to a polygon when its centre does (even-odd, half-open), so polygons that share an edge share no pixel and leave none.
// The canvas is a square of `size` pixels with `margin` more on each side, so that outlines know their neighbours across the tile border.
(function (root) {
  "use strict";

  /** An empty canvas. `values` holds id + 1 per pixel, 0 where nothing is. */
  function canvas(size, margin) {
    const side = size + 2 * margin;
    return { size, margin, side, values: new Uint32Array(side * side) };
  }

  /** The pixels of `canvas` that a data tile may fill: its own part, and on the outer sides the margin too. */
  function clipWindow(target, placement) {
    const { size, margin, side } = target;
    const low = (value) => (value <= 0 ? 0 : Math.ceil(value - 0.5) + margin);
    const high = (value) => (value >= size ? side : Math.ceil(value - 0.5) + margin);
    const [left, top, right, bottom] = placement.window;
    return { x0: low(left), y0: low(top), x1: high(right), y1: high(bottom) };
  }

  // Crossings of the feature at hand: one linked list a row, in typed arrays that grow and are used again.
  let heads = new Int32Array(0), nexts = new Int32Array(1024), crossings = new Float64Array(1024), used = 0, sorted = new Float64Array(64);

  function addCrossing(row, x) {
    if (used === nexts.length) {
      const more = new Int32Array(used * 2), moreX = new Float64Array(used * 2);
      more.set(nexts); moreX.set(crossings);
      nexts = more; crossings = moreX;
    }
    crossings[used] = x;
    nexts[used] = heads[row];
    heads[row] = used++;
  }

  /** Fill the polygons of a decoded tile. `keep`: a polygon that covers no pixel centre still gets the pixel that it lies in. */
  function fillPolygons(target, tile, placement, keep) {
    const clip = clipWindow(target, placement);
    if (heads.length < target.side) heads = new Int32Array(target.side);
    heads.fill(-1);
    const dx = placement.dx + target.margin, dy = placement.dy + target.margin;
    for (let feature = 0; feature < tile.n; feature++) {
      const box = featureBox(tile, feature);
      const left = box.x0 * placement.scale + dx, right = box.x1 * placement.scale + dx;
      const top = box.y0 * placement.scale + dy, bottom = box.y1 * placement.scale + dy;
      if (right < clip.x0 || left > clip.x1 || bottom < clip.y0 || top > clip.y1) continue;
      used = 0;
      for (let part = tile.partAt[feature]; part < tile.partAt[feature + 1]; part++)
        crossRing(tile, tile.vertexAt[part], tile.vertexAt[part + 1], placement.scale, dx, dy, clip);
      const first = Math.max(clip.y0, Math.ceil(top - 0.5)), last = Math.min(clip.y1 - 1, Math.ceil(bottom - 0.5));
      let filled = 0;
      for (let row = first; row <= last; row++) filled += fillRow(target, row, clip, tile.ids[feature] + 1);
      if (!filled && keep) mark(target, clip, (left + right) / 2, (top + bottom) / 2, tile.ids[feature] + 1);
    }
  }

  function featureBox(tile, feature) {
    let x0 = 32767, y0 = 32767, x1 = -32768, y1 = -32768;
    const end = tile.vertexAt[tile.partAt[feature + 1]];
    for (let v = tile.vertexAt[tile.partAt[feature]]; v < end; v++) {
      const x = tile.xs[v], y = tile.ys[v];
      if (x < x0) x0 = x;
      if (x > x1) x1 = x;
      if (y < y0) y0 = y;
      if (y > y1) y1 = y;
    }
    return { x0, y0, x1, y1 };
  }

  /** Note where the edges of a ring cross the row centres. Ends are ordered by y, so both neighbours of an edge get the same number. */
  function crossRing(tile, start, end, scale, dx, dy, clip) {
    let px = tile.xs[end - 1] * scale + dx, py = tile.ys[end - 1] * scale + dy;
    for (let v = start; v < end; v++) {
      const x = tile.xs[v] * scale + dx, y = tile.ys[v] * scale + dy;
      const down = py < y;
      const topX = down ? px : x, topY = down ? py : y, lowX = down ? x : px, lowY = down ? y : py;
      const first = Math.max(clip.y0, Math.ceil(topY - 0.5)), last = Math.min(clip.y1, Math.ceil(lowY - 0.5));
      if (first < last) {
        const slope = (lowX - topX) / (lowY - topY);
        for (let row = first; row < last; row++) addCrossing(row, topX + (row + 0.5 - topY) * slope);
      }
      px = x; py = y;
    }
  }

  function fillRow(target, row, clip, value) {
    let count = 0;
    for (let at = heads[row]; at >= 0; at = nexts[at]) {
      if (count === sorted.length) { const more = new Float64Array(count * 2); more.set(sorted); sorted = more; }
      const x = crossings[at];
      let place = count++;
      while (place > 0 && sorted[place - 1] > x) { sorted[place] = sorted[place - 1]; place--; }
      sorted[place] = x;
    }
    heads[row] = -1;
    let filled = 0;
    const base = row * target.side;
    for (let i = 0; i + 1 < count; i += 2) {
      const from = Math.max(clip.x0, Math.ceil(sorted[i] - 0.5)), to = Math.min(clip.x1, Math.ceil(sorted[i + 1] - 0.5));
      if (from < to) { target.values.fill(value, base + from, base + to); filled += to - from; }
    }
    return filled;
  }

  function mark(target, clip, x, y, value) {
    const column = Math.floor(x), row = Math.floor(y);
    if (column >= clip.x0 && column < clip.x1 && row >= clip.y0 && row < clip.y1) target.values[row * target.side + column] = value;
  }

  /** Draw the lines of a decoded tile; `widths[id]` is the width of a class in pixels, 0 for not drawn. Ends and bends are round. */
  function strokeLines(target, tile, placement, widths) {
    const clip = clipWindow(target, placement);
    const dx = placement.dx + target.margin, dy = placement.dy + target.margin;
    for (let feature = 0; feature < tile.n; feature++) {
      const width = widths ? widths[tile.ids[feature]] : 2;
      if (!width) continue;
      const radius = Math.max(0.5, width / 2), value = tile.ids[feature] + 1;
      for (let part = tile.partAt[feature]; part < tile.partAt[feature + 1]; part++) {
        const start = tile.vertexAt[part], end = tile.vertexAt[part + 1];
        for (let v = start; v < end - 1 || v === start; v++) {
          const w = Math.min(v + 1, end - 1);
          capsule(target, clip, tile.xs[v] * placement.scale + dx, tile.ys[v] * placement.scale + dy,
            tile.xs[w] * placement.scale + dx, tile.ys[w] * placement.scale + dy, radius, value);
        }
      }
    }
  }

  /** All pixels whose centre is within `radius` of the segment a–b, never painting over a greater value. */
  function capsule(target, clip, ax, ay, bx, by, radius, value) {
    const top = Math.min(ay, by) - radius, bottom = Math.max(ay, by) + radius;
    if (bottom < clip.y0 || top > clip.y1 || Math.max(ax, bx) + radius < clip.x0 || Math.min(ax, bx) - radius > clip.x1) return;
    const length = Math.hypot(bx - ax, by - ay);
    const nx = length ? (-(by - ay) / length) * radius : 0, ny = length ? ((bx - ax) / length) * radius : 0;
    const last = Math.min(clip.y1 - 1, Math.ceil(bottom - 0.5));
    for (let row = Math.max(clip.y0, Math.ceil(top - 0.5)); row <= last; row++) {
      const y = row + 0.5;
      span.low = Infinity; span.high = -Infinity;
      disc(ax, y - ay, radius);
      disc(bx, y - by, radius);
      side(ax + nx, ay + ny, bx + nx, by + ny, y);
      side(ax - nx, ay - ny, bx - nx, by - ny, y);
      const from = Math.max(clip.x0, Math.ceil(span.low - 0.5)), to = Math.min(clip.x1, Math.floor(span.high - 0.5) + 1);
      for (let p = row * target.side + from, end = row * target.side + to; p < end; p++) if (target.values[p] < value) target.values[p] = value;
    }
  }

  const span = { low: 0, high: 0 };
  function disc(x, away, radius) {
    if (Math.abs(away) > radius) return;
    const half = Math.sqrt(radius * radius - away * away);
    span.low = Math.min(span.low, x - half);
    span.high = Math.max(span.high, x + half);
  }
  function side(ax, ay, bx, by, y) {
    if ((y < ay && y < by) || (y > ay && y > by) || ay === by) return;
    const x = ax + ((y - ay) / (by - ay)) * (bx - ax);
    span.low = Math.min(span.low, x);
    span.high = Math.max(span.high, x);
  }

  /** Points of a decoded tile on the screen tile, or within `reach` pixels of it: pixel from its corner, and id, as {xs, ys, ids}. */
  function placePoints(tile, placement, size, reach) {
    const [left, top, right, bottom] = placement.window;
    const x0 = left <= 0 ? -reach : left, x1 = right >= size ? size + reach : right;
    const y0 = top <= 0 ? -reach : top, y1 = bottom >= size ? size + reach : bottom;
    const xs = new Int16Array(tile.n), ys = new Int16Array(tile.n), ids = new Uint32Array(tile.n);
    let count = 0;
    for (let i = 0; i < tile.n; i++) {
      const x = tile.xs[i] * placement.scale + placement.dx, y = tile.ys[i] * placement.scale + placement.dy;
      if (x < x0 || x >= x1 || y < y0 || y >= y1) continue;
      xs[count] = Math.floor(x);
      ys[count] = Math.floor(y);
      ids[count++] = tile.ids[i];
    }
    return { xs: xs.subarray(0, count), ys: ys.subarray(0, count), ids: ids.subarray(0, count) };
  }

  /** Points of several tiles as one {xs, ys, ids}, ascending by id as those of each tile are. */
  function mergePoints(parts) {
    if (parts.length < 2) return parts[0] ? owned(parts[0]) : { xs: new Int16Array(0), ys: new Int16Array(0), ids: new Uint32Array(0) };
    const middle = parts.length >> 1, [a, b] = [mergePoints(parts.slice(0, middle)), mergePoints(parts.slice(middle))];
    const n = a.ids.length + b.ids.length, out = { xs: new Int16Array(n), ys: new Int16Array(n), ids: new Uint32Array(n) };
    for (let i = 0, j = 0, at = 0; at < n; at++) {
      const first = j === b.ids.length || (i < a.ids.length && a.ids[i] <= b.ids[j]), from = first ? a : b, k = first ? i++ : j++;
      out.xs[at] = from.xs[k];
      out.ys[at] = from.ys[k];
      out.ids[at] = from.ids[k];
    }
    return out;
  }

  /** The same without the room that was taken for points outside. */
  const owned = ({ xs, ys, ids }) => ({ xs: xs.slice(), ys: ys.slice(), ids: ids.slice() });

  const api = { canvas, fillPolygons, strokeLines, placePoints, mergePoints };
  root.onescreen = root.onescreen || {};
  root.onescreen.map = Object.assign(root.onescreen.map || {}, { raster: api });
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
