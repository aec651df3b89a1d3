"""Voice messages, the rescue with everything of ours down, and the emergency switch, with real calls."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bench.sipp import Caller, Keys, call
from bench.tones import write_tone
from foundation.database import Database, Store, store_url
from foundation.tracking import is_tracking_code
from ivr.prompts import Prompt
from ivr.prompts.numbers import prompt_numbers
from pasokh.line import wait_ready
from pasokh.supervise import SupervisorLink
from recordings.listening.listens import WantedListens, find_listens
from recordings.messages.messages import Message, Wanted, messages, sound_of
from tests.support.agent_call import agent_call
from tests.support.kept_sound import kept_sides
from tests.support.live_calls import LANGUAGE
from tests.support.live_line import LiveLine
from tests.support.live_site import MESSAGE_KEY, PROMPT_HERTZ, QUEUES, QUICK, write_wav
from tests.support.live_start import running_line
from tests.support.raw_phone import _from_alaw, raw_call, tone_share
from tests.support.waiting import eventually

pytestmark = pytest.mark.live

HERTZ, ANNOUNCED_HERTZ = 620, 900
QUEUE_SECONDS = 2
MESSAGE = Keys(1.5, MESSAGE_KEY)
SPOKEN = Keys(4.0, "#")
SENDS = Caller("09120000101", (LANGUAGE, MESSAGE, SPOKEN, Keys(1.5, "2"), Keys(1.5, "1")), patience=6)
HANGS_UP = Caller("09120000102", (LANGUAGE, MESSAGE), patience=4)
CANCELS = Caller("09120000103", (LANGUAGE, MESSAGE, SPOKEN, Keys(1.5, "*")), patience=2)
UNKNOWN = Caller("anonymous", (
    LANGUAGE, MESSAGE, SPOKEN, Keys(1.5, "1"), Keys(1.5, "0*12#"), Keys(3.0, "02188776655#"), Keys(2.0, "1"),
), patience=3)
ALL_SERVICES = ("watchdog", "ivr", "callqueue", "recordings")


@pytest.fixture(scope="module")
def line(model: Path) -> Iterator[LiveLine]:
    """A line whose default queue gives up soon."""
    queues = {name: {**QUICK, **own} for name, own in QUEUES.items()}
    queues["operator"] |= {"max_wait_seconds": QUEUE_SECONDS}
    with running_line(model, more={"queues": queues}, services=("followups", "dialler")) as made:
        yield made


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    return write_tone(tmp_path / "tone.al", HERTZ)


async def taken(line: LiveLine, since_ms: int, count: int) -> list[Message]:
    """The messages that came in, when there are so many."""
    async def look() -> list[Message]:
        found = await _messages(line, since_ms)
        return found if len(found) >= count else []

    return await eventually(look, f"{count} messages")


async def _messages(line: LiveLine, since_ms: int) -> list[Message]:
    async with _main(line) as database, database.read() as connection:
        return list(await messages(connection, Wanted(since_ms=since_ms)))


async def said_in(line: LiveLine, message: Message) -> list[int]:
    async with _main(line) as database, database.read() as connection:
        kept = await sound_of(connection, message)
    assert kept is not None
    return (await kept_sides(line, kept))[0]


@asynccontextmanager
async def _main(line: LiveLine) -> AsyncIterator[Database]:
    database = Database(store_url(line.home, line.settings, Store.MAIN))
    try:
        yield database
    finally:
        await database.close()


async def test_callers_leave_messages_cancel_them_and_hang_up(line: LiveLine, tone: Path) -> None:
    since = now_ms()
    await call(line.target, [SENDS, HANGS_UP, CANCELS, UNKNOWN], line.sipp, tone=tone)
    await line.quiet()
    found = {message.caller: message for message in await taken(line, since, 3)}
    assert set(found) == {SENDS.number, HANGS_UP.number, None}
    for message in found.values():
        assert (message.box, message.kind, message.language) == ("director", "voice_message", "fa")
        assert is_tracking_code(str(message.tracking))
        assert 1500 < message.duration_ms < 8000
        samples = await said_in(line, message)
        assert tone_share(samples[4000:-4000], HERTZ) > 0.8
    assert found[None].callback_number == "02188776655"
    assert len({message.tracking for message in found.values()}) == 3
    assert list(line.home.voice_spool.iterdir()) == []
    listed = line.command("messages", "list", "--box", "director")
    assert str(found[None].tracking) in listed
    assert SENDS.number not in listed
    line.command("messages", "play", str(found[None].tracking), "--output", str(line.home.root / "heard.wav"))
    assert "heard" in line.command("messages", "show", str(found[None].tracking))


async def test_with_every_service_down_messages_and_numbers_are_taken_and_delivered_later(
    line: LiveLine, tone: Path,
) -> None:
    since = now_ms()
    supervisor = SupervisorLink(line.home)
    for service in ALL_SERVICES:
        supervisor._ask("stopProcess", service, True)
    try:
        in_rescue = QUEUE_SECONDS + 4.0
        speaks = Caller("09120000111", (Keys(in_rescue, "1"), Keys(4.0, "#")), patience=3)
        wants_a_call = Caller("09120000112", (Keys(in_rescue, "2"), Keys(1.5, "1")), patience=3)
        gives_a_number = Caller("anonymous", (Keys(in_rescue, "2"), Keys(1.5, "02188776655#")), patience=3)
        await call(line.target, [speaks, wants_a_call, gives_a_number], line.sipp, tone=tone)
        await line.quiet()
        assert len(list(line.home.voice_spool.glob("*.json"))) == 3
    finally:
        for service in reversed(ALL_SERVICES):
            supervisor._ask("startProcess", service, False)
        wait_ready(line.site, ALL_SERVICES)
    found = {message.caller: message for message in await taken(line, since, 3)}
    assert {message.box for message in found.values()} == {"rescue"}
    assert found["09120000111"].kind == "voice_message"
    assert tone_share((await said_in(line, found["09120000111"]))[4000:-4000], HERTZ) > 0.8
    assert (found["09120000112"].kind, found["09120000112"].callback_number) == ("callback_request", "09120000112")
    assert (found[None].kind, found[None].callback_number) == ("callback_request", "02188776655")
    assert list(line.home.voice_spool.iterdir()) == []


async def test_a_closed_line_announces_refuses_and_takes_a_message(line: LiveLine, tone: Path) -> None:
    since, since_ms = line.now(), now_ms()
    line.command("emergency", "on", "--closed", "--text", "en=We are closed.", "--by", "test")
    try:
        leaves = Caller("09120000121", (Keys(4.0, "1"), Keys(4.0, "#"), Keys(1.5, "1")), patience=3)
        await call(line.target, [leaves, Caller("09120000122")], line.sipp, tone=tone)
        await line.quiet()
        refused = line.events("REFUSED_CLOSED", since)
        assert [one.queue for one in refused] == ["operator", "operator"]
        assert {one.call for one in line.events("STINT", since)} == {one.call for one in refused}
        [message] = await taken(line, since_ms, 1)
        assert (message.box, message.caller) == ("rescue", "09120000121")
        status = line._run(("emergency", "status"))
        assert (status.returncode, "CLOSED" in status.stdout) == (1, True)
    finally:
        line.command("emergency", "off", "--by", "test")
    after = line.now()
    await call(line.target, [Caller("09120000123", (LANGUAGE, MESSAGE), patience=1)], line.sipp)
    await line.quiet()
    assert line.events("REFUSED_CLOSED", after) == []
    assert [one.data[0] for one in line.events("EMERGENCY_ON", since)] == ["test"]
    assert len(line.events("EMERGENCY_OFF", since)) == 1


async def test_over_its_capacity_the_line_notes_who_wants_to_be_called_back(line: LiveLine) -> None:
    since, since_ms = line.now(), now_ms()
    line.console("dialplan set global PASOKH_CAPACITY 0")
    try:
        known = Caller("+989120000131", (Keys(0.8, "1"), Keys(2.0, "1")), patience=1)
        typed = Caller("anonymous", (Keys(0.8, "1"), Keys(2.0, "02188776655#"), Keys(2.0, "1")), patience=1)
        await call(line.target, [known, typed], line.sipp)
    finally:
        line.console(f"dialplan set global PASOKH_CAPACITY {line.settings.capacity.calls}")
    assert len(await line.written("REFUSED_BUSY", since, 2)) == 2
    found = await taken(line, since_ms, 2)
    assert {message.callback_number for message in found} == {"09120000131", "02188776655"}
    assert {(message.kind, message.queue, message.state) for message in found} == {
        ("callback_request", "operator", "new"),
    }
    code = str(found[0].tracking)
    assert is_tracking_code(code)
    listed = line.command("messages", "list", "--queue", "operator", "--state", "new")
    assert code in listed
    assert "callback_request" in listed
    assert "09120000131" not in listed
    line.command("messages", "close", code, "--by", "test")
    assert code not in line.command("messages", "list", "--state", "new")
    await line.quiet()


async def test_an_announcement_is_heard_before_the_menus(line: LiveLine, tmp_path: Path) -> None:
    recording = tmp_path / "announcement.wav"
    write_wav(recording, ANNOUNCED_HERTZ)
    line.command("emergency", "on", "--recording", f"tr={recording}")
    try:
        async with raw_call(line.target) as caller:

            async def heard() -> bool:
                return caller.first_heard(PROMPT_HERTZ) is not None

            await eventually(heard, "the menus speak")
    finally:
        line.command("emergency", "off")
    announced, menus = caller.first_heard(ANNOUNCED_HERTZ), caller.first_heard(PROMPT_HERTZ)
    assert announced is not None
    assert menus is not None
    assert announced < menus


def now_ms() -> int:
    return int(time.time() * 1000)


async def test_an_agent_with_the_pin_closes_the_line_and_records_a_prompt_by_telephone(line: LiveLine) -> None:
    since = line.now()
    account, pin = ("a101", line.secrets.agents["a101"]), line.secrets.pin
    async with agent_call(line.target, account, line.settings.extensions.emergency) as phone:
        await asyncio.sleep(1)
        await phone.keys(pin)
        await asyncio.sleep(1.5)
        await phone.keys("2")
        await line.written("EMERGENCY_ON", since)
        await phone.keys("3")
        await line.written("EMERGENCY_OFF", since)
    assert [one.data for one in line.events("EMERGENCY_ON", since)] == [("a101", "closed")]
    number = prompt_numbers(line.home, ["welcome"])["welcome"]
    heard = Prompt("en", "welcome").path(line.home.prompts, "alaw")
    before = heard.read_bytes()
    async with agent_call(line.target, account, line.settings.extensions.prompts) as phone:
        await asyncio.sleep(1)
        await phone.keys(pin)
        await asyncio.sleep(1.5)
        await phone.keys("3")
        await asyncio.sleep(1.5)
        await phone.keys(f"{number}#")
        await asyncio.sleep(2)
        await phone.keys("1")
        await phone.speak(HERTZ, 3.0)
        await phone.keys("#")
        await asyncio.sleep(2.5)
        await phone.keys("1")

        async def changed() -> bool:
            return heard.read_bytes() != before

        await eventually(changed, "the recorded prompt is heard")
    sound = [_from_alaw(octet) for octet in heard.read_bytes()]
    assert tone_share(sound[2000:-2000], HERTZ) > 0.8
    assert list(line.home.run.glob("take-*")) == []


async def test_an_agent_hears_a_message_at_his_telephone(line: LiveLine, tone: Path) -> None:
    since_ms = now_ms()
    await call(line.target, [HANGS_UP], line.sipp, tone=tone)
    await taken(line, since_ms, 1)
    account = ("a101", line.secrets.agents["a101"])
    async with agent_call(line.target, account, line.settings.extensions.recordings) as phone:

        async def is_asked() -> bool:
            return phone.first_heard(PROMPT_HERTZ) is not None

        async def is_heard() -> bool:
            await phone.keys("1", 1.0)  # a key between two questions is lost; while a message plays it does nothing
            return phone.first_heard(HERTZ) is not None

        await eventually(is_asked, "the PIN is asked for", within=60)
        await phone.keys(line.secrets.pin)
        await eventually(is_heard, "what the caller said is heard", within=90)
    async with _main(line) as database, database.read() as connection:
        first = (await find_listens(connection, WantedListens(listener="agent:a101"), 10))[-1].listen
    assert (first.way, first.purpose) == ("telephone", "case")
    await line.quiet()


async def test_a_wrong_pin_switches_nothing_and_stands_in_no_log(line: LiveLine) -> None:
    since = line.now()
    account = ("a102", line.secrets.agents["a102"])
    wrong = "918273" if line.secrets.pin != "918273" else "918274"
    async with agent_call(line.target, account, line.settings.extensions.emergency) as phone:
        for _ in range(3):
            await asyncio.sleep(1.5)
            await phone.keys(wrong)
        await asyncio.sleep(2)
        await phone.keys("2")
    await line.quiet()
    assert line.events("EMERGENCY_ON", since) == []
    logs = [*line.home.logs.glob("*.log"), *line.home.asterisk_log.rglob("*")]
    assert [path for path in logs if path.is_file() and wrong.encode() in path.read_bytes()] == []
