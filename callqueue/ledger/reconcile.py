"""What CEL adds to a stint of the journal, and where the two disagree. Pure; times in epoch microseconds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from callqueue.ledger.evidence import Gap, GapKind
from callqueue.ledger.stint import Ending, Outcome, Stint

SECOND_US = 1_000_000
DISAGREEMENT_MS = 1_100
"""A second, for the journal writes whole ones, and the tenth that Asterisk may take between the two notes."""
NEAR_US = 2 * SECOND_US
"""A stay belongs to the stint whose joining is this near."""


@dataclass(frozen=True, slots=True)
class Span:
    start: int
    end: int

    def within(self, other: "Span") -> "Span | None":
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Span(start, end) if start < end else None


@dataclass(frozen=True, slots=True)
class Leg:
    """A channel's stay in a bridge."""

    channel_id: str
    bridge: str
    span: Span


@dataclass(frozen=True, slots=True)
class CelView:
    """What CEL has about one stint."""

    legs: tuple[Leg, ...] = ()
    """Legs of both channels, and of any other channel in the same bridges."""
    holds: tuple[Span, ...] = ()
    """Times in which the agent held the caller."""
    stays: tuple[Span, ...] = ()
    """Runs of Queue() on the waiting channel."""
    knows_call: bool = False
    blind: tuple[Span, ...] = ()
    """Times in which nobody watched: a hold then went unseen, so nobody can say how long it lasted."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Milliseconds by CEL; None where CEL does not say."""

    spoke: bool | None = None
    wait_ms: int | None = None
    talk_ms: int | None = None
    hold_ms: int | None = None
    gaps: tuple[Gap, ...] = ()


def reconcile(stint: Stint, view: CelView) -> Reconciled:
    """CEL's word on a finished stint.

    Talk is the time in which caller and agent were in one bridge, without hold. The wait runs from the start of
    Queue() to that first meeting or, unanswered, to the end of Queue().
    """
    stay = _nearest(view.stays, stint.entered * SECOND_US)
    if stint.outcome is not Outcome.ANSWERED:
        wait_ms = None if stay is None else _ms(stay.end - stay.start)
        return Reconciled(wait_ms=wait_ms, gaps=_gaps(stint, _disagreements(stint, wait_ms, None)))
    if stay is None and not view.legs and not view.knows_call:
        detail = f"queue {stint.queue}: CEL has nothing about the conversation with {stint.agent}"
        return Reconciled(gaps=(Gap(GapKind.CEL_LOST, stint.entered, stint.finished, stint.call_id, detail),))
    met = _together(stint, view.legs)
    bridged = sum(span.end - span.start for span in met)
    held = sum(part.end - part.start for span in met for hold in _joined(view.holds) if (part := hold.within(span)))
    wait_ms = _ms(met[0].start - stay.start) if met and stay is not None else None
    return Reconciled(
        spoke=bool(met), wait_ms=wait_ms, talk_ms=_ms(bridged - held),
        hold_ms=None if _overlapping(met, view.blind) else _ms(held),
        gaps=_gaps(stint, _disagreements(stint, wait_ms, _ms(bridged))),
    )


def end_us(stint: Stint, view: CelView) -> tuple[int, int] | None:
    """When an open stint's waiting, or its conversation, ended by CEL, and when CEL last saw anything of it.

    None when CEL does not know this stay in the queue. What goes on still ends, in the view, where CEL was read to.
    """
    stay = _nearest(view.stays, stint.entered * SECOND_US)
    if stay is None:
        return None
    if stint.outcome is not Outcome.ANSWERED:
        return stay.end, stay.end
    met = _together(stint, view.legs)
    # After a masquerade the caller's channel is gone and the agent talks on.
    seen = [leg.span.end for leg in view.legs if leg.channel_id == stint.agent_channel_id]
    return met[-1].end if met else stay.end, max([stay.end, *seen])


def _overlapping(met: Iterable[Span], blind: Sequence[Span]) -> bool:
    return any(span.within(gap) for span in met for gap in blind)


def _ms(microseconds: int) -> int:
    return max(0, round(microseconds / 1000))


def _nearest(stays: Sequence[Span], instant: int) -> Span | None:
    """The journal cuts the fraction off, so the stay may begin up to a second later."""
    near = [stay for stay in stays if abs(stay.start - instant) <= NEAR_US]
    return min(near, key=lambda stay: abs(stay.start - instant - SECOND_US // 2), default=None)


def _together(stint: Stint, legs: Iterable[Leg]) -> list[Span]:
    """When caller and agent were in one bridge; after a masquerade the caller is whoever met the agent there."""
    legs = list(legs)
    agents = [leg for leg in legs if leg.channel_id == stint.agent_channel_id]
    callers = [leg for leg in legs if leg.channel_id == stint.channel_id]
    others = callers or [leg for leg in legs if leg.channel_id != stint.agent_channel_id]
    met = [
        span for agent in agents for other in others
        if agent.bridge == other.bridge and (span := agent.span.within(other.span))
    ]
    return _joined(met)


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def _disagreements(stint: Stint, wait_ms: int | None, bridged_ms: int | None) -> list[str]:
    found = []
    if stint.wait is not None and wait_ms is not None and _apart(stint.wait, wait_ms):
        found.append(f"wait: journal {stint.wait} s, CEL {wait_ms} ms")
    known_end = stint.ending is not Ending.INTERRUPTED
    if stint.talk is not None and bridged_ms is not None and known_end and _apart(stint.talk, bridged_ms):
        found.append(f"talk: journal {stint.talk} s, CEL {bridged_ms} ms")
    return found


def _apart(seconds: int, milliseconds: int) -> bool:
    return abs(seconds * 1000 - milliseconds) > DISAGREEMENT_MS


def _gaps(stint: Stint, disagreements: list[str]) -> tuple[Gap, ...]:
    if not disagreements:
        return ()
    detail = f"queue {stint.queue}: {'; '.join(disagreements)}"
    return (Gap(GapKind.DISAGREEMENT, stint.entered, stint.finished, stint.call_id, detail),)
