/* What codes are called: types, grades, states, sources, units and duties as the server names them (`/api/network`), and places (`/api/areas`). */
(function (root) {
  "use strict";
  const app = (root.onescreen = root.onescreen || {});
  app.live = app.live || {};
  let tables = {}; // kind → {code: {zh, en}}
  let areas = {}; // code → [name, code above, level]
  let asked = null;

  const english = () => typeof document !== "undefined" && document.documentElement.lang.startsWith("en");

  /** A text in the page's language; {zh, en} or plain. */
  function of(text) {
    if (text === null || text === undefined) return "";
    if (typeof text === "object") return (english() ? text.en || text.zh : text.zh || text.en) || "";
    return String(text);
  }

  /** The name of a code of a kind; the code itself where nobody has named it. */
  function name(kind, code) {
    const found = tables[kind] && tables[kind][code];
    return found ? of(found) : String(code === null || code === undefined ? "" : code);
  }

  /** The way from below the town to an area, and its name. */
  function place(code) {
    const steps = [];
    for (let at = code; areas[at] && steps.length < 8; at = areas[at][1]) if (areas[at][1] || !steps.length) steps.unshift(areas[at][0]);
    return steps.join(" · ") || String(code || "");
  }

  /** Lists of {code, zh, en} or maps of code to a name or row, as maps. */
  function mapped(given) {
    if (!Array.isArray(given)) return given || {};
    return Object.fromEntries(given.map((row) => [row.code || row.name || row.id, row]));
  }

  function load(network, places = {}) {
    tables = Object.fromEntries(Object.entries(network).map(([kind, rows]) => [kind, typeof rows === "object" && rows ? mapped(rows) : {}]));
    areas = places;
  }

  async function read(url) {
    const answer = await fetch(url, { cache: "no-cache" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  /** Ask once; where nobody answers, ask again with the next call. */
  function ready() {
    if (!asked) {
      asked = Promise.all([read("/api/network"), read("/api/areas").catch(() => ({}))]).then(([network, places]) => load(network, places));
      asked = asked.catch(() => { asked = null; });
    }
    return asked;
  }

  const all = (kind) => Object.entries(tables[kind] || {});
  const rowOf = (kind, code) => (tables[kind] && tables[kind][code]) || null;
  const areaOf = (code) => areas[code] || null;

  const api = { of, name, place, load, ready, all, rowOf, areaOf };
  app.live.names = api;
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
