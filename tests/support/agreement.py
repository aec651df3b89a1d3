"""Whether the ledger tells of a call what the simulated telephones know of it.

The journal has whole seconds, so instants and durations may differ by one; CEL's milliseconds by `CEL_SLACK`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.sipp import CallTruth, Side
from callqueue.ledger.stint import Ending, Outcome, Stint

SLACK = 1.0
"""Seconds: the journal's resolution."""
CEL_SLACK = 0.6
"""Seconds from Asterisk's bridge to the agent's own 200 and BYE, on a busy machine."""


@dataclass(frozen=True)
class Witnesses:
    """One call: the caller's telephone, and the agent's that answered it, if any."""

    caller: CallTruth
    agent: CallTruth | None = None


def witnesses_of(callers: Sequence[CallTruth], agents: Sequence[CallTruth]) -> dict[str, Witnesses]:
    """By the caller's number, which only one call may have; one caller at most may withhold his (`anonymous`)."""
    answered = {_shown(call.caller): call for call in agents if call.answered is not None}
    return {call.caller: Witnesses(call, answered.get(_shown(call.caller))) for call in callers}


def _shown(caller: str) -> str:
    return caller if caller.isdigit() else "unknown"


def disagreements(stint: Stint, truth: Witnesses) -> list[str]:
    """What the last stint of a call tells otherwise than its witnesses do."""
    found = [*_of_times(stint, truth)]
    if truth.agent is not None:
        found += _of_answer(stint, truth.caller, truth.agent)
    elif stint.outcome is Outcome.ANSWERED:
        found.append("answered, but no agent's telephone was")
    return found


def _of_times(stint: Stint, truth: Witnesses) -> Iterator[str]:
    call = truth.caller
    if call.answered is None or stint.entered < call.answered - SLACK:
        yield f"entered {stint.entered} before the call was answered ({call.answered})"
    if stint.outcome is Outcome.ABANDONED:
        yield from _differs("abandoned at", stint.finished, call.ended)
        if call.ended_by is not Side.SELF:
            yield "abandoned, but the caller did not hang up"
    if stint.finished is not None and stint.wait is not None:
        end = stint.answered if stint.answered is not None else stint.finished
        yield from _differs("wait", stint.wait, end - stint.entered)


def _of_answer(stint: Stint, caller: CallTruth, agent: CallTruth) -> Iterator[str]:
    if stint.outcome is not Outcome.ANSWERED:
        yield f"{stint.outcome}, but {agent.agent} answered"
        return
    if stint.agent != agent.agent:
        yield f"answered by {stint.agent}, truly by {agent.agent}"
    if stint.spoke is not True:
        yield f"spoke is {stint.spoke}, but the two were connected"
    ended = min((end for end in (caller.ended, agent.ended) if end is not None), default=None)
    yield from _differs("answered at", stint.answered, agent.answered)
    yield from _differs("finished at", stint.finished, ended)
    yield from _differs("talk", stint.talk, agent.seconds)
    if stint.ending is not Ending.INTERRUPTED:
        by_agent = agent.ended_by is Side.SELF
        if stint.ending is not (Ending.AGENT if by_agent else Ending.CALLER):
            yield f"ended by {stint.ending}, truly by the {'agent' if by_agent else 'caller'}"
        if stint.talk_ms is None or agent.seconds is None or abs(stint.talk_ms / 1000 - agent.seconds) > CEL_SLACK:
            yield f"talk by CEL {stint.talk_ms} ms, truly {agent.seconds} s"


def _differs(what: str, told: float | None, true: float | None) -> Iterator[str]:
    # An instant of whole seconds stands for its whole second.
    if told is None or true is None or not -SLACK - CEL_SLACK < true - told < 1 + SLACK + CEL_SLACK:
        yield f"{what} {told}, truly {true}"
