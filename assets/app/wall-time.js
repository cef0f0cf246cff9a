/* Clock, age of the picture, connection, the pointer that hides, and the reload of the night. All of it mends itself. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const POINTER_MS = 5000;
  const RETRY_MS = 20000;
  const QUIET_HOUR = 3; // of the town: the page is loaded anew once a night, which gives back what weeks of updates have taken
  const OPEN_AT_LEAST_MS = 2 * 3600 * 1000;
  const opened = performance.now();
  let plan = null;
  let waiting = false; // for the panels of a snapshot that has come
  let asked = 0;
  let clock = null;

  const set = (id, text) => {
    const place = document.getElementById(id);
    if (place && place.textContent !== text) place.textContent = text;
  };

  function took(next) {
    plan = next;
    waiting = false;
    const language = document.documentElement.lang || "zh-CN";
    const zone = { timeZone: plan.zone };
    clock = {
      day: new Intl.DateTimeFormat(language, { ...zone, year: "numeric", month: "long", day: "numeric", weekday: "long" }),
      time: new Intl.DateTimeFormat("en-GB", { ...zone, hour: "2-digit", minute: "2-digit", second: "2-digit" }),
    };
    beat();
  }

  function beat() {
    if (!clock || !document.querySelector(".wall")) return;
    const now = new Date();
    set("wall-day", clock.day.format(now));
    set("wall-time", clock.time.format(now));
    if (performance.now() - asked > RETRY_MS && (waiting || document.querySelector(".wall .state-failed"))) ask();
    night(now);
  }

  /* Panels are asked for until they have come. */
  function ask() {
    asked = performance.now();
    if (window.dash_clientside && window.dash_clientside.set_props) {
      window.dash_clientside.set_props("wall-snapshot", { data: String(performance.now()) });
    }
  }

  document.addEventListener("onescreen:snapshot", function () {
    if (!plan) return;
    waiting = true;
    ask();
  });

  /* ---- connection ---- */
  document.addEventListener("onescreen:connection", function (event) {
    const wall = document.querySelector(".wall");
    if (!wall || !plan) return;
    const lost = !event.detail.ok;
    wall.dataset.lost = String(lost);
    set("wall-said", lost ? plan.words.offline : plan.words.online);
    set("wall-fresh", lost ? plan.late : plan.published);
    if (!lost && waiting) ask();
  });

  /* ---- the pointer hides when nobody moves it ---- */
  let idle = 0;
  function seen() {
    document.documentElement.classList.remove("wall-idle");
    clearTimeout(idle);
    idle = setTimeout(() => document.documentElement.dataset.place === "wall" && document.documentElement.classList.add("wall-idle"), POINTER_MS);
  }
  for (const name of ["pointermove", "pointerdown", "keydown"]) document.addEventListener(name, seen, { passive: true });
  seen();

  /* ---- the night: only when the server answers, so that a wall is never left on an error page ---- */
  let tried = 0;
  async function night(now) {
    if (performance.now() - opened < OPEN_AT_LEAST_MS || Number(clock.time.format(now).slice(0, 2)) !== QUIET_HOUR) return;
    if (performance.now() - tried < 60000) return;
    tried = performance.now();
    try {
      const answer = await fetch(location.pathname + location.search, { cache: "no-store" });
      if (answer.ok) location.reload();
    } catch {
      // the server is away: tomorrow night, or in a minute
    }
  }

  app.wallTime = { took, beat, every: setInterval(beat, 1000) };
})();
