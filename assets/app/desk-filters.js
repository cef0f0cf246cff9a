/* Filters of the queue with what each would leave, and what may be done with all that is selected. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const LIGHTS = ["red", "yellow", "green", "paused", "none"];
  app.desk = app.desk || {};
  const CHOICES = ["state", "grade", "type", "area", "unit", "source"];

  app.deskFilters = function (box) {
    const { el } = app, { say, about, typeName, unitName, sourceName, areaOf } = app.cases, desk = app.desk;
    const text = el("input.search-field", { id: "duty-text", type: "search", placeholder: say("desk.filter.text"), "aria-label": say("desk.filter.text.label"), "aria-keyshortcuts": "/", value: desk.filter.text, autocomplete: "off" });
    const lights = LIGHTS.map((light) => el("button.chip", { type: "button", "data-light": light, onclick: () => desk.setFilter({ light: desk.filter.light === light ? "" : light }) }, app.lightMark(light), el("span", {}, say(`desk.light.${light}`)), el("b")));
    const flags = ["mine", "changed"].map((name) => el("button.chip", { type: "button", "data-flag": name, onclick: () => desk.setFilter({ [name]: !desk.filter[name] }) }, el("span", {}, say(`desk.filter.${name}`)), el("b")));
    const choices = CHOICES.map((facet) => el("label.choice", {}, el("span.visually-hidden", {}, say(`desk.filter.${facet}`)), el("select.field", { "data-facet": facet, onchange: (event) => desk.setFilter({ [facet]: event.target.value === "*" ? "" : event.target.value }) })));
    const clear = el("button.button.bare", { type: "button", onclick: () => { text.value = ""; desk.setFilter({ ...app.queue.NONE }); } }, say("desk.filter.clear"));
    box.replaceChildren(el("div.search", {}, app.icon("search"), text), el("div.chips", {}, lights, flags), el("div.choices", {}, choices), clear);

    app.listen(text, (value) => desk.setFilter({ text: value }));
    text.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" && event.key !== "Enter" && event.key !== "ArrowDown") return;
      event.preventDefault();
      event.stopPropagation();
      document.getElementById("queue").focus();
    });

    const NAME = {
      state: (code) => about().states[code] || code, grade: (code) => say(`case.grade.${code}`), type: typeName,
      unit: (code) => (code ? unitName(code) : say("desk.none.unit")), source: (code) => (code ? sourceName(code) : say("desk.none.source")),
      area: (code) => (areaOf(code) ? areaOf(code)[0] : code || say("desk.none.area")),
    };

    /* "" is a value of its own (no unit yet), so "any" is a star. */
    function options(select, facet, counts) {
      const chosen = desk.filter[facet], entries = Object.entries(counts || {}).filter(([, n]) => n);
      if (chosen && !counts[chosen]) entries.push([chosen, 0]);
      const states = Object.keys(about().states);
      entries.sort((a, b) => (facet === "state" ? states.indexOf(a[0]) - states.indexOf(b[0]) : facet === "grade" ? a[0] - b[0] : b[1] - a[1]));
      const wanted = JSON.stringify([chosen, entries]);
      if (select.dataset.shown === wanted || (document.activeElement === select && select.matches(":open"))) return;
      select.dataset.shown = wanted;
      const any = el("option", { value: "*", selected: chosen === "" }, say(`desk.filter.${facet}`));
      select.replaceChildren(any, ...entries.filter(([code]) => code).map(([code, n]) => el("option", { value: code, selected: code === chosen }, `${NAME[facet](code)} ${n}`)));
      select.classList.toggle("is-set", chosen !== "");
    }

    function draw() {
      const { counts, rows, all, mine, changed } = desk.found;
      for (const chip of lights) press(chip, desk.filter.light === chip.dataset.light, (counts.light || {})[chip.dataset.light] || 0);
      press(flags[0], desk.filter.mine, mine);
      press(flags[1], desk.filter.changed, changed);
      for (const select of box.querySelectorAll("select")) options(select, select.dataset.facet, counts[select.dataset.facet] || {});
      clear.hidden = !app.queue.written(desk.filter);
      document.getElementById("duty-count").textContent = rows.length === all ? say("desk.queue.n", { n: all }) : say("desk.queue.of", { n: rows.length, all });
    }

    function press(chip, pressed, n) {
      chip.setAttribute("aria-pressed", String(pressed));
      chip.querySelector("b").textContent = String(n);
      chip.toggleAttribute("data-none", !n);
    }

    function nextLight() {
      const at = LIGHTS.indexOf(desk.filter.light);
      desk.setFilter({ light: at === LIGHTS.length - 1 ? "" : LIGHTS[at + 1] });
    }

    return { draw, nextLight };
  };

  // ── what is selected ──
  app.desk.drawChosen = function () {
    const desk = app.desk, box = document.getElementById("duty-chosen"), { el } = app, { say, about } = app.cases;
    const ids = [...desk.chosen], key = ids.join() + app.acting.now().duty + ids.map((id) => (desk.rows().get(id) || {}).state).join();
    if (box.dataset.shown === key) return;
    box.dataset.shown = key;
    box.hidden = !ids.length;
    if (!ids.length) return box.replaceChildren();
    const rules = desk.legal().filter((rule) => !rule.needs.includes("photos"));
    const buttons = rules.map((rule) => el("button.button", { type: "button", "data-step": rule.step, "aria-keyshortcuts": rule.key || null, onclick: () => desk.step(rule.step) }, rule.name, rule.key ? el("kbd", { "aria-hidden": "true" }, rule.key) : null));
    const none = el("span.state", {}, app.acting.now().duty ? say("desk.chosen.none") : say("desk.acting.first"));
    const clear = el("button.button.bare", { type: "button", onclick: () => { desk.chosen.clear(); desk.list.draw(); } }, say("desk.chosen.clear"));
    box.replaceChildren(el("strong", { role: "status" }, say("desk.chosen", { n: ids.length })), el("div.chosen-steps", {}, buttons.length ? buttons : none), clear);
  };

  /** The rules that may be taken now: on all that is selected, else on the card that is open. */
  app.desk.legal = function () {
    const desk = app.desk, { about, chinese } = app.cases;
    if (desk.chosen.size) return app.caseRead.common([...desk.chosen].map((id) => desk.rows().get(id)).filter(Boolean), about().rules, app.acting.now().duty);
    return desk.opened ? app.caseRead.steps(desk.opened, chinese()) : [];
  };
})();
