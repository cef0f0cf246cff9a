// What a wall must not do, by geometry. Each check returns what it found wrong; loaded into the page by test_wall_layout.py.
window.wallChecks = (function () {
  "use strict";
  const UNSEEN = `.visually-hidden, .leaflet-container, .plot-switch, .map-note, [hidden],
    .plot:not([data-view=table]) .plot-table, .plot[data-view=table] .plot-box`;
  const FRAMES = ".plot-table, .panel-body, .panel-source, .panel-head, .wall-headline, .wall-bar, .wall-map";
  const GROUPS = `.wall-bar, .wall-headline, .panel-head, .panel-source, .wall-rank, .rank, .wall-red-line, .wall-register, .wall-side,
    .keys, .wall-stop-name, .wall-age, .wall-legend li, .wall-n-keys, .wall-n-bar, .wall-n-ahead, .wall-n-day, .live-feed`;

  const shown = (e) => e.getClientRects().length > 0 && !e.closest(UNSEEN);
  const told = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  const texts = (within) => [...within.querySelectorAll("*")].filter((e) => told(e) && shown(e));
  const meet = (a, b, by) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > by && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > by;
  const name = (e) => `${(e.closest("[data-panel]") || document.body).dataset.panel} ${e.textContent.slice(0, 30)}`;

  /** Text wider than its own box, or beyond the frame that would clip it. Rows of a rolling list are whole by its height. */
  function cut() {
    return texts(document.querySelector(".wall")).filter((e) => {
      if (e.closest(".roll")) return e.scrollWidth > e.clientWidth + 2 && getComputedStyle(e).display !== "inline";
      if (e.scrollWidth > e.clientWidth + 2 && /hidden|clip/.test(getComputedStyle(e).overflowX)) return true;
      const frame = (e.closest(e.closest(".plot-head") ? ".panel" : FRAMES) || document.body).getBoundingClientRect();
      const box = e.getBoundingClientRect();
      return box.right > frame.right + 2 || box.left < frame.left - 2 || box.bottom > frame.bottom + 3 || box.top < frame.top - 3;
    }).map(name);
  }

  /** A rolling list shows whole rows only. */
  function halfRows() {
    return [...document.querySelectorAll(".wall .roll")].filter((list) => {
      const row = list.querySelector(".roll-row");
      const rows = row && list.getBoundingClientRect().height / row.getBoundingClientRect().height;
      return shown(list) && row && Math.abs(rows - Math.round(rows)) > 0.02;
    }).map(name);
  }

  /** Panels or the map that lie on each other. */
  function places() {
    const all = [...document.querySelectorAll("[data-panel]")].filter((e) => !e.hidden).map((e) => [e.dataset.panel, e.getBoundingClientRect()]);
    return all.flatMap(([one, a], i) => all.slice(i + 1).filter(([, b]) => meet(a, b, 1)).map(([other]) => `${one} × ${other}`));
  }

  /** Texts of one group that lie on each other. A range is as high as the font's tallest glyphs, so a fifth is taken off above and below. */
  function collide() {
    const found = [];
    for (const group of document.querySelectorAll(GROUPS)) {
      if (!shown(group)) continue;
      const boxes = texts(group).map((e) => {
        const range = document.createRange();
        range.selectNodeContents(e);
        const { left, right, top, bottom, height } = range.getBoundingClientRect();
        return [e, { left, right, top: top + height / 5, bottom: bottom - height / 5 }];
      });
      for (const [i, [one, a]] of boxes.entries()) {
        for (const [other, b] of boxes.slice(i + 1)) {
          if (!one.contains(other) && !other.contains(one) && meet(a, b, 2)) found.push(`${name(one)} × ${other.textContent.slice(0, 20)}`);
        }
      }
    }
    return found;
  }

  const ticks = (box, axis) => [...box.querySelectorAll(`.${axis}tick text`)].filter((e) => e.textContent);
  const turned = (e) => /rotate\((?!0[,)])/.test(e.getAttribute("transform") || "");

  /** Plots that leave a row without its name, turn the words of an axis, or lay one on the next. */
  function labels() {
    return [...document.querySelectorAll(".wall .plot-box.js-plotly-plot")].filter(shown).flatMap((box) => {
      const rows = new Set(box.data.flatMap((trace) => (trace.orientation === "h" ? trace.y : []))).size;
      const named = ticks(box, "y").length;
      const missing = rows > named && box.layout.yaxis.visible !== false ? [`${name(box)}: ${named} of ${rows} rows have a name`] : [];
      const wrong = ["x", "y"].flatMap((axis) => {
        const all = ticks(box, axis);
        const on = all.filter((e, i) => i && meet(all[i - 1].getBoundingClientRect(), e.getBoundingClientRect(), axis === "y" ? size(e) / 3 : 1));
        return [...all.filter(turned).map((e) => `turned: ${name(e)}`), ...on.map((e) => `on the one before: ${name(e)}`)];
      });
      return [...missing, ...wrong];
    });
  }

  const THICKEST = 1 / 13; // of the height of a wall
  /** Bars as thick as slabs. */
  function slabs() {
    const bars = [...document.querySelectorAll(".wall .plot-box .bars .point path")].filter((e) => shown(e.closest(".plot-box")));
    return bars.filter((e) => e.getBoundingClientRect().height > innerHeight * THICKEST).map((e) => `${name(e.closest(".plot"))}`);
  }

  const size = (e) => parseFloat(getComputedStyle(e).fontSize);
  // A word of size 0 is not shown: an icon stands for it.
  const sized = () => texts(document.querySelector(".wall")).filter((e) => size(e) > 0);

  /** Body text is at least 16 px at 1080 lines and 32 at 2160, key figures 36 and 72; at shapes narrower than 16:9 the width counts. */
  function small() {
    const scale = Math.min(innerHeight / 1080, innerWidth / 1920);
    const least = (e) => (e.matches(".key-digits") ? 36 : 16) * scale - 0.1;
    return sized().filter((e) => size(e) < least(e)).map((e) => `${name(e)}: ${size(e)} px`);
  }

  /** The smallest text and the smallest key figure in sight, px. */
  function least() {
    const of = (all) => Math.min(...all.map(size));
    const figures = (e) => e.matches(".key-digits");
    return { text: of(sized().filter((e) => !figures(e))), figure: of(sized().filter(figures)) };
  }

  const scrolls = () => (document.documentElement.scrollWidth > innerWidth || document.documentElement.scrollHeight > innerHeight ? ["the page"] : []);

  return { all: { cut, halfRows, places, collide, labels, slabs, small, scrolls }, least };
})();
