// Pointing: clicks, taps and what lies under the pointer, told to the options of a handle (attach.js).
(function (root) {
  "use strict";

  const ns = (root.onescreen = root.onescreen || {});
  ns.map = ns.map || {};

  /** `host`: map, layer and source or null, options, scene(), rehighlight(before, after). */
  function create(host) {
    let hover = null, frame = 0;

    function pickAt(lon, lat, tolerance = host.options.mouseTolerance) {
      if (!host.layer || !host.source) return [];
      return ns.map.pick.at(host.layer.records, host.scene(), Math.round(host.map.getZoom()), lon, lat, tolerance);
    }

    /** A mark of whoever else draws on the map lies there: it is meant, not what is below. */
    const covered = (point) => Boolean(host.covered && point && host.covered(point));

    function click({ latlng, originalEvent, containerPoint }) {
      if (covered(containerPoint)) return;
      const touch = originalEvent && originalEvent.pointerType === "touch";
      const hits = pickAt(latlng.lng, latlng.lat, touch ? host.options.touchTolerance : host.options.mouseTolerance);
      host.options.onPick(hits, { lon: latlng.lng, lat: latlng.lat });
    }

    /** Once a frame at most, and only where there is a pointer that can lie over something. */
    function mousemove({ latlng, containerPoint }) {
      if (frame || !root.matchMedia("(hover: hover)").matches) return;
      frame = requestAnimationFrame(() => {
        frame = 0;
        if (host.map) hovered(covered(containerPoint) ? [] : pickAt(latlng.lng, latlng.lat), { lon: latlng.lng, lat: latlng.lat, x: containerPoint.x, y: containerPoint.y });
      });
    }

    function hovered([hit], point) {
      const before = hover;
      const same = before && hit ? before.tileset === hit.tileset && before.ordinal === hit.ordinal : before === (hit || null);
      if (same) return;
      hover = hit || null;
      host.rehighlight(before, hover);
      host.options.onHover(hover, point);
    }

    return { listeners: { click, mousemove, mouseout: () => hovered([], null) }, pickAt, stop: () => cancelAnimationFrame(frame), get hover() { return hover; } };
  }

  ns.map.pointing = { create };
})(typeof self !== "undefined" ? self : globalThis);
