// Labels: which names are written where, so that none covers another. Pure; runs in the page and in node.
(function (root) {
  "use strict";

  const CELL = 64; // pixels of the grid that finds neighbours

  /**
   * Choose labels. `candidates`: [{x, y, text, size, priority, angle, …}] in CSS pixels; `measure(text, size)` gives the width.
   * Lower priority goes first, then longer names; of `whole` (a box like `box`, or null) none reaches out. Returns the chosen ones with `width` and `height`.
   */
  function place(candidates, measure, box, whole = null) {
    const grid = new Map();
    const chosen = [];
    const written = new Map(); // equal names keep 200 pixels apart
    const sorted = candidates.slice().sort((a, b) => a.priority - b.priority || b.text.length - a.text.length || (a.text < b.text ? -1 : 1));
    for (const label of sorted) {
      if (label.x < box[0] || label.y < box[1] || label.x > box[2] || label.y > box[3]) continue;
      const width = measure(label.text, label.size), height = label.size * 1.3;
      const around = bounds(label, width, height);
      if ((written.get(label.text) || []).some((other) => Math.hypot(other.x - label.x, other.y - label.y) < 200)) continue;
      if (whole && (around[0] < whole[0] || around[1] < whole[1] || around[2] > whole[2] || around[3] > whole[3])) continue;
      if (collides(grid, around)) continue;
      insert(grid, around);
      written.set(label.text, [...(written.get(label.text) || []), label]);
      chosen.push({ ...label, width, height });
    }
    return chosen;
  }

  function bounds(label, width, height) {
    const turn = ((label.angle || 0) * Math.PI) / 180;
    const w = Math.abs(width * Math.cos(turn)) + Math.abs(height * Math.sin(turn));
    const h = Math.abs(width * Math.sin(turn)) + Math.abs(height * Math.cos(turn));
    return [label.x - w / 2 - 2, label.y - h / 2 - 2, label.x + w / 2 + 2, label.y + h / 2 + 2];
  }

  function* cells(box) {
    for (let y = Math.floor(box[1] / CELL); y <= Math.floor(box[3] / CELL); y++)
      for (let x = Math.floor(box[0] / CELL); x <= Math.floor(box[2] / CELL); x++) yield `${x}/${y}`;
  }

  function collides(grid, box) {
    for (const cell of cells(box))
      for (const other of grid.get(cell) || [])
        if (box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]) return true;
    return false;
  }

  function insert(grid, box) {
    for (const cell of cells(box)) {
      if (!grid.has(cell)) grid.set(cell, []);
      grid.get(cell).push(box);
    }
  }

  const api = { place, bounds };
  root.onescreen = root.onescreen || {};
  root.onescreen.map = Object.assign(root.onescreen.map || {}, { labels: api });
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
