/* The keys of the duty desk. Those of steps come from the life cycle (incidents/core/lifecycle.py), the others stand here. Pure. */
(function (root) {
  "use strict";
  const KEYS = {
    j: "next", ArrowDown: "next", k: "previous", ArrowUp: "previous", Home: "first", End: "last", Enter: "open", Escape: "back", x: "select", X: "all",
    "/": "filter", "?": "help", l: "light", i: "mine", w: "changed", W: "looked", o: "handover", t: "call", b: "message", r: "near", p: "photos", g: "figures",
  };
  const TYPED = ["INPUT", "TEXTAREA", "SELECT"];
  const ACTED = ["BUTTON", "A", "SUMMARY"]; // Enter and the space bar are theirs

  /** Whether letters belong to what has the focus. */
  const typing = (target) => Boolean(target && (TYPED.includes(target.tagName) && !["checkbox", "range"].includes(target.type) || target.isContentEditable));

  /** What a key does: `{act}` of the desk, `{step}` of the life cycle, or null. `steps` are the rules that may be taken now; `inside` says where the focus is. */
  function actOf(event, steps, inside = {}) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return null;
    if (event.key === "Escape") return { act: "back" };
    if (inside.dialog || typing(event.target)) return null;
    if (event.key === "Enter" && event.target && ACTED.includes(event.target.tagName)) return null;
    if (inside.map && event.key.startsWith("Arrow")) return null;
    const act = KEYS[event.key];
    if (act) return { act };
    const step = steps.find((rule) => rule.key && rule.key === event.key);
    return step ? { step: step.step } : null;
  }

  /** Rows of the help: `[keys, name of the act]`, keys of one act together. */
  function rows() {
    const acts = new Map();
    for (const [key, act] of Object.entries(KEYS)) acts.set(act, [...(acts.get(act) || []), NAMES[key] || key]);
    return [...acts].map(([act, keys]) => [keys, act]);
  }
  const NAMES = { ArrowDown: "↓", ArrowUp: "↑", Escape: "Esc" };

  const api = { KEYS, actOf, typing, rows };
  const app = (root.onescreen = root.onescreen || {});
  app.deskKeys = api;
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
