// A page in which a script of assets/app can be run without a browser: just enough of window and document for what the scripts ask.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

const APP = path.join(__dirname, "../../assets/app");

/** An element that remembers its attributes, its children and whether it has been removed. */
function element(tag, rest = {}) {
  const made = new EventTarget();
  return Object.assign(made, {
    tag, dataset: {}, attributes: {}, children: [], textContent: "", removed: false,
    setAttribute(name, value) { this.attributes[name] = value; },
    removeAttribute(name) { delete this.attributes[name]; },
    append(...more) { this.children.push(...more); },
    remove() { this.removed = true; },
    closest() { return null; },
    getBoundingClientRect: () => ({ left: 0, top: 0, right: 1000, bottom: 800, width: 1000 }),
    ...rest,
  });
}

/**
 * `page({search: "?area=1", elements: {toast: element("p")}, fetch})` gives the window; `window.run("watch.js")` runs a script in it.
 * `window.entries` counts the history's entries; timers never run by themselves.
 */
function page({ search = "", elements = {}, all = {}, fetch = () => new Promise(() => {}), clipboard = null } = {}) {
  const document = element("document", {
    hidden: false, documentElement: element("html", { lang: "zh-CN" }), body: element("body"),
    getElementById: (id) => elements[id] || document.body.children.find((one) => one.id === id && !one.removed) || null,
    querySelector: () => null, querySelectorAll: (what) => all[what] || [], createElement: (tag) => element(tag),
  });
  const window = element("window", {
    document, fetch, URLSearchParams, URL, CustomEvent, AbortSignal, performance, console, encodeURIComponent, setTimeout: () => 0, requestAnimationFrame: () => 0, clearTimeout() {}, setInterval: () => 0,
    location: { origin: "http://town", pathname: "/town", search, href: "http://town/town" + search, reloads: 0, reload() { this.reloads++; } },
    navigator: { clipboard }, matchMedia: () => ({ matches: true }), getComputedStyle: () => ({ fontSize: "32px" }), entries: 1,
  });
  const to = (href) => { const at = new URL(href, "http://town"); Object.assign(window.location, { pathname: at.pathname, search: at.search, href: at.href }); };
  window.history = { state: {}, pushState(_state, _title, href) { window.entries++; to(href); }, replaceState(_state, _title, href) { to(href); } };
  window.window = window.self = window;
  vm.createContext(window);
  window.run = (...names) => names.forEach((name) => vm.runInContext(fs.readFileSync(path.join(APP, name), "utf8"), window, { filename: name }));
  return window;
}

module.exports = { page, element };
