"""An agent's desk on a small site: its pages, a played Asterisk behind them, pictures as the bus would show them."""

import wave
from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import sin
from pathlib import Path
from typing import Any

from agent_softphone.desk.exchange import Exchange
from agent_softphone.web.desk_room import desk_room
from callqueue.agents.desk import AgentDesk
from callqueue.ledger.stint import Ending, Origin, Outcome, Stint
from callqueue.ledger.tables import STINT
from callqueue.outbound.model import Channel, OutboundCall, State
from callqueue.outbound.store import insert_call
from followups.web import room as case_room
from foundation.asterisk.ami import AmiLink
from foundation.settings import Agent, Language, Queue, Settings
from ivr.steps.steps import BEGAN, Step
from ivr.tables import ivr_step
from recordings.messages.messages import Message, add_message
from recordings.store import Recording, add_recording
from recordings.transcripts.queue import begin, enter
from recordings.transcripts.transcripts import Side, Word
from tests.support.manager import Fields, PlayedManager, event, played_manager, respond
from tests.support.page_site import PageSite, page_site
from tests.support.queue_manager import PlayedQueues
from tests.support.queue_site import QUICK

CALL_ID = "pasokh-1795328580.31"
NUMBER = "09124567890"
TITLES: dict[str, dict[Language, str]] = {
    "operator": {"fa": "اپراتور", "tr": "Operatör", "en": "Operator"},
    "insurance": {"fa": "بیمه", "tr": "Sigorta", "en": "Insurance"},
    "pensions": {"fa": "مستمری", "tr": "Emeklilik", "en": "Pensions"},
}


def desk_settings(**more: Any) -> Settings:
    return Settings(**{
        "queues": {name: Queue(title=title, wrap_up_seconds=20) for name, title in TITLES.items()},
        "agents": {
            "a101": Agent(name="Sara", queues={"operator": 0, "insurance": 0, "pensions": 5}),
            "a102": Agent(queues={"operator": 0, "insurance": 0}),
        },
        "sip": {"trunk": {"proxy": "127.0.0.1:5099"}}, "sms": {"url": "http://127.0.0.1:9/send", "token": "x"}, **more,
    })


@dataclass
class DeskSite:
    pages: PageSite
    manager: PlayedManager
    asterisk: PlayedQueues
    exchange: Exchange
    variables: dict[str, str]
    """Of the caller's channel."""

    async def show(self, agent: str = "a101", state: str = "ready", **more: Any) -> None:
        """The bus shows this of an agent, and a living floor with callers."""
        live, now = self.pages.web.live, instant(self.pages.clock())
        await live.take("pasokh/floor", {"status": "live", "at": now})
        picture = {"agent": agent, "state": state, "reason": None, "since": now, "queues": {}, "call": None, **more}
        await live.take(f"pasokh/agents/{agent}", picture)

    async def show_call(self, state: str, agent: str = "a101", masked_seconds: int | None = None) -> None:
        """The caller of `CALL_ID` at this agent's telephone; `masked_seconds`: so long his recording is masked yet."""
        until = None if masked_seconds is None else instant(self.pages.clock() + 1000 * masked_seconds)
        call = {
            "call_id": CALL_ID, "queue": "insurance", "since": instant(self.pages.clock()), "number": "***890",
            "masked_until": until,
        }
        await self.show(agent, state, call=call)

    async def show_queue(self, queue: str, waiting: int, seconds: int = 0) -> None:
        since = instant(self.pages.clock() - 1000 * seconds)
        callers = [{"call_id": f"c{n}", "position": n, "joined": since, "number": None} for n in range(1, waiting + 1)]
        await self.pages.web.live.take(f"pasokh/queues/{queue}", {
            "queue": queue, "waiting": callers, "longest_wait_since": since if waiting else None,
            "agents": {"ready": ["a102"], "talking": ["a101"]},
        })

    async def fill(self) -> None:
        """A caller with a past: his way, an earlier call, a message, and promised calls of others."""
        now = self.pages.clock()
        steps = [
            Step(CALL_ID, 1, now / 1000 - 60, "call", "", None, BEGAN, 0, NUMBER),
            Step(CALL_ID, 2, now / 1000 - 50, "menu", "language", "1", "moved", 900),
            Step(CALL_ID, 3, now / 1000 - 40, "menu", "subject", "2", "moved", 900),
        ]
        stints = [
            stint("early.1", now // 1000 - 90_000, answered=now // 1000 - 89_970, finished=now // 1000 - 89_700),
            stint(CALL_ID, now // 1000 - 30, outcome=Outcome.WAITING),
        ]
        async with self.pages.web.database.write() as connection:
            for step in steps:
                row = {**{name: getattr(step, name) for name in ivr_step.c.keys() if name != "at_ms"}}  # noqa: SIM118
                await connection.execute(ivr_step.insert().values(**row, at_ms=round(step.at * 1000)))
            await self._add_work(connection, now)
        async with self.pages.web.ledger.write() as connection:
            for number, one in enumerate(stints):
                values = {name: getattr(one, name) for name in Stint.__dataclass_fields__}
                await connection.execute(STINT.insert().values(
                    **values, journal="test", source_id=1, offset=number, reconciled=True))

    async def _add_work(self, connection: Any, now: int) -> None:
        self.pages.web.home.recordings_store.mkdir(parents=True, exist_ok=True)
        write_sound(self.pages.web.home.recordings_store / "m1.wav")
        await add_recording(connection, Recording(
            "message-m1", "voice_message", "old.1", "old.1", 0, now - 7_200_000, 4000, "m1.wav", 64_044, "0" * 64))
        await add_message(connection, Message(
            "message-m1", "voice_message", "director", "old.1", NUMBER, None, "fa", "123456782", now - 7_200_000, 4000,
            "message-m1"))
        await add_message(connection, Message(
            "message-r1", "callback_request", "rescue", "old.2", "02188776655", "02188776655", "fa", None,
            now - 3_600_000, 0, None, queue="operator"))
        await insert_call(connection, OutboundCall(
            "cb-2345678abc", "callback", "09351112233", "fa", Channel.QUEUE, now - 600_000, now - 600_000, State.OPEN,
            now, queue="insurance", due_ms=now + 900_000))

    async def write_down(self, text: str, message: str = "message-m1") -> None:
        """A recogniser understood this in the message; it was not sure of the last word."""
        words = [Word(Side.CALLER, 400 * n, 400 * n + 300, word, 95) for n, word in enumerate(text.split())]
        words[-1] = replace(words[-1], confidence=40)
        async with self.pages.web.database.write() as connection:
            await begin(connection, message, "fa", "model", self.pages.clock())
            await enter(connection, message, words, self.pages.clock())

    async def close(self) -> None:
        await self.pages.close()


def stint(call_id: str, entered: int, outcome: Outcome = Outcome.ANSWERED, **more: Any) -> Stint:
    by = {"agent": "a101", "ending": Ending.CALLER, "wait": 30, "talk": 270}
    answered = by if outcome is Outcome.ANSWERED else {}
    return Stint(**{
        "call_id": call_id, "channel_id": call_id, "number": 1, "queue": "insurance", "origin": Origin.DIRECT,
        "entered": entered, "outcome": outcome, "caller": NUMBER, **answered, **more,
    })


def instant(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write_sound(path: Path) -> None:
    """Four seconds that grow louder and quieter."""
    samples = array("h", (int(9000 * abs(sin(n / 4000)) * sin(n / 3)) for n in range(32_000)))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(samples.tobytes())


@asynccontextmanager
async def desk_site(folder: Path, settings: Settings | None = None) -> AsyncIterator[DeskSite]:
    """Asterisk answers here, and knows the caller of `CALL_ID`."""
    exchange, found = Exchange(), settings or desk_settings()
    variables = {"PASOKH_CALLER": NUMBER, "PASOKH_LANGUAGE": "fa", "PASOKH_IDENTITY": "proved"}
    async with played_manager() as manager:
        asterisk = PlayedQueues(manager, tuple(found.queues))

        def on_getvar(fields: Fields) -> bytes:
            known = variables.get(fields["Variable"], "") if fields["Channel"] == CALL_ID else ""
            return respond(fields, "Success", "", f"Value: {known}")

        def on_setvar(fields: Fields) -> bytes:
            variables[fields["Variable"]] = fields["Value"]
            return respond(fields, "Success", "Variable Set")

        def on_status(fields: Fields) -> bytes:
            """The caller of `CALL_ID` speaks with a101."""
            told = {"ActionID": fields["ActionID"], "Linkedid": CALL_ID, "BridgeID": "b1"}
            his = f"PASOKH_RECORDED=1\r\nVariable: PASOKH_MASKED={variables.get('PASOKH_MASKED', '')}"
            return (
                respond(fields, "Success", "Channel status will follow", "EventList: start")
                + event("Status", **told, Channel="PJSIP/trunk-00000001", Uniqueid=CALL_ID, Variable=his)
                + event("Status", **told, Channel="PJSIP/a101-00000002", Uniqueid="x1", Variable="PASOKH_VOICE=legs")
                + event("StatusComplete", ActionID=fields["ActionID"], EventList="Complete")
            )

        manager.answers["getvar"] = on_getvar
        manager.answers["setvar"], manager.answers["status"] = on_setvar, on_status
        manager.answers["dbput"] = lambda fields: respond(fields, "Success", "Updated database successfully")
        async with (
            page_site(folder, [desk_room(exchange), case_room()], settings=found) as pages,
            AmiLink("127.0.0.1", manager.port, "pasokh", "secret", patience=QUICK) as link,
        ):
            await link.connected(10)
            exchange.join(link, AgentDesk(found, pages.web.database, link, lambda: pages.clock() / 1000))
            yield DeskSite(pages, manager, asterisk, exchange, variables)
