"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const preferences = require("../../assets/app/preferences.js");

test("a preference is remembered for a year, for the whole site, and not sent along from elsewhere", () => {
  assert.equal(preferences.cookie("onescreen-look", "light"), "onescreen-look=light; path=/; max-age=31536000; samesite=lax");
});

test("the look changes between dark and light, and what is neither becomes dark", () => {
  assert.equal(preferences.otherLook("dark"), "light");
  assert.equal(preferences.otherLook("light"), "dark");
  assert.equal(preferences.otherLook(undefined), "dark");
});

test("a message goes by itself, a late one stays", () => {
  assert.equal(preferences.staysMs(""), 4000);
  assert.equal(preferences.staysMs("late"), null);
});

test("a view is kept to come back to, the door and the kit are not, nor what is too long for a cookie", () => {
  assert.equal(preferences.viewToKeep("/town", "?area=1&at=121.5,31.2,14"), "/town?area=1&at=121.5,31.2,14");
  assert.equal(preferences.viewToKeep("/wall", ""), "/wall");
  assert.equal(preferences.viewToKeep("/", "?x=1"), "");
  assert.equal(preferences.viewToKeep("/kit", ""), "");
  assert.equal(preferences.viewToKeep("/town", "?compare=" + "9".repeat(1500)), "");
});
