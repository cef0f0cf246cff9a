/* The duty desk: what it knows, and what happens when something is chosen, taken, or heard. Drawing is in desk-list.js, desk-filters.js,
   desk-case.js and desk-notes.js; what is kept until the server answers in desk-waits.js; what follows from rows alone in desk-queue.js. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const SEEN = "onescreen-desk-seen"; // number of the log up to which this browser has looked, and in which log
  const ALOUD = 3; // new incidents named one by one; more are counted

  const desk = Object.assign((app.desk = app.desk || {}), {
    filter: { ...app.queue.NONE }, found: { rows: [], counts: {}, all: 0, mine: 0, changed: 0 }, ids: [], current: null, chosen: new Set(), opened: null,
    box: null, seen: null, place: null,
  });

  const rows = () => (app.live.now ? app.live.now.state.rows : new Map());
  const now = () => app.cases.serverNow();

  // ── the queue ──
  function about() {
    const { typeName, placeName, village, unitName, about: told } = app.cases, at = now(), duty = app.acting.now().duty, rules = told().rules;
    const villages = new Map(), movable = new Map(); // of each area and state once, not of ten thousand rows
    const once = (kept, key, make) => { if (!kept.has(key)) kept.set(key, make()); return kept.get(key); };
    return {
      light: (row) => app.live.clock.light(row, at), area: (row) => once(villages, row.area, () => village(row.area)),
      text: (row) => [row.id, typeName(row.type), placeName(row.area), row.unit ? unitName(row.unit) : ""].join(" "),
      mine: (row) => Boolean(duty) && once(movable, row.state, () => app.caseRead.mine(row, rules, duty)), changed: (row) => Boolean(desk.seen) && row.seq > desk.seen.seq,
    };
  }

  /** Select and order anew, keep the place, and draw. */
  function refresh() {
    if (!desk.place) return;
    const before = desk.ids;
    desk.found = app.queue.select(rows().values(), desk.filter, about(), app.live.clock.order);
    desk.ids = desk.found.rows.map((row) => row.id);
    desk.current = app.queue.stay(before, desk.ids, desk.current);
    for (const id of desk.chosen) if (!rows().has(id)) desk.chosen.delete(id);
    desk.list.draw();
    desk.filters.draw();
    desk.drawChanged();
  }

  let due = 0, took = 0;
  /** However much is heard: four times a second at most, and no more than a tenth of the time goes into it. */
  function soon() {
    if (!due) due = setTimeout(() => { due = 0; const before = performance.now(); refresh(); took = performance.now() - before; }, Math.max(250, 10 * took));
  }

  desk.refresh = refresh;
  desk.rows = rows;

  desk.setFilter = function (change) {
    Object.assign(desk.filter, change);
    app.settle({ queue: app.queue.written(desk.filter) });
    refresh();
    desk.list.top();
  };

  // ── choosing ──
  desk.go = function (id, { open = true } = {}) {
    desk.current = id;
    desk.list.draw();
    desk.list.reveal();
    if (app.live.shown) app.live.shown.select(id);
    desk.keepInSight(rows().get(id));
    if (open && id) desk.openSoon(id);
  };

  let opening = 0;
  /** The card of whatever one stops at: not of everything that one runs past. */
  desk.openSoon = function (id) {
    clearTimeout(opening);
    opening = setTimeout(() => desk.open(id), 120);
  };

  desk.toggle = function (id) {
    if (!id) return;
    if (!desk.chosen.delete(id)) desk.chosen.add(id);
    desk.list.draw();
  };

  // ── what the keys do ──
  const acts = {
    next: () => desk.go(app.queue.move(desk.ids, desk.current, 1)), previous: () => desk.go(app.queue.move(desk.ids, desk.current, -1)),
    first: () => desk.go(desk.ids[0] || null), last: () => desk.go(desk.ids.at(-1) || null),
    open: () => desk.current && desk.open(desk.current).then(() => document.getElementById("duty-card").focus()),
    back: () => {
      if (desk.leaveForm && desk.leaveForm()) return;
      if (desk.chosen.size) { desk.chosen.clear(); desk.list.draw(); }
      document.getElementById("queue").focus();
    },
    select: () => desk.toggle(desk.current),
    all: () => { desk.chosen = new Set(desk.chosen.size === desk.ids.length ? [] : desk.ids); desk.list.draw(); },
    filter: () => desk.place.querySelector("#duty-text").focus(),
    light: () => desk.filters.nextLight(), mine: () => desk.setFilter({ mine: !desk.filter.mine }),
    changed: () => desk.showChanged(), looked: () => desk.looked(), handover: () => desk.showHandover(), help: () => desk.showHelp(),
    figures: () => app.showFigures(desk.filter.area), call: () => desk.call(), message: () => desk.opened && app.copyMessage(desk.opened), near: () => desk.step("dispatch"),
    photos: () => { const line = document.querySelector("#duty-card .compare-line, #duty-card .photo"); if (line) { line.scrollIntoView({ block: "center" }); line.focus(); } },
  };

  desk.call = function () {
    const who = desk.opened && app.caseCard.incharge(desk.opened);
    if (!who) return app.toast(app.cases.say("case.nobody"));
    location.href = `tel:${who.phone}`;
  };

  document.addEventListener("keydown", function (event) {
    if (!desk.place || !desk.place.isConnected || event.defaultPrevented) return;
    const inside = { dialog: Boolean(app.sheet.open() || document.querySelector(".drawer[data-open=true]")), map: Boolean(event.target.closest && event.target.closest(".leaflet-container")) };
    const found = app.deskKeys.actOf(event, desk.legal(), inside);
    if (!found || (found.act === "back" && inside.dialog)) return;
    event.preventDefault();
    if (found.act) acts[found.act]();
    else desk.step(found.step);
  });

  // ── what is heard ──
  document.addEventListener("onescreen:live", function ({ detail }) {
    if (!desk.place) return;
    if (!desk.seen) firstLook(detail.state);
    aloud([...detail.fresh].map((id) => detail.state.rows.get(id)).filter(Boolean));
    const mine = desk.opened && desk.opened.incident.id;
    if (mine && (detail.changed.has(mine) || detail.gone.has(mine))) desk.reopen();
    if (detail.whole) refresh();
    else if (detail.changed.size || detail.gone.size) soon();
  });

  function aloud(fresh) {
    if (!fresh.length) return;
    const { say, typeName, placeName } = app.cases, place = document.getElementById("duty-said");
    const each = (row) => say("desk.new", { what: `${say(`case.grade.${row.grade}`)} ${typeName(row.type)} ${placeName(row.area)}` });
    place.textContent = fresh.length > ALOUD ? say("desk.new.many", { n: fresh.length }) : fresh.map(each).join(" ");
  }

  /* Once a second: lights and times go on, and what waits is tried again; every ten seconds filters by light follow. */
  function tick() {
    desk.sendWaiting();
    if (document.hidden) return;
    desk.list.tick();
    const clock = document.querySelector("#duty-card .clock");
    if (clock) app.caseCard.tick(clock);
  }

  // ── since when one has looked ──
  const kept = (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } };
  const keep = (key, value) => { try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* a browser that keeps nothing */ } };

  function firstLook(state) {
    const before = kept(SEEN);
    desk.seen = before && before.epoch === state.epoch ? before : { epoch: state.epoch, seq: state.seq, at: now(), first: true };
    if (desk.seen.first) keep(SEEN, desk.seen);
  }

  desk.looked = function () {
    const { state } = app.live.now;
    desk.seen = { epoch: state.epoch, seq: state.seq, at: now() };
    keep(SEEN, desk.seen);
    if (desk.filter.changed) desk.setFilter({ changed: false });
    else refresh();
  };

  // ── life ──
  function begin(place) {
    desk.place = place;
    desk.filter = app.queue.read(new URLSearchParams(location.search).get("queue") || "");
    desk.startWaits();
    desk.list = app.deskList(document.getElementById("queue"));
    desk.filters = app.deskFilters(document.getElementById("duty-filters"));
    document.getElementById("duty-acting").replaceChildren(app.acting.chooser());
    desk.startMap();
    app.cases.load().then(() => {
      refresh();
      desk.list.anew();
      const asked = new URLSearchParams(location.search).get("incident");
      if (asked) desk.open(asked);
    });
    desk.readHandover();
    refresh();
    document.getElementById("queue").focus({ preventScroll: true });
    setInterval(tick, 1000);
    setInterval(() => !document.hidden && soon(), 10_000);
  }

  /* The page is drawn after scripts have run: look until it is there. No other page pays for that. */
  const drawn = new MutationObserver(function () {
    const place = document.querySelector("#page .duty");
    if (!place || !document.getElementById("cases")) return;
    drawn.disconnect();
    begin(place);
  });
  if (location.pathname.replace(/\/$/, "") === "/desk") drawn.observe(document.documentElement, { childList: true, subtree: true });

  document.addEventListener("onescreen:acting", function () {
    if (!desk.place) return;
    refresh();
    desk.readHandover();
    if (desk.opened) desk.reopen();
  });
  document.addEventListener("onescreen:incident", function (event) {
    if (!desk.place) return;
    event.preventDefault(); // the desk shows it in its own place
    desk.current = event.detail.id;
    desk.list.draw();
    desk.list.reveal();
    desk.open(event.detail.id);
  });
})();
