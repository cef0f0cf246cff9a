/* Keeps reports in the browser (IndexedDB) until they are acknowledged, and their numbers afterwards. Where a browser keeps nothing, `kept` is
   false and the page says so. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const NAME = "onescreen-report", TABLE = "reports", VERSION = 1;

  const asked = (request) => new Promise((done, failed) => { request.onsuccess = () => done(request.result); request.onerror = () => failed(request.error); });

  function open() {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => request.result.createObjectStore(TABLE, { keyPath: "key" });
    return asked(request);
  }

  /** `{kept, all(), put(item), drop(key)}`. A `put` resolves once the browser has it. */
  app.reportStore = async function () {
    const memory = new Map();
    let db = null;
    try {
      db = await open();
    } catch { /* private windows of some browsers keep nothing */ }
    const table = (mode) => db.transaction(TABLE, mode).objectStore(TABLE);

    function put(item) {
      memory.set(item.key, item);
      if (!db) return Promise.resolve();
      const turn = db.transaction(TABLE, "readwrite", { durability: "strict" });
      turn.objectStore(TABLE).put(item);
      return new Promise((done, failed) => { turn.oncomplete = () => done(); turn.onerror = turn.onabort = () => failed(turn.error); });
    }

    return {
      kept: Boolean(db), put,
      all: async () => (db ? asked(table("readonly").getAll()) : [...memory.values()]),
      drop: async (key) => { memory.delete(key); if (db) await asked(table("readwrite").delete(key)); },
    };
  };
})();
