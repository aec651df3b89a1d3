import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from callqueue.floor.bus import FloorGauges
from callqueue.ledger.evidence import Gap, GapKind
from callqueue.ledger.store import read_gaps
from callqueue.live import Live
from foundation.bus import read_retained
from tests.support.broker import TestBroker, running_broker
from tests.support.manager import event
from tests.support.queue_site import QueueSite, queue_site
from tests.support.waiting import eventually

Pictures = dict[str, dict[str, Any]]
LOGGED_IN = ("a101", "a102")
CONVERSATION = [
    event("QueueCallerJoin", Queue="insurance", Uniqueid="c1", Linkedid="L1", CallerIDNum="09121234567", Position="1"),
    event("AgentCalled", Queue="insurance", Uniqueid="c1", Linkedid="L1", DestUniqueid="x1", MemberName="a101"),
    event("QueueCallerLeave", Queue="insurance", Uniqueid="c1", Position="1"),
    event("AgentConnect", Queue="insurance", Uniqueid="c1", Linkedid="L1", DestUniqueid="x1", MemberName="a101"),
]


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[TestBroker]:
    async with running_broker(tmp_path) as running:
        yield running


@pytest.fixture
async def site(tmp_path: Path, broker: TestBroker) -> AsyncIterator[QueueSite]:
    async with queue_site(tmp_path / "home", broker.broker.port, clock_runs=True) as made:
        yield made


@asynccontextmanager
async def living(site: QueueSite, registry: CollectorRegistry | None = None) -> AsyncIterator[Live]:
    gauges = FloorGauges(registry or CollectorRegistry())
    live = Live(site.home, site.settings, site.link, main=site.main, ledger=site.ledger, gauges=gauges)
    task = asyncio.create_task(live.run())
    try:
        yield live
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def sees(broker: TestBroker, look: Callable[[Pictures], bool]) -> Awaitable[Pictures]:
    async def read() -> Pictures:
        pictures = await read_retained(broker.broker, "pasokh/#")
        try:
            return pictures if look(pictures) else {}
        except KeyError:
            return {}

    return eventually(read, "the bus shows it")


def agent_is(state: str, agent: str = "a101") -> Callable[[Pictures], bool]:
    return lambda pictures: bool(pictures[f"pasokh/agents/{agent}"]["state"] == state)


def is_live(pictures: Pictures) -> bool:
    return bool(pictures["pasokh/floor"]["status"] == "live")


async def gaps(site: QueueSite) -> list[Gap]:
    async with site.ledger.read() as connection:
        return await read_gaps(connection, 0, int(time.time()) + 100)


async def test_the_bus_shows_a_call_from_joining_to_wrap_up(site: QueueSite, broker: TestBroker) -> None:
    registry = CollectorRegistry()
    async with living(site, registry):
        await sees(broker, is_live)
        await site.desk.log_in("a101")
        pictures = await sees(broker, agent_is("ready"))
        assert pictures["pasokh/queues/insurance"]["agents"]["ready"] == ["a101"]
        assert pictures["pasokh/agents/a102"]["state"] == "offline"
        site.manager.say(CONVERSATION[0])
        pictures = await sees(broker, lambda shown: bool(shown["pasokh/queues/insurance"]["waiting"]))
        assert pictures["pasokh/queues/insurance"]["waiting"][0]["number"] == "***567"
        assert "09121234567" not in str(pictures)
        assert registry.get_sample_value("pasokh_waiting_callers", {"queue": "insurance"}) == 1
        site.manager.say(b"".join(CONVERSATION[1:]))
        pictures = await sees(broker, agent_is("talking"))
        assert pictures["pasokh/agents/a101"]["call"]["call_id"] == "L1"
        await sees(broker, lambda shown: not shown["pasokh/queues/insurance"]["waiting"])
        site.manager.say(event("AgentComplete", DestUniqueid="x1", MemberName="a101"))
        await sees(broker, agent_is("wrap-up"))
        assert registry.get_sample_value("pasokh_agents", {"queue": "medical", "state": "wrap-up"}) == 1


async def test_a_lost_link_is_blindness_with_a_declared_gap_and_then_a_new_snapshot(
    site: QueueSite, broker: TestBroker,
) -> None:
    async with living(site):
        await site.desk.log_in("a101")
        await sees(broker, agent_is("ready"))
        site.manager.answers["login"] = lambda _: None
        site.manager.cut()
        pictures = await sees(broker, lambda shown: not is_live(shown))
        assert pictures["pasokh/floor"]["since"]
        assert agent_is("ready")(pictures)
        site.asterisk.waiting.append({"Queue": "medical", "Uniqueid": "c7", "Position": "1", "Wait": "3"})
        del site.manager.answers["login"]
        site.manager.cut()
        await sees(broker, is_live)
        await sees(broker, lambda shown: bool(shown["pasokh/queues/medical"]["waiting"]))

        async def declared() -> list[Gap]:
            return [gap for gap in await gaps(site) if gap.kind is GapKind.BLIND and gap.ended]

        [gap] = await eventually(declared, "the gap is declared and closed")
        assert gap.detail == "the peer closed the connection"


async def test_a_restarted_asterisk_gets_its_agents_back(site: QueueSite, broker: TestBroker) -> None:
    async with living(site):
        for agent in LOGGED_IN:
            await site.desk.log_in(agent)
        await site.desk.pause("a101", "lunch")
        await sees(broker, agent_is("paused"))
        await asyncio.sleep(3.1)  # a younger wish is left to whoever heard it
        site.asterisk.forget()
        site.manager.cut()

        async def restored() -> bool:
            return [line.split("|")[1] for line in site.asterisk.journal if "AGENT_RESTORED" in line] == [*LOGGED_IN]

        await eventually(restored, "both are restored")
        assert site.asterisk.states("PJSIP/a101") == {"insurance": "lunch", "medical": "lunch"}
        await sees(broker, lambda shown: agent_is("paused")(shown) and agent_is("ready", "a102")(shown))


async def test_the_whole_floor_comes_back_with_the_broker(site: QueueSite, broker: TestBroker) -> None:
    async with living(site):
        await site.desk.log_in("a101")
        await sees(broker, agent_is("ready"))
        await broker.kill()
        await site.desk.pause("a101", "prayer")
        await broker.start()
        pictures = await sees(broker, agent_is("paused"))
        assert pictures["pasokh/agents/a101"]["reason"] == "prayer"
        assert is_live(await sees(broker, is_live))


async def test_a_queue_that_is_no_more_is_cleared_from_the_bus(site: QueueSite, broker: TestBroker) -> None:
    async with living(site):
        await sees(broker, is_live)
    site.settings.queues.pop("medical")
    site.asterisk.queues = ("insurance",)
    async with living(site):
        await sees(broker, lambda shown: is_live(shown) and "pasokh/queues/medical" not in shown)


async def test_a_stopped_floor_is_blind_on_the_bus(site: QueueSite, broker: TestBroker) -> None:
    async with living(site):
        await sees(broker, is_live)
    pictures = await read_retained(broker.broker, "pasokh/floor")
    assert pictures["pasokh/floor"]["status"] == "blind"
