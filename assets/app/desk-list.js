/* The list of the queue: only the rows that are in sight are in the page, however many there are. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const ROW_REM = 4.5; // height of a row, as in desk-queue.css

  app.deskList = function (box) {
    const { el } = app, { say, typeName, placeName, unitName, about } = app.cases, desk = app.desk;
    const above = el("div", { role: "presentation" }), below = el("div", { role: "presentation" }), drawn = new Map(); // id → its element
    let shown = { from: 0, to: 0 };
    box.replaceChildren(above, below);

    const each = () => ROW_REM * parseFloat(getComputedStyle(document.documentElement).fontSize);

    /* Two lines: what and how long; where, who has it and how it stands. */
    function made(row) {
      const left = el("span.row-left"), item = el("div.duty-row", { role: "option", id: `row-${row.id}` });
      item.append(app.lightMark("none"), el("span.row-type"), left, el("span.row-where"), el("span.row-state"), el("span.row-grade"));
      item.onclick = (event) => (event.ctrlKey || event.metaKey || event.target.closest(".row-check") ? desk.toggle(item.row.id) : desk.go(item.row.id));
      item.append(el("span.row-check", { "aria-hidden": "true" }));
      return item;
    }

    function fill(item, row) {
      if (item.row === row) return;
      item.row = row;
      const state = about().states[row.state] || row.state;
      item.querySelector(".row-type").textContent = typeName(row.type);
      item.querySelector(".row-where").textContent = [row.id, placeName(row.area)].join(" · ");
      const told = item.querySelector(".row-state");
      told.title = told.textContent = [state, row.unit ? unitName(row.unit) : ""].filter(Boolean).join(" · ");
      const grade = [app.gradeTag(row.grade)];
      if (row.supervised) grade.push(el("span.tag.supervised", { "data-card": String(row.supervised) }, say(`case.supervised.${row.supervised}`)));
      item.querySelector(".row-grade").replaceChildren(...grade);
      item.dataset.light = "";
    }

    function turn(item, at) {
      const row = item.row, light = app.live.clock.light(row, at), left = item.querySelector(".row-left");
      const said = app.live.clock.remaining(row, at, app.cases.timeWords());
      if (left.textContent !== said) left.textContent = said;
      if (item.dataset.light === light) return;
      item.dataset.light = light;
      item.querySelector(".light").dataset.light = light;
      item.querySelector(".row-left").title = say(`desk.light.${light}`);
    }

    function draw() {
      const rows = desk.found.rows, size = each();
      shown = app.queue.portion(box.scrollTop, box.clientHeight, size, rows.length);
      above.style.height = `${shown.above}px`;
      below.style.height = `${shown.below}px`;
      const wanted = rows.slice(shown.from, shown.to), keep = new Set(wanted.map((row) => row.id)), at = app.cases.serverNow();
      for (const [id, item] of drawn) if (!keep.has(id)) { item.remove(); drawn.delete(id); }
      let after = above;
      wanted.forEach((row, i) => {
        const item = drawn.get(row.id) || made(row);
        drawn.set(row.id, item);
        fill(item, row);
        turn(item, at);
        mark(item, row, shown.from + i);
        if (after.nextSibling !== item) after.after(item);
        after = item;
      });
      nothing(rows.length);
      box.setAttribute("aria-activedescendant", drawn.has(desk.current) ? `row-${desk.current}` : "");
      desk.drawChosen();
    }

    function mark(item, row, at) {
      item.setAttribute("aria-selected", String(desk.chosen.has(row.id)));
      item.setAttribute("aria-posinset", String(at + 1));
      item.setAttribute("aria-setsize", String(desk.found.rows.length));
      item.classList.toggle("is-current", row.id === desk.current);
      item.classList.toggle("is-changed", Boolean(desk.seen) && row.seq > desk.seen.seq);
    }

    let empty = null;
    function nothing(n) {
      if (empty) { empty.remove(); empty = null; }
      if (n) return;
      const known = app.live.now && app.live.now.state.epoch;
      empty = el("p.state", { role: "option", "aria-selected": "false" }, !known ? say("desk.queue.coming") : desk.found.all ? say("desk.queue.filtered") : say("desk.queue.none"));
      box.append(empty);
    }

    function reveal() {
      const at = desk.ids.indexOf(desk.current);
      if (at < 0) return;
      const to = app.queue.reveal(box.scrollTop, box.clientHeight, each(), at);
      if (to !== box.scrollTop) { box.scrollTop = to; draw(); }
    }

    let due = 0;
    box.addEventListener("scroll", () => { due = due || requestAnimationFrame(() => { due = 0; draw(); }); }, { passive: true });
    const sized = new ResizeObserver(() => draw());
    sized.observe(box);
    /** Names have come, or are others: every row is filled anew. */
    function anew() {
      for (const item of drawn.values()) item.remove();
      drawn.clear();
      draw();
    }

    return { draw, reveal, anew, top: () => { box.scrollTop = 0; draw(); }, tick: () => { const at = app.cases.serverNow(); for (const item of drawn.values()) turn(item, at); } };
  };
})();
