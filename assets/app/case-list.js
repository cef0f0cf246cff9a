/* One incident as a line of a list; what a press of it does is said by whoever makes it. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});

  app.caseLine = function (row, given) {
    const { el } = app, { say, typeName, placeName, about, serverNow, timeWords } = app.cases, ended = about().ended.includes(row.state);
    const at = serverNow(), light = ended ? "none" : app.live.clock.light(row, at), left = ended ? app.cases.when(row.closed_at) : app.live.clock.remaining(row, at, timeWords());
    const inside = [app.lightMark(light), el("span.row-type", {}, typeName(row.type)), el("span.row-left", {}, left), el("span.row-where", {}, [row.id, placeName(row.area)].join(" · ")),
      el("span.row-state", {}, [about().states[row.state], row.photos ? `${say("case.photos")} ${row.photos}` : ""].filter(Boolean).join(" · ")),
      el("span.row-grade", {}, app.gradeTag(row.grade), row.supervised ? el("span.tag.supervised", { "data-card": String(row.supervised) }, say(`case.supervised.${row.supervised}`)) : null)];
    return el("li", {}, el("button.case-row", { type: "button", "data-light": light, "data-id": row.id, ...given }, inside));
  };
})();
