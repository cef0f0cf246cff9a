"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
require("../../assets/map/source.js");

const array = (name) => ({ name: `${name}.array`, bytes: 3 });
const manifest = {
  as_of: "2026-11-22", days: { name: "d.days", bytes: 1, n: 2 }, tilesets: {},
  layers: [{ name: "houses", array: array("now"), themes: [{ name: "use", array: array("use-now") }] }],
};
const days = [
  { as_of: "2026-09-23", layers: { houses: { array: array("september"), themes: { use: array("use-september") } } } },
  { as_of: "2026-10-23", layers: { houses: { array: array("october"), themes: {} } } },
];
const bytes = { "now.array": [1, 2, 3], "use-now.array": [7, 7, 7], "september.array": [5, 5], "use-september.array": [6, 6], "october.array": [4, 4, 4] };

/** A source over the manifest above; `asked` collects the names of what is fetched. */
async function opened(over = {}) {
  const asked = [];
  globalThis.location = { href: "http://town/town" };
  globalThis.fetch = async (address) => {
    const name = String(address).split("/").pop();
    asked.push(name);
    const json = name === "manifest.json" ? { ...manifest, ...over } : days;
    return { ok: true, json: async () => json, arrayBuffer: async () => Uint8Array.from(bytes[name]).buffer };
  };
  const source = await globalThis.onescreen.map.source.open("/pack/manifest.json", { onArrival() {}, onError(message) { throw new Error(message); } });
  return { source, asked, layer: source.manifest.layers[0] };
}

test("the colours of a day are another array, and those of the snapshot are fetched neither for it nor for its own day", async () => {
  const { source, asked, layer } = await opened();
  assert.equal(source.array(layer, "level", "2026-09-23"), null);
  await source.ahead(layer, "level", "2026-09-23");
  assert.deepEqual([...source.array(layer, "level", "2026-09-23")], [5, 5]);
  assert.deepEqual(asked, ["manifest.json", "d.days", "september.array"]);
  await source.ahead(layer, "level", "2026-11-22");
  assert.deepEqual([...source.array(layer, "level", "2026-11-22")], [1, 2, 3]);
});

test("a day that is not known, and a theme that a day has not, draw nothing", async () => {
  const { source, layer } = await opened();
  await source.days();
  assert.equal(source.array(layer, "level", "2025-01-01").length, 0);
  assert.equal(source.array(layer, "use", "2026-10-23").length, 0);
  await source.ahead(layer, "use", "2026-09-23");
  assert.deepEqual([...source.array(layer, "use", "2026-09-23")], [6, 6]);
});

test("live changes are of today: they do not reach into earlier days", async () => {
  const { source, layer } = await opened();
  await source.ahead(layer, "level");
  await source.ahead(layer, "level", "2026-10-23");
  source.patch(layer, "level", [0], [0]);
  assert.deepEqual([...source.array(layer, "level")], [0, 2, 3]);
  assert.deepEqual([...source.array(layer, "level", "2026-10-23")], [4, 4, 4]);
});

test("without earlier days nothing is fetched to know it", async () => {
  const { source, asked } = await opened({ days: undefined });
  assert.deepEqual(await source.days(), []);
  assert.deepEqual(asked, ["manifest.json"]);
});
