/* The phone page: what, photos, where, words, send. A report is in the browser's store before it is sent, and stays there until the server has
   said its number. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const GIVE_UP_MS = 60_000; // pictures on a weak network
  const LOOK_MS = 1000, SHOWN = 20;
  const place = document.getElementById("report");
  if (!place) return;
  const told = JSON.parse(place.dataset.told), { el, icon } = app, form = app.reportForm;
  const say = (key, holes = {}) => app.fill(told.words[key], holes), chinese = told.language === "zh-CN";
  let store = null, box = app.outbox.create(), draft = {}, map = null;

  // ── the form ──
  const parts = {};
  const step = (name, ...inside) => (parts[name] = el("section.report-step", { id: `report-${name}` }, el("h2", {}, say(`report.${name}`)), inside));

  function tile(type) {
    return el("button.report-type", { type: "button", "data-type": type.code, "aria-pressed": "false", onclick: () => choose(type) }, icon(type.icon), el("span", {}, type.name));
  }

  function types() {
    const often = told.types.filter((type) => told.often.includes(type.code));
    const all = form.byClass(told.types).map(([name, list]) => el("details.report-class", {}, el("summary", {}, name), el("div.report-types", {}, list.map(tile))));
    const chosen = el("p.report-chosen", { hidden: true });
    return step("type", chosen, el("div.report-all-types", {}, el("div.report-types", {}, often.map(tile)), el("h3", {}, say("report.type.other")), all));
  }

  function choose(type) {
    draft.type = type ? type.code : "";
    const chosen = parts.type.querySelector(".report-chosen");
    chosen.hidden = !type;
    parts.type.querySelector(".report-all-types").hidden = Boolean(type);
    chosen.replaceChildren(...(type ? [icon(type.icon), el("strong", {}, say("report.type.chosen", { name: type.name })), el("button.button", { type: "button", onclick: () => choose(null) }, say("report.type.change"))] : []));
    for (const one of parts.type.querySelectorAll(".report-type")) one.setAttribute("aria-pressed", String(Boolean(type) && one.dataset.type === type.code));
    tellMissing();
  }

  function photos() {
    const field = el("input.visually-hidden", { type: "file", accept: "image/*", multiple: true, id: "report-file", onchange: () => addPhotos(field) });
    const label = el("label.button.report-camera", { for: "report-file" }, icon("camera"), say("report.photos.add"));
    return step("photos", el("div.report-photos", { id: "report-photo-list" }), field, label, el("p.report-hint", {}, say("report.photos.most", { n: form.MOST })));
  }

  async function addPhotos(field) {
    for (const file of [...field.files].slice(0, form.MOST - draft.photos.length)) {
      try { draft.photos.push(await app.smallPhoto(file)); } catch { app.toast(say("report.photos.unreadable"), "late"); }
    }
    field.value = "";
    drawPhotos();
  }

  function drawPhotos() {
    const list = document.getElementById("report-photo-list");
    list.replaceChildren(...draft.photos.map((photo, i) => el("figure", {}, el("img", { src: `data:image/jpeg;base64,${photo}`, alt: say("report.photos.n", { n: i + 1 }) }),
      el("button.button", { type: "button", "aria-label": say("report.photos.remove", { n: i + 1 }), onclick: () => { draft.photos.splice(i, 1); drawPhotos(); } }, icon("close")))));
    parts.photos.querySelector(".report-camera").hidden = draft.photos.length >= form.MOST;
  }

  const text = (name, given = {}, key = `report.${name}`) => el("label.report-field", {}, el("span", {}, say(key)), el(given.rows ? "textarea.field" : "input.field", { name, oninput: (event) => { draft[name] = event.target.value; tellMissing(); }, ...given }));

  function where() {
    const find = el("button.button.report-find", { type: "button", onclick: locate }, icon("target"), say("report.where.find"));
    const open = el("button.button", { type: "button", onclick: () => openMap() }, icon("map"), say("report.where.map.open"));
    return step("where", el("div.report-acts", {}, find, open), el("p.report-hint", { id: "report-where-said", role: "status" }), el("div.report-map", { id: "report-map", hidden: true }),
      text("address", { maxlength: 300, placeholder: say("report.address.hint"), autocomplete: "off" }));
  }

  const saidWhere = (key, holes) => { document.getElementById("report-where-said").textContent = say(key, holes); };

  async function locate() {
    saidWhere("report.where.finding");
    try {
      const found = await app.findMe();
      Object.assign(draft, found, { moved: false });
      saidWhere(form.within(told.bounds, found.lon, found.lat) ? "report.where.found" : "report.where.outside", { n: Math.round(found.accuracy) });
      if (map) map.put(found.lon, found.lat);
      else openMap();
    } catch (why) {
      saidWhere(why === "refused" ? "report.where.refused" : "report.where.failed");
      openMap();
    }
    tellMissing();
  }

  let opening = null;
  function openMap() {
    opening = opening || app.smallMap(document.getElementById("report-map"), { files: told.map, bounds: told.bounds, label: say("report.where.map") }, moved);
    opening.then((made) => { map = made; if (form.placed(draft)) made.put(draft.lon, draft.lat); }, () => { opening = null; app.toast(say("report.where.map.failed"), "late"); });
  }

  function moved(lon, lat) {
    Object.assign(draft, { lon, lat, moved: true });
    saidWhere(form.within(told.bounds, lon, lat) ? "report.where.moved" : "report.where.outside");
    tellMissing();
  }

  function rest() {
    const who = el("details.report-class", {}, el("summary", {}, say("report.who")), text("name", { maxlength: 60, autocomplete: "name" }, "report.who.name"),
      text("phone", { maxlength: 40, type: "tel", autocomplete: "tel" }, "report.who.phone"), el("p.report-hint", {}, say("report.who.why")));
    return step("text", text("description", { rows: 3, maxlength: 1000, placeholder: say("report.text.hint") }, "report.text"), who);
  }

  function draw() {
    draft = { type: "", photos: [], address: "", description: "", name: "", phone: "" };
    map = opening = null;
    const wrong = el("ul.report-wrong", { id: "report-wrong", role: "alert" });
    const send = el("button.button.primary.report-send", { type: "button", onclick: submit }, say("report.send"));
    const mine = el("section.report-mine", { hidden: true }, el("h2", {}, say("report.mine")), el("ul", { id: "report-mine" }));
    place.replaceChildren(el("div", { id: "report-told", role: "status" }), mine, el("form.report-form", { onsubmit: (event) => event.preventDefault() }, types(), photos(), where(), rest()), el("div.report-foot", {}, wrong, send));
    drawPhotos();
    drawTold();
  }

  let tried = false;
  function tellMissing() {
    const list = document.getElementById("report-wrong");
    list.replaceChildren(...(tried ? form.missing(draft) : []).map((key) => el("li", {}, say(key))));
  }

  // ── keeping and sending ──
  const client = () => (crypto.randomUUID ? crypto.randomUUID() : [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join(""));

  async function submit() {
    tried = true;
    tellMissing();
    const lacking = form.missing(draft);
    if (lacking.length) return parts[lacking[0] === "report.need.type" ? "type" : "where"].scrollIntoView({ block: "start" });
    const key = client(), name = told.types.find((type) => type.code === draft.type).name;
    const item = { key, name, at: Date.now(), report: form.payload(draft, key), state: "waiting" };
    box = app.outbox.add(box, item);
    await keep(key);
    tried = false;
    draw();
    drawMine();
    window.scrollTo({ top: 0 });
    pump();
  }

  const keep = (key) => store.put(box.items.find((item) => item.key === key)).catch(() => { store.kept = false; });

  async function pump() {
    const item = app.outbox.next(box, Date.now());
    if (!item) return;
    box = app.outbox.sending(box, item.key);
    drawMine();
    const answer = await post(item.report);
    box = app.outbox.answered(box, item.key, answer, Date.now());
    if (answer && answer.ok) box = { ...box, items: box.items.map((one) => (one.key === item.key ? { ...one, report: { ...one.report, photos: undefined } } : one)) }; // the pictures are with the server
    await keep(item.key);
    drawMine();
    if (answer) pump();
  }

  async function post(report) {
    try {
      const answer = await fetch("/api/report", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(report), signal: AbortSignal.timeout(GIVE_UP_MS) });
      return form.answerOf(answer.status, await answer.json().catch(() => null));
    } catch { return null; }
  }

  // ── what has become of them ──
  const why = (body) => [chinese ? body.zh || body.error : body.error || body.zh, chinese ? body.zh_remedy || body.remedy : body.remedy].filter((one) => typeof one === "string").join(" ");

  function drawMine() {
    const items = [...box.items].sort((a, b) => b.at - a.at), list = document.getElementById("report-mine");
    list.replaceChildren(...items.slice(0, SHOWN).map(entry));
    list.parentElement.hidden = !items.length;
    drawTold();
  }

  function entry(item) {
    const when = new Date(item.at).toLocaleString(told.language, { timeZone: told.zone, month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    const stuck = item.state === "waiting" && item.later;
    const said = { waiting: stuck ? say("report.later", { status: item.later }) : say("report.kept"), sending: say("report.sending"), done: item.answer && ((chinese ? item.answer.said_zh : item.answer.said_en) || say("report.sent", { id: item.answer.incident })), refused: say("report.refused", { why: item.answer ? why(item.answer) : "" }) }[item.state];
    const more = el("p.report-progress", { role: "status" });
    const acts = item.state === "done" ? el("button.button", { type: "button", onclick: () => progress(item, more) }, say("report.mine.state")) : item.state === "refused" || (stuck && item.tries >= form.STUCK) ? el("button.button", { type: "button", onclick: () => again(item) }, say("report.refused.edit")) : null;
    return el("li.report-entry", { "data-state": item.state }, el("strong", {}, item.name), el("small", {}, when), el("p", {}, said), more, acts);
  }

  async function progress(item, more) {
    try {
      const answer = await fetch(`/api/report/${encodeURIComponent(item.answer.incident)}?token=${encodeURIComponent(item.key)}`, { signal: AbortSignal.timeout(10_000) });
      const body = await answer.json();
      more.textContent = answer.ok ? (chinese ? body.said_zh : body.said_en) : why(body);
    } catch { more.textContent = say("report.mine.unknown"); }
  }

  /* What was refused comes back into the form, and goes out under a new number. */
  async function again(item) {
    box = app.outbox.forget(box, item.key);
    await store.drop(item.key);
    draw();
    Object.assign(draft, item.report, { photos: item.report.photos || [], moved: true });
    choose(told.types.find((type) => type.code === item.report.type) || null);
    for (const field of place.querySelectorAll("[name]")) if (draft[field.name]) field.value = draft[field.name];
    drawPhotos();
    drawMine();
  }

  function drawTold() {
    const waiting = app.outbox.pending(box).length, list = document.getElementById("report-told"), said = [];
    if (!navigator.onLine) said.push(say("report.offline"));
    if (store && !store.kept) said.push(say("report.unkept"));
    if (waiting) said.push(say("report.away", { n: waiting }));
    list.replaceChildren(...said.map((one) => el("p.note", { "data-kind": "late" }, one)));
  }

  async function begin() {
    draw();
    store = await app.reportStore();
    box = app.outbox.create(await store.all());
    drawMine();
    setInterval(() => app.outbox.pending(box).length && pump(), LOOK_MS);
    window.addEventListener("online", () => { box = app.outbox.hurry(box); drawTold(); pump(); });
    window.addEventListener("offline", drawTold);
    pump();
  }
  begin();
})();
