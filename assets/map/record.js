// Record: one screen tile, painted from the rasters that it has, the whole of it or where something has changed.
(function (root) {
  "use strict";

  const ns = (root.onescreen = root.onescreen || {});
  ns.map = ns.map || {};
  const RING_FROM_PX = 3; // radius from which a dot has a rim; on a smaller one there would be little else
  const SMALL_PX = 6; // a red or orange polygon that is smaller gets its dot as well
  const SMALL_DOT_PX = 1.5; // radius of a dot of things that are never drawn as dots
  const STAMPED = { 1: 2, 2: 1.4 }; // by how much these dots are larger, where nobody has asked for more
  const WHOLE_FROM = 0.4; // share of a tile from which on it is painted whole

  /** Paint what is due of a record. `scene` gives colour tables, arrays and highlights. */
  function paint(record, scene) {
    const { region, canvas } = record, size = canvas.width;
    const image = scene.image(size), out = new Uint32Array(image.data.buffer), context = canvas.getContext("2d");
    record.region = null;
    if (region && region.share() < WHOLE_FROM && !highlighted(record, scene).length) {
      region.each((from, to) => out.fill(0, from, to));
      for (const part of record.parts) paintPart(out, part, scene, record, region);
      region.eachBox((x0, y0, x1, y1) => context.putImageData(image, 0, 0, x0, y0, x1 - x0, y1 - y0));
      return;
    }
    ns.map.below.paintAll(record, out, record.parts.map(({ item }) => scene.look(item)), (part) => paintPart(out, part, scene, record, null));
    for (const [part, highlight] of highlighted(record, scene)) paintHighlight(out, part, highlight, record);
    context.putImageData(image, 0, 0);
  }

  function paintPart(out, { item, raster }, scene, record, region) {
    const look = raster && scene.look(item);
    if (!look) return;
    if (raster.runs) ns.map.paint.paintRuns(out, raster.runs, { ...look, stamps: stampsOf(item, look, record) }, region);
    else {
      const radius = dotRadius(item, record);
      ns.map.dots.paintDots(out, raster.dots, { ...look, radius, ring: radius >= RING_FROM_PX * record.dpr ? scene.ring : 0 }, region);
    }
  }

  /** Whether small polygons of the worst levels of an item are to be seen: not of areas and lines. Their rasters say where each one lies. */
  const spotted = ({ role, tileset }) => role === "layer" && tileset.kind === "polygon" && tileset.table !== "area";

  /** How small polygons of the worst levels are made to be seen; null for colours that are no levels. */
  function stampsOf(item, look, record) {
    if (!look.byLevel || !spotted(item)) return null;
    return { larger: look.larger || STAMPED, radius: dotRadius(item, record), ring: 0, under: SMALL_PX * record.dpr, rank: look.rank };
  }

  /** Radius of the dots of an item, also of those that mark its small polygons. */
  function dotRadius({ tileset, band }, record) {
    const dots = band.size_px ? band : tileset.bands.find((one) => one.size_px);
    return (dots ? ns.map.plan.at(dots.size_px, record.coords.z) : SMALL_DOT_PX) * record.dpr;
  }

  /** The parts of a record with something that is highlighted, as [part, highlight]. */
  function highlighted({ parts }, scene) {
    const lit = ({ item, raster }, { tileset, ordinal }) => raster && tileset === item.name && item.role !== "boundary" && ns.map.region.has(raster.present, ordinal);
    return parts.flatMap((part) => scene.highlights.filter((highlight) => lit(part, highlight)).map((highlight) => [part, highlight]));
  }

  function paintHighlight(out, { item, raster }, { ordinal, colour, px }, record) {
    const width = Math.max(1, Math.round(px * record.dpr));
    if (raster.runs) ns.map.paint.paintHalo(out, raster.runs, ordinal, colour, width);
    else ns.map.dots.paintDotHalo(out, raster.dots, ordinal, colour, dotRadius(item, record), width);
  }

  /**
   * Objects of a layer have other values: the region of the record that shows it, together with what is due already. Null: all of it;
   * undefined: nothing.
   */
  function changed(record, layer, ordinals, scene) {
    const region = record.region || ns.map.region.create(record.canvas.width);
    let found = 0;
    for (const { item, raster } of record.parts) {
      if (item.layer !== layer || !raster) continue;
      const { larger } = scene.look(item) || {}, reach = ns.map.dots.reachOf(dotRadius(item, record), larger || (raster.dots ? null : STAMPED));
      const here = ns.map.region.addChanged(region, raster, ordinals, reach);
      if (here < 0) { ns.map.below.changed(record, layer); return null; }
      found += here;
    }
    if (!found) return undefined;
    ns.map.below.changed(record, layer);
    return region;
  }

  ns.map.record = { paint, changed, spotted };
})(typeof self !== "undefined" ? self : globalThis);
