/* Steps that wait for the server: kept in the browser, shared by its tabs, sent by one tab at a time and only under the duty they were decided
   under. Each names the event that was seen: sent a second time, because an answer was lost, it is refused by the server and not done twice. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const desk = (app.desk = app.desk || {});
  const WAITS = "onescreen-desk-waits", SENDING = "onescreen-desk-sending", TAB = "onescreen-desk-tab";
  const MANY = 200; // incidents of one batch
  const ORPHAN_MS = 30_000; // what another tab has not sent by then is sent from here
  let alone = null, tab = "", storage = null, busy = false;

  const random = () => Math.random().toString(36).slice(2, 10);

  function storeOf(name) {
    try {
      const found = window[name];
      found.setItem(TAB + "-try", "1");
      found.removeItem(TAB + "-try");
      return found;
    } catch { return null; } // a browser that keeps nothing
  }

  /** Read what an earlier page left, and learn which tab this is: the same one after a reload. */
  desk.startWaits = function () {
    const own = storeOf("sessionStorage");
    storage = storeOf("localStorage");
    tab = (own && own.getItem(TAB)) || random();
    if (own) own.setItem(TAB, tab);
    alone = app.oneAtATime.make({ name: SENDING, tab, locks: navigator.locks || null, storage });
    desk.box = app.outbox.create(read() || []);
  };

  function read() {
    try { return JSON.parse(storage.getItem(WAITS)); } catch { return null; }
  }

  /* The store belongs to all tabs: every change reads it first. */
  const look = () => { if (storage) desk.box = { ...desk.box, items: read() || [] }; };

  function change(how) {
    look();
    desk.box = how(desk.box);
    try { if (storage) storage.setItem(WAITS, JSON.stringify(app.outbox.pending(desk.box))); } catch { storage = null; } // full: from now on this tab remembers for itself
  }

  /** Take `step` on `ids`, as seen at `seqs`: kept first, then sent. */
  desk.keepStep = function (step, ids, fields, seqs) {
    const acting = app.acting.now(), item = { key: `${Date.now()}-${random()}`, tab, at: Date.now(), ids: ids.slice(0, MANY), step, fields, seqs, duty: acting.duty, name: acting.name };
    change((box) => app.outbox.add(box, item));
    return desk.sendWaiting(true);
  };

  /** Send what waits, unless another tab is at it. */
  desk.sendWaiting = async function (hurry = false) {
    if (hurry) desk.box = app.outbox.hurry(desk.box);
    if (!busy) look();
    if (!busy && nextOf(app.outbox.create(desk.box.items))) {
      busy = true;
      try { await alone(() => sendAll(hurry)); } finally { busy = false; }
    }
    drawWaits();
  };

  const mayGo = (item) => !item.tab || item.tab === tab || Date.now() - item.at > ORPHAN_MS;
  const nextOf = (box) => app.outbox.next({ ...box, due: desk.box.due }, Date.now(), mayGo);

  async function sendAll(hurry) {
    for (;;) {
      change((box) => ({ ...app.outbox.create(box.items), tries: box.tries, due: box.due })); // whoever is here is the only one that sends
      const item = nextOf(desk.box);
      if (!item) return;
      if (!(await sendOne(item, hurry))) return;
    }
  }

  /* One item; whether the next may follow. */
  async function sendOne(item, hurry) {
    const refused = otherDuty(item);
    if (refused) {
      change((box) => app.outbox.forget(box, item.key));
      app.toast(refused, "late");
      return true;
    }
    change((box) => app.outbox.sending(box, item.key));
    const answers = await arrived(item, await answersOf(item));
    if (!answers) {
      change((box) => app.outbox.answered(box, item.key, null, Date.now()));
      if (hurry) app.toast(app.cases.say("desk.wait.one", { step: app.cases.ruleOf(item.step).name }), "late");
      return false;
    }
    change((box) => follow(app.outbox.forget(box, item.key), item, answers));
    desk.told(app.cases.ruleOf(item.step), item.ids, answers, item.seqs);
    return true;
  }

  /* What was decided under one duty or name does not go out under another: who sits here may have changed. */
  function otherDuty(item) {
    const { duty, name } = app.acting.now(), { say, about, ruleOf } = app.cases;
    if (!item.duty || (item.duty === duty && (item.name === undefined || item.name === name))) return "";
    const said = (code, who) => [who, about().duties[code] || code || say("desk.acting.none")].filter(Boolean).join(" · ");
    return say("desk.wait.duty", { step: ruleOf(item.step).name, then: said(item.duty, item.name), now: said(duty, name) });
  }

  function follow(box, item, answers) {
    return item.ids.reduce((kept, id, i) => (answers[i].ok && answers[i].body.seq && item.seqs[id] ? app.outbox.followed(kept, id, item.seqs[id], answers[i].body.seq) : kept), box);
  }

  /** One answer for each incident of an item; null when none came. */
  async function answersOf({ ids, step, fields, seqs }) {
    if (ids.length === 1) {
      const answer = await app.steps.take(ids[0], step, fields, { seq: seqs[ids[0]] === undefined ? null : seqs[ids[0]] });
      return answer && [answer];
    }
    const known = Object.fromEntries(ids.filter((id) => Number.isInteger(seqs[id])).map((id) => [id, seqs[id]]));
    const answer = await app.cases.post("/api/steps", { incidents: ids, step, ...fields, if_seqs: known });
    if (!answer) return null;
    return Array.isArray(answer.body.items) ? answer.body.items.map((body) => ({ ok: !body.error, body })) : ids.map(() => answer);
  }

  /* Sent again, and refused because the incident has gone on: it may be our own step, of which only the answer was lost. */
  async function arrived(item, answers) {
    if (!answers || !item.tries) return answers;
    return Promise.all(answers.map(async (answer, i) => {
      if (answer.ok || (answer.body.error && answer.body.error.field ? answer.body.error.field : answer.body.field) !== "if_seq") return answer;
      const card = await app.cases.ask(`/api/incidents/${encodeURIComponent(item.ids[i])}`), first = card && card.ok && app.caseRead.ahead(card.body.history, item.seqs[item.ids[i]]);
      return first && first.step === item.step && first.duty === item.duty && (first.by || "") === (item.name || "") ? { ok: true, body: { incident: item.ids[i], seq: first.seq } } : answer;
    }));
  }

  function drawWaits() {
    const n = app.outbox.pending(desk.box).length, box = document.getElementById("duty-waits");
    const said = n && (app.live.now.status() !== "live" || desk.box.tries) ? app.cases.say("desk.wait.n", { n }) : "";
    if (box && box.textContent !== said) box.textContent = said;
  }
})();
