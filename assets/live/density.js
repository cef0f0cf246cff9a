/* How thick incidents lie, as a coarse grid that is drawn as a cloud. Pure; runs in the page and in node. */
(function (root) {
  "use strict";
  const CELL_PX = 4; // CSS pixels of the grid
  const REACH_PX = 28; // as far as one incident is felt

  /** Weights of a kernel that falls smoothly from 1 to 0 at `reach` cells. */
  function kernel(reach) {
    const out = [];
    for (let y = -reach; y <= reach; y++) for (let x = -reach; x <= reach; x++) {
      const near = 1 - (x * x + y * y) / (reach * reach);
      if (near > 0) out.push([x, y, near * near]);
    }
    return out;
  }

  /** Points [[x, y, weight]] in CSS pixels of a view of width × height → {columns, rows, values (Float32Array), most}. */
  function density(points, width, height, scale = 1) {
    const cell = CELL_PX * scale, columns = Math.ceil(width / cell), rows = Math.ceil(height / cell);
    const values = new Float32Array(columns * rows), felt = kernel(Math.round(REACH_PX / CELL_PX));
    const heaps = new Map(); // many at one place are felt once
    for (const [x, y, weight] of points) {
      const key = Math.floor(y / cell) * 65536 + Math.floor(x / cell) + 2048;
      heaps.set(key, (heaps.get(key) || 0) + weight);
    }
    let most = 0;
    for (const [key, weight] of heaps) {
      const row = Math.floor(key / 65536), column = key - row * 65536 - 2048;
      for (const [dx, dy, near] of felt) {
        const x = column + dx, y = row + dy;
        if (x < 0 || y < 0 || x >= columns || y >= rows) continue;
        const value = (values[y * columns + x] += weight * near);
        if (value > most) most = value;
      }
    }
    return { columns, rows, values, most, cell };
  }

  /** Bytes of a picture of one colour [r, g, b]: as opaque as it lies thick, `least` of the most being the first that shows. */
  function coloured({ values, most }, [r, g, b], out, least = 0.06) {
    const full = Math.max(most, 3); // two incidents are no crowd
    for (let i = 0; i < values.length; i++) {
      const share = Math.min(1, values[i] / full);
      out[4 * i] = r; out[4 * i + 1] = g; out[4 * i + 2] = b;
      out[4 * i + 3] = share < least ? 0 : Math.round(215 * Math.sqrt(share));
    }
    return out;
  }

  /** Metres between two places, on a sphere: good to half a percent, for "nearest" and "within 50 m". */
  function metres(lon0, lat0, lon1, lat1) {
    const rad = Math.PI / 180, a = Math.sin(((lat1 - lat0) * rad) / 2) ** 2 + Math.cos(lat0 * rad) * Math.cos(lat1 * rad) * Math.sin(((lon1 - lon0) * rad) / 2) ** 2;
    return 2 * 6371008.8 * Math.asin(Math.sqrt(a));
  }

  /** The one of `all` ({lon, lat}) that is nearest, with `away_m`; null where none is within `most` metres. */
  function nearest(all, lon, lat, most) {
    let best = null;
    for (const one of all) {
      const away_m = metres(lon, lat, one.lon, one.lat);
      if (away_m <= most && (!best || away_m < best.away_m)) best = { ...one, away_m };
    }
    return best;
  }

  const api = { density, coloured, metres, nearest };
  root.onescreen = root.onescreen || {};
  root.onescreen.live = Object.assign(root.onescreen.live || {}, { density: api });
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
