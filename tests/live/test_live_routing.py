"""Settings into a running line while callers wait, waiting callers moved, overflow on one clock, and a drain."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
import yaml

from bench.sipp import Caller, call, calling
from callqueue.ledger.stint import Origin, Outcome
from callqueue.metrics.entries import entries_of
from callqueue.queues.desk import QueueDesk
from callqueue.queues.places import Place
from foundation.asterisk.ami import AmiLink
from foundation.settings.changes import read_applied
from tests.support.live_calls import numbers, settled_stints, to
from tests.support.live_line import LiveLine, Moment
from tests.support.waiting import eventually

pytestmark = pytest.mark.live

Content = dict[str, Any]

WIDENED = 3
"""Seconds of waiting until more agents are rung."""


@asynccontextmanager
async def desk(line: LiveLine) -> AsyncIterator[QueueDesk]:
    async with AmiLink("127.0.0.1", line.settings.ports.of("ami"), "pasokh", line.secrets.ami) as link:
        await link.connected(20)
        yield QueueDesk(link)


def write(line: LiveLine, change: Callable[[Content], object]) -> None:
    content = yaml.safe_load(line.home.settings_file.read_text(encoding="utf-8"))
    change(content)
    line.home.settings_file.write_text(yaml.safe_dump(content), encoding="utf-8")


@contextmanager
def own_settings(line: LiveLine, *, refused: bool = False) -> Iterator[None]:
    """Whatever a test writes into the site's settings is taken back; also in the line, unless it was `refused`."""
    before = line.home.settings_file.read_text(encoding="utf-8")
    try:
        yield
    finally:
        line.home.settings_file.write_text(before, encoding="utf-8")
        if not refused:
            line.command("apply")


async def waiting(line: LiveLine, count: int, queue: str) -> list[Place]:
    """The callers of a queue in their order, when there are so many."""
    async with desk(line) as found:
        async def look() -> list[Place]:
            there = [place for place in await found.places() if place.queue == queue]
            return there if len(there) == count else []

        return await eventually(look, f"{count} wait in {queue}")


async def answered(line: LiveLine, since: Moment, queue: str, count: int) -> list[str]:
    """Channels of the answered, in the order in which they were."""
    await line.written("CONNECT", since, count)
    return [one.call for one in line.events("CONNECT", since) if one.queue == queue]


async def test_changed_settings_reach_callers_who_wait_and_nobody_is_dropped(line: LiveLine) -> None:
    since = line.now()
    callers = numbers(7100, 2)
    staffed, calls = line.staffed(line.phone("a101", talk=1)), [to("idle", number) for number in callers]
    async with staffed, calling(line.target, calls, line.sipp):
        await waiting(line, 2, "idle")
        with own_settings(line):
            write(line, _call_a101_for_idle)
            await asyncio.to_thread(line.command, "apply")
            await answered(line, since, "idle", 2)
            assert "W:3" in line.console("queue show idle")
            assert "with penalty 4" in line.console("queue show insurance")
            stints = await settled_stints(line, since, callers)
    assert [(stint.outcome, stint.queue) for stint in stints] == [(Outcome.ANSWERED, "idle")] * 2


def _call_a101_for_idle(site: Content) -> None:
    site["agents"]["a101"]["queues"] = {"insurance": 4, "idle": 2}
    site["queues"]["idle"]["weight"] = 3


async def test_overflow_keeps_one_clock_and_a_queue_with_callers_is_not_removed(line: LiveLine) -> None:
    since = line.now()
    caller, helped = numbers(7300, 2)
    with own_settings(line):
        write(line, _overflow_from_pensions)
        await asyncio.to_thread(line.command, "apply")
        async with calling(line.target, [to("pensions", caller)], line.sipp):
            await waiting(line, 1, "national")
            write(line, _no_overflow)
            assert "queues.national" in await asyncio.to_thread(refusal, line, "apply")
            assert len(await waiting(line, 1, "national")) == 1
        stints = await settled_stints(line, since, [caller])
        assert await seconds_until_rung(line, helped) >= WIDENED
    assert "national" not in line.console("queue show")
    assert [(stint.queue, stint.origin, stint.outcome) for stint in stints] == [
        ("pensions", Origin.DIRECT, Outcome.TIMED_OUT), ("national", Origin.OVERFLOW, Outcome.ABANDONED),
    ]
    entries = entries_of(stints)
    assert [(entry.queue, entry.outcome) for entry in entries] == [("pensions", Outcome.ABANDONED)]


async def seconds_until_rung(line: LiveLine, caller: str) -> int:
    """How long one who overflows waits for the agent whom only widened penalties let in."""
    since, fresh = line.now(), LiveLine(line.home, read_applied(line.home) or line.settings, line.secrets)
    async with fresh.staffed(fresh.phone("a109", talk=1)), calling(line.target, [to("pensions", caller)], line.sipp):
        [connect] = await line.written("CONNECT", since)
        await line.written("COMPLETEAGENT", since)
    assert (connect.queue, connect.agent) == ("national", "a109")
    return int(connect.data[0])


def _overflow_from_pensions(site: Content) -> None:
    widen = [{"after": WIDENED, "max_penalty": 5}]
    site["queues"]["national"] = dict(site["queues"]["pensions"], max_wait_seconds=60, widen=widen)
    site["agents"]["a109"]["queues"] = {"national": 5}
    site["queues"]["pensions"]["overflow"] = {"after_seconds": 1, "queue": "national"}


def _no_overflow(site: Content) -> None:
    del site["queues"]["national"], site["queues"]["pensions"]["overflow"]
    site["agents"]["a109"]["queues"] = {}


async def test_a_drained_line_refuses_new_calls_and_the_present_ones_go_on(line: LiveLine) -> None:
    since = line.now()
    present, new = numbers(7400, 2)
    try:
        async with calling(line.target, [to("insurance", present)], line.sipp):
            await waiting(line, 1, "insurance")
            assert "1" in await asyncio.to_thread(refusal, line, "drain", "--seconds", "1")
            [truth] = await call(line.target, [Caller(new)], line.sipp)
            assert truth.status == 503
            async with line.staffed(line.phone("a101", talk=1)):
                await asyncio.to_thread(line.command, "drain", "--seconds", "60")
        assert len(line.events("REFUSED_CLOSED", since)) == 1
    finally:
        line.command("undrain")
    [stint] = await settled_stints(line, since, [present])
    assert stint.outcome is Outcome.ANSWERED


def refusal(line: LiveLine, *words: str) -> str:
    with pytest.raises(AssertionError) as caught:
        line.command(*words)
    return str(caught.value)


async def test_a_setting_that_only_a_start_reads_is_refused_by_its_key_and_changes_nothing(line: LiveLine) -> None:
    before = line.console("queue show medical")
    with own_settings(line, refused=True):
        write(line, lambda site: site["queues"]["medical"].update(strategy="linear", max_length=3))
        assert "queues.medical.strategy" in await asyncio.to_thread(refusal, line, "apply")
        write(line, lambda site: site["queues"]["medical"].update(strategy="nosuch"))
        assert "nosuch" in await asyncio.to_thread(refusal, line, "apply")
        assert line.console("queue show medical") == before


async def test_a_caller_is_moved_raised_and_taken_out_and_the_order_of_answers_follows(line: LiveLine) -> None:
    since = line.now()
    callers = [to("insurance", number) for number in numbers(7200, 4)]
    async with calling(line.target, callers, line.sipp), desk(line) as queues:
        first, second, third, fourth = await waiting(line, 4, "insurance")
        await queues.move(third.call_id, 1, "test")
        await queues.move(first.channel_id, 3, "test")
        await queues.raise_priority(fourth.call_id, 9, "test")
        order = [place.channel_id for place in await waiting(line, 4, "insurance")]
        assert order == [one.channel_id for one in (fourth, third, second, first)]
        await queues.withdraw(second.call_id, "test")
        await line.written("WITHDRAW", since)
        async with line.staffed(line.phone("a101", talk=1)):
            assert await answered(line, since, "insurance", 3) == [
                one.channel_id for one in (fourth, third, first)
            ]
    said = [(one.event, one.data) for one in line.journal(since) if one.event in {"MOVED", "RAISED", "TAKEN_OUT"}]
    assert said == [
        ("MOVED", ("test", "3", "1")), ("MOVED", ("test", "2", "3")), ("RAISED", ("test", "0", "9")),
        ("TAKEN_OUT", ("test",)),
    ]
