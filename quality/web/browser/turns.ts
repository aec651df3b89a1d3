// Where the player jumps to; all times in seconds.
export interface Turn { side: number; start: number; end: number }

const NEAR = 0.3;
const BACK = 1.5;
const SILENCE = 2;

/** The beginning of the next turn: where a side begins to speak that did not speak last. */
export function nextTurn(turns: Turn[], now: number): number | undefined {
  return beginnings(turns).find((start) => start > now + NEAR);
}

/** The beginning of the present turn; shortly after it, of the one before. */
export function turnBefore(turns: Turn[], now: number): number {
  return beginnings(turns).filter((start) => start < now - BACK).at(-1) ?? 0;
}

/** The end of the next stretch of two seconds and more in which nobody speaks. */
export function nextSilenceEnd(turns: Turn[], now: number): number | undefined {
  let spoken = 0;
  for (const turn of turns) {
    if (turn.start - spoken >= SILENCE && turn.start > now + NEAR) return turn.start;
    spoken = Math.max(spoken, turn.end);
  }
  return undefined;
}

function beginnings(turns: Turn[]): number[] {
  return turns.filter((turn, number) => number === 0 || turns[number - 1]?.side !== turn.side).map((turn) => turn.start);
}
