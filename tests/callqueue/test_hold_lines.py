"""Holds of agents become journal lines with the event's own microsecond."""

import asyncio
from typing import Any

import pytest

from callqueue.floor.hold_lines import HoldLine, HoldLines, hold_line
from callqueue.journal.events import HoldChanged
from callqueue.journal.parser import parse_line
from foundation.asterisk.ami import AmiAwayError, Event, Response

AGENTS = {"a101", "front-desk"}


def hold(channel: str = "PJSIP/a101-0000001f", name: str = "Hold", **more: str) -> Event:
    fields = {"Channel": channel, "Uniqueid": "x1", "Linkedid": "L1", "Timestamp": "1800000000.250001", **more}
    return Event({key.lower(): (value,) for key, value in fields.items()}, name)


def test_an_agents_hold_is_a_line_with_its_microsecond() -> None:
    expected = HoldLine("x1", "a101", "HOLD", "L1", 1_800_000_000_250_001)
    assert hold_line(hold(), AGENTS, 5.0) == expected


@pytest.mark.parametrize("channel", ["PJSIP/trunk-0000001f", "PJSIP/a101", "Local/a101@x-0000001f;1", ""])
def test_nobody_but_an_agent_holds(channel: str) -> None:
    assert hold_line(hold(channel), AGENTS, 5.0) is None


def test_an_agents_name_may_have_hyphens() -> None:
    line = hold_line(hold("PJSIP/front-desk-0000001f", "Unhold"), AGENTS, 5.0)
    assert line is not None
    assert (line.agent, line.word) == ("front-desk", "UNHOLD")


class AwayOnce:
    """A link that is away at first."""

    def __init__(self) -> None:
        self.written: list[dict[str, Any]] = []
        self.done = asyncio.Event()
        self.asked = 0

    async def action(self, name: str, **fields: Any) -> Response:
        assert name == "QueueLog"
        self.asked += 1
        if self.asked == 1:
            raise AmiAwayError("not connected")
        self.written.append(fields)
        self.done.set()
        return Response({}, succeeded=True)


async def test_a_line_waits_until_asterisk_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callqueue.floor.hold_lines.RETRY_SECONDS", 0.01)
    link = AwayOnce()
    lines = HoldLines(link, AGENTS)  # type: ignore[arg-type]
    lines.on_event(hold(), 5.0)
    running = asyncio.create_task(lines.run())
    async with asyncio.timeout(60):
        await link.done.wait()
    running.cancel()
    assert link.written == [{
        "Queue": "NONE", "Uniqueid": "x1", "Interface": "a101", "Event": "HOLD", "Message": "L1|1800000000250001",
    }]


def test_a_line_written_late_keeps_its_own_instant() -> None:
    late = parse_line(b"1800000030|x1|NONE|a101|HOLD|L1|1800000000250001")
    assert isinstance(late, HoldChanged)
    assert late.at_us == 1_800_000_000_250_001
