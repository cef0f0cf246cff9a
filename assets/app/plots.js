/* Draws what screen/plots.py says: `<div class="plot-box" data-figure>`. Colours, fonts and sizes come from the tokens at the moment of drawing,
   so a change of look or of window redraws; plotly is fetched once, when the first plot comes into view. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const boxes = document.getElementsByClassName("plot-box"); // live
  const known = new Map(); // box → what was drawn last
  let library = null;
  let due = 0;

  function load(url) {
    if (window.Plotly) return Promise.resolve(window.Plotly);
    library = library || new Promise(function (done, failed) {
      const script = document.createElement("script");
      script.src = url;
      script.onload = () => done(window.Plotly);
      script.onerror = function () {
        library = null; // the next plot tries again
        script.remove();
        failed(new Error("not loaded: " + url));
      };
      document.head.append(script);
    });
    return library;
  }

  /* `@name` → the token's value; a length in rem → pixels. Pure but for the two lookups it is given. */
  function resolved(value, token, rem) {
    if (Array.isArray(value)) return value.map((one) => resolved(one, token, rem));
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolved(one, token, rem)]));
    }
    if (typeof value !== "string") return value;
    const said = /^@[\w-]+$/.test(value) ? token(value.slice(1)) : value;
    return /^-?[\d.]+rem$/.test(said) ? Math.round(parseFloat(said) * rem * 10) / 10 : said;
  }

  /* Black or white, whichever reads better on `#rrggbb`; one of them always reaches 4.5. */
  function ink(colour) {
    const light = [1, 3, 5].map(function (at) {
      const part = parseInt(colour.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2] > 0.179 ? "#000000" : "#ffffff";
  }

  const THICKEST = 4; // a bar, in sizes of the names beside it: in a high panel rows stand further apart instead

  /* Rows of a bar chart that are too low for their names: names of two lines give up the second, then type gives way, to 70 % at most. Rows
     higher than a bar may be thick get wider gaps. */
  function fitted(said, height) {
    const { yaxis: axis = {}, margin = {}, template } = said.layout;
    const first = said.data[0] || {};
    if (first.orientation !== "h") return said;
    const type = template.layout;
    const edges = { ...type.margin, ...margin };
    const rows = axis.range ? Math.abs(axis.range[0] - axis.range[1]) : new Set(axis.tickvals || first.y).size || 1;
    const room = (height - (edges.t || 0) - (edges.b || 0)) / rows;
    const size = type.yaxis.tickfont.size;
    said.layout.bargap = Math.max(said.layout.bargap || 0, 1 - (THICKEST * size) / room);
    if (axis.ticktext && room < 2.6 * size) axis.ticktext = axis.ticktext.map((name) => name.replace(/<br>.*$/s, "…"));
    const share = Math.max(0.7, Math.min(1, room / (1.3 * size)));
    for (const font of [type.font, type.yaxis.tickfont, ...template.data.scatter.map((trace) => trace.textfont)]) font.size *= share;
    return said;
  }

  const ENDS = 0.1; // of a time axis: what plotly leaves before the first point and behind the last, so that their marks are whole

  /* The names of days that do not meet when `room` is as wide as the axis and `wide` measures a name: from the last, which always stays, backwards. */
  function thinned({ tickvals, ticktext }, days, room, wide) {
    const [first, last] = [Math.min(...days.map(Date.parse)), Math.max(...days.map(Date.parse))];
    const place = (day) => ((Date.parse(day) - first) / (last - first || 1)) * room * (1 - ENDS);
    const gap = wide("00"), kept = [];
    for (let i = tickvals.length - 1, free = Infinity; i >= 0; i--) {
      const half = wide(ticktext[i]) / 2;
      if (place(tickvals[i]) + half > free) continue;
      kept.unshift(i);
      free = place(tickvals[i]) - half - gap;
    }
    return { tickvals: kept.map((i) => tickvals[i]), ticktext: kept.map((i) => ticktext[i]) };
  }

  /* A time axis with as many names as it is wide enough for. */
  function timed(said) {
    const { xaxis: axis = {}, yaxis = {}, template, width } = said.layout;
    if (axis.type !== "date" || !said.data.length) return said;
    const { margin, font, ...axes } = template.layout;
    const pen = document.createElement("canvas").getContext("2d");
    const measure = (size) => (text) => ((pen.font = `${size}px ${font.family}`), pen.measureText(text).width);
    const beside = Math.max(0, ...(yaxis.ticktext || []).map(measure(axes.yaxis.tickfont.size)));
    Object.assign(axis, thinned(axis, said.data[0].x, width - margin.l - margin.r - beside, measure(axes.xaxis.tickfont.size)));
    return said;
  }

  function figure(box) {
    const style = getComputedStyle(box);
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const token = (name) => style.getPropertyValue("--" + name).trim();
    const said = resolved(JSON.parse(box.dataset.figure), token, rem);
    for (const trace of said.data) if (trace.type === "treemap") trace.insidetextfont = { color: trace.marker.colors.map(ink) };
    said.layout.width = box.clientWidth;
    said.layout.height = box.clientHeight;
    return fitted(timed(said), box.clientHeight);
  }

  async function draw(box) {
    const frame = box.closest(".plot");
    try {
      const plotly = await load(box.dataset.library);
      if (!box.clientWidth || !box.clientHeight) {
        if (known.has(box)) known.set(box, ""); // hidden or gone while the library came: drawn when it is seen again
        return;
      }
      const { data, layout, config } = figure(box);
      await plotly.react(box, data, layout, config);
      frame.dataset.state = "drawn";
    } catch (error) {
      console.info("plot: " + error.message);
      frame.dataset.state = "failed";
      frame.dataset.view = "table";
    }
  }

  /* What decides how a plot looks: while it stays the same nothing is drawn. */
  function mark(box) {
    const root = document.documentElement;
    return [box.dataset.figure, box.clientWidth, box.clientHeight, root.dataset.look, getComputedStyle(root).fontSize].join("|");
  }

  const near = new IntersectionObserver(later, { rootMargin: "200px" });
  const sized = new ResizeObserver(later);

  function inView(box) {
    const edge = box.getBoundingClientRect();
    return edge.width && edge.bottom > -200 && edge.top < innerHeight + 200 && edge.right > -200 && edge.left < innerWidth + 200;
  }

  function later() {
    if (!due) due = requestAnimationFrame(look);
  }

  function look() {
    due = 0;
    for (const box of known.keys()) if (!box.isConnected) forget(box);
    for (const box of boxes) {
      if (!known.has(box)) meet(box);
      const now = mark(box);
      if (known.get(box) === now || !box.clientWidth) continue; // hidden, as on a wall's other scenes: kept as it is
      const seen = inView(box);
      known.set(box, seen ? now : "");
      if (seen) draw(box);
      else clear(box);
    }
  }

  /* A plot out of sight that is not as it should be any more is nothing until it is seen. */
  function clear(box) {
    if (window.Plotly && box.firstChild) window.Plotly.purge(box);
  }

  function meet(box) {
    known.set(box, "");
    near.observe(box);
    sized.observe(box);
  }

  function forget(box) {
    known.delete(box);
    near.unobserve(box);
    sized.unobserve(box);
    clear(box);
  }

  new MutationObserver(() => (boxes.length || known.size) && later()).observe(document.documentElement, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-figure", "data-look"],
  });
  window.addEventListener("resize", later);

  /* ---- the same figures as a table: the button beside the question, or T for the plot in focus, else for all ---- */
  function turn(frame) {
    const table = frame.dataset.view !== "table";
    frame.dataset.view = table ? "table" : "plot";
    frame.querySelector("[data-act=table]").setAttribute("aria-pressed", String(table));
  }

  app.acts = app.acts || {};
  app.acts.table = (button) => turn(button.closest(".plot"));
  document.addEventListener("keydown", function (event) {
    if (event.key.toLowerCase() !== "t" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest && event.target.closest("input, textarea, select, [contenteditable]")) return;
    const own = event.target.closest && event.target.closest(".plot");
    const frames = own ? [own] : document.querySelectorAll(".plot:has(.plot-box)");
    for (const frame of frames) turn(frame);
  });

  app.plots = { resolved, ink, fitted, thinned };
})();
