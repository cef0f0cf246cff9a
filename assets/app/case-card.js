/* The card of one incident, drawn from what the server says of it: head, clock, steps, facts, photos, people, duplicates, history. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const RADIUS = 22, AROUND = 2 * Math.PI * RADIUS;

  const clock = () => app.live.clock;

  /** Tag with the mark of a grade: colour, shape and name. */
  app.gradeTag = function (grade) {
    const { el } = app, { say } = app.cases;
    return el("span.grade-tag", { "data-level": String(Math.min(4, Math.max(1, grade))) }, el("span.mark", { "data-level": String(grade), "aria-hidden": "true" }), say(`case.grade.${grade}`));
  };

  /** The shape of a light: the same four everywhere, so that colour is never alone. */
  app.lightMark = (light) => app.el("span.light", { "data-light": light, "aria-hidden": "true" });

  function svg(tag, given) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(given)) made.setAttribute(name, value);
    return made;
  }

  /* A ring that fills as the limit is used; what it says stands beside it. */
  function ring() {
    const box = svg("svg", { viewBox: "0 0 56 56", class: "clock-ring", "aria-hidden": "true" });
    for (const name of ["clock-track", "clock-used"]) box.append(svg("circle", { class: name, cx: 28, cy: 28, r: RADIUS, "stroke-dasharray": AROUND, "stroke-dashoffset": 0 }));
    return box;
  }

  function clockOf(row) {
    const { el } = app, { say, when, about } = app.cases;
    const stage = row.stage ? about().stages[row.stage] : "";
    const limit = row.clock_limit ? say("case.limit", { n: +Number(row.clock_limit).toFixed(2), unit: say(`case.unit.${row.clock_unit}`) }) : "";
    const told = [row.due_at ? say("case.due", { when: when(row.due_at) }) : "", limit].filter(Boolean).join(" · ");
    const made = el("div.clock", {}, ring(), el("div.clock-said", {}, el("strong.clock-left"), el("span.clock-light"), el("small", {}, stage ? say("case.clock", { stage }) + " · " + told : told)));
    made.row = row;
    tick(made);
    return made;
  }

  /** Once a second: light, ring and time of a clock. */
  function tick(made, now = app.cases.serverNow()) {
    const row = made.row, light = clock().light(row, now), used = clock().share(row, now);
    const left = clock().remaining(row, now, app.cases.timeWords()), strong = made.querySelector(".clock-left");
    if (strong.textContent !== left) strong.textContent = left;
    if (made.dataset.light !== light) {
      made.dataset.light = light;
      made.querySelector(".clock-light").textContent = app.cases.say(`desk.light.${light}`);
    }
    made.querySelector(".clock-used").setAttribute("stroke-dashoffset", String(AROUND * (1 - used)));
  }

  function head(row) {
    const { el } = app, { typeName, about, say } = app.cases;
    const tags = [app.gradeTag(row.grade), el("span.tag.state-tag", {}, about().states[row.state] || row.state)];
    if (row.supervised) tags.push(el("span.tag.supervised", { "data-card": String(row.supervised) }, say(`case.supervised.${row.supervised}`)));
    if (row.asked) tags.push(el("span.tag.asked", {}, say("case.asked", { what: say(`case.asked.${row.asked}`) })));
    return el("header.case-head", {}, el("h2", {}, typeName(row.type)), el("span.case-id", {}, row.id), el("div.case-tags", {}, tags));
  }

  const call = (phone, name) => app.el("a.button.call", { href: `tel:${phone}`, "aria-label": app.cases.say("case.call", { who: name, phone }) }, app.icon("phone"), phone);
  const callable = (phone) => phone && !String(phone).includes("*");

  /** Who is to be called about it: `{name, phone}`, the responder before the unit; null where nobody has a number. */
  function incharge(card) {
    const { names, unitName } = app.cases, row = card.incident;
    if (card.responder && callable(card.responder.phone)) return { name: card.responder.name, phone: card.responder.phone };
    const unit = names().rowOf("units", row.unit);
    return unit && callable(unit.phone) ? { name: unitName(row.unit), phone: unit.phone } : null;
  }

  function facts(card) {
    const { el } = app, { say, placeName, sourceName, unitName, when } = app.cases, row = card.incident, who = incharge(card);
    const rows = [
      ["case.place", placeName(row.area)], ["case.address", row.address], ["case.description", row.description],
      ["case.source", [sourceName(row.source), row.camera && `${say("case.camera")} ${row.camera}`, row.confidence && say("case.confidence", { n: Math.round(row.confidence * 100) })].filter(Boolean).join(" · ")],
      ["case.reported", when(row.reported_at)],
      ["case.reporter", row.reporter || row.phone ? [row.reporter, callable(row.phone) ? call(row.phone, row.reporter || say("case.reporter")) : row.phone] : null],
      ["case.handler", row.unit ? [unitName(row.unit), who && !card.responder ? call(who.phone, who.name) : null] : null],
      ["case.sent", row.responder ? [card.responder ? card.responder.name : row.responder, who && card.responder ? call(who.phone, who.name) : null] : null],
      ["case.parent", row.parent ? el("button.link", { type: "button", "data-act": "case-open", "data-id": row.parent }, row.parent) : null],
    ];
    const shown = rows.filter(([, value]) => value && value !== "—");
    return el("dl.facts", {}, shown.map(([key, value]) => el("div", {}, el("dt", {}, say(key)), el("dd", {}, value))));
  }

  function history(card) {
    const { el } = app, { say, when, about, unitName, typeName, chinese } = app.cases;
    const duties = { ...about().others, ...about().duties };
    const name = { unit: unitName, type: typeName, responder: (one) => (card.responder && card.responder.id === one ? card.responder.name : one), grade: (n) => (n ? say(`case.grade.${n}`) : ""), level: (n) => say(`case.level.${n}`) };
    const items = [...card.history].reverse().map((event) => el("li.event", {},
      el("span.event-what", {}, chinese() ? event.zh : event.en), el("span.event-who", {}, app.caseRead.who(event, duties)), el("time.event-when", {}, when(event.at)),
      el("span.event-told", {}, app.caseRead.detail(event, name))));
    return items.length ? el("ol.history", {}, items) : el("p.state", {}, say("case.history.none"));
  }

  const section = (title, ...inside) => app.el("section.case-part", {}, app.el("h3", {}, title), inside);

  /** The message that is sent to whoever handles it. */
  function message(card) {
    const { say, about, typeName, placeName, when } = app.cases, row = card.incident;
    const end = row.description ? (app.cases.chinese() ? `${row.description.replace(/[。.]?$/, "")}。` : `${row.description.replace(/[.]?$/, "")}.`) : "";
    return say("case.message.text", { town: about().town, type: typeName(row.type), id: row.id, place: [placeName(row.area), row.address].filter(Boolean).join(" "), description: end, due: when(row.due_at) });
  }

  /** Copies the message; where nothing may write to the clipboard it is shown to be copied by hand. */
  app.copyMessage = async function (card) {
    const text = message(card), { say } = app.cases;
    try {
      await navigator.clipboard.writeText(text);
      app.toast(say("case.message.copied"));
    } catch {
      app.sheet(say("case.message"), app.el("textarea.field", { rows: 6, readonly: true, value: text, "aria-label": say("case.message") })).querySelector("textarea").select();
    }
  };

  /** The card; `take(rule)` is called for a chosen step, `more` are parts of the page's own between facts and history. */
  app.caseCard = function (card, { take, more = [] }) {
    const { el } = app, { say, chinese } = app.cases, row = card.incident;
    const rules = app.caseRead.steps(card, chinese());
    const acts = el("div.case-acts", {}, el("button.button", { type: "button", "data-act": "case-message" }, say("case.message")), row.lon === null ? null : el("button.button", { type: "button", "data-act": "case-show" }, app.icon("fit"), say("case.show")));
    return el("article.case", { "data-id": row.id, "aria-label": `${row.id}` },
      head(row), clockOf(row), el("div.case-step-place", {}, app.steps.buttons(rules, take)),
      section(say("case.facts"), facts(card), acts), section(say("case.photos"), app.casePhotos(card.photos)), more, section(say("case.history"), history(card)));
  };
  Object.assign(app.caseCard, { tick, message, incharge, section });
})();
