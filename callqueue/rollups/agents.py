"""Tallies of agents' time straight from the ledger: what all of them were, and what each of them did."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.agents_reading import read_agents, timesheets_of
from callqueue.ledger.stint import Stint
from callqueue.metrics.agent_states import Column
from callqueue.metrics.agent_time import Condition, Period, agent_periods, conversation_spans
from callqueue.metrics.agents_tally import TimesheetsTally, tally_timesheets
from callqueue.metrics.spans import Span
from callqueue.metrics.tally import AgentKey, AgentsTally
from callqueue.metrics.work import has_ended, key_of, wrap_ups_of
from callqueue.rollups.model import Made
from callqueue.rollups.pieces import Pieces, whole_of
from foundation.calendars import Interval


async def make_agents(connection: AsyncConnection, pieces: Sequence[Interval], now: int) -> Made[AgentsTally]:
    """Of each of several intervals side by side. While wrap-up of its stints goes on, a tally grows."""
    whole, pick = whole_of(pieces), Pieces(pieces)
    evidence = await read_agents(connection, whole, now)
    periods = agent_periods(evidence.events, evidence.markers, evidence.until)
    talking = conversation_spans(evidence.stints, now, evidence.conversations)
    tallies = [AgentsTally() for _ in pieces]
    edges = [piece.start for piece in pieces[1:]]
    for agent, mine in periods.items():
        for span, key in spend(mine, talking.get(agent, ()), [*edges, whole.start, whole.end]):
            index = pick.index(span[0])
            if index is not None:
                tallies[index].spent[key] += round((span[1] - span[0]) * 1000)
    wrap_ups = wrap_ups_of(evidence.stints, periods)
    for stint in evidence.stints:
        index = pick.index(stint.entered)
        if index is not None and has_ended(stint) and (seconds := wrap_ups.get(key_of(stint), 0)):
            tallies[index].wrap_up[stint.queue] += seconds
    causes = _causes_now(evidence.stints, periods, now)
    growing = {index for stint in causes if (index := pick.index(stint.entered)) is not None}
    return Made(tallies, frozenset(growing))


def _causes_now(stints: Iterable[Stint], periods: Mapping[str, Sequence[Period]], now: int) -> list[Stint]:
    """The stints whose wrap-up goes on at this moment."""
    began = {
        agent: period.start for agent, mine in periods.items() for period in mine
        if period.condition is Condition.WRAP_UP and period.end >= now
    }
    last: dict[str, Stint] = {}
    for stint in stints:
        agent, answered = stint.agent, stint.answered
        if agent in began and agent is not None and answered is not None and answered <= began[agent]:
            last[agent] = stint  # they come in the order of answering
    return list(last.values())


def spend(periods: Sequence[Period], talking: Sequence[Span], edges: Iterable[int]) -> list[tuple[Span, AgentKey]]:
    """One agent's time while logged in, cut wherever what he is changes and at the edges."""
    changes: list[tuple[float, int, Period | None]] = [(edge, 0, None) for edge in edges]
    for period in periods:
        changes += [(period.start, 1, period), (period.end, -1, period)]
    for start, end in talking:
        changes += [(start, 1, None), (end, -1, None)]
    changes.sort(key=lambda each: each[0])
    found: list[tuple[Span, AgentKey]] = []
    running: list[Period] = []
    keys: dict[object, AgentKey] = {}
    talks, before, key = 0, 0.0, _key((), talking=False)
    for at, change, which in changes:
        if running and before < at:
            found.append(((before, at), key))
        before = at
        if which is None:
            talks += change
        elif change > 0:
            running.append(which)
        else:
            running.remove(which)
        state = (*((each.condition, each.queues) for each in running), talks > 0)
        if state not in keys:
            keys[state] = _key(running, talking=talks > 0)
        key = keys[state]
    return found


def _key(running: Sequence[Period], *, talking: bool) -> AgentKey:
    return tuple(sorted((each.condition.value, tuple(sorted(each.queues))) for each in running)), talking


async def make_timesheets(
    connection: AsyncConnection, pieces: Sequence[Interval], now: int,
) -> list[TimesheetsTally]:
    """Of each of several intervals side by side. What time alone adds lies behind `now`."""
    sheets = await timesheets_of(connection, whole_of(pieces), now)
    counted: list[dict[str, Mapping[Column, int]]] = [{} for _ in pieces]
    for agent, sheet in sheets.items():
        for found, counts in zip(counted, sheet.count(pieces), strict=True):
            if counts:
                found[agent] = counts
    return [tally_timesheets(found) for found in counted]
