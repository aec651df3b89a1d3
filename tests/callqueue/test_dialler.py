"""The dialler before an Asterisk that plays along, refuses, or falls silent at the wrong moment."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

import callqueue.agents.tables
import callqueue.ledger.promise_tables
import callqueue.ledger.tables  # noqa: F401 - the tables join MAIN and LEDGER
from callqueue.callbacks.desk import CallbackDesk
from callqueue.dialler.dialler import Dialler
from callqueue.dialler.gauges import DiallerGauges
from callqueue.outbound.calls import Outbound
from callqueue.outbound.model import (
    Attempt,
    AttemptOutcome,
    CallbackRequest,
    Channel,
    OutboundCall,
    OutboundRequest,
    State,
)
from callqueue.outbound.store import attempts_of
from foundation.asterisk.ami import AmiLink, Patience
from foundation.database import LEDGER, MAIN, Database
from foundation.paths import Home
from foundation.settings import Settings
from tests.support.manager import Fields, PlayedManager, event, played_manager, respond
from tests.support.stores import make_tables

QUICK = Patience(answer=0.3, retry_first=0.05, retry_longest=0.05)


class PlayedAsterisk:
    """One agent is free in the queue operator; calls out ring until told otherwise."""

    def __init__(self, manager: PlayedManager, agents: int = 1) -> None:
        self.manager, self.agents = manager, agents
        self.channels: list[str] = []
        self.lines: list[str] = []
        manager.answers |= {
            "queuestatus": self.on_status, "coreshowchannels": self.on_channels, "status": self.on_places,
            "queuelog": self.on_line, "originate": self.on_originate,
        }

    @property
    def originated(self) -> list[Fields]:
        return [fields for fields in self.manager.actions if fields["Action"] == "Originate"]

    def on_status(self, fields: Fields) -> bytes:
        members = b"".join(
            event("QueueMember", Queue="operator", Name=f"a{n}", Location=f"PJSIP/a{n}", Penalty="0", Status="1",
                  Paused="0", ActionID=fields["ActionID"]) for n in range(self.agents))
        head = event("QueueParams", Queue="operator", ActionID=fields["ActionID"])
        return self._list(fields, head + members, "QueueStatusComplete")

    def on_channels(self, fields: Fields) -> bytes:
        shown = b"".join(
            event("CoreShowChannel", Channel=f"PJSIP/trunk-{one}", Uniqueid=one, Linkedid=one, ChannelState="5",
                  ActionID=fields["ActionID"]) for one in self.channels)
        return self._list(fields, shown, "CoreShowChannelsComplete")

    def on_places(self, fields: Fields) -> bytes:
        return self._list(fields, b"", "StatusComplete")

    def on_line(self, fields: Fields) -> bytes:
        self.lines.append(f"{fields['Event']} {fields['Uniqueid']}")
        return respond(fields, "Success", "Event added successfully")

    def on_originate(self, fields: Fields) -> bytes | None:
        self.channels.append(fields["ChannelId"])
        return respond(fields, "Success", "Originate successfully queued")

    def _list(self, fields: Fields, body: bytes, end: str) -> bytes:
        start = respond(fields, "Success", "follows", "EventList: start")
        return start + body + event(end, EventList="Complete", ActionID=fields["ActionID"])


class Bench:
    def __init__(self, dialler: Dialler, asterisk: PlayedAsterisk) -> None:
        self.dialler, self.asterisk = dialler, asterisk
        self.desk = CallbackDesk(dialler.main, dialler.settings)

    async def promise(self, number: str = "09121110001") -> OutboundCall:
        return await self.desk.promise(CallbackRequest(number, "operator", "fa", Channel.WEB))

    async def attempts(self, call: OutboundCall) -> list[Attempt]:
        async with self.dialler.main.read() as connection:
            return await attempts_of(connection, [call.id])

    async def state(self, call: OutboundCall) -> State:
        found = await self.desk.find(call.id)
        assert found is not None
        return found.state


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    home = Home(tmp_path / "home")
    home.make()
    chosen = {
        "queues": {"operator": {}}, "agents": {"a0": {"queues": {"operator": 0}}},
        "sip": {"trunk": {"proxy": "127.0.0.9"}},
        "outbound": {"max_at_once": 2, "per_minute": 3, "hours": {"first": "00:00", "last": "24:00"}, "days_off": []},
        "holidays": {"country": None},
    }
    main, ledger = (Database(f"sqlite+aiosqlite:///{tmp_path / name}.sqlite") for name in ("main", "ledger"))
    await make_tables(main, MAIN)
    await make_tables(ledger, LEDGER)
    async with played_manager() as manager:
        asterisk = PlayedAsterisk(manager)
        # The menus' server, as far as the dialler asks: somebody takes connections there.
        settings = Settings.model_validate({**chosen, "ports": {"agi": manager.port}})
        async with AmiLink("127.0.0.1", manager.port, "pasokh", "secret", patience=QUICK) as link:
            await link.connected(10)
            yield Bench(Dialler(home, settings, link, main, ledger, DiallerGauges(CollectorRegistry())), asterisk)
    await main.close()
    await ledger.close()


async def test_a_promise_is_written_down_and_then_dialled_once(bench: Bench) -> None:
    call = await bench.promise()
    for _ in range(3):
        await bench.dialler.look()
    [originate] = bench.asterisk.originated
    assert bench.asterisk.lines == [f"CALLBACK_ATTEMPT {call.id}-1"]
    actions = [fields["Action"] for fields in bench.asterisk.manager.actions]
    assert actions.index("QueueLog") < actions.index("Originate")
    assert (originate["Channel"], originate["ChannelId"]) == ("PJSIP/09121110001@trunk", f"{call.id}-1")
    assert (originate["Context"], originate["Exten"], originate["Async"]) == ("pasokh-outbound", "answered", "true")
    assert await bench.state(call) is State.DIALLING


async def test_one_free_agent_is_worth_one_call(bench: Bench) -> None:
    first, second = await bench.promise(), await bench.promise("09121110002")
    await bench.dialler.look()
    await bench.dialler.look()
    assert [each["ChannelId"] for each in bench.asterisk.originated] == [f"{first.id}-1"]
    assert await bench.state(second) is State.OPEN


async def test_a_journal_that_takes_no_line_dials_nobody(bench: Bench) -> None:
    call = await bench.promise()
    bench.asterisk.manager.answers["queuelog"] = lambda fields: respond(fields, "Error", "no")
    await bench.dialler.look()
    assert bench.asterisk.originated == []
    bench.asterisk.manager.answers["queuelog"] = bench.asterisk.on_line
    await bench.dialler.look()
    [attempt] = [one for one in await bench.attempts(call) if one.n == 1]
    assert attempt.outcome is AttemptOutcome.INTERRUPTED
    assert attempt.dialled_ms is None


async def test_an_originate_without_an_answer_is_never_sent_again(bench: Bench) -> None:
    call = await bench.promise()
    bench.asterisk.manager.answers["originate"] = lambda _fields: None
    await bench.dialler.look()
    bench.asterisk.channels.append(f"{call.id}-1")  # it had been done all the same
    for _ in range(3):
        await bench.dialler.look()
    assert len(bench.asterisk.originated) == 1
    [attempt] = await bench.attempts(call)
    assert attempt.outcome is None
    assert bench.dialler.watched[attempt.channel_id].seen


async def test_a_refused_originate_is_our_fault(bench: Bench) -> None:
    call = await bench.promise()
    bench.asterisk.manager.answers["originate"] = lambda fields: respond(fields, "Error", "Extension does not exist.")
    await bench.dialler.look()
    await bench.dialler.look()
    assert (await bench.attempts(call))[0].outcome is AttemptOutcome.INTERRUPTED


async def test_a_successor_goes_on_with_a_call_that_rings(bench: Bench) -> None:
    call = await bench.promise()
    await bench.dialler.look()
    old = bench.dialler
    successor = Dialler(
        old.home, old.settings, old.link, old.main, old.ledger, DiallerGauges(CollectorRegistry()))
    await successor.look()
    assert list(successor.watched) == [f"{call.id}-1"]
    assert len(bench.asterisk.originated) == 1


async def test_a_drained_line_and_one_without_a_gateway_dial_nobody(bench: Bench) -> None:
    call = await bench.promise()
    bench.dialler.home.drain.touch()
    await bench.dialler.look()
    bench.dialler.home.drain.unlink()
    settings = bench.dialler.settings
    sip = settings.sip.model_copy(update={"trunk": settings.sip.trunk.model_copy(update={"proxy": None})})
    bench.dialler.settings = settings.model_copy(update={"sip": sip})
    await bench.dialler.look()
    assert bench.asterisk.originated == []
    assert await bench.state(call) is State.OPEN


async def test_while_the_menus_are_down_nobody_is_called(bench: Bench) -> None:
    call = await bench.promise()
    telephone = bench.dialler.telephone
    down = telephone.settings.model_copy(update={"ports": telephone.settings.ports.model_copy(update={"agi": 1})})
    bench.dialler.telephone = replace(telephone, settings=down)
    await bench.dialler.look()
    assert await bench.attempts(call) == []
    bench.dialler.telephone = telephone
    await bench.dialler.look()
    assert len(bench.asterisk.originated) == 1


async def test_calls_that_need_no_agent_keep_the_sites_pace(bench: Bench) -> None:
    outbound = Outbound(bench.dialler.main, bench.dialler.settings)
    bench.asterisk.agents = 0
    for n in range(5):
        await outbound.place(OutboundRequest("result", f"case-{n}", f"0912111000{n}", "fa"))
    await bench.dialler.look()
    assert len(bench.asterisk.originated) == 2, "at once"
    for channel_id, watched in list(bench.dialler.watched.items()):
        bench.dialler.watched[channel_id] = replace(watched, over=True)
        await bench.dialler.worker.record(channel_id, AttemptOutcome.NO_ANSWER)
        bench.dialler.watched.pop(channel_id)
    await bench.dialler.look()
    await bench.dialler.look()
    assert len(bench.asterisk.originated) == 3, "in a minute"
