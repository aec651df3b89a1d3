import assert from "node:assert/strict";
import { test } from "node:test";
import { actions, apply, clock, foremost, othersToHold, type Call, type Change } from "./calls.ts";

function after(...changes: Change[]): readonly Call[] {
  return changes.reduce<readonly Call[]>((calls, change, at) => apply(calls, change, at), []);
}

function possible(calls: readonly Call[], id: string): string[] {
  const call = calls.find((one) => one.id === id);
  assert.ok(call);
  return [...actions(call, calls)].sort();
}

const CALLER: Change = { kind: "begun", id: "a", incoming: true, peer: "0912" };
const TALK: Change = { kind: "accepted", id: "a" };
const ASKED: Change = { kind: "begun", id: "b", incoming: false, peer: "a102", about: "a" };

test("what rings can be answered or rejected, and nothing else", () => {
  assert.deepEqual(possible(after(CALLER), "a"), ["answer", "reject"]);
});

test("the clock begins anew when a call is answered, and not when it is held", () => {
  const calls = after(CALLER, TALK, { kind: "held", id: "a" }, { kind: "resumed", id: "a" });
  assert.equal(calls[0]?.since, 1);
});

test("only who is spoken with hears keys", () => {
  assert.ok(possible(after(CALLER, TALK), "a").includes("keys"));
  assert.ok(!possible(after(CALLER, TALK, { kind: "held", id: "a" }), "a").includes("keys"));
});

test("a call about which a colleague is asked is not transferred besides", () => {
  const calls = after(CALLER, TALK, { kind: "held", id: "a" }, ASKED);
  assert.ok(!possible(calls, "a").includes("transfer"));
  assert.deepEqual(possible(calls, "b"), ["cancel"]);
});

test("an answered consultation can be completed, swapped, given up", () => {
  const calls = after(CALLER, TALK, { kind: "held", id: "a" }, ASKED, { kind: "accepted", id: "b" });
  assert.deepEqual(possible(calls, "b"), ["cancel", "complete", "hold", "keys", "mute", "swap"]);
  assert.ok(possible(calls, "a").includes("swap"));
});

test("a consultation whose caller hangs up becomes a call of its own", () => {
  const calls = after(CALLER, TALK, ASKED, { kind: "accepted", id: "b" }, { kind: "ended", id: "a" });
  assert.equal(calls[0]?.about, undefined);
  assert.ok(possible(calls, "b").includes("hangUp"));
});

test("a second answer changes nothing", () => {
  const calls = after(CALLER, TALK, { kind: "held", id: "a" }, TALK);
  assert.equal(calls[0]?.phase, "held");
});

test("who is spoken with waits while another is taken", () => {
  const calls = after(CALLER, TALK, { kind: "begun", id: "c", incoming: true, peer: "x" });
  assert.deepEqual(othersToHold("c", calls), ["a"]);
  assert.equal(foremost(calls)?.id, "c");
});

test("a clock has hours only where there are some", () => {
  assert.equal(clock(65_000), "01:05");
  assert.equal(clock(3_725_000), "1:02:05");
});
