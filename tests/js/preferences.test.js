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
