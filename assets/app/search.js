/* The search field of screen/search_field.py: what is typed is told once the hand rests; Escape empties it, arrow keys go to the answers. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const REST_MS = 250;
  const CLEAR = "onescreen:clear";

  /* The characters are the browser's own: none that come back from the page are put among those that one types meanwhile. */
  function SearchField({ id, placeholder, setProps }) {
    const { createElement, useEffect, useRef } = window.React;
    const field = useRef(null);
    const told = useRef(setProps);
    told.current = setProps;
    useEffect(() => listen(field.current, (value) => told.current({ value })), []);
    const plain = { autoComplete: "off", spellCheck: false, enterKeyHint: "search" };
    return createElement("input", { id, ref: field, type: "search", className: "search-field", placeholder, ...plain });
  }

  /** `tell(value)` a moment after the last character; letters of an input method are told once they are characters. */
  function listen(field, tell) {
    let timer = 0;
    const now = () => {
      clearTimeout(timer);
      tell(field.value);
    };
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(now, REST_MS);
    };
    field.addEventListener("input", (event) => event.isComposing || soon());
    field.addEventListener("compositionend", soon);
    field.addEventListener(CLEAR, () => {
      field.value = "";
      now();
    });
    return () => clearTimeout(timer);
  }

  const clear = (search) => search.querySelector(".search-field").dispatchEvent(new CustomEvent(CLEAR));

  /** Arrow keys walk through the fields and links of the nearest `area`. */
  app.walk = function (event, area) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const within = event.target.closest(area);
    if (!within) return;
    const stops = [...within.querySelectorAll("input, a")];
    const next = stops[stops.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  };

  document.addEventListener("keydown", function (event) {
    const search = event.target.closest(".search");
    if (search && event.key === "Escape") clear(search);
    else app.walk(event, ".search");
  });
  document.addEventListener("click", function (event) {
    const hit = event.target.closest && event.target.closest(".hit");
    if (hit) clear(hit.closest(".search"));
  });

  app.listen = listen;
  window.onescreen_fields = { SearchField };
})();
