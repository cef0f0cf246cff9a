"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { who, ahead, common, mine, detail } = require("../../assets/app/case-read.js");
const acting = require("../../assets/app/acting.js");

const RULES = [
  { step: "accept", duties: ["acceptor", "shift_leader"], source: ["reported"] }, { step: "file", duties: ["shift_leader"], source: ["accepted"] },
  { step: "urge", duties: ["leader", "shift_leader"], source: ["reported", "accepted"] }, { step: "relocate", duties: ["shift_leader"], source: ["reported"] },
];
const names = (rules) => rules.map((rule) => rule.step);

test("who did it is told with name and duty, or with what is known", () => {
  assert.equal(who({ by: "李明", duty: "acceptor" }, { acceptor: "受理员" }), "李明 · 受理员");
  assert.equal(who({ by: "", duty: "leader" }, { leader: "领导" }), "领导");
  assert.equal(who({ by: "gateway", duty: "feed" }), "gateway · feed");
});

test("the step that others took first is the one right after what was seen", () => {
  const history = [{ seq: 3, step: "report" }, { seq: 8, step: "accept" }, { seq: 9, step: "file" }];
  assert.equal(ahead(history, 3).step, "accept");
  assert.equal(ahead(history, 9), null);
});

test("a batch may do what all of it allow to this duty, but nothing that concerns one alone", () => {
  assert.deepEqual(names(common([{ state: "reported" }, { state: "reported" }], RULES, "shift_leader")), ["accept", "urge"]);
  assert.deepEqual(names(common([{ state: "reported" }, { state: "accepted" }], RULES, "shift_leader")), ["urge"]);
  assert.deepEqual(common([{ state: "reported" }], RULES, "unit"), []);
  assert.deepEqual(common([], RULES, "shift_leader"), []);
  const confirm = [{ step: "confirm", duties: ["acceptor"], source: ["reported"] }];
  assert.deepEqual(names(common([{ state: "reported", source: "camera" }], confirm, "acceptor")), ["confirm"], "only what a camera has seen is confirmed");
  assert.deepEqual(common([{ state: "reported", source: "camera" }, { state: "reported", source: "patrol" }], confirm, "acceptor"), []);
});

test("mine to do is what I can move on in its course; urging is not that", () => {
  assert.equal(mine({ state: "reported" }, RULES, "acceptor"), true);
  assert.equal(mine({ state: "accepted" }, RULES, "acceptor"), false);
  assert.equal(mine({ state: "reported" }, RULES, "leader"), false);
});

test("the history says what was changed, given and said", () => {
  const name = { unit: (code) => `U${code}`, type: (code) => `T${code}`, responder: (id) => `R${id}`, grade: (n) => `G${n}`, level: (n) => `L${n}` };
  assert.equal(detail({ step: "dispatch", unit: "1", responder: "2" }, name), "U1 · R2");
  assert.equal(detail({ step: "retype", type: "b", before: "a", note: "错了" }, name), "Ta → Tb · 错了");
  assert.equal(detail({ step: "extend", value: 4, unit: "work_hour", note: "n" }, name), "+4 · n");
  assert.equal(detail({ step: "regrade", grade: 1, before: 3 }, name), "G3 → G1");
});

test("duty and name are two cookies that come back as they were; a broken one is nobody", () => {
  const jar = acting.written("acceptor", " 李;明= ").map((one) => one.split("; ")[0]).join("; ");
  assert.deepEqual(acting.read(`a=b; ${jar}`), { duty: "acceptor", name: "李;明=" });
  assert.deepEqual(acting.read("onescreen-duty=%E0%A4%A"), { duty: "", name: "" });
  assert.ok(acting.written("a", "").every((one) => one.includes("samesite=lax")));
});
