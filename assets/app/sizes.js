/* How large what scripts draw is: it grows with the type of the page, as everything else does. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const DESK_PX = 16; // type of a desk
  const LARGEST = 8; // times its usual size: further the map knows nothing of a dot beyond its tile (assets/map/plan.js)

  /** By how much type is larger than on a desk, or than `px`. */
  app.textScale = (px = DESK_PX) => parseFloat(getComputedStyle(document.documentElement).fontSize) / px;

  /** `{level: times}` of dots that are drawn larger than others, as large as the type is. */
  app.dots = (times, scale = app.textScale()) =>
    Object.fromEntries(Object.entries(times).map(([level, one]) => [level, Math.min(LARGEST, one * scale)]));
})();
