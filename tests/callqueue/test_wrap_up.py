import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callqueue.agents.sessions import free_next_wrap_up, hold_next_wrap_up, read_sessions
from callqueue.agents.wrap_up import WrapUp, ended_calls
from callqueue.floor.state import Agent, Floor, Member
from tests.support.floor_table import floor_of
from tests.support.queue_site import QueueSite, queue_site
from tests.support.waiting import eventually

A101 = "PJSIP/a101"
READY = Agent(members={"insurance": Member(A101), "medical": Member(A101)})
WRAPPING = {"insurance": "wrap-up", "medical": "wrap-up"}
FREE = {"insurance": "free", "medical": "free"}
LUNCH = {"insurance": "lunch", "medical": "lunch"}

CONNECTED = """
    10 QueueMemberAdded q=insurance agent=a101 dev=1
    20 AgentConnect     q=insurance ch=c1 call=L1 leg=x1 agent=a101
"""


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[QueueSite]:
    async with queue_site(tmp_path) as made:
        await made.desk.log_in("a101")
        yield made


@asynccontextmanager
async def wrapping(site: QueueSite, floor: Callable[[], Floor] = Floor) -> AsyncIterator[WrapUp]:
    wrap_up = WrapUp(site.settings, site.main, site.link, site.desk, site.clock)
    async with site.main.read() as connection:
        for session in (await read_sessions(connection)).values():
            wrap_up.remember(session)
    task = asyncio.create_task(wrap_up.run(floor))
    try:
        yield wrap_up
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def becomes(site: QueueSite, states: dict[str, str]) -> None:
    async def look() -> bool:
        return site.asterisk.states(A101) == states

    await eventually(look, f"a101 is {states}")


async def _wraps_up_yet(site: QueueSite, seconds: float) -> bool:
    async with site.main.read() as connection:
        until = (await read_sessions(connection))["a101"].wrap_up_until
    return until is not None and until > site.clock.now + seconds


@pytest.mark.parametrize("end", ["AgentComplete leg=x1 agent=a101 Reason=transfer", "Hangup ch=x1"])
def test_a_conversation_ends_once_by_whichever_event_comes_first(end: str) -> None:
    before = floor_of(CONNECTED)
    after = floor_of(f"30 {end}", before)
    assert ended_calls(before, after) == [("a101", "insurance")]
    assert ended_calls(after, floor_of("30 Hangup ch=x1", after)) == []


def test_a_ring_or_another_call_is_no_conversation_of_a_queue() -> None:
    before = floor_of("10 QueueMemberAdded q=insurance agent=a101 dev=2\n11 AgentCalled leg=x1 agent=a101")
    assert ended_calls(before, floor_of("12 Hangup ch=x1", before)) == []


async def test_a_wrap_up_pauses_in_all_queues_and_ends_at_its_deadline(site: QueueSite) -> None:
    async with wrapping(site) as wrap_up:
        await wrap_up.begin("a101", "insurance", READY)
        assert site.asterisk.states(A101) == WRAPPING
        site.clock.now += 9.99
        await asyncio.sleep(0.05)
        assert site.asterisk.states(A101) == WRAPPING
        site.clock.now += 0.02
        await becomes(site, FREE)
    assert site.asterisk.journal[-1] == "medical|a101|UNPAUSE|"


async def test_a_wrap_up_that_was_held_beforehand_lasts_although_its_time_is_none(site: QueueSite) -> None:
    async def hold(seconds: float) -> None:
        async with site.main.write() as connection:
            await hold_next_wrap_up(connection, "a101", site.clock.now + seconds, site.clock.now)

    async with wrapping(site) as wrap_up:
        for queue in ("medical", "insurance"):
            await hold(3600)
            await wrap_up.begin("a101", queue, READY)
            assert site.asterisk.states(A101) == WRAPPING
            site.clock.now += 30
            await asyncio.sleep(0.05)
            assert site.asterisk.states(A101) == WRAPPING
            await site.desk.unpause("a101")
            await becomes(site, FREE)
        await hold(3600)
        async with site.main.write() as connection:
            await free_next_wrap_up(connection, "a101", site.clock.now)
        await wrap_up.begin("a101", "medical", READY)
        assert site.asterisk.states(A101) == FREE


async def test_after_a_call_that_came_by_no_queue_the_time_is_the_default_queues(site: QueueSite) -> None:
    async with wrapping(site) as wrap_up:
        await wrap_up.begin("a101", "", READY)
        assert site.asterisk.states(A101) == WRAPPING
        seconds = site.settings.queues[site.settings.default_queue].wrap_up_seconds
        site.clock.now += seconds + 0.01
        await becomes(site, FREE)


async def test_a_queue_without_wrap_up_time_pauses_nobody(site: QueueSite) -> None:
    async with wrapping(site) as wrap_up:
        await wrap_up.begin("a101", "medical", READY)
        await wrap_up.begin("a101", "removed", READY)
    assert site.asterisk.states(A101) == FREE


async def test_whoever_pauses_himself_during_the_wrap_up_stays_paused(site: QueueSite) -> None:
    async with wrapping(site) as wrap_up:
        await wrap_up.begin("a101", "insurance", READY)
        await site.desk.pause("a101", "lunch")
        site.clock.now += 60
        await asyncio.sleep(0.2)
    assert site.asterisk.states(A101) == LUNCH


async def test_whoever_paused_himself_during_the_call_gets_no_wrap_up(site: QueueSite) -> None:
    await site.desk.pause("a101", "lunch")
    lines = list(site.asterisk.journal)
    async with wrapping(site) as wrap_up:
        paused = Agent(members={"insurance": Member(A101, paused=True, reason="lunch")})
        await wrap_up.begin("a101", "insurance", paused)
    assert site.asterisk.journal == lines


async def test_a_pause_that_the_floor_did_not_know_yet_wins_over_the_wrap_up(site: QueueSite) -> None:
    await site.desk.pause("a101", "lunch")
    async with wrapping(site) as wrap_up:
        await wrap_up.begin("a101", "insurance", READY)
    assert site.asterisk.states(A101) == LUNCH


async def test_taking_calls_before_the_wrap_up_is_over_is_allowed(site: QueueSite) -> None:
    async with wrapping(site) as wrap_up:
        await wrap_up.begin("a101", "insurance", READY)
        await site.desk.unpause("a101")
        assert site.asterisk.states(A101) == FREE
        lines = list(site.asterisk.journal)
        site.clock.now += 60
        await asyncio.sleep(0.2)
    assert site.asterisk.journal == lines


async def test_a_wrap_up_outlives_the_process_that_began_it(site: QueueSite) -> None:
    async with wrapping(site) as wrap_up:
        await wrap_up.begin("a101", "insurance", READY)
    site.clock.now += 5
    async with wrapping(site):
        await asyncio.sleep(0.05)
        assert site.asterisk.states(A101) == WRAPPING
        site.clock.now += 5.01
        await becomes(site, FREE)


async def test_a_second_call_gives_a_whole_new_wrap_up(site: QueueSite) -> None:
    async with wrapping(site) as wrap_up:
        await wrap_up.begin("a101", "insurance", READY)
        site.clock.now += 8
        await wrap_up.begin("a101", "insurance", READY)
        site.clock.now += 8
        await asyncio.sleep(0.1)
        assert site.asterisk.states(A101) == WRAPPING
        site.clock.now += 2.01
        await becomes(site, FREE)


async def test_a_wrap_up_lasts_as_long_as_the_agent_speaks_again_with_the_caller_of_before(site: QueueSite) -> None:
    present = floor_of(CONNECTED)
    async with wrapping(site, lambda: present) as wrap_up:
        await wrap_up.begin("a101", "insurance", READY)
        for seconds in (9.5, 4.5, 4.5):
            site.clock.now += seconds
            await eventually(lambda: _wraps_up_yet(site, 4), "the wrap-up is made longer")
        await site.desk.converge("a101")
        assert site.asterisk.states(A101) == WRAPPING
        present = Floor()
        site.clock.now += 5.01
        await becomes(site, FREE)


async def test_a_logged_out_agent_gets_no_wrap_up(site: QueueSite) -> None:
    await site.desk.log_out("a101", "test")
    async with wrapping(site) as wrap_up:
        await wrap_up.begin("a101", "insurance", Agent())
    assert site.asterisk.states(A101) == {}


async def test_without_the_database_a_wrap_up_still_begins_and_ends(site: QueueSite) -> None:
    async with wrapping(site) as wrap_up:
        await site.main.close()
        for file in site.home.database.glob("main.sqlite*"):
            file.rename(file.with_name(f"away-{file.name}"))
        (site.home.database / "main.sqlite").mkdir()
        await wrap_up.begin("a101", "insurance", READY)
        assert site.asterisk.states(A101) == WRAPPING
