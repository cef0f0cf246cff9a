"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { light, turns, share, span, remaining, order } = require("../../assets/live/clock.js");

const ZH = { d: "{n} 天", h: "{n} 小时", m: "{n} 分", under: "不到 1 分", left: "剩 {t}", over: "超 {t}", paused: "暂停计时", none: "不计时" };
const H = 3_600_000, row = { clock_from: 0, yellow_at: 8 * H, due_at: 10 * H, paused: 0, grade: 4, reported_at: 0 };

test("green before 80 %, yellow from there, red from the limit on, to the millisecond", () => {
  assert.deepEqual([8 * H - 1, 8 * H, 10 * H - 1, 10 * H].map((now) => light(row, now)), ["green", "yellow", "yellow", "red"]);
});

test("a suspended case is paused however late it is, and one without a clock has no light", () => {
  assert.equal(light({ ...row, paused: 1 }, 20 * H), "paused");
  assert.equal(light({ ...row, due_at: null, yellow_at: null }, 20 * H), "none");
  assert.equal(light({ paused: 0 }, 0), "none");
});

test("the light turns when the server has said, and never again once it is red or stands still", () => {
  assert.deepEqual([0, 8 * H, 10 * H].map((now) => turns(row, now)), [8 * H, 10 * H, Infinity]);
  assert.equal(turns({ ...row, paused: 1 }, 0), Infinity);
});

test("the share goes straight to 80 %, straight on to 100 %, and stays there", () => {
  assert.deepEqual([0, 4 * H, 8 * H, 9 * H, 10 * H, 99 * H].map((now) => share(row, now)), [0, 0.4, 0.8, 0.9, 1, 1]);
  assert.equal(share({ ...row, clock_from: 8 * H + 1 }, 8 * H + 1), 0.8 + 0.2 / (2 * H), "resumed when it was yellow already");
  assert.equal(share({ ...row, due_at: null, yellow_at: null }, 5), 0);
});

test("time is said in its two largest units, and whole ones alone", () => {
  assert.equal(span(2 * H + 10 * 60_000, ZH), "2 小时 10 分");
  assert.equal(span(49 * H, ZH), "2 天 1 小时");
  assert.equal(span(24 * H, ZH), "1 天");
  assert.equal(span(59_999, ZH), "不到 1 分");
});

test("what is left and what is late is said in the words that Python has handed", () => {
  assert.equal(remaining(row, 9 * H, ZH), "剩 1 小时");
  assert.equal(remaining(row, 10 * H + 60_000, ZH), "超 1 分");
  assert.equal(remaining({ ...row, paused: 1 }, 0, ZH), "暂停计时");
  assert.equal(remaining({ ...row, due_at: null }, 0, ZH), "不计时");
});

test("what is latest comes first, then what is due next, then the graver, and what stands still last", () => {
  const rows = [
    { ...row, id: "paused", paused: 1 }, { ...row, id: "later", due_at: 20 * H }, { ...row, id: "late", due_at: 1 * H },
    { ...row, id: "grave", grade: 1 }, { ...row, id: "usual" }, { ...row, id: "none", due_at: null, grade: 4 },
  ];
  assert.deepEqual(rows.sort(order).map(({ id }) => id), ["late", "grave", "usual", "later", "paused", "none"]);
});
