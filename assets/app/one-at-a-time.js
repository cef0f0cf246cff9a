/* One tab at a time: a Web Lock where the browser has them (pages of this machine and of https), else a lease in the store that the tabs
   share. Pure but for what it is given; in the page and in node. */
(function (root) {
  "use strict";
  const LEASE_MS = 15_000; // longer than one sending: a tab that was closed in the middle of it holds up the others no longer than this
  const SETTLE_MS = 60; // within which two tabs that reached for the lease at the same instant see whose it is

  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

  /** `alone(work)` runs `work` unless another tab is at it, and resolves whether it has run.
      `locks`: navigator.locks or none; `storage`: localStorage or none; `tab`: the name of this tab. */
  function make({ name, tab, locks = null, storage = null, now = Date.now, wait = sleep }) {
    if (locks) return (work) => locks.request(name, { ifAvailable: true }, async (lock) => (lock ? (await work(), true) : false));
    return storage ? (work) => leased(work, { name, tab, storage, now, wait }) : async (work) => (await work(), true);
  }

  async function leased(work, { name, tab, storage, now, wait }) {
    const held = () => { try { return JSON.parse(storage.getItem(name)) || {}; } catch { return {}; } };
    const taken = () => held().tab && held().tab !== tab && held().until > now();
    if (taken()) return false;
    try { storage.setItem(name, JSON.stringify({ tab, until: now() + LEASE_MS })); } catch { /* a full store: nothing can be shared, either */ }
    await wait(SETTLE_MS);
    if (taken()) return false;
    try {
      await work();
    } finally {
      if (held().tab === tab) storage.removeItem(name);
    }
    return true;
  }

  const api = { make, LEASE_MS, SETTLE_MS };
  const app = (root.onescreen = root.onescreen || {});
  app.oneAtATime = api;
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
