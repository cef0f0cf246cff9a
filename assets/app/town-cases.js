/* Incidents on /town: how many in the place that is looked at, their list, and the card with supervision and instruction. The address keeps
   which one is open (`?incident=…`), so the back button leaves it. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  if (location.pathname.replace(/\/$/, "") !== "/town") return; // no other page pays for it
  const DRAWER = "town-cases", LISTED = 60;
  const WHICH = {
    open: () => true, red: (row, light) => light === "red", yellow: (row, light) => light === "yellow", supervised: (row) => row.supervised > 0,
  };
  let card = null; // what is shown, as the server told it
  let list = ""; // which list is shown, where no card is
  let asked = 0;

  const here = () => document.querySelector("#page .town .town-cases");
  const drawer = () => document.getElementById(DRAWER);
  const body = () => document.getElementById("town-cases-body");
  const wanted = () => new URLSearchParams(location.search).get("incident") || "";
  const area = () => new URLSearchParams(location.search).get("area") || "";

  /** Whether an area lies in another one, by the names of areas; everything lies in the town. */
  function within(code, outer) {
    if (!outer || outer === app.cases.about().root) return true;
    for (let at = code, steps = 0; at && steps < 8; at = (app.cases.areaOf(at) || [])[1], steps++) if (at === outer) return true;
    return false;
  }

  const rows = () => [...app.live.now.state.rows.values()].filter((row) => within(row.area, area()));
  const light = (row) => app.live.clock.light(row, app.cases.serverNow());

  // ── figures ──
  function count() {
    if (!here() || !app.live.now || !app.live.now.state.epoch) return;
    const found = { open: 0, red: 0, yellow: 0, supervised: 0 };
    for (const row of rows()) {
      const which = light(row);
      for (const name in found) if (WHICH[name](row, which)) found[name]++;
    }
    for (const place of here().querySelectorAll("[data-count]")) {
      const said = String(found[place.dataset.count]);
      if (place.textContent !== said) place.textContent = said;
      place.parentElement.toggleAttribute("data-some", found[place.dataset.count] > 0);
    }
    if (list && !card && isOpen()) drawList();
  }

  // ── the list ──
  const isOpen = () => drawer() && drawer().dataset.open === "true";
  const open = () => isOpen() || app.acts.drawer({ dataset: { target: DRAWER } });
  const title = (text) => { document.getElementById(`${DRAWER}-title`).textContent = text; };

  const line = (row) => app.caseLine(row, { "data-act": "town-case" });

  function drawList() {
    const { el } = app, { say } = app.cases, found = rows().filter((row) => WHICH[list](row, light(row))).sort(app.live.clock.order);
    title(say("case.list.title", { name: say(`case.panel.${list}`), n: found.length }));
    const key = found.slice(0, LISTED).map((row) => `${row.id}:${row.seq}:${light(row)}`).join() + found.length;
    if (body().dataset.shown === key) return;
    body().dataset.shown = key;
    const more = found.length > LISTED ? el("p.state", {}, say("case.panel.rest", { n: found.length - LISTED })) : null;
    const items = found.length ? el("ul.case-list", {}, found.slice(0, LISTED).map(line)) : el("p.state", {}, say("case.panel.none"));
    body().replaceChildren(...[items, more].filter(Boolean));
  }

  async function showList(name) {
    await app.cases.load();
    list = name;
    card = null;
    body().dataset.shown = "";
    drawList();
    open();
  }

  // ── the card ──
  async function showCard(id) {
    const mine = ++asked, answer = await app.cases.ask(`/api/incidents/${encodeURIComponent(id)}`);
    if (mine !== asked || !here()) return;
    await app.cases.load();
    const { el } = app, { say, why, typeName } = app.cases;
    body().dataset.shown = "";
    if (!answer || !answer.ok) {
      title(id);
      body().replaceChildren(el("p.state", { role: "alert" }, answer ? why(answer.body) : say("desk.card.failed")));
      return open();
    }
    card = answer.body;
    title(typeName(card.incident.type));
    const back = list ? [el("button.button", { type: "button", "data-act": "town-cases", "data-list": list }, app.icon("back"), say(`case.panel.${list}`))] : [];
    body().replaceChildren(...back, app.acting.chooser(), app.caseCard(card, { take: step }));
    if (app.live.shown) app.live.shown.select(id);
    open();
  }

  function step(rule) {
    if (body().querySelector(".step-form")) body().querySelector(".step-form").remove();
    if (!app.steps.asks(rule)) return send(rule, {}, []);
    const form = app.steps.form(rule, card.incident, (fields, files) => send(rule, fields, files), () => form.remove());
    body().querySelector(".case-step-place").append(form);
    form.scrollIntoView({ block: "nearest" });
    const field = form.querySelector("textarea, input, select");
    if (field) field.focus();
  }

  async function send(rule, fields, files) {
    const { id, seq } = card.incident, answer = await app.steps.take(id, rule.step, fields, { seq, files });
    if (!answer) return app.toast(app.cases.say("case.panel.lost"), "late"); // the form stays with what has been written
    const { text, kind } = app.steps.outcome(rule, id, answer);
    app.toast(text, kind);
    showCard(id);
  }

  function close() {
    card = null;
    list = "";
    if (isOpen()) app.acts.drawer({ dataset: { target: DRAWER } });
    if (app.live.shown) app.live.shown.select(null);
  }

  // ── the address ──
  let shown = "";
  function sync() {
    if (!here() || wanted() === shown) return;
    shown = wanted();
    if (shown) showCard(shown);
    else if (card) close();
  }

  const go = (id) => app.go(app.address({ incident: id }));

  app.acts = app.acts || {};
  Object.assign(app.acts, {
    "town-cases": (button) => { if (wanted()) { shown = ""; app.settle({ incident: null }); } showList(button.dataset.list); },
    "town-case": (button) => go(button.dataset.id),
  });
  for (const event of ["_dashprivate_pushstate", "popstate"]) window.addEventListener(event, sync);
  document.addEventListener("onescreen:live", ({ detail }) => {
    if (!here()) return;
    sync();
    if (card && (detail.changed.has(card.incident.id) || detail.gone.has(card.incident.id)) && !body().querySelector(".step-form")) showCard(card.incident.id);
    if (detail.changed.size || detail.gone.size || detail.whole) soon();
  });
  let due = 0;
  const soon = () => { due = due || setTimeout(() => { due = 0; count(); }, 500); };
  setInterval(() => {
    if (!here() || document.hidden) return;
    count();
    if (card && !isOpen() && wanted()) { shown = ""; card = null; app.settle({ incident: null }); } // closed by its own button or Escape
    const clock = body() && body().querySelector(".clock");
    if (clock) app.caseCard.tick(clock);
  }, 1000);
  document.addEventListener("onescreen:incident", function (event) {
    if (!here()) return;
    event.preventDefault();
    go(event.detail.id);
  });
  document.addEventListener("onescreen:acting", () => here() && card && showCard(card.incident.id));
  document.addEventListener("click", (event) => {
    const button = here() && card && event.target.closest && event.target.closest("#town-cases [data-act]");
    if (!button) return;
    if (button.dataset.act === "case-message") app.copyMessage(card);
    if (button.dataset.act === "case-show" && app.live.shown) app.live.shown.map.setView([card.incident.lat, card.incident.lon], Math.max(16, app.live.shown.map.getZoom()), { animate: false });
  });

  /* What lies on top is what was meant: a mark takes a tap before the layers below do. */
  const before = app.tap;
  app.tap = function (at) {
    if (before && before(at)) return true;
    const overlay = here() && app.live.shown;
    return Boolean(overlay && overlay.pick(overlay.map.latLngToContainerPoint([at.lat, at.lon])));
  };
})();
