/* Figures of incidents: every value is a button to the list that it counts, every name a button to its formula and denominator; and the
   scorecard, which puts beside each rate what a rate can be made with. */
(function (root) {
  "use strict";
  const PERIODS = ["today", "week", "month", "quarter", "year"];

  /** A figure as it is said: a dash where there is nothing to divide by. `hours` is the text of an hour with {n}. */
  function said(one, hours) {
    if (one.value === null || one.value === undefined) return "—";
    if (one.kind === "rate") return `${(100 * one.value).toFixed(1)}%`;
    if (one.kind === "mean" || one.kind === "median") return hours.replace("{n}", one.value.toFixed(1));
    return one.kind === "per_10000" ? one.value.toFixed(1) : String(Math.round(one.value));
  }

  const app = (root.onescreen = root.onescreen || {});
  app.figureSaid = said;
  if (typeof module !== "undefined") module.exports = { said };
  if (typeof document === "undefined") return;

  let area = "", period = "month", part = "kpi", dialog = null, asked = 0;
  const hours = () => app.cases.say("desk.h");

  /** Open the figures of an area ("" for the town). */
  app.showFigures = function (code) {
    area = code;
    dialog = app.sheet(app.cases.say("case.figures"), app.el("div.figures-body"), { wide: true });
    draw();
  };

  const body = () => dialog.querySelector(".figures-body");
  const query = () => new URLSearchParams({ period, ...(area ? { area } : {}) }).toString();

  function bar() {
    const { el } = app, { say } = app.cases;
    const choose = el("select.field", { "aria-label": say("case.figures.period"), onchange: (event) => { period = event.target.value; draw(); } }, PERIODS.map((name) => el("option", { value: name, selected: name === period }, say(`case.period.${name}`))));
    const tabs = ["kpi", "unit", "area"].map((name) => el("button.chip", { type: "button", "aria-pressed": String(name === part), onclick: () => { part = name; draw(); } }, say(`case.figures.${name}`)));
    const page = el("a.button", { href: `/desk/figures?${new URLSearchParams({ period, by: part === "area" ? "area" : "unit" })}` }, say("case.figures.page"));
    return el("div.figures-bar", {}, choose, el("div.chips", { role: "group" }, tabs), page);
  }

  async function draw() {
    const { el } = app, { say, why } = app.cases, mine = ++asked, place = body();
    place.replaceChildren(bar(), el("p.state", { role: "status" }, "…"));
    await app.cases.load();
    const answer = await app.cases.ask(part === "kpi" ? `/api/network/kpi?${query()}` : `/api/network/scorecard?${query()}&by=${part}`);
    if (mine !== asked || !place.isConnected) return;
    if (!answer || !answer.ok) return place.replaceChildren(bar(), el("p.state", { role: "alert" }, answer ? why(answer.body) : say("case.panel.lost")));
    const { period: told } = answer.body, span = el("p.state", {}, told.first === told.last ? told.first : `${told.first} – ${told.last}`);
    place.replaceChildren(bar(), span, part === "kpi" ? el("ul.figures", {}, answer.body.figures.map(figure)) : scorecard(answer.body.rows));
  }

  function figure(one) {
    const { el } = app, { say, pick } = app.cases, more = el("div.figure-more", { hidden: true });
    more.append(el("p", {}, `${say("case.kpi.formula")}: ${pick(one.formula)}`));
    if (one.of) more.append(el("p", {}, listed(say("case.kpi.numerator", { n: one.numerator }), one, one.list), listed(say("case.kpi.denominator", { n: one.denominator }), one, one.of)));
    const name = el("button.figure-name", { type: "button", "aria-expanded": "false", onclick: () => { more.hidden = !more.hidden; name.setAttribute("aria-expanded", String(!more.hidden)); } }, pick(one));
    return el("li", { "data-kpi": one.name }, name, listed(said(one, hours()), one, one.list), more);
  }

  const listed = (text, one, url) => app.el("button.figure-value", { type: "button", "data-list": url, "aria-label": `${app.cases.pick(one)} ${text}`, onclick: () => list(url, app.cases.pick(one)) }, text);

  function scorecard(rows) {
    const { el } = app, { say, pick, unitName, placeName } = app.cases;
    if (!rows.length) return el("p.state", {}, say("case.score.none"));
    const watched = Object.values(rows[0].watched);
    const head = el("tr", {}, [say(`case.figures.${part}`), say("case.score"), pick(rows[0].rate), say("case.score.bunch"), ...watched.map(pick)].map((text) => el("th", { scope: "col" }, text)));
    const lines = rows.map((row) => el("tr", { "data-weighs": String(row.weighs) }, el("th", { scope: "row" }, part === "unit" ? unitName(row.key) : placeName(row.key)),
      el("td", {}, score(row)), el("td", {}, listed(said(row.rate, hours()), row.rate, row.rate.list)), el("td", {}, bunch(row)), Object.values(row.watched).map((one) => el("td", {}, listed(said(one, hours()), one, one.list)))));
    return el("div.figures-table", { tabindex: "0", role: "region", "aria-label": say(`case.figures.${part}`) }, el("table", {}, el("thead", {}, head), el("tbody", {}, lines)), el("p.state", {}, say("case.score.about")));
  }

  function score({ score: one, weighs }) {
    if (!one) return "—";
    const parts = app.cases.say("case.score.parts", { volume: one.volume.toFixed(1), close: one.close.toFixed(1), on_time: one.on_time.toFixed(1), rework: one.rework.toFixed(1) });
    return app.el("span", { title: parts }, `${one.total.toFixed(1)} ${weighs ? one.grade : ""}`, app.el("small.score-parts", {}, parts));
  }

  function bunch({ bunch: one }) {
    const text = app.cases.say("case.score.bunched", { n: one.found, usual: one.expected.toFixed(1) });
    return one.suspicious ? app.el("strong.bunch-odd", {}, text) : text;
  }

  // ── the list behind a figure ──
  async function list(url, name, page = 1) {
    const { el } = app, { say, why } = app.cases, place = body(), mine = ++asked;
    const answer = await app.cases.ask(`${url}&page=${page}`);
    if (mine !== asked || !place.isConnected) return;
    const back = el("button.button", { type: "button", onclick: draw }, app.icon("back"), say("case.figures"));
    if (!answer || !answer.ok) return place.replaceChildren(back, el("p.state", { role: "alert" }, answer ? why(answer.body) : say("case.panel.lost")));
    const { rows, total, pages } = answer.body, items = rows.map((row) => app.caseLine(row, { onclick: () => { dialog.close(); app.live.open(row.id); } }));
    const turn = (to, icon, label) => el("button.button", { type: "button", disabled: to < 1 || to > pages, "aria-label": label, onclick: () => list(url, name, to) }, app.icon(icon));
    const paging = pages > 1 ? el("div.form-acts", {}, turn(page - 1, "back", say("case.list.back")), el("span.state", {}, `${page} / ${pages}`), turn(page + 1, "next", say("case.list.next"))) : null;
    place.replaceChildren(...[back, el("h3", { role: "status" }, say("case.list.title", { name, n: total })), items.length ? el("ul.case-list", {}, items) : el("p.state", {}, say("case.panel.none")), paging].filter(Boolean));
  }

  app.acts = app.acts || {};
  app.acts["case-figures"] = () => app.showFigures(new URLSearchParams(location.search).get("area") || "");
})(typeof self !== "undefined" ? self : globalThis);
