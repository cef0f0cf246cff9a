// Basemaps of others under our data. The tiles of the map stay where they are; what the basemap shows there is fetched, and drawn into them by
// small blocks, each turned and shifted by what its datum (gcj02, bd09) or its projection (matrix "c": degrees) asks for at that very place.
// The functions at the top are pure; they run in the page and in node.
(function (root) {
  "use strict";
  const node = typeof module !== "undefined" && typeof document === "undefined";
  const ns = (root.onescreen = root.onescreen || {});
  ns.map = ns.map || {};
  const datum = () => ns.map.datum || require("./datum.js");

  const TILE_PX = 256;
  const GLOBE_M = 40_075_017;
  const BLOCK_M = { wgs84: 4000, gcj02: 2000, bd09: 500 }; // as long as a block is: what is not straight in it stays under 0.6 m
  const BLOCKS = 48; // a side, at most: below zoom 9 a block is longer, and its error still under a hundredth of a pixel
  const SOURCES = 25; // tiles of the basemap that may go into one of ours
  const KEPT = 96; // images kept, 256 kB each

  /** Degrees of WGS84 at a pixel of the map's world at `zoom`. */
  function lonlat(x, y, zoom) {
    const world = TILE_PX * 2 ** zoom;
    return [(x / world) * 360 - 180, (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / world))) * 180) / Math.PI];
  }

  /** Pixel of the basemap's world at `zoom` where it shows a place. */
  function pixel(spec, lon, lat, zoom) {
    const [x, y] = datum().fromWgs84(spec.datum, lon, lat), world = TILE_PX * 2 ** zoom;
    const down = spec.matrix === "c" ? (90 - y) / 360 : 0.5 - Math.asinh(Math.tan((y * Math.PI) / 180)) / (2 * Math.PI);
    return [((x + 180) / 360) * world, down * world];
  }

  const same = (spec) => spec.datum === "wgs84" && spec.matrix !== "c";

  /** How many blocks a side a tile is drawn in. */
  function blocks(spec, zoom, lat, px) {
    if (same(spec)) return 1;
    const metres = (GLOBE_M * Math.cos((lat * Math.PI) / 180)) / 2 ** zoom;
    return Math.max(1, Math.min(BLOCKS, px, Math.ceil(metres / BLOCK_M[spec.datum])));
  }

  /**
   * What one tile of the map, `px` wide, is drawn from: {zoom, tiles: [{x, y}], left, top, blocks: [{x, y, w, h, matrix}]}. Tiles are laid out
   * from column `left` and row `top`; `matrix` takes pixels of that mosaic to the canvas, as setTransform has it. Null: not to be drawn.
   */
  function plan(spec, { x, y, z }, px) {
    const zoom = Math.max(spec.min, Math.min(spec.max, z + Math.round(Math.log2(px / TILE_PX))));
    const n = blocks(spec, z, lonlat((x + 0.5) * TILE_PX, (y + 0.5) * TILE_PX, z)[1], px);
    const edges = Array.from({ length: n + 1 }, (_, i) => Math.round((i * px) / n)), at = (column, row) => place(spec, z, zoom, x + column / px, y + row / px);
    const nodes = edges.map((row) => edges.map((column) => at(column, row)));
    const range = tileRange(nodes.flat(), zoom, spec.matrix === "c");
    if (!range) return null;
    const drawn = [];
    for (let row = 0; row < n; row++) for (let column = 0; column < n; column++) drawn.push(block(nodes, edges, column, row, range));
    return { zoom, ...range, blocks: drawn };
  }

  /** Pixel of the basemap at a place of the map, given in tiles. Where nothing is shifted, without a way through degrees. */
  function place(spec, z, zoom, x, y) {
    if (same(spec)) return [x * TILE_PX * 2 ** (zoom - z), y * TILE_PX * 2 ** (zoom - z)];
    return pixel(spec, ...lonlat(x * TILE_PX, y * TILE_PX, z), zoom);
  }

  const HAIR = 1e-6; // of a pixel: what ends on the edge of a tile needs nothing of the next one

  function tileRange(points, zoom, geographic) {
    const columns = 2 ** zoom, rows = geographic ? columns / 2 : columns;
    const span = (axis, most) => {
      const values = points.map((point) => point[axis]);
      return [Math.max(0, Math.floor(Math.min(...values) / TILE_PX + HAIR)), Math.min(most, Math.ceil(Math.max(...values) / TILE_PX - HAIR))];
    };
    const [left, right] = span(0, columns), [top, bottom] = span(1, rows), tiles = [];
    if (right <= left || bottom <= top || (right - left) * (bottom - top) > SOURCES) return null;
    for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) tiles.push({ x, y });
    return { tiles, left, top, columns: right - left, rows: bottom - top };
  }

  /** A block of the canvas, and the affine map that is right at its middle and best in its corners. */
  function block(nodes, edges, column, row, { left, top }) {
    const x = edges[column], y = edges[row], w = edges[column + 1] - x, h = edges[row + 1] - y;
    const [nw, ne, sw, se] = [nodes[row][column], nodes[row][column + 1], nodes[row + 1][column], nodes[row + 1][column + 1]];
    const across = [0, 1].map((i) => (ne[i] - nw[i] + se[i] - sw[i]) / (2 * w)), down = [0, 1].map((i) => (sw[i] - nw[i] + se[i] - ne[i]) / (2 * h));
    const middle = [0, 1].map((i) => (nw[i] + ne[i] + sw[i] + se[i]) / 4 - [left, top][i] * TILE_PX);
    const det = across[0] * down[1] - down[0] * across[1];
    const [a, b, c, d] = [down[1] / det, -across[1] / det, -down[0] / det, across[0] / det];
    const e = x + w / 2 - (a * middle[0] + c * middle[1]), f = y + h / 2 - (b * middle[0] + d * middle[1]);
    return { x, y, w, h, matrix: [a, b, c, d, e, f] };
  }

  /** Address of a tile of the basemap. */
  function address(template, { x, y }, zoom, subdomains = "") {
    const side = (2 * Math.PI * 6378137) / 2 ** zoom, half = Math.PI * 6378137;
    const holes = {
      z: zoom, x, y, "-y": 2 ** zoom - 1 - y, s: subdomains ? subdomains[(x + y) % subdomains.length] : "",
      bbox: [x * side - half, half - (y + 1) * side, (x + 1) * side - half, half - y * side].join(),
    };
    return template.replace(/\{(-?\w+)\}/g, (whole, name) => (name in holes ? holes[name] : whole));
  }

  const api = { plan, pixel, lonlat, address, blocks, TILE_PX };
  Object.assign(ns.map, { basemap: api });
  if (typeof module !== "undefined") module.exports = api;
  if (node || typeof document === "undefined") return;

  /* ---- images: fetched once for all tiles that show a part of them ---- */
  const images = new Map(); // address → promise of an image, or of null where there is none; the latest asked for last

  function image(url) {
    const known = images.get(url) || fetched(url);
    images.delete(url);
    images.set(url, known);
    if (images.size > KEPT) images.delete(images.keys().next().value);
    return known;
  }

  function fetched(url) {
    return new Promise((done) => {
      const made = new Image();
      made.decoding = "async";
      made.referrerPolicy = "strict-origin"; // the address of a view says what somebody looks at; keys may be bound to the origin
      made.onload = () => done(made);
      made.onerror = () => { images.delete(url); done(null); };
      made.src = url;
    });
  }

  async function draw(canvas, spec, coords) {
    const planned = plan(spec, coords, canvas.width);
    if (!planned) return;
    const context = canvas.getContext("2d");
    for (const template of spec.urls) {
      const found = await Promise.all(planned.tiles.map((tile) => image(address(template, tile, planned.zoom, spec.subdomains))));
      if (canvas.dropped) return;
      if (found.some(Boolean)) paint(context, planned, found);
    }
  }

  function paint(context, planned, found) {
    const { left, top } = planned;
    const put = (to) => planned.tiles.forEach(({ x, y }, i) => found[i] && to.drawImage(found[i], (x - left) * TILE_PX, (y - top) * TILE_PX, TILE_PX, TILE_PX));
    const mosaic = document.createElement("canvas");
    Object.assign(mosaic, { width: planned.columns * TILE_PX, height: planned.rows * TILE_PX });
    put(mosaic.getContext("2d"));
    for (const { x, y, w, h, matrix } of planned.blocks) {
      context.save();
      context.beginPath();
      context.rect(x, y, w, h);
      context.clip();
      context.setTransform(...matrix);
      context.drawImage(mosaic, 0, 0);
      context.restore();
    }
  }

  /** A basemap on a Leaflet map, under everything else. `remove()` takes away whatever it brought. */
  function add(L, map, spec) {
    const Layer = L.GridLayer.extend({
      options: { tileSize: TILE_PX, pane: "tilePane", updateWhenZooming: false, keepBuffer: 1, minZoom: Math.max(0, spec.min - 2), maxZoom: 24, noWrap: true },
      createTile(coords, done) {
        const canvas = L.DomUtil.create("canvas", "leaflet-tile");
        canvas.width = canvas.height = Math.round(TILE_PX * (root.devicePixelRatio || 1));
        draw(canvas, spec, coords).then(() => done(null, canvas));
        return canvas;
      },
    });
    const layer = new Layer();
    layer.on("tileunload", ({ tile }) => { tile.dropped = true; });
    layer.addTo(map);
    return { layer, remove: () => layer.remove() };
  }

  Object.assign(api, { add });
})(typeof self !== "undefined" ? self : globalThis);
