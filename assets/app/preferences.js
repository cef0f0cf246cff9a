/* Language, look, units and the last view, remembered for a year in cookies so that the server can write the first byte right.
   The functions at the top are pure; they run in the page and in node. */
(function (root) {
  "use strict";
  const YEAR = 31536000;
  const LONGEST = 1500; // characters of an address, as in screen/pages/door.py

  const cookie = (name, value) => `${name}=${value}; path=/; max-age=${YEAR}; samesite=lax`;
  const otherLook = (look) => (look === "dark" ? "light" : "dark");

  /** How long a message stays, in ms; null: until it is replaced. What is late stays, since it is still so. */
  const staysMs = (kind) => (kind === "late" ? null : 4000);

  /** The address to come back to, or "" where a page is none: the door itself, the kit, or an address too long for a cookie. */
  function viewToKeep(path, search) {
    const address = path + search;
    return path === "/" || path === "/kit" || address.length > LONGEST ? "" : address;
  }

  if (typeof module !== "undefined") module.exports = { cookie, otherLook, staysMs, viewToKeep };
  if (typeof document === "undefined") return;
  const app = (root.onescreen = root.onescreen || {});

  function remember(name, value) {
    document.cookie = cookie(name, value);
  }

  app.look = () => document.documentElement.dataset.look;

  app.setLook = function (look) {
    document.documentElement.dataset.look = look;
    remember("onescreen-look", look);
    document.dispatchEvent(new CustomEvent("onescreen:look", { detail: look }));
  };

  app.setLanguage = function (language) {
    remember("onescreen-language", language);
    location.reload();
  };

  app.setUnits = function (units) {
    remember("onescreen-units", units);
    location.reload();
  };

  /* Whenever a page is left, for another one or for another program: a browser on a tablet may never come back to say goodbye. */
  function keepView() {
    const address = viewToKeep(location.pathname, location.search);
    if (address) remember("onescreen-last", encodeURIComponent(address));
  }
  window.addEventListener("pagehide", keepView);
  document.addEventListener("visibilitychange", () => document.hidden && keepView());

  app.acts = app.acts || {};
  app.acts.units = (button) => app.setUnits(button.dataset.units);
  app.acts.look = () => app.setLook(otherLook(app.look()));
  app.acts.language = (button) => app.setLanguage(button.dataset.language);
  /* Buttons say what they do in data-act; this is the one place that listens. */
  document.addEventListener("click", function (event) {
    const button = event.target.closest && event.target.closest("[data-act]");
    const act = button && app.acts[button.dataset.act];
    if (act) act(button, event);
  });

  let fading;
  app.toast = function (text, kind) {
    const place = document.getElementById("toast");
    if (!place) return;
    place.textContent = text;
    place.dataset.kind = kind || "";
    clearTimeout(fading);
    if (staysMs(kind)) fading = setTimeout(() => (place.textContent = ""), staysMs(kind));
  };
})(typeof self !== "undefined" ? self : globalThis);
