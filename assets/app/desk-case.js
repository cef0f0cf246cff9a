/* The card of the desk: what is open, the steps that are taken from here, the nearest responders, duplicates. Steps wait for the network in desk-waits.js. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const desk = (app.desk = app.desk || {});
  const DRAGGED_PX = 6;
  const OLD_S = 600; // a position older than this is told
  let asked = 0; // number of the last question for a card: an answer to an earlier one comes too late

  const place = () => document.getElementById("duty-card");

  // ── open ──
  desk.open = async function (id) {
    const mine = ++asked;
    desk.leaveForm = null;
    const answer = await app.cases.ask(`/api/incidents/${encodeURIComponent(id)}`);
    if (mine !== asked) return;
    if (!answer || !answer.ok) {
      desk.opened = null;
      return place().replaceChildren(app.el("p.state", { role: "alert" }, [app.cases.say("desk.card.failed"), answer ? app.cases.why(answer.body) : ""].join(" ")));
    }
    await app.cases.load();
    show(answer.body);
  };

  function show(card) {
    const again = desk.opened && desk.opened.incident.id === card.incident.id, top = place().parentElement.scrollTop;
    desk.opened = card;
    const more = app.el("div.case-more");
    place().replaceChildren(app.caseCard(card, { take: (rule) => desk.step(rule.step, { alone: true }), more: [more] }));
    place().parentElement.scrollTop = again ? top : 0;
    app.settle({ incident: card.incident.id });
    if (app.live.shown) app.live.shown.select(card.incident.id);
    duplicates(card, more);
    desk.drawChosen();
  }

  let again = 0;
  /** The open card has changed: read it anew, unless a form is being filled in; then once it is done. */
  desk.reopen = function () {
    clearTimeout(again);
    again = setTimeout(() => desk.opened && !desk.leaveForm && desk.open(desk.opened.incident.id), 150);
  };

  // ── steps ──
  /** Take a step: on all that is selected, or on the open card. What it needs is asked first. */
  desk.step = function (step, { alone = false } = {}) {
    const rule = desk.legal().find((one) => one.step === step) || (alone && app.cases.ruleOf(step));
    if (!rule) return;
    const ids = desk.chosen.size && !alone ? [...desk.chosen] : [desk.opened.incident.id];
    if (step === "dispatch" && ids.length === 1 && desk.opened) return near(rule, desk.opened);
    if (app.steps.asks(rule)) return ask(rule, ids);
    send(rule, ids);
  };

  function ask(rule, ids) {
    const batch = ids.length > 1, form = app.steps.form(rule, batch ? null : desk.opened && desk.opened.incident, async (fields, files) => { if (!files.length || (await sendWithPhotos(rule, ids[0], fields, files))) leave(); if (!files.length) send(rule, ids, fields); }, leave);
    const where = batch ? document.getElementById("duty-chosen") : place().querySelector(".case-step-place");
    function leave() {
      form.remove();
      desk.leaveForm = null;
      document.getElementById("queue").focus();
      if (desk.opened) desk.reopen();
    }
    if (desk.leaveForm) desk.leaveForm();
    desk.leaveForm = () => (leave(), true);
    where.append(form);
    form.scrollIntoView({ block: "nearest" });
    const field = form.querySelector("textarea, input, select");
    if (field) field.focus();
    if (rule.step === "relocate") pointing(form);
  }

  /* A place is pointed at on the map beside: meanwhile a click means the place, whatever lies there. A map that is dragged is not pointed at. */
  function pointing(form) {
    const map = desk.map && desk.map.map;
    if (!map) return;
    const container = map.getContainer(), hint = app.el("p.state", {}, app.cases.say("case.place.pick"));
    let down = null;
    const press = (event) => { down = [event.clientX, event.clientY]; };
    function click(event) {
      if (event.target.closest("button, a")) return;
      event.stopPropagation();
      if (down && Math.hypot(event.clientX - down[0], event.clientY - down[1]) > DRAGGED_PX) return;
      const { lat, lng } = map.mouseEventToLatLng(event);
      form.elements.lon.value = lng.toFixed(6);
      form.elements.lat.value = lat.toFixed(6);
    }
    form.prepend(hint);
    container.classList.add("is-pointing");
    container.addEventListener("pointerdown", press, true);
    container.addEventListener("click", click, true);
    const watch = new MutationObserver(() => {
      if (form.isConnected) return;
      watch.disconnect();
      container.classList.remove("is-pointing");
      container.removeEventListener("pointerdown", press, true);
      container.removeEventListener("click", click, true);
    });
    watch.observe(document.body, { childList: true, subtree: true });
  }

  function send(rule, ids, fields = {}) {
    if (!app.acting.now().duty) return app.toast(app.cases.say("desk.acting.first"), "late");
    const seqs = Object.fromEntries(ids.map((id) => [id, seqOf(id)]));
    if (ids.length > 1) { desk.chosen.clear(); desk.list.draw(); }
    desk.keepStep(rule.step, ids, fields, seqs);
  }

  const seqOf = (id) => (desk.opened && desk.opened.incident.id === id ? desk.opened.incident.seq : (desk.rows().get(id) || { seq: null }).seq);

  /* Pictures stay in the form until the server has them. */
  async function sendWithPhotos(rule, id, fields, files) {
    const seq = seqOf(id), answer = await app.steps.take(id, rule.step, fields, { seq, files });
    if (answer) tell(rule, [id], [answer], { [id]: seq });
    else app.toast(app.cases.say("case.panel.lost"), "late");
    return Boolean(answer);
  }

  /** What became of a step: in a message, and in what is shown. A step that another took first is told with who and when. */
  const tell = (desk.told = async function (rule, ids, answers, seqs) {
    const { say } = app.cases, failed = answers.filter((answer) => !answer.ok);
    if (ids.length > 1) {
      const why = failed.length ? " " + app.cases.why(failed[0].body) : "";
      app.toast(say("desk.batch.done", { step: rule.name, done: ids.length - failed.length, failed: failed.length }) + why, failed.length ? "late" : "");
    } else if (failed.length) {
      await lost(rule, ids[0], failed[0], seqs[ids[0]]);
    } else {
      app.toast(say("case.done", { step: rule.name, id: ids[0] }));
    }
    if (desk.opened && [desk.opened.incident.id, ...(desk.opened.children || [])].some((id) => ids.includes(id))) desk.reopen();
  });

  async function lost(rule, id, answer, seq) {
    const { say, why, when, about, chinese } = app.cases, card = await app.cases.ask(`/api/incidents/${encodeURIComponent(id)}`);
    const first = card && card.ok && seq !== null ? app.caseRead.ahead(card.body.history, seq) : null;
    if (!first) return app.toast(say("case.refused", { step: rule.name, why: why(answer.body) }), "late");
    const duties = { ...about().others, ...about().duties };
    app.toast(say("case.first", { who: app.caseRead.who(first, duties), when: when(first.at), step: chinese() ? first.zh : first.en }), "late");
  }

  // ── the nearest who can go ──
  async function near(rule, card) {
    const { el } = app, { say, unitName } = app.cases, id = card.incident.id;
    if (desk.leaveForm) desk.leaveForm();
    const box = el("div.near", { role: "group", "aria-label": say("case.near") }, el("h3", {}, say("case.near")), el("p.state", { role: "status" }, "…"));
    place().querySelector(".case-step-place").append(box);
    desk.leaveForm = () => { box.remove(); desk.leaveForm = null; document.getElementById("queue").focus(); return true; };
    const answer = await app.cases.ask(`/api/network/near?incident=${encodeURIComponent(id)}`);
    if (!box.isConnected) return;
    const found = answer && answer.ok ? answer.body.responders || answer.body.rows || [] : [];
    const unit = answer && answer.ok ? answer.body.unit : null;
    const choose = (fields) => { if (desk.leaveForm) desk.leaveForm(); send(rule, [id], fields); };
    const rows = found.slice(0, 8).map((one) => el("button.near-row", { type: "button", "data-responder": one.responder_id, onclick: () => choose({ responder: one.responder_id }) }, responder(one)));
    rows.push(el("button.near-row.near-unit", { type: "button", onclick: () => choose({}) }, el("strong", {}, say("case.near.unit")), el("span", {}, unit ? unitName(unit) : "")));
    const said = !answer || !answer.ok ? say("case.near.failed") : found.length ? say("case.near.hint") : say("case.near.none");
    box.replaceChildren(el("h3", {}, say("case.near")), el("p.state", {}, said), el("div.near-rows", {}, rows));
    box.onkeydown = (event) => walk(event, rows);
    box.scrollIntoView({ block: "nearest" });
    rows[0].focus({ preventScroll: true });
  }

  function walk(event, rows) {
    const by = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    rows[Math.max(0, Math.min(rows.length - 1, rows.indexOf(document.activeElement) + by))].focus();
  }

  function responder(one) {
    const { el } = app, { say } = app.cases, far = one.metres;
    const away = far === null || far === undefined ? say("case.near.unplaced") : far < 1000 ? say("case.near.metres", { n: Math.round(far / 10) * 10 }) : say("case.near.away", { n: (far / 1000).toFixed(1) });
    const told = [
      one.duty === "on" ? say("case.near.on") : say("case.near.off"), one.fits ? say("case.near.fits") : "", (one.helps || []).length ? say("case.near.skill") : "",
      say("case.near.load", { n: one.load || 0 }), one.eta_s ? say("case.near.eta", { n: Math.max(1, Math.round(one.eta_s / 60)) }) : "",
      one.age_s > OLD_S ? say("case.near.age", { n: Math.round(one.age_s / 60) }) : "",
    ];
    const phone = one.phone && !String(one.phone).includes("*") ? el("span.near-phone", {}, one.phone) : null;
    return [el("strong", {}, one.name || one.responder_id), el("span.near-away", {}, away), el("span.near-told", {}, told.filter(Boolean).join(" · ")), phone];
  }

  // ── duplicates ──
  async function duplicates(card, box) {
    const { el } = app, { say, ruleOf } = app.cases, id = card.incident.id;
    const children = (card.children || []).map((child) => el("li", {}, el("button.link", { type: "button", "data-act": "case-open", "data-id": child }, child), el("button.button", { type: "button", onclick: () => send(ruleOf("unmerge"), [child]) }, say("case.duplicates.undo"))));
    if (children.length) box.append(app.caseCard.section(say("case.duplicates.children"), el("ul.duplicates", {}, children)));
    if (!card.steps.some((rule) => rule.step === "merge")) return;
    const answer = await app.cases.ask(`/api/incidents/${encodeURIComponent(id)}/duplicates`);
    const found = answer && answer.ok ? answer.body.rows : [];
    if (!found.length || !box.isConnected) return;
    const said = (one) => say("case.duplicates.away", { m: Math.round(one.metres), t: app.live.clock.span(one.reported_at - card.incident.reported_at, app.cases.timeWords()) });
    const items = found.slice(0, 5).map((one) => el("li", {}, el("button.link", { type: "button", "data-act": "case-open", "data-id": one.id }, one.id), el("span", {}, said(one)), el("button.button", { type: "button", "data-merge": one.id, onclick: () => send(ruleOf("merge"), [id], { parent: one.id }) }, say("case.duplicates.merge", { id: one.id.slice(-6) }))));
    box.prepend(app.caseCard.section(say("case.duplicates"), el("ul.duplicates", {}, items)));
  }

  app.acts = app.acts || {};
  Object.assign(app.acts, {
    "case-open": (button) => app.live.open(button.dataset.id),
    "case-message": () => desk.opened && app.copyMessage(desk.opened),
    "case-show": () => desk.opened && desk.fly && desk.fly(desk.opened.incident),
  });
  document.addEventListener("onescreen:live-state", ({ detail }) => desk.place && detail.status === "live" && desk.sendWaiting(true));
})();
