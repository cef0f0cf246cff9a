"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { page } = require("./fake_page.js");

const silent = class { observe() {} unobserve() {} };
const TOKENS = { text: "#e6f4ff", "text-s": "0.875rem", font: '"Noto Sans SC", sans-serif' };
const plain = (value) => JSON.parse(JSON.stringify(value)); // what comes out of the page's own realm

function plots() {
  const window = page();
  Object.assign(window, { IntersectionObserver: silent, ResizeObserver: silent, MutationObserver: silent, requestAnimationFrame: () => 1 });
  window.document.getElementsByClassName = () => [];
  window.run("plots.js");
  return window.onescreen.plots;
}

const resolved = (value, rem = 16) => plain(plots().resolved(value, (name) => TOKENS[name] || "", rem));

test("a token becomes its value, and a length in rem pixels of this screen", () => {
  const figure = { font: { family: "@font", color: "@text", size: "@text-s" }, margin: { l: "0.5rem" } };
  assert.deepEqual(resolved(figure), { font: { family: TOKENS.font, color: "#e6f4ff", size: 14 }, margin: { l: 8 } });
  assert.equal(resolved("@text-s", 32), 28);
});

test("what is neither stays: names with an at sign, numbers, nothing", () => {
  const data = ["东湾村", "a@b", "@ home", 12, null, true, "2 rem"];
  assert.deepEqual(resolved(data), data);
});

test("text on a tile is black or white, and always reaches 4.5", () => {
  const { ink } = plots();
  const light = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((p) => (p <= 0.04045 ? p / 12.92 : ((p + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
  assert.deepEqual(["#fadb14", "#6b4fc8", "#ffffff", "#000000"].map(ink), ["#000000", "#ffffff", "#000000", "#ffffff"]);
  for (let grey = 0; grey < 256; grey++) {
    const colour = "#" + grey.toString(16).padStart(2, "0").repeat(3);
    const [a, b] = [light(colour), light(ink(colour))];
    assert.ok((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) >= 4.5, colour);
  }
});

test("rows too low for their names give up second lines, then size, and never more than a third of it", () => {
  const { fitted } = plots();
  const said = (rows) => ({
    data: [{ orientation: "h", y: rows }],
    layout: {
      margin: { t: 0, b: 0 },
      yaxis: { tickvals: rows, ticktext: rows.map((name) => name + "<br>more") },
      template: { layout: { font: { size: 10 }, yaxis: { tickfont: { size: 10 } } }, data: { scatter: [{ textfont: { size: 10 } }] } },
    },
  });
  const at = (height) => {
    const { layout } = plain(fitted(said(["a", "b"]), height));
    return [layout.yaxis.ticktext[0], layout.template.layout.font.size, layout.template.data.scatter[0].textfont.size];
  };
  assert.deepEqual(at(60), ["a<br>more", 10, 10]);
  assert.deepEqual(at(40), ["a…", 10, 10]);
  assert.deepEqual(at(20.8).map((one) => (typeof one === "number" ? Math.round(one * 10) / 10 : one)), ["a…", 8, 8]);
  assert.equal(at(2)[1], 7);
});

test("bars in a high panel stay four times as thick as their names are high, and lower ones keep their gaps", () => {
  const { fitted } = plots();
  const said = () => ({
    data: [{ orientation: "h", y: ["a", "b"] }],
    layout: { bargap: 0.3, template: { layout: { font: { size: 10 }, yaxis: { tickfont: { size: 10 } } }, data: { scatter: [] } } },
  });
  assert.equal(fitted(said(), 400).layout.bargap, 0.8);
  assert.equal(fitted(said(), 100).layout.bargap, 0.3);
});

test("rows that a plot leaves empty count when its type is fitted", () => {
  const { fitted } = plots();
  const said = { data: [{ orientation: "h", y: ["a"] }], layout: { yaxis: { tickvals: ["a"], range: [4.5, -0.5] } } };
  said.layout.template = { layout: { font: { size: 10 }, yaxis: { tickfont: { size: 10 } } }, data: { scatter: [{ textfont: { size: 10 } }] } };
  assert.equal(Math.round(plain(fitted(said, 52)).layout.template.layout.font.size * 10) / 10, 8);
});

test("days whose names would meet on a narrow axis lose theirs, the last one never, and a wide axis names all", () => {
  const { thinned } = plots();
  const days = ["2026-09-23", "2026-10-23", "2026-11-21", "2026-11-22"];
  const named = (room) => plain(thinned({ tickvals: days, ticktext: ["23 Sep", "23 Oct", "21 Nov", "22 Nov"] }, days, room, (text) => 10 * text.length));
  assert.deepEqual(named(9000).ticktext, ["23 Sep", "23 Oct", "21 Nov", "22 Nov"]);
  assert.deepEqual(named(300).ticktext, ["23 Sep", "23 Oct", "22 Nov"]);
  assert.deepEqual(named(120).ticktext, ["23 Sep", "22 Nov"]);
  assert.deepEqual(named(60), { tickvals: ["2026-11-22"], ticktext: ["22 Nov"] });
});
