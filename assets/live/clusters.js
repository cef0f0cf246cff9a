/* Which incidents stand together on the map: a grid of cells at each zoom, kept up to date incident by incident. Pure; runs in the page and in node.

   A cell counts its incidents by light and by grade, and counts anew only when one of them has changed or its light turns. Positions are those of the
   world at zoom 0, 0 to 1 from the north-west. */
(function (root) {
  "use strict";
  const KEPT = 4; // zooms whose grids are kept: the one on show and those just left
  const ALONE_FROM = 17; // zoom from which only what lies on top of each other stands together
  const CELL_PX = 64, SPOT_PX = 32; // sides of a cell before and from then on
  const APART = 0.75; // of a side: nearer marks would lie on each other
  const ACROSS = 2 ** 26; // more columns than any zoom has

  const tile = () => root.onescreen.map.tile;
  const side = (zoom, scale) => (zoom >= ALONE_FROM ? SPOT_PX : CELL_PX) * scale;

  /** `clock` is clock.js. `scale`: by how much marks are larger than on a desk. */
  function create({ clock = root.onescreen.live.clock, scale = 1 } = {}) {
    const spots = new Map(); // id → {row, u, v}
    const grids = new Map(); // zoom → Map of cells by key; the one asked last is last

    function set(id, row) {
      const old = spots.get(id), spot = row && Number.isFinite(row.lon) && Number.isFinite(row.lat) ? placed(row) : null;
      if (!old && !spot) return;
      for (const [zoom, grid] of grids) {
        const before = old && keyOf(old, zoom), after = spot && keyOf(spot, zoom);
        if (old && before !== after) leave(grid, before, id);
        if (spot) enter(grid, after, id);
      }
      if (spot) spots.set(id, spot);
      else spots.delete(id);
    }

    function placed(row) {
      const { x, y } = tile().mercator(row.lon, row.lat);
      return { row, u: x, v: y };
    }

    function keyOf({ u, v }, zoom) {
      const size = 256 * 2 ** zoom / side(zoom, scale);
      return Math.floor(v * size) * ACROSS + Math.floor(u * size);
    }

    function enter(grid, key, id) {
      const cell = grid.get(key);
      if (cell) { cell.ids.add(id); cell.until = -Infinity; }
      else grid.set(key, { ids: new Set([id]), until: -Infinity });
    }

    function leave(grid, key, id) {
      const cell = grid.get(key);
      cell.ids.delete(id);
      cell.until = -Infinity;
      if (!cell.ids.size) grid.delete(key);
    }

    function gridOf(zoom) {
      let grid = grids.get(zoom);
      grids.delete(zoom);
      if (!grid) {
        grid = new Map();
        for (const [id, spot] of spots) enter(grid, keyOf(spot, zoom), id);
      }
      grids.set(zoom, grid);
      for (const old of grids.keys()) if (grids.size > KEPT) grids.delete(old);
      return grid;
    }

    function count(cell, now) {
      if (now < cell.until) return cell;
      Object.assign(cell, { n: cell.ids.size, light: {}, grade: {}, u: 0, v: 0, until: Infinity });
      for (const id of cell.ids) {
        const { row, u, v } = spots.get(id), light = clock.light(row, now);
        cell.light[light] = (cell.light[light] || 0) + 1;
        cell.grade[row.grade] = (cell.grade[row.grade] || 0) + 1;
        cell.u += u / cell.n;
        cell.v += v / cell.n;
        cell.until = Math.min(cell.until, clock.turns(row, now));
      }
      return cell;
    }

    /** Cells that reach into `box` [u0, v0, u1, v1]: by their keys where few cells cover it, else by going through all. */
    function* cellsIn(grid, zoom, [u0, v0, u1, v1]) {
      const size = 256 * 2 ** zoom / side(zoom, scale);
      const x0 = Math.floor(u0 * size), x1 = Math.floor(u1 * size), y0 = Math.floor(v0 * size), y1 = Math.floor(v1 * size);
      if ((x1 - x0 + 1) * (y1 - y0 + 1) > grid.size) {
        for (const [key, cell] of grid) {
          const x = key % ACROSS, y = (key - x) / ACROSS;
          if (x >= x0 && x <= x1 && y >= y0 && y <= y1) yield cell;
        }
        return;
      }
      for (let y = y0; y <= y1; y++) for (let x = x0; x <= x1; x++) { const cell = grid.get(y * ACROSS + x); if (cell) yield cell; }
    }

    /**
     * What stands in `box` at a zoom: [{u, v, n, light, grade, ids, row}], `row` where it is one incident. Best first, so that what is drawn last,
     * and lies on top, is worst. What would lie on its neighbour stands with it.
     */
    function at(zoom, box, now) {
      const whole = Math.round(zoom), grid = gridOf(whole), found = [];
      for (const cell of cellsIn(grid, whole, box)) {
        const { n, light, grade, u, v } = count(cell, now);
        found.push({ u, v, n, light, grade, ids: [cell.ids] });
      }
      found.sort(worstFirst);
      return together(found, side(whole, scale) * APART / (256 * 2 ** whole)).sort((a, b) => worstFirst(b, a)).map(told);
    }

    function told(group) {
      const { u, v, n, light, grade } = group;
      const ids = group.ids.length === 1 ? group.ids[0] : new Set(group.ids.flatMap((some) => [...some]));
      return { u, v, n, light, grade, ids, row: n === 1 ? spots.get(ids.values().next().value).row : null };
    }

    return { set, at, size: () => spots.size, spot: (id) => spots.get(id) || null, grids: () => grids.size };
  }

  const gravest = (group) => Number(Object.keys(group.grade).sort()[0]);
  const late = (group) => group.light.red || 0;

  /** More that is late first, then the graver, then more of it; west before east, so that the order does not depend on what came when. */
  function worstFirst(a, b) {
    return late(b) - late(a) || gravest(a) - gravest(b) || b.n - a.n || a.u - b.u || a.v - b.v;
  }

  /** Groups nearer than `apart` to a worse one join it, where that is; nobody is lost from the count. */
  function together(sorted, apart) {
    const grid = new Map(), kept = [];
    for (const one of sorted) {
      const x = Math.floor(one.u / apart), y = Math.floor(one.v / apart);
      const near = neighbours(grid, x, y).find((other) => Math.hypot(other.u - one.u, other.v - one.v) < apart);
      if (near) { join(near, one); continue; }
      kept.push(one);
      const key = y * ACROSS * 4 + x;
      if (!grid.has(key)) grid.set(key, []);
      grid.get(key).push(one);
    }
    return kept;
  }

  function neighbours(grid, x, y) {
    const found = [];
    for (let j = y - 1; j <= y + 1; j++) for (let i = x - 1; i <= x + 1; i++) found.push(...(grid.get(j * ACROSS * 4 + i) || []));
    return found;
  }

  /* The counts of a cell are the cell's own, so a group that grows gets its own. */
  function join(group, other) {
    group.light = added(group.light, other.light);
    group.grade = added(group.grade, other.grade);
    group.n += other.n;
    group.ids = [...group.ids, ...other.ids];
  }

  function added(a, b) {
    const sum = { ...a };
    for (const [key, n] of Object.entries(b)) sum[key] = (sum[key] || 0) + n;
    return sum;
  }

  const api = { create, together, worstFirst, ALONE_FROM };
  root.onescreen = root.onescreen || {};
  root.onescreen.live = Object.assign(root.onescreen.live || {}, { clusters: api });
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
