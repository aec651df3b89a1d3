"""AMI events written as a readable table: `instant  Event  Header=value ...` on each line."""

from collections.abc import Iterator

from callqueue.floor.events import apply
from callqueue.floor.state import Floor
from foundation.asterisk.ami import Event


def event_of(name: str, *pairs: str) -> Event:
    return Event({key.lower(): (value,) for key, value in (pair.split("=", 1) for pair in pairs)}, name=name)


def events_of(table: str) -> Iterator[tuple[float, Event]]:
    for line in filter(str.strip, table.splitlines()):
        instant, name, *pairs = line.split()
        yield float(instant), event_of(name, *(_long(pair) for pair in pairs))


SHORT = {
    "q": "Queue", "ch": "Uniqueid", "call": "Linkedid", "from": "CallerIDNum", "pos": "Position", "leg": "DestUniqueid",
    "agent": "MemberName", "dev": "Status",
}


def _long(pair: str) -> str:
    key, value = pair.split("=", 1)
    return f"{SHORT.get(key, key)}={value}"


def floor_of(table: str, floor: Floor | None = None) -> Floor:
    floor = floor or Floor()
    for instant, event in events_of(table):
        floor = apply(floor, event, instant)
    return floor


def waiting_text(floor: Floor, queue: str) -> str:
    """Like `c1@100 c2@103`: channels in their order with the instant of joining."""
    return " ".join(f"{caller.channel_id}@{caller.joined:g}" for caller in floor.waiting.get(queue, ()))


def agent_text(floor: Floor, agent_id: str) -> str:
    """Like `talking since 12, call L1 of insurance`."""
    agent = floor.agent(agent_id)
    call = f", call {agent.leg.call_id} of {agent.leg.queue}" if agent.leg else ""
    reason = f" ({agent.reason})" if agent.reason else ""
    return f"{agent.state}{reason} since {agent.since:g}{call}"
