/* What a card says, read out of what the server sends (incidents/core/query.py): pure, so that it is one place and tested. */
(function (root) {
  "use strict";

  /** Who did a step: name and duty as far as they are known. `duties` are their names. */
  const who = (event, duties = {}) => [event.by, duties[event.duty] || event.duty].filter(Boolean).join(" · ");

  /** The first step that others took after `seq`, out of a history; null where there is none. */
  function ahead(history, seq) {
    return history.find((event) => event.seq > seq) || null;
  }

  /** Steps of a card as rules, named in one language. */
  const steps = (card, chinese) => card.steps.map((rule) => ({ ...rule, name: chinese ? rule.zh : rule.en }));

  /** The rules that all of `rows` allow to `duty`: what a batch may do. Steps that concern one incident alone are left out. */
  const ALONE = new Set(["relocate", "attach", "self_close", "unmerge", "revisit", "contact"]);
  function common(rows, rules, duty) {
    if (!rows.length) return [];
    return rules.filter((rule) => !ALONE.has(rule.step) && rule.duties.includes(duty) && rows.every((row) => rule.source.includes(row.state) && (rule.step !== "confirm" || row.source === "camera")));
  }

  /** Whether somebody with this duty may move the incident on, in its course: "mine to do". */
  const COURSE = new Set(["verify", "exist", "not_exist", "unable", "accept", "confirm", "file", "dispatch", "start", "resume", "handled", "check", "pass", "check_unable", "close", "uphold", "reopen"]);
  function mine(row, rules, duty) {
    return rules.some((rule) => COURSE.has(rule.step) && rule.duties.includes(duty) && rule.source.includes(row.state));
  }

  /** A line of the history beside its name: what was changed, given or said. `name` gives the names of units, types and grades. */
  function detail(event, name) {
    const told = [];
    if (event.unit && event.step !== "extend") told.push(name.unit(event.unit));
    if (event.responder) told.push(name.responder(event.responder));
    if (event.type) told.push(event.before ? `${name.type(event.before)} → ${name.type(event.type)}` : name.type(event.type));
    if (event.grade && event.step === "regrade") told.push(`${name.grade(event.before)} → ${name.grade(event.grade)}`);
    if (event.level) told.push(name.level(event.level));
    if (event.value) told.push(`+${event.value}`);
    if (event.parent) told.push(event.parent);
    if (event.note) told.push(event.note);
    return told.filter(Boolean).join(" · ");
  }

  const api = { who, ahead, steps, common, mine, detail };
  const app = (root.onescreen = root.onescreen || {});
  app.caseRead = api;
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
