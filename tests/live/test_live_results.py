"""Results are told on a running line: who is called, or calls by himself, proves who he is, hears, and answers."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select, update

from bench.sipp import Caller, Keys, calling
from callqueue.outbound.calls import Outbound, OutboundResult
from callqueue.outbound.tables import OUTBOUND_CALL
from followups.cases.actor import Actor
from followups.cases.case import Case, Channel, Deed, ToldBy
from followups.cases.contacts import Address, Person
from followups.cases.lifecycle import Closing, State
from followups.cases.office import CaseOffice, case_office
from followups.cases.opening import NewCase
from followups.cases.store import events_of
from followups.surveys.satisfaction import Response
from followups.telling.result_sounds import VOICE_NAME
from followups.telling.store import tellings_of
from followups.telling.telling import Outcome, Telling
from foundation.calendars import Interval
from foundation.database import Database, Store, store_url
from foundation.gateway_tables import sms_outbox
from foundation.identity_numbers import is_national_id
from ivr.prompts.catalogue import recordings_folder
from tests.support.agent_call import agent_call
from tests.support.citizen_phone import CitizenPhones, On, own_call, play_script, tone_seconds
from tests.support.live_calls import LANGUAGE
from tests.support.live_line import LiveLine
from tests.support.live_site import KEY_OF, site_settings, write_wav
from tests.support.live_start import running_line
from tests.support.public_phones import Behaviour, gateway
from tests.support.raw_phone import ended
from tests.support.survey_responses import read_responses
from tests.support.waiting import eventually

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

WELCOME, SUBJECT, WAY, ASK_CODE = 500, 550, 600, 650
HEAR, DIGITS, ANSWER = 750, 850, 950
GOOD, QUICK = 1050, 1150
PIN, SPEAK_CODE, SPEAK, KEEP, BEEP = 1250, 1350, 1450, 1550, 1000
VOICE = 1900
"""The specialist's voice that says the result: heard by nobody who has not proved who he is."""
TONES = {
    "choose-language": WELCOME, "menu-subject": SUBJECT, "followup-way": WAY, "followup-ask-code": ASK_CODE,
    "result-choice": HEAR, "result-ask-digits": DIGITS, "result-answer": ANSWER, "survey-satisfaction": GOOD,
    "survey-speed": QUICK, "pin-enter": PIN, "result-voice-code": SPEAK_CODE, "result-voice-record": SPEAK,
    "studio-keep": KEEP,
}
LIMIT = 90
SARA = Actor("sara")
OUTBOUND: dict[str, Any] = {
    "attempts": 2, "retry_minutes": [60], "busy_minutes": 60, "ring_seconds": 5, "days_off": [],
    "hours": {"first": "00:00", "last": "24:00"},
}
BUSY = "09127710005"


def behaviour(number: str, _nth: int) -> Behaviour:
    return Behaviour(busy=number == BUSY)


@dataclass
class Site:
    line: LiveLine
    phones: CitizenPhones
    main: Database
    office: CaseOffice

    async def opened(self, number: str) -> Case:
        wish = NewCase("insurance-records", "months are missing", Channel.DESK, province="yazd",
                       person=Person("زهرا محمدی", national_id(number), (Address(Channel.DESK, number),)))
        return await self.office.opening.open(wish, SARA)

    async def resolved(self, number: str, seconds: float = 1.5) -> Case:
        """A case whose result a specialist says in his own voice."""
        case = await self.opened(number)
        path = self.line.home.root / "voice.wav"
        write_wav(path, VOICE, seconds)
        await self.office.desk.attach(case.code, VOICE_NAME, path.read_bytes(), SARA)
        return await self.office.desk.resolve(case.code, "The months were found.", SARA)

    async def now(self, case: Case) -> Case:
        return await self.office.reading.case(case.code, SARA)

    async def until(self, case: Case, state: State) -> Case:
        async def look() -> list[Case]:
            found = await self.now(case)
            return [found] if found.state is state else []

        return (await eventually(look, f"the case is {state}", LIMIT))[0]

    async def tried(self, case: Case, tries: int) -> OutboundResult:
        """The call that tells it, once so many tries have ended."""
        outbound = Outbound(self.main, self.line.settings)

        async def look() -> list[OutboundResult]:
            telling = await self.telling(case)
            found = await outbound.find(telling.outbound_id) if telling and telling.outbound_id else None
            return [found] if found and len([one for one in found.attempts if one.ended_ms]) >= tries else []

        return (await eventually(look, f"{tries} tries have ended", LIMIT))[0]

    async def telling(self, case: Case) -> Telling | None:
        async with self.main.read() as connection:
            found = await tellings_of(connection, case.code)
        return found[-1] if found else None

    async def hasten(self, call_id: str) -> None:
        """The time of the next try has come."""
        async with self.main.write() as connection:
            await connection.execute(
                update(OUTBOUND_CALL).where(OUTBOUND_CALL.c.id == call_id).values(next_attempt_ms=0))

    async def deeds(self, case: Case) -> list[Deed]:
        async with self.main.read() as connection:
            return [event.deed for event in await events_of(connection, case.code)]


def national_id(number: str) -> str:
    """Of the one who has this telephone."""
    stem = f"123{number[-6:]}"
    return next(one for digit in range(10) if is_national_id(one := f"{stem}{digit}"))


@contextmanager
def telling_line(model: Path, sockets: tuple[socket.socket, socket.socket]) -> Iterator[LiveLine]:
    """A line that calls out through the public's gateway, with a tone of its own for each question."""
    address, port = sockets[0].getsockname()
    sip = site_settings(0)["sip"]
    more = {
        "sip": sip | {"trunk": sip["trunk"] | {"proxy": f"{address}:{port}"}}, "outbound": OUTBOUND,
        "holidays": {"country": None}, "sms": {"url": "http://127.0.0.1:9/sms", "token": "x"},
    }
    with running_line(model, more=more, services=("dialler", "followups")) as line:
        for prompt, hertz in TONES.items():
            for language in ("fa", "tr", "en"):
                write_wav(recordings_folder(line.home) / language / f"{prompt}.wav", hertz, 0.6)
        line.command("prompts", "build")
        menus = line.home.root / "menus" / "main.yaml"
        content = yaml.safe_load(menus.read_text(encoding="utf-8"))
        content["menus"]["subject"]["keys"]["#"] = {"do": "followup"}
        for menu in content["menus"].values():
            menu["wait_seconds"] = 5
        menus.write_text(yaml.safe_dump(content), encoding="utf-8")
        yield line


@pytest.fixture(scope="module")
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    made = gateway()
    yield made
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def told_line(model: Path, sockets: tuple[socket.socket, socket.socket]) -> Iterator[LiveLine]:
    with telling_line(model, sockets) as line:
        yield line


@pytest.fixture
async def site(told_line: LiveLine, sockets: tuple[socket.socket, socket.socket]) -> AsyncIterator[Site]:
    main = Database(store_url(told_line.home, told_line.settings, Store.MAIN))
    phones = CitizenPhones(*sockets, behaviour)
    tasks = [asyncio.create_task(phones.listen(), name="sip"), asyncio.create_task(phones.hear(), name="rtp")]
    try:
        yield Site(told_line, phones, main, case_office(told_line.home, told_line.settings, main))
    finally:
        await asyncio.to_thread(told_line.hang_up_everybody)
        await phones.close()
        await ended(*tasks)
        await main.close()


async def test_he_proves_himself_hears_it_and_says_that_it_is_solved(site: Site) -> None:
    number, since = "09127710001", int(time.time())
    site.phones.scripts[number] = (
        On(HEAR, "1"), On(DIGITS, national_id(number)[-4:]), On(ANSWER, "1"), On(GOOD, "5"), On(QUICK, "4"))
    case = await site.resolved(number)
    found = await site.until(case, State.CLOSED)
    assert (found.told_by, found.closing) == (ToldBy.CALL, Closing.SOLVED)
    [rung] = site.phones.calls_to(number)
    heard = site.phones.heard_by(rung)
    proved = max(at for at, packet in heard if tone_seconds([(at, packet)], DIGITS))
    assert tone_seconds(heard, VOICE) > 1.0
    assert tone_seconds([one for one in heard if one[0] < proved], VOICE) == 0
    result = await site.tried(case, 1)
    assert [one.outcome for one in result.attempts] == ["reached"]
    await _asked_how_it_was(site, case, since)
    await eventually(lambda: _nothing_is_left(site.line.home.result_sounds), "its sound is removed", LIMIT)
    assert (await site.deeds(case)).count(Deed.TOLD) == 1


async def _asked_how_it_was(site: Site, case: Case, since: int) -> None:
    async def look() -> list[Response]:
        async with site.main.read() as connection:
            found = await read_responses(connection, Interval(since, int(time.time()) + 1))
        return [one for one in found if len(one.answers) == 2]

    [response] = await eventually(look, "his answers are stored", LIMIT)
    assert dict(response.answers) == {"satisfaction": 5, "speed": 4}
    assert response.cases == ((case.unit, case.subject),)


async def _nothing_is_left(folder: Path) -> bool:
    return not await asyncio.to_thread(lambda: list(folder.iterdir()))


async def test_not_solved_opens_his_case_again(site: Site) -> None:
    number = "09127710002"
    site.phones.scripts[number] = (
        On(HEAR, "1"), On(DIGITS, national_id(number)[-4:]), On(ANSWER, "2"), On(GOOD, ""))
    case = await site.resolved(number)
    found = await site.until(case, State.REOPENED)
    assert (found.reopened, found.result) == (1, None)
    assert found.due_ms is not None
    assert found.due_ms > found.clock_ms > case.clock_ms


async def test_who_wants_an_agent_is_before_those_who_wait(site: Site) -> None:
    number, waiting = "09127710003", Caller("09127710013", (LANGUAGE, Keys(1.2, KEY_OF["insurance"])), 60)
    site.phones.scripts[number] = (On(HEAR, "1"), On(DIGITS, national_id(number)[-4:]), On(ANSWER, "3"))
    line, since = site.line, site.line.now()
    async with calling(line.target, [waiting], line.sipp):
        [first] = await line.written("ENTERQUEUE", since)
        case = await site.resolved(number)
        await line.written("ENTERQUEUE", since, 2)
        async with line.staffed(line.phone("a101", talk=1)):
            connected = await line.written("CONNECT", since, 2)
    telling = await site.telling(case)
    assert telling is not None
    channel = f"{telling.outbound_id}-1"
    assert [one.call for one in connected] == [channel, first.call]
    [stint] = [one for one in line.events("STINT", since) if one.call == channel]
    assert stint.data[2:4] == ("followup", telling.outbound_id)
    await site.until(case, State.TOLD)
    assert [one.outcome for one in (await site.tried(case, 1)).attempts] == ["reached"]


async def test_who_cannot_prove_himself_hears_nothing_and_is_called_again(site: Site) -> None:
    number = "09127710004"
    site.phones.scripts[number] = (On(HEAR, "1"), *[On(DIGITS, "0000")] * 3)
    case = await site.resolved(number)
    result = await site.tried(case, 1)
    assert ([one.outcome for one in result.attempts], result.call.state) == (["not_confirmed"], "open")
    assert result.call.next_attempt_ms > time.time() * 1000 + 30 * 60_000
    [rung] = site.phones.calls_to(number)
    assert tone_seconds(site.phones.heard_by(rung), VOICE) == 0
    assert (await site.now(case)).state is State.RESOLVED


async def test_whom_no_call_reaches_is_written_to_and_hears_it_when_he_calls(site: Site) -> None:
    case = await site.resolved(BUSY)
    result = await site.tried(case, 1)
    assert [one.outcome for one in result.attempts] == ["busy"]
    await site.hasten(result.call.id)

    async def look() -> bool:
        telling = await site.telling(case)
        return telling is not None and telling.outcome is Outcome.UNREACHABLE

    await eventually(look, "he is given up", LIMIT)
    async with site.main.read() as connection:
        [sms] = (await connection.execute(select(sms_outbox).where(sms_outbox.c.number == BUSY))).all()
    assert "months" not in sms.text
    assert (await site.now(case)).state is State.RESOLVED
    await _calls_himself(site, BUSY, case, (On(ANSWER, "1"),))
    found = await site.until(case, State.CLOSED)
    assert (found.told_by, found.closing) == (ToldBy.OWN_CALL, Closing.SOLVED)


async def _calls_himself(site: Site, number: str, case: Case, then: Sequence[On]) -> float:
    """By the menu and his tracking code; for how long the result's voice was heard."""
    slipped = f"{case.code[:-1]}{(int(case.code[-1]) + 1) % 10}"
    script = (On(WELCOME, "1"), On(SUBJECT, "#"), On(WAY, "1"), On(ASK_CODE, slipped), On(ASK_CODE, case.code), *then)
    async with own_call(site.line.target, number, script) as heard:
        return tone_seconds(heard, VOICE)


async def test_from_another_telephone_nothing_is_heard_without_the_last_digits(site: Site) -> None:
    number = "09127710006"
    site.phones.scripts[number] = (On(HEAR, "9"),)
    case = await site.resolved(number)
    assert (await site.tried(case, 1)).call.result == "cancelled"
    assert await _calls_himself(site, "09127710099", case, (*[On(DIGITS, "0000")] * 3,)) == 0
    assert (await site.now(case)).state is State.RESOLVED
    leaks = [path for path in site.line.home.root.rglob("*.log") if national_id(number).encode() in path.read_bytes()]
    assert leaks == []


async def test_a_result_is_told_once_though_services_are_killed_in_the_middle_of_it(site: Site) -> None:
    number = "09127710007"
    site.phones.scripts[number] = (
        On(HEAR, "1"), On(DIGITS, national_id(number)[-4:]), On(ANSWER, "1"), On(GOOD, ""))
    case = await site.resolved(number, seconds=10)
    killed = await asyncio.to_thread(site.line.kill, "followups")
    await site.line.ready("followups", but=killed)

    async def look() -> bool:
        rungs = site.phones.calls_to(number)
        return bool(rungs) and tone_seconds(site.phones.heard_by(rungs[0]), VOICE) > 0

    await eventually(look, "the result is being told", LIMIT)
    killed = await asyncio.to_thread(site.line.kill, "ivr")
    await site.line.ready("ivr", but=killed)
    found = await site.until(case, State.CLOSED)
    assert (found.told_by, found.closing) == (ToldBy.CALL, Closing.SOLVED)
    result = await site.tried(case, 2)
    assert [one.outcome for one in result.attempts] == ["interrupted", "reached"]
    deeds = await site.deeds(case)
    assert (deeds.count(Deed.TOLD), deeds.count(Deed.CLOSED)) == (1, 1)


async def test_a_specialist_says_the_result_at_his_telephone(site: Site) -> None:
    case, line = await site.opened("09127710008"), site.line
    account = ("a102", line.secrets.agents["a102"])
    async with agent_call(line.target, account, line.settings.extensions.results) as phone:
        script = [On(PIN, line.secrets.pin), On(SPEAK_CODE, case.code)]
        await play_script(script, phone.heard, phone.press, phone.hang_up, lambda: phone.is_over)
        await eventually(lambda: _is_heard(phone.heard, SPEAK), "he is asked to speak", LIMIT)
        await eventually(lambda: _is_heard(phone.heard, BEEP), "the tone before the recording", LIMIT)
        await phone.speak(VOICE, 2.0)
        await phone.press("#")
        await play_script([On(KEEP, "1")], phone.heard, phone.press, phone.hang_up, lambda: phone.is_over)

        async def look() -> bool:
            view = await site.office.reading.view(case.code, SARA)
            return [one.name for one in view.attachments] == [VOICE_NAME]

        await eventually(look, "his voice is kept", LIMIT)


async def _is_heard(heard: Sequence[tuple[float, bytes]], hertz: float) -> bool:
    return tone_seconds(heard, hertz) > 0
