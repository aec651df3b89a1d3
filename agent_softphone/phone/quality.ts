// What of the network an agent must know: from two looks at the connection's figures to one word.

export interface Look {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly received: number;
  readonly lost: number;
  /** Seconds. */
  readonly jitter: number;
  /** Seconds; undefined until the other side has reported. */
  readonly roundTrip?: number | undefined;
  /** Of our sound, as the other side counts: 0 to 1. */
  readonly lostThere?: number | undefined;
}

export type Fault = "none" | "silent" | "loss" | "lossThere" | "jitter" | "slow";

export interface Quality {
  /** Per cent of what came since the look before. */
  readonly loss: number;
  /** Milliseconds. */
  readonly jitter: number;
  readonly roundTrip: number | undefined;
  readonly fault: Fault;
}

export const LOSS_PERCENT = 3;
export const JITTER_MS = 40;
export const ROUND_TRIP_MS = 400;

export function judge(before: Look, now: Look): Quality {
  const received = Math.max(0, now.received - before.received);
  const lost = Math.max(0, now.lost - before.lost);
  const loss = received + lost > 0 ? (100 * lost) / (received + lost) : 0;
  const jitter = now.jitter * 1000;
  const roundTrip = now.roundTrip === undefined ? undefined : now.roundTrip * 1000;
  return { loss, jitter, roundTrip, fault: faultOf(received, loss, jitter, roundTrip, now.lostThere ?? 0) };
}

function faultOf(received: number, loss: number, jitter: number, roundTrip: number | undefined, there: number): Fault {
  if (received === 0) return "silent";
  if (loss > LOSS_PERCENT) return "loss";
  if (there * 100 > LOSS_PERCENT) return "lossThere";
  if (jitter > JITTER_MS) return "jitter";
  return roundTrip !== undefined && roundTrip > ROUND_TRIP_MS ? "slow" : "none";
}

interface Report { type?: string; kind?: string; packetsReceived?: number; packetsLost?: number; jitter?: number;
  roundTripTime?: number; fractionLost?: number; currentRoundTripTime?: number; nominated?: boolean }

/** A look from the browser's statistics (W3C webrtc-stats). */
export function look(reports: Iterable<Report>, at: number): Look {
  let found: Look = { at, received: 0, lost: 0, jitter: 0 };
  for (const one of reports) {
    if (one.type === "inbound-rtp" && one.kind === "audio") {
      found = { ...found, received: one.packetsReceived ?? 0, lost: one.packetsLost ?? 0, jitter: one.jitter ?? 0 };
    } else if (one.type === "remote-inbound-rtp" && one.kind === "audio") {
      found = { ...found, lostThere: one.fractionLost, roundTrip: one.roundTripTime ?? found.roundTrip };
    } else if (one.type === "candidate-pair" && one.nominated) {
      found = { ...found, roundTrip: found.roundTrip ?? one.currentRoundTripTime };
    }
  }
  return found;
}
