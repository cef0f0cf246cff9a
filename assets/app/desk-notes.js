/* Beside the queue: what has changed since one last looked, the hand-over of the shift, and the keys. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const desk = (app.desk = app.desk || {});
  const LISTED = 200; // changes that are listed

  // ── what has changed ──
  desk.drawChanged = function () {
    const button = document.getElementById("duty-changed"), { say } = app.cases;
    if (!button) return;
    let n = 0;
    if (desk.seen) for (const row of desk.rows().values()) if (row.seq > desk.seen.seq) n++;
    const said = n ? say("desk.changed.n", { n }) : say("desk.changed.none");
    if (button.textContent !== said) button.textContent = said;
    button.toggleAttribute("data-some", n > 0);
  };

  desk.showChanged = async function () {
    const { el } = app, { say, when, chinese, typeName, placeName, about } = app.cases, seen = desk.seen;
    const list = el("ol.history", {}, el("li", {}, "…"));
    const looked = el("button.button.primary", { type: "button", onclick: () => { desk.looked(); dialog.close(); } }, say("desk.changed.looked"));
    const since = el("p.state", {}, !seen || seen.first ? say("desk.changed.first") : say("desk.changed.since", { when: when(seen.at) }));
    const dialog = app.sheet(say("desk.changed.title"), [since, list, looked], { wide: true });
    if (!seen) return list.replaceChildren();
    const answer = await app.cases.ask(`/api/network/changes?since=${seen.seq}&size=${LISTED}`);
    const events = answer && answer.ok ? answer.body.rows : [];
    const duties = { ...about().others, ...about().duties };
    const items = events.map((event) => el("li.event", {},
      el("span.event-what", {}, chinese() ? event.zh : event.en, " ", el("button.link", { type: "button", onclick: () => { dialog.close(); app.live.open(event.incident); } }, event.incident)),
      el("span.event-who", {}, app.caseRead.who(event, duties)), el("time.event-when", {}, when(event.at)), el("span.event-told", {}, [typeName(event.type), placeName(event.area), event.note].filter(Boolean).join(" · "))));
    list.replaceChildren(...(items.length ? items : [el("li.state", {}, answer ? say("desk.changed.none") : say("desk.link.trying"))]));
    if (events.length >= LISTED) since.append(" ", say("desk.changed.more", { n: LISTED }));
  };

  // ── the hand-over ──
  let notes = [];

  desk.readHandover = async function () {
    notes = [];
    if (!app.cases.about().readers.includes(app.acting.now().duty)) return;
    const answer = await app.cases.ask("/api/network/handover");
    notes = answer && answer.ok ? answer.body.notes : [];
    const unread = notes.length > 0 && !notes[0].read_at, button = document.querySelector("[data-act=desk-handover]");
    if (!button) return;
    button.toggleAttribute("data-some", unread);
    button.title = unread ? app.cases.say("desk.handover.unread") : "";
  };

  function standing() {
    const found = app.live.state.counts(app.live.now.state, app.cases.serverNow(), app.live.clock.light);
    const supervised = [...desk.rows().values()].filter((row) => row.supervised).length;
    return app.cases.say("desk.handover.standing", { open: found.open, red: found.light.red || 0, yellow: found.light.yellow || 0, supervised });
  }

  desk.showHandover = async function () {
    const { el } = app, { say, when, about, why } = app.cases;
    const text = el("textarea.field", { rows: 6, maxlength: 4000, "aria-label": say("desk.handover.write") });
    const said = el("p.form-wrong", { role: "alert" });
    const fill = el("button.button", { type: "button", onclick: () => { text.value = [standing(), text.value].filter(Boolean).join("\n"); text.focus(); } }, say("desk.handover.fill"));
    const save = el("button.button.primary", { type: "button", onclick: send }, say("desk.handover.save"));
    const list = el("div.handovers");
    const dialog = app.sheet(say("desk.handover"), [el("h3", {}, say("desk.handover.write")), text, said, el("div.form-acts", {}, save, fill), list], { wide: true });
    await desk.readHandover();
    const note = (one) => el("article.handover", {}, el("small", {}, say("desk.handover.by", { who: app.caseRead.who(one, about().duties), when: when(one.at) }), one.read_at ? ` · ${say("desk.handover.read", { who: one.read_by, when: when(one.read_at) })}` : ""), el("p", {}, one.note));
    list.replaceChildren(...(notes.length ? notes.map(note) : [el("p.state", {}, say("desk.handover.none"))]));
    if (notes.length && !notes[0].read_at && app.acting.now().duty) app.cases.post("/api/network/handover/read", { at: notes[0].at }).then(desk.readHandover);

    async function send() {
      if (!text.value.trim()) return text.focus();
      const answer = await app.cases.post("/api/network/handover", { note: text.value.trim() });
      if (!answer || !answer.ok) return (said.textContent = answer ? why(answer.body) : say("desk.link.trying"));
      app.toast(say("desk.handover.saved"));
      dialog.close();
      desk.readHandover();
    }
  };

  // ── the keys ──
  desk.showHelp = function () {
    const { el } = app, { say, about } = app.cases, duty = app.acting.now().duty;
    const row = (keys, said) => el("div", {}, el("dt", {}, keys.map((key) => el("kbd", {}, key))), el("dd", {}, said));
    const moves = app.deskKeys.rows().map(([keys, act]) => row(keys, say(`desk.key.${act}`)));
    const steps = about().rules.filter((rule) => rule.key && (!duty || rule.duties.includes(duty))).map((rule) => row([rule.key], rule.name));
    app.sheet(say("desk.help"), [el("h3", {}, say("desk.help.moves")), el("dl.keys-list", {}, moves), el("h3", {}, say("desk.help.steps")), el("dl.keys-list", {}, steps)], { wide: true });
  };

  app.acts = app.acts || {};
  Object.assign(app.acts, { "desk-changed": () => desk.showChanged(), "desk-handover": () => desk.showHandover(), "desk-help": () => desk.showHelp() });
})();
