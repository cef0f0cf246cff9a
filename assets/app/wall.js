/* The wall: which scene and which picture of it is on, and what moves it on. It runs without the server, which only fills the panels. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const TICK_MS = 500;
  // From which width over height; names of screen/wall/places.py. A unit is never narrower than at 16:9, so no panel is.
  const SHAPES = [["48:9", 5.3], ["32:9", 3.55], ["24:9", 2.66], ["16:9", 0]];

  const state = { plan: null, scene: 0, picture: 0, since: 0, held: false, paused: false, busy: false };
  const page = () => document.querySelector(".wall");
  const here = () => state.plan && state.plan.scenes[state.scene];

  /* ---- which scene: the address holds it; without one, the carousel goes through all that take part ---- */
  function follow() {
    if (!state.plan || !page()) return;
    if (!state.plan.scenes.length) page().dataset.shape = SHAPES[SHAPES.length - 1][0]; // the map tells what is wrong with scenes
    if (!state.plan.scenes.length) return;
    const asked = new URLSearchParams(location.search).get("scene");
    const found = state.plan.scenes.findIndex((scene) => scene.id === asked);
    const before = state.plan.scenes[state.scene];
    state.held = found >= 0;
    const wanted = state.held ? found : before && before.carousel ? state.scene : firstOfCarousel();
    if (wanted !== state.scene || state.picture >= state.plan.scenes[wanted].pictures.length) state.picture = 0;
    state.scene = wanted;
    show();
  }

  function firstOfCarousel() {
    return Math.max(0, state.plan.scenes.findIndex((scene) => scene.carousel));
  }

  function call(id) {
    state.paused = false;
    if (here() && here().id === id) state.picture = 0;
    go(app.address({ scene: id }));
  }

  function go(href) {
    app.go(href);
    follow();
  }

  /* The next picture; after the last one the next scene of the carousel, or the first picture of a scene that is held. */
  function step(by) {
    const scene = here();
    if (!scene) return;
    const next = state.picture + by;
    if (next >= 0 && next < scene.pictures.length) state.picture = next;
    else if (state.held) state.picture = by > 0 ? 0 : scene.pictures.length - 1;
    else turn(by);
    show();
  }

  function turn(by) {
    const all = state.plan.scenes;
    for (let i = 1; i <= all.length; i++) {
      const wanted = (state.scene + by * i + all.length * i) % all.length;
      if (!all[wanted].carousel) continue;
      state.scene = wanted;
      state.picture = by > 0 ? 0 : all[wanted].pictures.length - 1;
      return;
    }
  }

  /* ---- showing ---- */
  function show() {
    const scene = here();
    if (!scene || !page()) return;
    const picture = scene.pictures[Math.min(state.picture, scene.pictures.length - 1)];
    state.since = performance.now();
    arrange();
    for (const legend of document.querySelectorAll("[data-legend]")) legend.hidden = legend.dataset.legend !== picture.legend;
    for (const stop of document.querySelectorAll("[data-stop]")) stop.hidden = stop.dataset.stop !== (picture.stop || firstStop(scene));
    document.getElementById("wall-picture").textContent = picture.title;
    mark();
    app.wallMap.show(picture);
  }

  function firstStop(scene) {
    const found = scene.pictures.find((one) => one.stop);
    return found && found.stop;
  }

  function mark() {
    const scene = here();
    for (const button of document.querySelectorAll(".wall-scene")) {
      const own = button.dataset.act === "wall-carousel" ? !state.held : scene && button.dataset.target === scene.id;
      button.setAttribute("aria-pressed", String(Boolean(own)));
    }
    page().dataset.paused = String(state.paused);
    page().dataset.scene = scene ? scene.id : "";
    const pause = document.querySelector(".wall-pause");
    if (pause) pause.setAttribute("aria-pressed", String(state.paused));
    progress();
  }

  /* Every panel on its rectangle; the others are not there. */
  function arrange() {
    const scene = here();
    if (!scene || !page()) return;
    const ratio = innerWidth / innerHeight;
    const [shape] = SHAPES.find(([, from]) => ratio >= from);
    const places = scene.places[shape];
    page().dataset.shape = shape;
    for (const panel of page().querySelectorAll("[data-panel]")) lay(panel, places[panel.dataset.panel]);
    app.wallMap.resized();
  }

  function lay(panel, rect) {
    if (panel.hidden === Boolean(rect)) panel.hidden = !rect;
    if (!rect) return;
    const [column, row, columns, rows] = rect;
    const said = `${row + 1} / ${column} / span ${rows} / span ${columns}`; // the title bar is the grid's first row
    if (panel.dataset.at !== said) {
      panel.dataset.at = said;
      panel.style.gridArea = said;
    }
  }

  /* ---- time ---- */
  function tick() {
    const scene = page() && here();
    if (!scene || state.paused || state.busy) return;
    if (performance.now() - state.since >= 1000 * scene.dwell) step(1);
    progress();
  }

  function progress() {
    const bar = document.querySelector(".wall-progress");
    const scene = here();
    if (!bar || !scene) return;
    const share = state.paused ? 0 : Math.min(1, (performance.now() - state.since) / (1000 * scene.dwell));
    bar.style.setProperty("--share", share.toFixed(3));
  }

  /* While something else is looked at, the picture waits and is then there for its whole time. */
  function hold(busy) {
    state.busy = busy;
    state.since = performance.now();
    progress();
  }

  function pause() {
    state.paused = !state.paused;
    state.since = performance.now();
    mark();
  }

  function full() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen().catch(() => app.toast("F11"));
  }

  /* ---- keys and buttons ---- */
  app.acts = app.acts || {};
  Object.assign(app.acts, {
    "wall-scene": (button) => call(button.dataset.target),
    "wall-carousel": () => ((state.paused = false), go(app.address({ scene: null }))),
    "wall-pause": pause,
    "wall-full": full,
  });

  // Letters either way, as a keyboard with caps lock gives them; screen/wall/scenes.py keeps all of these from scenes. T is the plots' own.
  const own = (name) => document.querySelector(`.wall-tools ${name}`).click();
  const language = () => own("[data-act=language]");
  const look = () => own("[data-act=look]");
  const home = () => own("a");
  const corner = () => app.live && app.live.corner && app.live.corner.turn();
  const KEYS = {
    " ": pause, f: full, F: full, l: language, L: language, d: look, D: look, h: home, H: home, i: corner, I: corner, ArrowRight: () => step(1), ArrowLeft: () => step(-1),
    0: () => app.acts["wall-carousel"](),
  };

  document.addEventListener("keydown", function (event) {
    if (!page() || !state.plan || event.ctrlKey || event.metaKey || event.altKey) return;
    const field = event.target.closest && event.target.closest("input, textarea, select, a");
    const pressed = event.key === " " && event.target.closest && event.target.closest("button, .roll, .plot-table");
    if (field || pressed) return;
    const scene = state.plan.scenes.find((one) => one.key === event.key);
    const act = scene ? () => call(scene.id) : KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  // A button that was clicked does not keep the focus: the space bar then means pause, not the same button again.
  document.addEventListener("click", function (event) {
    const button = page() && event.detail > 0 && event.target.closest && event.target.closest(".wall-bar button");
    if (button) button.blur();
  });

  window.addEventListener("popstate", () => page() && follow());
  window.addEventListener("resize", () => page() && arrange());

  /* ---- a snapshot has come: the panels are filled anew ---- */
  function take(plan) {
    if (!plan) return;
    state.plan = plan;
    app.wallTime.took(plan);
    requestAnimationFrame(() => {
      watchPanels();
      follow();
    });
  }

  let watched = null;
  const filled = new MutationObserver(() => arrange());
  function watchPanels() {
    const panels = document.getElementById("wall-panels");
    if (panels === watched) return;
    filled.disconnect();
    watched = panels;
    if (panels) filled.observe(panels, { childList: true });
  }

  app.wall = { state, step, hold, every: setInterval(tick, TICK_MS) };

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    wall: {
      take(plan) {
        take(plan);
        return window.dash_clientside.no_update;
      },
    },
  });
})();
