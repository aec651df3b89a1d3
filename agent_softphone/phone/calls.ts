// What the phone's calls are and what may be done with them: no browser, no SIP, tested by Node alone.

export type Phase = "ringing" | "calling" | "talking" | "held" | "ended";
export type Action = "answer" | "reject" | "hangUp" | "hold" | "resume" | "mute" | "unmute" | "keys" | "transfer"
  | "consult" | "complete" | "swap" | "cancel";

export interface Call {
  readonly id: string;
  readonly incoming: boolean;
  readonly peer: string;
  readonly phase: Phase;
  readonly muted: boolean;
  /** Epoch milliseconds: when the phase that people see a clock of began. */
  readonly since: number;
  /** The call about which this one asks a colleague. */
  readonly about?: string;
}

export type Change =
  | { kind: "begun"; id: string; incoming: boolean; peer: string; about?: string }
  | { kind: "ended"; id: string }
  | { kind: Step; id: string };

type Step = "accepted" | "held" | "resumed" | "muted" | "unmuted";

export function apply(calls: readonly Call[], change: Change, now: number): readonly Call[] {
  if (change.kind === "begun") {
    const { id, incoming, peer, about } = change;
    const phase = incoming ? "ringing" : "calling";
    return [...calls, { id, incoming, peer, phase, muted: false, since: now, ...(about ? { about } : {}) }];
  }
  if (change.kind === "ended") {
    return calls.filter((call) => call.id !== change.id).map((call) => call.about === change.id ? alone(call) : call);
  }
  const step = change.kind;
  return calls.map((call) => call.id === change.id ? changed(call, step, now) : call);
}

function changed(call: Call, kind: Step, now: number): Call {
  switch (kind) {
    case "accepted": return waits(call) ? { ...call, phase: "talking", since: now } : call;
    case "held": return call.phase === "talking" ? { ...call, phase: "held" } : call;
    case "resumed": return call.phase === "held" ? { ...call, phase: "talking" } : call;
    case "muted": return { ...call, muted: true };
    case "unmuted": return { ...call, muted: false };
  }
}

function alone(call: Call): Call {
  const { about: _, ...rest } = call;
  return rest;
}

function waits(call: Call): boolean {
  return call.phase === "ringing" || call.phase === "calling";
}

/** What may be done with a call now. */
export function actions(call: Call, calls: readonly Call[]): ReadonlySet<Action> {
  if (call.phase === "ringing") return new Set<Action>(["answer", "reject"]);
  if (call.phase === "calling") return new Set<Action>([call.about ? "cancel" : "hangUp"]);
  const found = new Set<Action>([call.muted ? "unmute" : "mute", call.phase === "held" ? "resume" : "hold"]);
  if (call.phase === "talking") found.add("keys");
  const consultation = calls.find((other) => other.about === call.id);
  if (call.about) {
    found.add("cancel").add("swap");
    if (call.phase !== "held" || calls.some((other) => other.id === call.about)) found.add("complete");
  } else {
    found.add("hangUp");
    if (!consultation) found.add("transfer").add("consult");
    if (consultation && !waits(consultation)) found.add("swap");
  }
  return found;
}

/** Which calls must be put on hold before this one is spoken with. */
export function othersToHold(id: string, calls: readonly Call[]): readonly string[] {
  return calls.filter((call) => call.id !== id && call.phase === "talking").map((call) => call.id);
}

/** The call that a key without further words means: what rings, else what is spoken, else what is held. */
export function foremost(calls: readonly Call[]): Call | undefined {
  for (const phase of ["ringing", "talking", "calling", "held"]) {
    const found = calls.find((call) => call.phase === phase);
    if (found) return found;
  }
  return undefined;
}

/** Minutes and seconds, hours where there are some. */
export function clock(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, "0"));
  const hours = Math.floor(seconds / 3600);
  return hours ? `${hours}:${parts.join(":")}` : parts.join(":");
}
