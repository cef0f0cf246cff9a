/* What all scripts of incidents share: their words and the life cycle (screen/cases.py), names, instants, and the way to the server. */
(function (root) {
  "use strict";
  const GIVE_UP_MS = 8000; // an action without an answer for so long is one that waits

  const app = (root.onescreen = root.onescreen || {});
  let from = null; // the element that was read
  let told = null;

  function about() {
    const element = document.getElementById("cases");
    if (element && element !== from) {
      from = element;
      told = JSON.parse(element.dataset.told);
    }
    return told;
  }

  /** A text by its key, its holes filled. */
  const say = (key, holes = {}) => app.fill(about().words[key] === undefined ? key : about().words[key], holes);

  const ruleOf = (step) => about().rules.find((rule) => rule.step === step) || { step, name: step, duties: [], source: [], needs: [], key: "" };
  const chinese = () => about().language === "zh-CN";
  const pick = (thing) => (thing ? (chinese() ? thing.zh || thing.en : thing.en || thing.zh) || "" : "");

  /** An instant as the town's clocks show it: today only the time. */
  function when(ms, now = serverNow()) {
    if (ms === null || ms === undefined) return "—";
    const parts = (at) => Object.fromEntries(format().formatToParts(at).map(({ type, value }) => [type, value]));
    const at = parts(ms), today = parts(now), time = `${at.hour}:${at.minute}`;
    if (at.year === today.year && at.month === today.month && at.day === today.day) return time;
    return `${at.year === today.year ? "" : at.year + "-"}${at.month}-${at.day} ${time}`;
  }

  let shape = null;
  function format() {
    const options = { timeZone: about().zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    return (shape = shape || new Intl.DateTimeFormat("en-GB", options));
  }

  /** The server's clock, once the live connection knows it. */
  const serverNow = () => (app.live && app.live.now ? app.live.now.serverNow() : Date.now());

  const timeWords = () => ({
    d: say("desk.d"), h: say("desk.h"), m: say("desk.m"), under: say("desk.under"), left: say("desk.left"), over: say("desk.over"),
    paused: say("desk.paused"), none: say("desk.unclocked"), between: chinese() ? "" : " ",
  });

  // ── the server ──
  /** `{ok, status, body}`, or null when no answer came. */
  async function ask(url, options = {}) {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(GIVE_UP_MS), ...options });
      const body = (answer.headers.get("content-type") || "").includes("json") ? await answer.json() : {};
      return answer.status >= 502 ? null : { ok: answer.ok, status: answer.status, body };
    } catch {
      return null;
    }
  }

  const post = (url, body) => ask(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

  /** Why something was refused, in the visitor's language, with what to do about it. */
  function why(body) {
    const error = body && typeof body.error === "object" && body.error ? body.error : body || {};
    const said = chinese() ? [error.zh || error.message || error.error, error.zh_remedy || error.remedy_zh || error.remedy] : [error.message || error.error || error.en || error.zh, error.remedy];
    return said.filter((one) => typeof one === "string" && one).join(chinese() ? "" : " ");
  }

  // ── names: of types, units and sources (the town's tables), and of areas: assets/live/names.js ──
  const names = () => app.live.names;
  const load = () => names().ready();
  const typeName = (code) => names().name("types", code);
  const unitName = (code) => names().name("units", code);
  const sourceName = (code) => names().name("sources", code);
  /** The way to an area, without steps whose name the next one says again: 苇圩村第2微网格 · 6组. */
  const placeName = (code) => names().place(code).split(" · ").filter((name, i, all) => !(all[i + 1] || "").startsWith(name)).join(" · ");
  const areaOf = (code) => names().areaOf(code);

  /** The area one level below the town that an area lies in. */
  function village(code) {
    let at = code;
    for (let steps = 0; areaOf(at) && areaOf(at)[1] && areaOf(at)[1] !== about().root && steps < 8; steps++) at = areaOf(at)[1];
    return at || "";
  }

  app.cases = { about, say, ruleOf, pick, chinese, when, serverNow, timeWords, ask, post, why, load, names, typeName, unitName, sourceName, placeName, areaOf, village };
})(typeof self !== "undefined" ? self : globalThis);
