"""Who spoke with whom, from CEL: each agent is credited with the time in which he was together with somebody. Pure.

The queue's journal ends at a transfer, so whoever gets the caller that way is known from the bridges alone.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from callqueue.ledger.reconcile import Span

TRUNK = "trunk"
_CHANNEL = re.compile(r"PJSIP/(.+)-[0-9a-f]{8}")


class Kind(StrEnum):
    """With whom an agent spoke."""

    DIRECT = "direct"
    """The caller whom a queue gave him."""
    TRANSFER = "transfer"
    """A caller who was passed on to him without a queue, or in the place of a colleague whom he was speaking with."""
    CONSULTATION = "consultation"
    """A colleague."""


def owner_of(channel: str) -> str | None:
    """The agent whose telephone a channel's name like `PJSIP/a101-0000001f` belongs to; None for callers and others."""
    found = _CHANNEL.fullmatch(channel)
    return None if found is None or found[1] == TRUNK else found[1]


@dataclass(frozen=True, slots=True)
class Presence:
    """A channel's stay in a bridge."""

    channel_id: str
    owner: str | None
    """The agent, None for whoever stands for a caller."""
    bridge: str
    call_id: str
    span: Span
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Passed:
    """A transfer that succeeded, at epoch microseconds."""

    at_us: int
    channel_id: str
    second_id: str | None
    transferee_id: str | None
    main_call_id: str


@dataclass(frozen=True, slots=True)
class Served:
    """The stint that gave an agent's channel its caller."""

    channel_id: str
    number: int
    agent_channel_id: str
    call_id: str


@dataclass(frozen=True, slots=True)
class Conversation:
    channel_id: str
    """The agent's."""
    agent: str
    span: Span
    kind: Kind
    call_id: str
    partner: str | None = None
    stint: tuple[str, int] | None = None
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation as reports read it; epoch milliseconds."""

    agent: str
    channel_id: str
    call_id: str
    kind: Kind
    start: int
    end: int
    partner: str | None = None
    stint: tuple[str, int] | None = None
    holds: tuple[tuple[int, int], ...] = ()
    """When the agent had the other side on hold, within it."""


@dataclass(frozen=True, slots=True)
class Rung:
    """An agent's telephone rang; epoch milliseconds."""

    agent: str
    start: int
    end: int


def conversations_of(
    agent: Presence, others: Iterable[Presence], passed: Sequence[Passed] = (), served: Sequence[Served] = (),
) -> list[Conversation]:
    """With whom an agent was together during one stay of his in a bridge, in order.

    Args:
        agent: the stay; its owner is the agent.
        others: all stays of other channels in that bridge.
        passed: transfers that concern any of these channels.
        served: stints that any of these channels served.
    """
    stays = [*others, *_taken_over(others, passed)]
    met = [replace(other, span=part) for other in stays if (part := agent.span.within(other.span))]
    stint = next((each for each in served if each.agent_channel_id == agent.channel_id), None)
    whole = Conversation(
        agent.channel_id, agent.owner or "", agent.span, Kind.CONSULTATION, _call_of(agent, passed, stint),
        stint=(stint.channel_id, stint.number) if stint else None, interrupted=agent.interrupted,
    )
    return [replace(whole, span=span, kind=kind, partner=partner) for span, kind, partner in _parts(met, stint)]


def _taken_over(others: Iterable[Presence], passed: Sequence[Passed]) -> list[Presence]:
    """A caller who takes the place of the transferring agent by masquerade enters the bridge without a word in CEL."""
    return [
        replace(other, channel_id=each.transferee_id, owner=None, span=Span(each.at_us, 1 << 62))
        for other in others for each in passed
        if each.second_id == other.channel_id and each.transferee_id and other.owner is not None
        and other.span.start <= each.at_us <= other.span.end and not _moved(others, other, each)
    ]


def _moved(others: Iterable[Presence], left: Presence, passed: Passed) -> bool:
    """Whether somebody else came into the bridge at the transfer, so that CEL has told who took the place."""
    return any(
        other.channel_id != left.channel_id and other.owner is None and other.span.end >= passed.at_us
        for other in others
    )


def _parts(
    met: Sequence[Presence], stint: Served | None,
) -> Iterable[tuple[Span, Kind, str | None]]:
    """The stay cut where its company changes; a caller in the bridge counts before colleagues."""
    edges = sorted({edge for each in met for edge in (each.span.start, each.span.end)})
    running: tuple[Span, Kind, str | None] | None = None
    for start, end in pairwise(edges):
        present = [each for each in met if each.span.start <= start and each.span.end >= end]
        if not present:
            continue
        kind, partner = _company(present, stint)
        if running and running[1:] == (kind, partner) and running[0].end == start:
            running = (Span(running[0].start, end), kind, partner)
            continue
        if running:
            yield running
        running = (Span(start, end), kind, partner)
    if running:
        yield running


def _company(present: Sequence[Presence], stint: Served | None) -> tuple[Kind, str | None]:
    callers = [each for each in present if each.owner is None]
    if not callers:
        return Kind.CONSULTATION, present[0].owner
    own = stint is not None and any(each.channel_id == stint.channel_id for each in callers)
    return (Kind.DIRECT if own else Kind.TRANSFER), None


def _call_of(agent: Presence, passed: Sequence[Passed], stint: Served | None) -> str:
    """The caller's call: of a consultation that led to a transfer, the one that was passed on."""
    if stint is not None:
        return stint.call_id
    return next((each.main_call_id for each in passed), agent.call_id)
