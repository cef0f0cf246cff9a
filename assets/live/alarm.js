/* New incidents of grade I and II: three pulses on the map, a chime that can be muted, and on a wall a card; nothing else moves by itself.

   `queue` is pure; it runs in the page and in node. */
(function (root) {
  "use strict";
  const app = (root.onescreen = root.onescreen || {});
  app.live = app.live || {};
  const GRADE = 2; // and graver
  const PULSE_MS = 1600, PULSES = 3;
  const AT_ONCE = 6; // pulses on a map
  const CHIME_MS = 3000; // at least between two
  const CARD_MS = 12_000, WAITING = 5;
  const FLOOD = 3, FLOOD_MS = 60_000; // more in a minute are a flood: the map stays where all of them are seen
  const MUTED = "onescreen-live-muted";

  const NEWS_MS = 15 * 60_000; // what was reported longer ago is no news, though it comes only now: a log is played, a past filled in

  /** The alarming ones among rows that are new at `now`: the gravest first, of these the newest. */
  function alarming(rows, now = 0) {
    return rows.filter((row) => row.grade <= GRADE && !row.parent && row.reported_at > now - NEWS_MS).sort((a, b) => a.grade - b.grade || b.reported_at - a.reported_at);
  }

  /** Cards one after the other, each for `stays` ms. When many wait, the gravest and newest stay in the queue. */
  function queue(stays = CARD_MS, most = WAITING) {
    const waiting = [];
    let shown = null, until = -Infinity;
    return {
      add(rows) {
        waiting.push(...rows);
        waiting.sort((a, b) => a.grade - b.grade || b.reported_at - a.reported_at);
        waiting.length = Math.min(waiting.length, most);
      },
      /** The row to show at `now`, or null. */
      at(now) {
        if (shown && now < until) return shown;
        shown = waiting.shift() || null;
        until = now + stays;
        return shown;
      },
      close() { until = -Infinity; },
      waiting: () => waiting.length,
    };
  }

  /** Tells whether there is a flood: `flood(now, more)` after so many more have come. */
  function floods(most = FLOOD, within = FLOOD_MS) {
    let times = [];
    return (now, more = 0) => {
      times = [...times.filter((at) => at > now - within), ...Array(more).fill(now)].slice(-most - 1);
      return times.length > most;
    };
  }

  const api = { alarming, queue, floods, GRADE };
  app.live.alarm = api;
  if (typeof module !== "undefined") module.exports = api;
  if (typeof document === "undefined") return;

  /* ---- pulses ---- */
  let pulsing = 0;
  function pulse(row) {
    const overlay = app.live.shown, { L } = root;
    if (!overlay || row.lon === null || pulsing >= AT_ONCE || document.hidden) return;
    pulsing++;
    const icon = L.divIcon({ className: "live-pulse", html: `<i data-level="${row.grade}"></i>`, iconSize: [0, 0] });
    const marker = L.marker([row.lat, row.lon], { icon, interactive: false, keyboard: false, pane: app.live.overlay.PANE }).addTo(overlay.map);
    setTimeout(() => { marker.remove(); pulsing--; }, PULSE_MS * PULSES);
  }

  /* ---- chime ---- */
  let audio = null, chimed = -Infinity;
  const muted = () => { try { return localStorage.getItem(MUTED) === "1"; } catch { return false; } };
  const soundState = () => (muted() ? "muted" : audio && audio.state === "running" ? "on" : "blocked");

  /* Browsers give sound only after somebody has touched the page; a kiosk may be started with --autoplay-policy=no-user-gesture-required. */
  function wake() {
    if (muted()) return showSound();
    audio = audio || new AudioContext();
    audio.resume().then(showSound, showSound);
    showSound();
  }

  function chime() {
    if (muted() || performance.now() - chimed < CHIME_MS) return;
    wake();
    if (audio.state !== "running") return;
    chimed = performance.now();
    [[880, 0], [660, 0.18]].forEach(([hz, after]) => tone(hz, audio.currentTime + after));
    app.live.chimes = (app.live.chimes || 0) + 1;
  }

  function tone(hz, at) {
    const sound = audio.createOscillator(), volume = audio.createGain();
    sound.frequency.value = hz;
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.2, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.5);
    sound.connect(volume).connect(audio.destination);
    sound.start(at);
    sound.stop(at + 0.55);
    sound.onended = () => { sound.disconnect(); volume.disconnect(); };
  }

  function showSound() {
    const state = soundState();
    for (const button of document.querySelectorAll("[data-act=live-sound]")) {
      if (button.dataset.state === state) continue;
      button.dataset.state = state;
      button.setAttribute("aria-pressed", String(state === "muted"));
      const said = app.live.config ? app.live.config.words[`sound_${state}`] : "";
      button.setAttribute("aria-label", said);
      button.title = said;
    }
  }

  app.acts = app.acts || {};
  app.acts["live-sound"] = function () {
    const now = muted() || soundState() === "blocked" ? "0" : "1"; // blocked: this very click lets it sound
    try { localStorage.setItem(MUTED, now); } catch { /* a browser that keeps nothing */ }
    wake();
  };
  const onSwitch = (event) => event.target.closest && event.target.closest("[data-act=live-sound]"); // its click decides
  for (const touched of ["pointerdown", "keydown"]) document.addEventListener(touched, (event) => app.live.now && !onSwitch(event) && soundState() === "blocked" && wake(), { passive: true });

  /* ---- what is new ---- */
  const cards = queue(), flood = floods();
  let card = null; // the row on show

  document.addEventListener("onescreen:live", function ({ detail }) {
    const fresh = alarming([...detail.fresh].map((id) => detail.state.rows.get(id)).filter(Boolean), app.live.now.serverNow());
    if (!fresh.length) return;
    fresh.forEach(pulse);
    chime();
    cards.add(fresh);
    flood(performance.now(), fresh.length);
    turn();
  });

  function turn() {
    const place = document.querySelector("[data-live-alarm]");
    const next = place ? cards.at(performance.now()) : null;
    if (next === card) return;
    card = next;
    if (place) app.live.alarmCard(place, card, flood(performance.now()));
  }

  app.acts["live-alarm-close"] = () => { cards.close(); turn(); };
  setInterval(() => { turn(); showSound(); }, 1000);
  Object.assign(api, { soundState, card: () => card });
})(typeof self !== "undefined" ? self : globalThis);
