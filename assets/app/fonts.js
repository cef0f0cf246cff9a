/* The shipped Chinese font, for machines that have none: its style sheet is loaded after the first paint, and of its hundred slices the
   browser fetches only those whose characters no font of the system can show. */
(function () {
  "use strict";
  const SHEET = "/assets/fonts/noto-sans-sc.v5.3.1/noto-sans-sc.css";

  window.addEventListener("load", function () {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = SHEET;
    document.head.append(link);
  });
})();
