/* What components of screen/components.py do by themselves: lists that roll, drawers that open and close. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  app.acts = app.acts || {};

  /* ---- roll lists ---- */
  const POINTED_MS = 10000; // a pointer that has not moved for so long points at nothing: it has been left lying on a wall
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  const lists = document.getElementsByClassName("roll"); // live
  const next = new WeakMap(); // list → when it moves on
  let moved = -Infinity;

  function rests(list, now = performance.now()) {
    const pointed = now - moved < POINTED_MS && list.matches(":hover");
    const panel = list.closest(".panel");
    return Boolean(still.matches || document.hidden || pointed || list.matches(":focus-within") || (panel && panel.dataset.paused === "true"));
  }

  /* The top of the row after the first one that shows, or 0 when the end has been seen. */
  function onward(list) {
    if (list.scrollTop + list.clientHeight >= list.scrollHeight - 2) return 0;
    const edge = list.getBoundingClientRect().top;
    const row = [...list.querySelectorAll(".roll-row")].find((one) => one.getBoundingClientRect().top > edge + 2);
    return row ? list.scrollTop + row.getBoundingClientRect().top - edge : 0;
  }

  function roll() {
    const now = performance.now();
    for (const list of lists) {
      if (list.scrollHeight <= list.clientHeight + 2 || rests(list, now) || !next.has(list)) next.set(list, now + 1000 * list.dataset.roll);
      else if (now >= next.get(list)) {
        next.set(list, now + 1000 * list.dataset.roll);
        list.scrollTo({ top: onward(list), behavior: "smooth" });
      }
    }
  }

  app.roll = { every: setInterval(() => lists.length && roll(), 500), onward, rests };
  document.addEventListener("pointermove", () => (moved = performance.now()), { passive: true });

  app.acts.roll = function (button) {
    const panel = button.closest(".panel");
    const paused = panel.dataset.paused !== "true";
    panel.dataset.paused = String(paused);
    button.setAttribute("aria-pressed", String(paused));
  };

  /* ---- drawers ---- */
  let before = null; // what had the focus when a drawer opened

  function turn(drawer, open) {
    drawer.dataset.open = String(open);
    if (open) {
      before = document.activeElement;
      drawer.focus();
    } else if (before) {
      before.focus();
      before = null;
    }
  }

  app.acts.drawer = function (button) {
    const drawer = document.getElementById(button.dataset.target);
    if (drawer) turn(drawer, drawer.dataset.open !== "true");
  };
  document.addEventListener("keydown", function (event) {
    const drawer = event.key === "Escape" && document.querySelector(".drawer[data-open=true]");
    if (!drawer) return;
    const way = drawer.querySelector(".panel-head a[data-in]");
    if (way) way.click(); // the address says that it is open
    else turn(drawer, false);
  });

  /* A message on demand: `data-act="say"` with its words in `data-said`. */
  app.acts.say = (button) => app.toast(button.dataset.said, button.dataset.kind);
})();
