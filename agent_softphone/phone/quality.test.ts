import assert from "node:assert/strict";
import { test } from "node:test";
import { judge, look, type Look } from "./quality.ts";

const BEFORE: Look = { at: 0, received: 100, lost: 0, jitter: 0.002 };

test("a quiet network has no fault", () => {
  assert.equal(judge(BEFORE, { at: 2000, received: 200, lost: 1, jitter: 0.003, roundTrip: 0.05 }).fault, "none");
});

test("what is lost since the look before counts, not what was lost long ago", () => {
  const earlier: Look = { ...BEFORE, lost: 50 };
  assert.equal(judge(earlier, { at: 2000, received: 200, lost: 50, jitter: 0 }).fault, "none");
  assert.equal(judge(BEFORE, { at: 2000, received: 195, lost: 5, jitter: 0 }).fault, "loss");
});

test("no sound at all is worse than some loss", () => {
  assert.equal(judge(BEFORE, { at: 2000, received: 100, lost: 0, jitter: 0 }).fault, "silent");
});

test("loss of our own sound is told apart", () => {
  assert.equal(judge(BEFORE, { at: 2000, received: 200, lost: 0, jitter: 0, lostThere: 0.1 }).fault, "lossThere");
});

test("an unsteady and a slow network are told apart", () => {
  assert.equal(judge(BEFORE, { at: 2000, received: 200, lost: 0, jitter: 0.05 }).fault, "jitter");
  assert.equal(judge(BEFORE, { at: 2000, received: 200, lost: 0, jitter: 0, roundTrip: 0.6 }).fault, "slow");
});

test("a look takes the round trip of the other side's report before that of the path", () => {
  const reports = [
    { type: "inbound-rtp", kind: "audio", packetsReceived: 7, packetsLost: 1, jitter: 0.01 },
    { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.2 },
    { type: "remote-inbound-rtp", kind: "audio", fractionLost: 0.5, roundTripTime: 0.1 },
  ];
  assert.deepEqual(look(reports, 5), { at: 5, received: 7, lost: 1, jitter: 0.01, lostThere: 0.5, roundTrip: 0.1 });
});
