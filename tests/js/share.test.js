"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { page, element } = require("./fake_page.js");

const button = () => element("button", { dataset: { said: "copied", title: "Copy this", close: "Close" } });

function shared({ clipboard, where }) {
  const window = page({ search: "?area=1&at=1,2,3", clipboard });
  window.run("address.js", "share.js");
  window.toasts = [];
  Object.assign(window.onescreen, { toast: (text) => window.toasts.push(text), where });
  return window;
}

test("the link holds the address and where the map looks now", async () => {
  const copied = [];
  const window = shared({ clipboard: { writeText: async (text) => copied.push(text) }, where: () => ({ lon: 121.7, lat: 31.2, zoom: 14 }) });
  await window.onescreen.acts.share(button());
  assert.deepEqual(copied, ["http://town/town?area=1&at=121.70000,31.20000,14"]);
  assert.deepEqual(window.toasts, ["copied"]);
});

test("a page without a map, or whose map has not come yet, shares its address as it is", () => {
  assert.equal(shared({}).onescreen.link(), "http://town/town?area=1&at=1,2,3");
  assert.equal(shared({ where: () => null }).onescreen.link(), "http://town/town?area=1&at=1,2,3");
});

test("where nothing may write to the clipboard the link is shown selected, and goes when it is closed", async () => {
  const done = [];
  const window = shared({ clipboard: { writeText: () => Promise.reject(new Error("not allowed")) } });
  const create = window.document.createElement;
  window.document.createElement = (tag) => Object.assign(create(tag), {
    showModal: () => done.push("shown"), focus: () => done.push(`focus ${tag}`), select: () => done.push(`select ${tag}`),
    close() { this.dispatchEvent(new Event("close")); },
  });
  await window.onescreen.acts.share(button());
  const [dialog] = window.document.body.children;
  const [title, field, close] = dialog.children;
  assert.deepEqual([title.textContent, field.value, field.readOnly, close.textContent], ["Copy this", "http://town/town?area=1&at=1,2,3", true, "Close"]);
  assert.deepEqual(done, ["shown", "focus input", "select input"]);
  assert.deepEqual(window.toasts, []);
  close.dispatchEvent(new Event("click"));
  assert.ok(dialog.removed);
});
