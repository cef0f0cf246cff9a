/* Steps on an incident: a button for each that may be taken, a form where it needs something, and what became of it in words. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const SIDE = new Set(["note", "attach", "contact", "retype", "regrade", "relocate", "merge", "urge", "supervise", "instruct"]); // beside the course: smaller, below
  const MOST_MB = 8;

  // ── what a step needs ──
  const FIELDS = {
    note: (el, say) => el("textarea.field", { name: "note", rows: 3, maxlength: 2000 }),
    unit: (el) => choice(el, "unit", app.cases.names().all("units").map(([code]) => [code, app.cases.unitName(code)])),
    type: (el) => choice(el, "type", app.cases.names().all("types").map(([code]) => [code, `${code} ${app.cases.typeName(code)}`])),
    grade: (el, say) => choice(el, "grade", [1, 2, 3, 4].map((n) => [n, say(`case.grade.${n}`)])),
    level: (el, say) => radios(el, "level", [1, 2, 3].map((n) => [n, say(`case.level.${n}`)])),
    satisfied: (el, say) => radios(el, "satisfied", [[1, say("case.yes")], [0, say("case.no")]]),
    solved: (el, say) => radios(el, "solved", [[1, say("case.yes")], [0, say("case.no")]]),
    value: (el) => el("input.field", { name: "value", type: "number", min: "0.5", step: "0.5", inputmode: "decimal" }),
    parent: (el) => el("input.field", { name: "parent", type: "text", autocomplete: "off" }),
    lon: (el) => el("input.field", { name: "lon", type: "number", step: "any", min: -180, max: 180 }),
    lat: (el) => el("input.field", { name: "lat", type: "number", step: "any", min: -90, max: 90 }),
    photos: (el, say, kind) => el("input.field", { name: "photos", type: "file", accept: "image/*", multiple: true, "data-kind": kind }),
    kind: (el, say) => choice(el, "kind", ["near", "far", "reference", "before", "after"].map((kind) => [kind, say(`case.photo.${kind}`)])),
  };
  const PHOTOS = { self_close: ["before", "after"], handled: ["after"], attach: [""] }; // what pictures a step takes; those of `attach` say it themselves
  const NUMBERS = new Set(["grade", "level", "satisfied", "solved", "value", "lon", "lat"]);

  function choice(el, name, options) {
    return el("select.field", { name }, el("option", { value: "", disabled: true, selected: true }, "—"), options.map(([code, said]) => el("option", { value: code }, said)));
  }

  function radios(el, name, options) {
    return el("span.radios", { role: "radiogroup" }, options.map(([value, said], i) => el("label.radio", {}, el("input", { type: "radio", name, value, checked: !i && name === "level" }), said)));
  }

  /** What a form asks, as `[need, kind of picture]`. A step without needs may still have a note. */
  function questions(rule) {
    const plain = rule.needs.filter((need) => need !== "photos").map((need) => [need, ""]);
    const pictures = (PHOTOS[rule.step] || (rule.needs.includes("photos") ? ["near"] : [])).map((kind) => ["photos", kind]);
    if (rule.step === "attach") plain.push(["kind", ""]);
    return plain.length + pictures.length ? [...plain, ...pictures] : [["note", ""]];
  }

  const labelOf = (need, about) => app.cases.say(`case.field.${need}`, { unit: about && about.clock_unit ? app.cases.say(`case.unit.${about.clock_unit}`) : "" });

  /** What a form holds, as the server takes it; `missing` names the first need that is empty. */
  function valuesOf(form, needs) {
    const data = new FormData(form), fields = {};
    for (const [name, value] of data) {
      if (name === "photos" || value === "") continue;
      fields[name] = NUMBERS.has(name) ? Number(value) : String(value).trim();
    }
    const inputs = [...form.querySelectorAll("input[type=file]")];
    const files = inputs.flatMap((input) => [...input.files].map((file) => ({ file, kind: input.dataset.kind || fields.kind || "near" })));
    const missing = needs.find((need) => (need === "photos" ? inputs.some((input) => !input.files.length) : fields[need] === undefined || fields[need] === ""));
    delete fields.kind;
    return { fields, files, missing };
  }

  /** A form for `rule`; `send(fields, files)` when it is complete, `leave()` when it is given up. A step without needs may still have a note. */
  function form(rule, about, send, leave) {
    const { el } = app, { say } = app.cases;
    const wrong = el("p.form-wrong", { role: "alert" });
    const rows = questions(rule).map(([need, kind]) => {
      const field = FIELDS[need] ? FIELDS[need](el, say, kind) : el("input.field", { name: need }), named = kind ? say(`case.photo.${kind}`) : labelOf(need, about);
      if (field.className === "radios") field.setAttribute("aria-label", named);
      return el(field.className === "radios" ? "div.form-row" : "label.form-row", {}, el("span", {}, named), field);
    });
    const act = [el("button.button.primary", { type: "submit" }, say("case.confirm", { step: rule.name })), el("button.button", { type: "button", onclick: leave }, say("case.cancel"))];
    const made = el("form.step-form", { novalidate: true, "aria-label": rule.name }, rows, wrong, el("div.form-acts", {}, act));
    made.onsubmit = (event) => {
      event.preventDefault();
      const { fields, files, missing } = valuesOf(made, rule.needs);
      if (missing) {
        wrong.textContent = say("case.needed", { field: labelOf(missing, about) });
        const field = made.querySelector(`[name=${missing}]`);
        return field && field.focus();
      }
      send(fields, files);
    };
    made.onkeydown = (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) made.requestSubmit();
      if (event.key === "Escape") { event.stopPropagation(); leave(); }
    };
    return made;
  }

  // ── buttons ──
  function button(rule, take) {
    const { el } = app;
    const key = rule.key ? el("kbd", { "aria-hidden": "true" }, rule.key) : null;
    return el("button.button.step", { type: "button", "data-step": rule.step, "aria-keyshortcuts": rule.key || null, onclick: () => take(rule) }, rule.name, key);
  }

  /** Buttons of the steps that may be taken: those of the course large, those beside it below. */
  function buttons(rules, take) {
    const { el } = app, { say } = app.cases;
    if (!rules.length) return el("p.state", {}, app.acting.now().duty ? say("case.next.none") : say("desk.acting.first"));
    const course = rules.filter((rule) => !SIDE.has(rule.step)).sort((a, b) => !a.key - !b.key), side = rules.filter((rule) => SIDE.has(rule.step));
    return el("div.steps", {}, el("div.steps-course", {}, course.map((rule) => button(rule, take))), side.length ? el("div.steps-side", { role: "group", "aria-label": say("case.more") }, side.map((rule) => button(rule, take))) : null);
  }

  // ── sending ──
  async function photosOf(files) {
    const ids = [];
    for (const { file, kind } of files) {
      if (file.size > MOST_MB * 2 ** 20) return { ok: false, body: { message: `${file.name}: > ${MOST_MB} MB`, zh: `${file.name}：超过 ${MOST_MB} MB` } };
      const answer = await app.cases.ask(`/api/photos?kind=${kind}`, { method: "POST", headers: { "Content-Type": file.type || "image/jpeg" }, body: file, signal: AbortSignal.timeout(60_000) });
      if (!answer || !answer.ok) return answer;
      ids.push(answer.body.photo);
    }
    return { ok: true, ids };
  }

  /** One step on one incident. The server's answer, or null when none came. */
  async function take(id, step, fields = {}, { seq = null, files = [] } = {}) {
    const body = { step, ...fields };
    if (seq !== null) body.if_seq = seq;
    if (files.length) {
      const kept = await photosOf(files);
      if (!kept || !kept.ok) return kept;
      body.photos = kept.ids;
    }
    return app.cases.post(`/api/incidents/${encodeURIComponent(id)}/steps`, body);
  }

  /** What became of it, in words: done, or refused and why. */
  function outcome(rule, id, answer) {
    const { say, why } = app.cases;
    if (answer.ok) return { text: say("case.done", { step: rule.name, id }), kind: "" };
    return { text: say("case.refused", { step: rule.name, why: why(answer.body) }), kind: "late" };
  }

  /** Whether a step is asked about before it is taken: for what it needs, or because it ends the case. */
  const asks = (rule) => rule.needs.length > 0 || ["false_alarm", "close"].includes(rule.step);

  app.steps = { asks, form, buttons, take, outcome, questions };
})();
