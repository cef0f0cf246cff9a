/* Plays the colours of earlier days: a slider over the days that the map's pack has kept, today at its end. A step is another array of a byte an
   object, had before it is shown. The strip is screen/days.py's. */
(function (root) {
  "use strict";
  const STEP_MS = 1200;

  /** Place of the day on show among `days`, the last of which is today; a day that is no longer kept counts as today. */
  function placeOf(days, asOf) {
    const at = days.indexOf(asOf);
    return asOf && at >= 0 ? at : days.length - 1;
  }

  /** The day at a place as the map takes it: null for today. */
  const dayAt = (days, place) => (place >= days.length - 1 ? null : days[place]);

  /** Where playing goes from a place: on, and from today to the beginning. */
  const next = (days, place) => (place >= days.length - 1 ? 0 : place + 1);

  /** A day in words, as screen/figures.py says it. */
  function said(day, language) {
    const date = new Date(day); // midnight in UTC
    if (language.startsWith("zh")) return `${date.getUTCFullYear()}年${date.getUTCMonth() + 1}月${date.getUTCDate()}日`;
    return `${date.getUTCDate()} ${new Intl.DateTimeFormat("en-US", { month: "short", timeZone: "UTC" }).format(date)} ${date.getUTCFullYear()}`;
  }

  const api = { placeOf, dayAt, next, said };
  if (typeof module !== "undefined") { module.exports = api; return; }

  const app = (root.onescreen = root.onescreen || {});
  let handle = null, days = [], timer = 0, playing = false, turn = 0, raise = () => {};

  const strip = () => document.querySelector(".days");
  const button = () => document.querySelector('[data-act="days"]');
  const words = () => JSON.parse(strip().dataset.words);
  const place = () => placeOf(days, handle.state.asOf);

  app.map_days = api;
  document.addEventListener("onescreen:on-map", function ({ detail }) {
    if (handle === detail) return learn();
    handle = detail;
    handle.observe({ state: show, painted: learn });
    learn();
  });

  /** Which days there are: asked again for every snapshot. */
  async function learn() {
    const known = handle.manifest;
    if (!known || !button() || learn.of === known) return;
    learn.of = known;
    days = known.days ? await handle.days() : [];
    button().hidden = days.length < 2;
    if (handle.state.asOf && !days.includes(handle.state.asOf)) today();
    show();
  }

  function show() {
    const open = Boolean(strip() && !strip().hidden);
    if (button()) button().setAttribute("aria-pressed", String(open));
    if (!open || !days.length) return;
    const bar = strip().querySelector(".days-bar"), at = place(), text = words(), now = at === days.length - 1;
    bar.max = days.length - 1;
    bar.value = at;
    const day = said(days[at], document.documentElement.lang) + (now ? ` · ${text.today}` : "");
    strip().querySelector(".days-day").textContent = day;
    bar.setAttribute("aria-valuetext", day);
    strip().toggleAttribute("data-past", !now);
    const play = strip().querySelector('[data-act="days-play"]');
    play.setAttribute("aria-label", playing ? text.pause : text.play);
    play.querySelector(".icon").className = `icon icon-${playing ? "pause" : "play"}`;
  }

  /** Show a day once its colours are at hand; of several asked for meanwhile the last. */
  async function go(to) {
    const mine = ++turn, day = dayAt(days, to);
    strip().querySelector(".days-bar").value = to;
    if (day) await handle.have(day);
    if (mine === turn) handle.set({ asOf: day });
  }

  function today() {
    turn++;
    pause();
    if (handle) handle.set({ asOf: null });
  }

  function pause() {
    playing = false;
    clearTimeout(timer);
    if (strip()) show();
  }

  async function step() {
    if (!playing || !strip()) return;
    await go(next(days, place()));
    if (!playing) return;
    if (place() === days.length - 1) return pause();
    timer = setTimeout(step, STEP_MS);
  }

  function open(wanted) {
    if (!strip() || !handle) return;
    strip().hidden = !wanted;
    raise();
    raise = wanted ? app.lowerSheet() : () => {};
    if (!wanted) today();
    show();
    (wanted ? strip().querySelector(".days-bar") : button()).focus({ preventScroll: true });
  }

  app.acts = app.acts || {};
  Object.assign(app.acts, {
    days: () => open(strip().hidden),
    "days-close": () => open(false),
    "days-play": () => { if (playing) return pause(); playing = true; show(); step(); },
  });
  document.addEventListener("input", function ({ target }) {
    if (!target.matches || !target.matches(".days-bar")) return;
    const to = Number(target.value);
    pause(); // which puts the slider where the map is
    go(to);
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && event.target.closest && event.target.closest(".days")) open(false);
  });
})(typeof self !== "undefined" ? self : globalThis);
