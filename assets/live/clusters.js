/* Which incidents stand together on the map: a grid of cells at each zoom, kept up to date incident by incident. Pure; runs in the page and in node.

   A cell's counts by light and by grade change with each incident that comes, goes or turns, so that a picture costs what it shows and not what there
   is. Positions are those of the world at zoom 0, 0 to 1 from the north-west. */
(function (root) {
  "use strict";
  const KEPT = 4; // zooms whose grids are kept: the one on show and those just left
  const ALONE_FROM = 17; // zoom from which only what lies on top of each other stands together
  const CELL_PX = 72, SPOT_PX = 32; // sides of a cell before and from then on
  const APART = 0.75; // of a side: nearer marks would lie on each other
  const ACROSS = 2 ** 26; // more columns than any zoom has

  const tile = () => root.onescreen.map.tile;
  const side = (zoom, scale) => (zoom >= ALONE_FROM ? SPOT_PX : CELL_PX) * scale;

  /** `clock` is clock.js. `scale`: by how much marks are larger than on a desk. */
  function create({ clock = root.onescreen.live.clock, scale = 1 } = {}) {
    const spots = new Map(); // id → {id, row, u, v, light}
    const grids = new Map(); // zoom → Map of cells by key; the one asked last is last
    const turning = heap(); // spots whose light will turn, the next one first; those that have gone are left until it is their turn
    let now = -Infinity; // as of which the lights are

    function set(id, row) {
      const old = spots.get(id), spot = row && Number.isFinite(row.lon) && Number.isFinite(row.lat) ? placed(id, row) : null;
      if (old) for (const [zoom, grid] of grids) leave(grid, keyOf(old, zoom), old);
      if (!spot) { spots.delete(id); return; }
      spots.set(id, spot);
      for (const [zoom, grid] of grids) enter(grid, keyOf(spot, zoom), spot);
      if (turning.size() > 4 * spots.size + 100) turning.keep((one) => spots.get(one.id) === one);
    }

    function placed(id, row) {
      const { x, y } = tile().mercator(row.lon, row.lat), spot = { id, row, u: x, v: y, light: clock.light(row, now) };
      turning.push(clock.turns(row, now), spot);
      return spot;
    }

    /** Let the lights be those of another instant. */
    function pass(to) {
      now = to;
      for (let spot = turning.due(now); spot; spot = turning.due(now)) {
        if (spots.get(spot.id) !== spot) continue;
        const before = spot.light;
        spot.light = clock.light(spot.row, now);
        turning.push(clock.turns(spot.row, now), spot);
        for (const [zoom, grid] of grids) {
          const cell = grid.get(keyOf(spot, zoom));
          cell.light[before]--;
          cell.light[spot.light]++;
        }
      }
    }

    function keyOf({ u, v }, zoom) {
      const size = 256 * 2 ** zoom / side(zoom, scale);
      return Math.floor(v * size) * ACROSS + Math.floor(u * size);
    }

    function enter(grid, key, spot) {
      let cell = grid.get(key);
      if (!cell) grid.set(key, (cell = { ids: new Set(), u: 0, v: 0, light: { red: 0, yellow: 0, green: 0, paused: 0, none: 0 }, grade: {} }));
      cell.ids.add(spot.id);
      count(cell, spot, 1);
    }

    function leave(grid, key, spot) {
      const cell = grid.get(key);
      cell.ids.delete(spot.id);
      if (cell.ids.size) count(cell, spot, -1);
      else grid.delete(key);
    }

    function count(cell, { row, u, v, light }, by) {
      cell.u += by * u;
      cell.v += by * v;
      cell.light[light] += by;
      cell.grade[row.grade] = (cell.grade[row.grade] || 0) + by;
    }

    function gridOf(zoom) {
      let grid = grids.get(zoom);
      grids.delete(zoom);
      if (!grid) {
        grid = new Map();
        for (const spot of spots.values()) enter(grid, keyOf(spot, zoom), spot);
      }
      grids.set(zoom, grid);
      for (const old of grids.keys()) if (grids.size > KEPT) grids.delete(old);
      return grid;
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
    function at(zoom, box, to) {
      pass(to);
      const whole = Math.round(zoom), grid = gridOf(whole), found = [];
      for (const { ids, u, v, light, grade } of cellsIn(grid, whole, box)) {
        found.push({ u: u / ids.size, v: v / ids.size, n: ids.size, light: some(light), grade: some(grade), ids: [ids] });
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

  /** Those that there are any of. */
  const some = (counts) => Object.fromEntries(Object.entries(counts).filter(([, n]) => n));

  /** A heap of things by when they are due; what is due never (Infinity) is not kept. */
  function heap() {
    let all = [];
    const before = (i, j) => all[i].at < all[j].at;
    const swap = (i, j) => { [all[i], all[j]] = [all[j], all[i]]; };

    function push(at, what) {
      if (at === Infinity) return;
      let i = all.push({ at, what }) - 1;
      for (let up = (i - 1) >> 1; i && before(i, up); i = up, up = (i - 1) >> 1) swap(i, up);
    }

    function pop() {
      const { what } = all[0], last = all.pop();
      if (!all.length) return what;
      all[0] = last;
      for (let i = 0; ;) {
        const left = 2 * i + 1, right = left + 1;
        let first = i;
        if (left < all.length && before(left, first)) first = left;
        if (right < all.length && before(right, first)) first = right;
        if (first === i) return what;
        swap(i, first);
        i = first;
      }
    }

    return {
      push, size: () => all.length,
      due: (now) => (all.length && all[0].at <= now ? pop() : null),
      keep(wanted) { const kept = all.filter(({ what }) => wanted(what)); all = []; kept.forEach(({ at, what }) => push(at, what)); },
    };
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
