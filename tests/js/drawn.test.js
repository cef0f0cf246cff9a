"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { made } = require("../../assets/app/drawn.js");

const react = { Fragment: "fragment", createElement: (tag, attributes, ...children) => ({ tag, attributes, children }) };
const drawn = (node, islands = []) => made(node, islands, react);

test("an element keeps its attributes, its texts and the order of what is in it", () => {
  assert.deepEqual(drawn({ tag: "b", className: "x", "data-level": "1", children: ["3", { tag: "i" }, 4] }), {
    tag: "b",
    attributes: { className: "x", "data-level": "1" },
    children: ["3", { tag: "i", attributes: {}, children: [undefined] }, 4],
  });
});

test("what is not there is left out, and a text is a text whatever is in it", () => {
  assert.equal(drawn(null), null);
  assert.equal(drawn(undefined), undefined);
  assert.equal(drawn("<b>"), "<b>");
});

test("a list is a fragment, in a list too", () => {
  assert.deepEqual(drawn([["a"], "b"]), {
    tag: "fragment",
    attributes: {},
    children: [{ tag: "fragment", attributes: {}, children: ["a"] }, "b"],
  });
});

test("a hole is filled with the component that belongs there", () => {
  assert.deepEqual(drawn({ tag: "p", children: [{ hole: 1 }, { hole: 0 }] }, ["map", "field"]).children, ["field", "map"]);
});
