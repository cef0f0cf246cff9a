/* The switch between basemaps: none, or one of those that the settings name. What somebody chose is remembered by this browser. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const KEPT = "onescreen-basemap";
  app.acts = app.acts || {};
  let on = null; // {handle, name, remove}

  const place = () => document.querySelector(".basemaps");
  const specs = () => (place() ? JSON.parse(place().dataset.specs) : []);

  function remembered() {
    try { return localStorage.getItem(KEPT) || ""; } catch { return ""; } // storage may be forbidden
  }

  function remember(name) {
    try { localStorage.setItem(KEPT, name); } catch { /* then it holds for this page alone */ }
  }

  function take() {
    if (!on) return;
    on.remove();
    const pane = on.handle.map && on.handle.map.getPane("onescreen");
    if (pane) pane.style.opacity = "";
    on = null;
  }

  /* Our own ground would hide the basemap: it goes while one is shown, and is back with the last. */
  function show(handle, name) {
    const spec = specs().find((one) => one.name === name);
    take();
    if (spec && handle.map) {
      on = { handle, name, ...app.map.basemap.add(window.L, handle.map, spec) };
      handle.map.getPane("onescreen").style.opacity = spec.imagery ? "0.8" : "";
    }
    handle.set({ backdrop: !on });
    tell(spec);
  }

  function tell(spec) {
    const source = document.querySelector(".map-foot .basemap-source");
    if (source) source.textContent = spec ? spec.attribution : "";
    document.querySelectorAll("[data-basemap]").forEach((one) => one.setAttribute("aria-checked", String(one.dataset.basemap === (spec ? spec.name : ""))));
  }

  let current = null;
  document.addEventListener("onescreen:on-map", function ({ detail }) {
    current = detail;
    on = null; // what lay on a map before has gone with it
    show(detail, remembered());
    detail.map.on("unload", () => { on = null; });
  });

  app.acts.basemap = function (button) {
    remember(button.dataset.basemap);
    if (current) show(current, button.dataset.basemap);
    open(false);
  };

  function open(wanted) {
    const menu = place() && place().querySelector(".basemaps-menu"), button = document.querySelector('[data-act="basemaps"]');
    if (!menu) return;
    menu.hidden = !wanted;
    button.setAttribute("aria-expanded", String(wanted));
    if (wanted) menu.querySelector('[aria-checked="true"]').focus();
  }

  app.acts.basemaps = () => open(place().querySelector(".basemaps-menu").hidden);
  document.addEventListener("pointerdown", (event) => event.target.closest && !event.target.closest(".basemaps") && open(false));
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest && event.target.closest(".basemaps-menu");
    if (!menu) return;
    const all = [...menu.querySelectorAll("button")], way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (way) { event.preventDefault(); all[(all.indexOf(event.target) + way + all.length) % all.length].focus(); }
    if (event.key === "Escape") { open(false); document.querySelector('[data-act="basemaps"]').focus(); }
  });
})();
