/* Where one is in what one reads: what is scrolled and what holds the focus when the panels of /town are filled anew. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const SCROLLED = { list: ".panel-list .panel-body", sheet: ".sheet-inner" }; // of two columns the list scrolls, of a phone the sheet
  const FRAMES = 20; // in which React has drawn what has come
  let question = null; // what the list answers: place, layer, filter
  let object = ""; // whose card is open
  let coming = null; // what was scrolled where, in the view that the back button leads to

  const find = (selector) => document.querySelector(selector);

  /** What to note in the history of a view that is left. */
  app.scrolled = function () {
    const tops = Object.entries(SCROLLED).map(([name, selector]) => [name, find(selector) ? find(selector).scrollTop : 0]);
    return Object.fromEntries(tops);
  };

  window.addEventListener("popstate", (event) => (coming = (event.state && event.state.scrolled) || {}));

  /** Calls `then` once `holds()`, or after some frames. */
  function soon(holds, then, left = FRAMES) {
    if (holds() || !left) then();
    else requestAnimationFrame(() => soon(holds, then, left - 1));
  }

  /** The panels show the answer to `asked`, and the address opens `card` ("" for none). */
  app.read = function (asked, card) {
    const first = question === null, other = asked !== question, opened = card !== object, before = object;
    question = asked;
    object = card;
    const back = coming;
    coming = null;
    if (first) return;
    if (other) soon(() => answers(asked), () => start(back, !card));
    if (opened && card) soon(() => shown(card), () => onto(find(".panel-card")));
    if (opened && !card && !other) soon(() => !find(".panel-card"), () => onto(rowOf(before)));
  };

  const shown = (card) => find(".panel-card") && find(".panel-card").dataset.object === card;
  const answers = (asked) => find(".list") && find(".list").dataset.question === asked;

  function start(back, focus) {
    for (const [name, selector] of Object.entries(SCROLLED)) if (find(selector)) find(selector).scrollTop = (back && back[name]) || 0;
    const lost = document.activeElement === document.body || document.activeElement.closest(".panel-list");
    if (focus && lost && !back && find(".list-row")) find(".list-row").focus({ preventScroll: true });
  }

  /* Into sight, and to whoever reads with keys or by ear. */
  function onto(element) {
    if (!element) return;
    element.focus({ preventScroll: true });
    const box = element.getBoundingClientRect(), sheet = find(SCROLLED.sheet).getBoundingClientRect();
    if (box.top < sheet.top || box.top > sheet.bottom - 88) element.scrollIntoView({ block: "start" });
  }

  const rowOf = (name) => [...document.querySelectorAll(".list-row")].find((row) => new URLSearchParams(row.search).get("object") === name);

  document.addEventListener("keydown", function (event) {
    const card = event.key === "Escape" && event.target.closest && event.target.closest(".panel-card");
    if (card) card.querySelector(".card-actions a").click();
  });
})();
