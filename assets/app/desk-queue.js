/* The queue of the duty desk: what is shown of all open incidents, in which order, how many each filter would leave. Pure; in the page and in node. */
(function (root) {
  "use strict";
  const FACETS = ["light", "state", "grade", "source", "type", "unit", "area"]; // filters with one value of a few, which are counted
  const NONE = { light: "", state: "", grade: "", source: "", type: "", unit: "", area: "", text: "", mine: false, changed: false };

  /** What a row has to say to each filter. `about`: light(row), area(row) (the code that the filter of areas goes by), text(row), mine(row), changed(row). */
  const VALUE = {
    light: (row, about) => about.light(row),
    area: (row, about) => about.area(row),
  };
  const valueOf = (row, facet, about) => String(VALUE[facet] ? VALUE[facet](row, about) : row[facet] === null || row[facet] === undefined ? "" : row[facet]);

  /** Rows that pass all filters, most urgent first, and of each filter how many each of its values would leave: `{rows, counts, mine, changed}`. */
  function select(all, filter, about, order) {
    const asked = FACETS.filter((facet) => filter[facet] !== ""), words = wordsOf(filter.text);
    const found = { rows: [], counts: Object.fromEntries(FACETS.map((facet) => [facet, {}])), mine: 0, changed: 0, all: 0 };
    for (const row of all) {
      found.all++;
      if (words.length && !says(about.text(row), words)) continue;
      const mine = about.mine(row), changed = about.changed(row);
      let failed = null, fails = 0;
      for (const facet of asked) if (valueOf(row, facet, about) !== filter[facet]) { failed = facet; fails++; }
      if (filter.mine && !mine) { failed = "mine"; fails++; }
      if (filter.changed && !changed) { failed = "changed"; fails++; }
      if (fails > 1) continue;
      if (!fails) found.rows.push(row);
      count(found, row, failed, { mine, changed }, about);
    }
    found.rows.sort(order);
    return found;
  }

  /* A row that fails one filter alone counts in that filter: it would be shown with another value of it. */
  function count(found, row, failed, { mine, changed }, about) {
    for (const facet of FACETS) {
      if (failed && facet !== failed) continue;
      const value = valueOf(row, facet, about), counts = found.counts[facet];
      counts[value] = (counts[value] || 0) + 1;
    }
    if (mine && (!failed || failed === "mine")) found.mine++;
    if (changed && (!failed || failed === "changed")) found.changed++;
  }

  const wordsOf = (text) => text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const says = (text, words) => words.every((word) => text.toLowerCase().includes(word));

  /** Which rows of a list are drawn, and how much room is left above and below them: `{from, to, above, below}`. */
  function portion(top, height, each, n, spare = 6) {
    const from = Math.max(0, Math.min(n, Math.floor(top / each)) - spare), to = Math.min(n, Math.ceil((top + height) / each) + spare);
    return { from, to: Math.max(from, to), above: from * each, below: Math.max(0, n - Math.max(from, to)) * each };
  }

  /** Where to scroll so that the row `at` is wholly seen; the same place where it is already. */
  function reveal(top, height, each, at) {
    if (at * each < top) return at * each;
    return (at + 1) * each > top + height ? (at + 1) * each - height : top;
  }

  /** The id `by` rows further than `current`; from nowhere, or a row that is not there, the first or the last. */
  function move(ids, current, by) {
    if (!ids.length) return null;
    const at = ids.indexOf(current);
    if (at < 0) return by > 0 ? ids[0] : ids[ids.length - 1];
    return ids[Math.max(0, Math.min(ids.length - 1, at + by))];
  }

  /** What is current once the list is another one: the same incident while it is there, else the one that took its place. */
  function stay(before, ids, current) {
    if (current === null || ids.includes(current)) return current;
    const at = before.indexOf(current), here = new Set(ids);
    for (let i = at + 1; i > 0 && i < before.length; i++) if (here.has(before[i])) return before[i];
    return ids.length ? ids[Math.min(Math.max(at, 0), ids.length - 1)] : null;
  }

  /** The filters as part of an address, and back. */
  function written(filter) {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(filter)) if (value) query.set(name, value === true ? "1" : value);
    return query.toString();
  }

  function read(search) {
    const query = new URLSearchParams(search);
    return Object.fromEntries(Object.entries(NONE).map(([name, none]) => [name, none === false ? query.get(name) === "1" : query.get(name) || ""]));
  }

  const api = { FACETS, NONE, select, portion, reveal, move, stay, written, read };
  const app = (root.onescreen = root.onescreen || {});
  app.queue = api;
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
