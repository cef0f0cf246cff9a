/* The light of an incident at an instant, how much of its limit is used, and the time that is left in words. Pure; runs in the page and in node.

   The server says when 80 % and 100 % of the limit will be used, by the town's working table; so the light is exact without a calendar here. */
(function (root) {
  "use strict";
  const YELLOW = 0.8;
  const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
  const LIGHTS = ["red", "yellow", "green", "paused", "none"]; // worst first

  /** red, yellow, green, paused, or none where no clock runs. `now` and all instants in ms. */
  function light(row, now) {
    if (row.paused) return "paused";
    if (row.due_at === null || row.due_at === undefined) return "none";
    if (now >= row.due_at) return "red";
    return row.yellow_at !== null && now >= row.yellow_at ? "yellow" : "green";
  }

  /** When the light will next change by itself; Infinity where it will not. */
  function turns(row, now) {
    const which = light(row, now);
    if (which === "yellow" || (which === "green" && row.yellow_at === null)) return row.due_at;
    return which === "green" ? row.yellow_at : Infinity;
  }

  /** Share of the limit that is used, 1 from the limit on: straight from the start of the clock to 80 %, and from there to 100 %. */
  function share(row, now) {
    if (row.due_at === null || row.due_at === undefined) return 0;
    const yellow = row.yellow_at === null ? row.due_at : row.yellow_at;
    if (now >= row.due_at) return 1;
    if (now >= yellow) return YELLOW + (1 - YELLOW) * part(yellow, row.due_at, now);
    return row.clock_from === null ? 0 : YELLOW * part(row.clock_from, yellow, now);
  }

  const part = (from, to, at) => (to > from ? Math.min(1, Math.max(0, (at - from) / (to - from))) : 1);

  /** A length of time in its two largest units: 2 天 3 小时. `words` has d, h, m and under, with {n} for the number. */
  function span(ms, words) {
    const minutes = Math.floor(Math.abs(ms) / MINUTE);
    if (!minutes) return words.under;
    const days = Math.floor(minutes / 1440), hours = Math.floor((minutes % 1440) / 60), rest = minutes % 60;
    const said = days ? [[days, "d"], [hours, "h"]] : [[hours, "h"], [rest, "m"]];
    return said.filter(([n]) => n).map(([n, unit]) => words[unit].replace("{n}", n)).join(words.between || " ");
  }

  /** What is left, or by how much it is late, as the clock on the wall counts. `words` has left, over, paused and none as well. */
  function remaining(row, now, words) {
    const which = light(row, now);
    if (which === "paused" || which === "none") return words[which];
    return (which === "red" ? words.over : words.left).replace("{t}", span(row.due_at - now, words));
  }

  /** Sort key, most urgent first: what is late longest, then what is due next, then what has no clock running. */
  function urgency(row) {
    return row.paused || row.due_at === null || row.due_at === undefined ? Infinity : row.due_at;
  }

  /** Most urgent first; of the same time the graver, then the newer. */
  function order(a, b) {
    const one = urgency(a), other = urgency(b);
    return (one === other ? 0 : one - other) || a.grade - b.grade || b.reported_at - a.reported_at;
  }

  const api = { LIGHTS, light, turns, share, span, remaining, order };
  root.onescreen = root.onescreen || {};
  root.onescreen.live = Object.assign(root.onescreen.live || {}, { clock: api });
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
