/* The open incidents as this page knows them: what frames of /live make of them (docs/network.md section 5). Pure; runs in the page and in node.

   The state is changed in place, since ten thousand rows are not copied twenty times a second; what a frame changed is what `take` returns. */
(function (root) {
  "use strict";
  const AHEAD = 2; // beats in a row that know more than we do: what they know has been lost on the way

  /** FNV-1a, 32 bits, of a text of ASCII. */
  function fnv1a(text) {
    let hash = 0x811c9dc5;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    return hash >>> 0;
  }

  const digestOf = (row) => fnv1a(`${row.id}:${row.seq}`);

  function create() {
    return { epoch: "", seq: -1, digest: 0, columns: [], rows: new Map(), positions: new Map(), alerts: [], feeds: [], ahead: 0, version: 0 };
  }

  const none = () => ({ changed: [], gone: [], fresh: [], alerts: false, positions: false, feeds: false, whole: false, resync: "" });

  /** What a frame changes: ids `changed` (the `fresh` ones were not known before) and `gone`; or why the page has to `resync`. */
  function take(state, frame) {
    const news = none();
    if (frame.kind === "snapshot") snapshot(state, frame, news);
    else if (frame.kind === "delta") delta(state, frame, news);
    else if (frame.kind === "positions") positions(state, frame.rows, news);
    else if (frame.kind === "beat") beat(state, frame, news);
    return news;
  }

  function snapshot(state, frame, news) {
    const first = !state.epoch && !state.rows.size;
    const columns = frame.columns, before = state.rows;
    Object.assign(state, { epoch: frame.epoch, columns, rows: new Map(), digest: 0, ahead: 0 });
    for (const values of frame.rows) {
      const row = named(columns, values), old = before.get(row.id);
      put(state, row);
      if (old && old.seq === row.seq) continue;
      news.changed.push(row.id);
      if (!old && !first) news.fresh.push(row.id);
    }
    for (const id of before.keys()) if (!state.rows.has(id)) news.gone.push(id);
    advance(state, frame, news);
    positions(state, frame.positions || [], news);
    news.whole = true;
    if (frame.digest !== undefined && frame.digest !== state.digest) news.resync = "digest";
  }

  function delta(state, frame, news) {
    if (frame.from !== state.seq) { news.resync = "gap"; return; }
    for (const values of frame.rows || []) {
      const row = named(state.columns, values);
      if (!state.rows.has(row.id)) news.fresh.push(row.id);
      put(state, row);
      news.changed.push(row.id);
    }
    for (const id of frame.gone || []) if (drop(state, id)) news.gone.push(id);
    advance(state, frame, news);
    if (frame.positions) positions(state, frame.positions, news); // of a delta that makes good what we have missed
  }

  /** A beat of the same sequence number must have our digest; one that stays ahead of us knows what we have missed. */
  function beat(state, frame, news) {
    if (frame.feeds) { state.feeds = frame.feeds; news.feeds = true; }
    state.ahead = frame.seq > state.seq ? state.ahead + 1 : 0;
    if (frame.seq === state.seq && frame.digest !== undefined && frame.digest !== state.digest) news.resync = "digest";
    else if (state.ahead >= AHEAD) news.resync = "gap";
  }

  function advance(state, frame, news) {
    state.seq = frame.seq;
    state.ahead = 0;
    state.version++;
    if (frame.alerts) { state.alerts = frame.alerts; news.alerts = true; }
    if (frame.feeds) { state.feeds = frame.feeds; news.feeds = true; }
  }

  /** Rows of [responder, lon, lat, at, duty]; the last value wins. */
  function positions(state, rows, news) {
    for (const [id, lon, lat, at, duty] of rows) state.positions.set(id, { id, lon, lat, at, duty });
    news.positions = rows.length > 0;
  }

  function named(columns, values) {
    const row = {};
    for (let i = 0; i < columns.length; i++) row[columns[i]] = values[i];
    return row;
  }

  function put(state, row) {
    drop(state, row.id);
    state.rows.set(row.id, row);
    state.digest = (state.digest + digestOf(row)) >>> 0;
  }

  function drop(state, id) {
    const old = state.rows.get(id);
    if (!old) return false;
    state.rows.delete(id);
    state.digest = (state.digest - digestOf(old)) >>> 0;
    return true;
  }

  /** How many are open, by grade, by state and by light; `light(row, now)` is clock.js's. */
  function counts(state, now, light) {
    const found = { open: state.rows.size, grade: {}, state: {}, light: {} };
    for (const row of state.rows.values()) {
      add(found.grade, row.grade);
      add(found.state, row.state);
      add(found.light, light(row, now));
    }
    return found;
  }

  const add = (all, key) => { all[key] = (all[key] || 0) + 1; };

  const api = { create, take, counts, fnv1a };
  root.onescreen = root.onescreen || {};
  root.onescreen.live = Object.assign(root.onescreen.live || {}, { state: api });
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
