/* Language, look and units, remembered for a year in cookies so that the server can write the first byte right. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const YEAR = 31536000;

  function remember(name, value) {
    document.cookie = `${name}=${value}; path=/; max-age=${YEAR}; samesite=lax`;
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

  app.acts = app.acts || {};
  app.acts.units = (button) => app.setUnits(button.dataset.units);
  app.acts.look = () => app.setLook(app.look() === "dark" ? "light" : "dark");
  app.acts.language = (button) => app.setLanguage(button.dataset.language);
  app.acts.share = async function (button) {
    try {
      await navigator.clipboard.writeText(location.href);
    } catch {
      window.prompt("", location.href); // no clipboard on plain http: the address can still be copied by hand
      return;
    }
    app.toast(button.dataset.said);
  };

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
    if (kind !== "late") fading = setTimeout(() => (place.textContent = ""), 4000);
  };
})();
