"""The phone in a real browser: calls of the public, transfers, breaks, and a page that is gone in mid-call."""

import asyncio
import math
import os
import signal
import socket
import time
import wave
from array import array
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from agent_softphone.credentials import Credentials, PhonePasswords
from agent_softphone.supervisor_office import Supervisor
from agent_softphone.supervisor_spy import Mode, conversation_of
from bench.sipp import Run, calling
from bench.tones import write_tone
from callqueue.ledger.stint import Ending, Origin, Outcome
from foundation.asterisk.ami import AmiLink
from tests.support.agent_call import AgentCall, agent_call
from tests.support.browser import accessibility_faults, chromium, shoot
from tests.support.cut_wire import Cables, cables
from tests.support.desk_phone import PhoneError, desk_phone
from tests.support.kept_sound import kept_recordings, kept_sides
from tests.support.live_calls import settled_stints, to
from tests.support.live_floor import floor_of
from tests.support.live_line import LiveLine, Moment
from tests.support.live_site import AGENTS, QUEUES, QUICK
from tests.support.live_start import running_line
from tests.support.phone_page import PATIENCE_MS, PhonePage, phone_browser, phone_page
from tests.support.public_phones import Behaviour, gateway, public_phones
from tests.support.raw_phone import ended, tone_share
from tests.support.tone_phone import shares, tone_phone
from tests.support.waiting import eventually

pytestmark = [pytest.mark.live, pytest.mark.browser]

AGENT_HERTZ, CALLER_HERTZ, SUPERVISOR_HERTZ = 700, 440, 1900
PART = 0.2
"""A voice's share of the sound where two speak."""
Sockets = tuple[socket.socket, socket.socket]
BROWSERS = ("a101", "a102", "a104", "b201", "b202")
WATCHED = """(() => {
  window.opened = []; window.sinks = [];
  const media = navigator.mediaDevices, open = media.getUserMedia.bind(media);
  media.getUserMedia = async (wanted) => {
    const stream = await open(wanted);
    window.opened.push(stream.getAudioTracks()[0].getSettings().deviceId);
    return stream;
  };
  const play = HTMLMediaElement.prototype.setSinkId;
  HTMLMediaElement.prototype.setSinkId = function (id) { window.sinks.push(id); return play.call(this, id); };
})()"""
"""Which microphones are opened, and where sound is played."""


@pytest.fixture(scope="module")
def way_out() -> Iterator[Sockets]:
    """The gateway for calls out."""
    sockets = gateway()
    with sockets[0], sockets[1]:
        yield sockets


@pytest.fixture(scope="module")
def line(model: Path, way_out: Sockets) -> Iterator[LiveLine]:
    agents = {
        agent: {"queues": dict.fromkeys(queues, 0), "device": "webrtc" if agent in BROWSERS else "sip"}
        for agent, queues in AGENTS.items()
    }
    # No media_address: a browser offers no address of the loopback, so Asterisk answers from another of this machine.
    address, port = way_out[0].getsockname()
    trunk = {"networks": ["127.0.0.0/8"], "codecs": ["alaw"], "proxy": f"{address}:{port}"}
    sip = {"address": "127.0.0.1", "trunk": trunk}
    crowd = {"strategy": "ringall", "ring_seconds": 10, "wrap_up_seconds": 1}
    medical = {"ring_seconds": 5, "retry_seconds": 1, "wrap_up_seconds": 0}
    queues = {name: {**QUICK, **own} for name, own in QUEUES.items()} | {"crowd": crowd, "medical": medical}
    with running_line(model, more={"agents": agents, "sip": sip, "queues": queues}, services=("web",)) as made:
        yield made


@asynccontextmanager
async def browser(tmp_path: Path, *arguments: str) -> AsyncIterator[Browser]:
    async with chromium(*phone_browser(_voice(tmp_path / "voice.wav")), *arguments) as opened:
        yield opened


def _voice(path: Path, rate: int = 48000) -> Path:
    samples = array("h", (int(9000 * math.sin(2 * math.pi * AGENT_HERTZ * n / rate)) for n in range(rate * 2)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


@asynccontextmanager
async def desk_of(
    line: LiveLine, opened: Browser, agent: str, by: Cables | None = None,
) -> AsyncIterator[PhonePage]:
    """The agent's page, ready, and the agent logged in to his queues."""
    async with phone_page(line, opened, agent, by=by) as page:
        await page.is_line("ready")
        async with line.desk() as desk:
            await desk.log_in(agent)
        try:
            yield page
        finally:
            async with line.desk() as desk:  # another link: Asterisk may have been killed meanwhile
                await desk.log_out(agent, "test")
            line.hang_up_everybody()
            await line.quiet()


@asynccontextmanager
async def talking(
    line: LiveLine, page: PhonePage, queue: str, number: str, tone: Path | None = None,
) -> AsyncIterator[list[Run]]:
    """A caller whom the page has answered; without a `tone` he sends no sound."""
    async with calling(line.target, [to(queue, number)], line.sipp, tone=tone) as runs:
        await page.shows("ringing")
        await page.press("answer")
        await page.shows("talking")
        yield runs


async def test_both_sides_hear_each_other_and_the_conversation_is_kept(line: LiveLine, tmp_path: Path) -> None:
    since = line.now()
    tone = write_tone(tmp_path / "caller.al", CALLER_HERTZ)
    async with browser(tmp_path) as opened, desk_of(line, opened, "a101") as page:
        async with calling(line.target, [to("insurance", "09125000001")], line.sipp, tone=tone):
            await page.shows("ringing")
            await shoot(page.page, "phone-ringing-fa")
            await page.press("answer")
            await page.shows("talking")
            await expect(page.page.locator("[data-part=quality][data-fault=none]")).to_be_visible(timeout=20_000)
            assert await accessibility_faults(page.page) == []
            await shoot(page.page, "phone-talking-fa")
            await page.press("hangUp")
            await page.is_free()
        (stint,) = await settled_stints(line, since, ["09125000001"])
        assert (stint.agent, stint.ending) == ("a101", Ending.AGENT)
        assert page.complaints.heard == []
    (recording,) = await kept_recordings(line, stint.call_id)
    left, right = await kept_sides(line, recording)
    assert tone_share(left, CALLER_HERTZ) > 0.7
    assert tone_share(left, AGENT_HERTZ) < 0.05
    assert tone_share(right, AGENT_HERTZ) > 0.7
    assert tone_share(right, CALLER_HERTZ) < 0.05


async def test_a_caller_is_held_muted_asked_about_and_handed_over(line: LiveLine, tmp_path: Path) -> None:
    since = line.now()
    async with browser(tmp_path) as opened, line.staffed(line.phone("a109", talk=4)), line.desk() as keeper:
        await keeper.pause("a109", "break")
        async with desk_of(line, opened, "a101") as page, talking(line, page, "insurance", "09125000002"):
            await page.press("hold")
            await page.shows("held")
            await page.press("resume")
            await page.shows("talking")
            await page.press("mute")
            assert await page.do("return phone.calls[0].muted")
            await page.press("unmute")
            await page.to("a109")
            await page.press("consult")
            await page.shows("held")
            await page.shows("talking")
            await page.press("swap")
            await page.shows("held")
            await page.shows("talking")
            await page.press("complete")
            await page.is_free()
            (stint,) = await settled_stints(line, since, ["09125000002"])
    assert (stint.agent, stint.ending) == ("a101", Ending.TRANSFER)
    assert len(line.events("HOLD", since)) >= 2


async def test_a_caller_who_is_passed_on_to_a_colleague_is_his_call_with_a_wrap_up(
    line: LiveLine, tmp_path: Path,
) -> None:
    since = line.now()
    async with (
        browser(tmp_path) as opened, desk_of(line, opened, "a102") as colleague,
        desk_of(line, opened, "a101") as page, talking(line, page, "insurance", "09125000012"),
    ):
        await page.to("a102")
        await page.press("transfer")
        await colleague.shows("ringing")
        await page.is_free()
        await shows_call(line, "a102", "ringing", "insurance", "***012")
        await colleague.press("answer")
        await colleague.shows("talking")
        await shows_call(line, "a102", "talking", "insurance", "***012")
        await colleague.press("hangUp")
        await colleague.is_free()

        async def wraps_up() -> bool:
            return any(one.agent == "a102" and one.data[0] == "wrap-up" for one in line.events("PAUSE", since))

        await eventually(wraps_up, "the colleague has a wrap-up")


async def shows_call(line: LiveLine, agent: str, state: str, queue: str, number: str) -> None:
    async def look() -> bool:
        picture = await line.picture(f"agents/{agent}")
        call = picture.get("call") or {}
        return (picture.get("state"), call.get("queue"), call.get("number")) == (state, queue, number)

    await eventually(look, f"the floor shows {agent} {state} with {number}")


async def test_microphone_loudspeaker_and_ring_are_those_that_were_chosen(line: LiveLine, tmp_path: Path) -> None:
    tone = write_tone(tmp_path / "caller.al", CALLER_HERTZ)
    async with (
        browser(tmp_path, "--use-fake-device-for-media-stream=device-count=3") as opened,
        desk_of(line, opened, "a101") as page,
    ):
        await page.page.context.add_init_script(WATCHED)
        await page.page.reload()
        await page.is_line("ready")
        await page.page.locator(".phone-sound summary").click()
        microphones, speakers = await page.devices("microphone"), await page.devices("speaker")
        assert min(len(microphones), len(speakers)) >= 2
        await page.choose("microphone", microphones[0])
        await page.choose("speaker", speakers[0])
        await page.choose("ring", speakers[1])
        async with talking(line, page, "insurance", "09125000013", tone):
            await page.meters_move()
            assert await page.page.evaluate("opened.at(-1)") == microphones[0]
            assert {speakers[0], speakers[1]} <= set(await page.page.evaluate("sinks"))
            await page.choose("microphone", microphones[1])  # in mid-call

            async def opened_again() -> bool:
                return bool(await page.page.evaluate("opened.at(-1)") == microphones[1])

            await eventually(opened_again, "the other microphone is opened")
            await page.meters_move()
            await page.page.reload()
            await page.shows("ringing")
            await expect(page.page.locator("[name=microphone]")).to_have_value(microphones[1], timeout=PATIENCE_MS)


async def test_a_caller_is_passed_on_to_a_queue(line: LiveLine, tmp_path: Path) -> None:
    since = line.now()
    async with (
        browser(tmp_path) as opened, line.staffed(line.phone("a105", talk=1)),
        desk_of(line, opened, "a101") as page, talking(line, page, "insurance", "09125000003"),
    ):
        await page.to("queue-ring")
        await page.press("transfer")
        await page.is_free()
        first, second = await settled_stints(line, since, ["09125000003"])
    assert (first.ending, second.origin, second.agent) == (Ending.TRANSFER, Origin.TRANSFER, "a105")


async def test_the_public_is_called_where_the_site_permits_it(line: LiveLine, way_out: Sockets, tmp_path: Path) -> None:
    async with browser(tmp_path) as opened, phone_page(line, opened, "a101", "en") as page:
        await page.is_line("ready")
        async with public_phones(way_out, lambda _number, _nth: Behaviour(key="")) as public:
            await page.do("return phone.call('1420')")
            await expect(page.page.locator("[data-part=said]")).not_to_be_empty()
            await page.to("+98 912 600 0001")
            await page.page.keyboard.press("Enter")
            await page.shows("talking")
            await shows_call(line, "a101", "talking", "", "***001")
            await page.press("hangUp")
            await page.is_free()
            assert [call.number for call in public.rung] == ["09126000001"]
        line.hang_up_everybody()
        await line.quiet()


@asynccontextmanager
async def speaking(caller: AgentCall) -> AsyncIterator[None]:
    """He says his tone all the time."""
    task = asyncio.create_task(caller.speak(CALLER_HERTZ, 150), name="caller speaks")
    try:
        yield
    finally:
        await ended(task)


async def test_a_supervisor_joins_a_conversation_in_the_browser(line: LiveLine, tmp_path: Path) -> None:
    """The caller hears him beside the agent."""
    own = ("a109", line.secrets.agents["a109"])
    async with (
        browser(tmp_path) as opened, desk_of(line, opened, "a104") as page, floor_of(line) as floor,
        tone_phone(line.target, own, SUPERVISOR_HERTZ) as telephone,
        agent_call(line.target, ("09125000017", ""), line.target.number) as caller, speaking(caller),
    ):
        await page.shows("ringing")
        await page.press("answer")
        await page.shows("talking")

        async def together() -> bool:
            return conversation_of("a104", await floor.channels()) is not None

        await eventually(together, "they speak with each other")
        await floor.join("a104", Mode.BARGE, Supervisor("lale", "lale", frozenset({"supervisor"}), "a109", "127.0.0.1"))
        leg = await telephone.rung()

        async def all_heard() -> bool:
            since = time.time() - 2
            by_caller, by_supervisor = shares(caller.heard, since), shares(telephone.heard, since)
            return (
                min(by_caller(AGENT_HERTZ), by_caller(SUPERVISOR_HERTZ)) > PART
                and min(by_supervisor(CALLER_HERTZ), by_supervisor(AGENT_HERTZ)) > PART
            )

        await eventually(all_heard, "the caller hears both, and the supervisor too")
        await telephone.hang_up(leg)
        await page.press("hangUp")
        await page.is_free()


async def test_keys_are_heard(line: LiveLine, tmp_path: Path) -> None:
    async def announced() -> bool:
        return await asyncio.to_thread((line.home.emergency / "on.json").exists)

    async with browser(tmp_path) as opened, phone_page(line, opened, "a101", "en") as page:
        await page.is_line("ready")
        await page.do(f"return phone.call('{line.settings.extensions.emergency}')")
        await page.shows("talking")
        try:
            await asyncio.sleep(2)  # he is asked for the PIN
            await page.do(f"phone.keys('{line.secrets.pin}')")
            await asyncio.sleep(3)  # and then for what is to be done
            await page.do("phone.keys('1')")
            await eventually(announced, "the emergency announcement is on")
        finally:
            line.command("emergency", "off")
            line.hang_up_everybody()
        await page.is_free()


async def test_a_reload_in_mid_call_brings_the_caller_back_to_the_same_agent(line: LiveLine, tmp_path: Path) -> None:
    since = line.now()
    async with browser(tmp_path) as opened, desk_of(line, opened, "a101") as page:
        async with talking(line, page, "insurance", "09125000004"):
            await page.page.reload()
            await page.shows("ringing")
            await taken_out_of_the_conversation(line, since)
            await page.press("answer")
            await page.shows("talking")
            await page.press("hangUp")
            await page.is_free()
        (stint,) = await settled_stints(line, since, ["09125000004"])
    assert (stint.agent, stint.ending) == ("a101", Ending.INTERRUPTED)


async def test_who_is_not_taken_back_goes_to_the_head_of_his_queue(line: LiveLine, tmp_path: Path) -> None:
    since = line.now()
    async with (
        browser(tmp_path) as opened, desk_of(line, opened, "a102") as page,
        talking(line, page, "medical", "09125000005"),
        calling(line.target, [to("medical", "09125000006")], line.sipp)
    ):
        await line.written("ENTERQUEUE", since, 2)
        await page.page.reload()
        await page.shows("ringing")
        await page.press("reject")
        requeued = (await line.written("ENTERQUEUE", since, 3))[2]
    assert (requeued.data[1], requeued.data[2]) == ("09125000005", "1")


async def test_a_browser_that_crashes_leaves_nobody_in_silence(line: LiveLine, tmp_path: Path) -> None:
    """He hears music, and is his again as soon as the agent has opened the page anew."""
    since = line.now()
    async with (
        browser(tmp_path) as opened, desk_of(line, opened, "a101") as page,
        talking(line, page, "insurance", "09125000007"),
    ):
        await crash(opened, page)
        await taken_out_of_the_conversation(line, since)
        again = PhonePage(await page.page.context.new_page(), page.complaints)
        await again.page.goto(page.page.url)
        await again.shows("ringing")
        await again.press("answer")
        await again.shows("talking")
        await again.press("hangUp")
        await again.is_free()
        stints = await settled_stints(line, since, ["09125000007"])
    assert {stint.agent for stint in stints} == {"a101"}


async def crash(opened: Browser, page: PhonePage) -> None:
    """The processes that show this browser's pages are killed."""
    processes = await (await opened.new_browser_cdp_session()).send("SystemInfo.getProcessInfo")
    async with page.page.expect_event("crash"):
        for process in processes["processInfo"]:
            if process["type"] == "renderer":
                with suppress(ProcessLookupError):
                    os.kill(process["id"], signal.SIGKILL)


async def taken_out_of_the_conversation(line: LiveLine, since: Moment) -> None:
    """The line is written just before his music begins."""
    (lost,) = await line.written("PAGE_LOST", since)
    assert (lost.queue, lost.agent) == ("insurance", "a101")


async def test_a_network_that_loses_everything_is_told_of_and_loses_no_call_that_still_lives(
    line: LiveLine, tmp_path: Path,
) -> None:
    since, tone = line.now(), write_tone(tmp_path / "caller.al", CALLER_HERTZ)
    async with (
        cables(line.settings.ports.of("web")) as wires, browser(tmp_path) as opened,
        desk_of(line, opened, "a101", wires) as page, talking(line, page, "insurance", "09125000011", tone),
    ):
        call = await page.do("return phone.calls[0].id")
        await page.hears_the_line()
        wires.sound.whole = False
        await page.hears_nothing()
        wires.sound.whole = True
        await page.hears_the_line()
        wires.pages.cut()  # the line is dead, and nobody says so; the sound goes on
        await page.is_line("connecting")
        await expect(page.page.locator("[data-part=line]")).to_have_text("در حال اتصال به خط")
        await asyncio.sleep(8)  # longer than the service waits for a page that sends no sound
        wires.pages.mend()
        await page.is_line("ready")
        await page.shows("talking")
        await page.press("hold")
        await page.shows("held")
        await page.press("resume")
        await page.shows("talking")
        assert await page.do("return phone.calls[0].id") == call
        assert len(line.events("CONNECT", since)) == 1
        wires.cut()
        await taken_out_of_the_conversation(line, since)
        wires.mend()
        await page.shows("ringing")
        await page.press("answer")
        await page.shows("talking")
        await page.hears_the_line()
        await page.press("hangUp")
        await page.is_free()
        stints = await settled_stints(line, since, ["09125000011"])
    assert {(stint.agent, stint.outcome) for stint in stints} == {("a101", Outcome.ANSWERED)}


async def test_a_call_outlives_the_web_service_but_not_asterisk(line: LiveLine, tmp_path: Path) -> None:
    async with (
        browser(tmp_path) as opened, desk_of(line, opened, "a101") as page,
        talking(line, page, "insurance", "09125000008"),
    ):
        killed = line.kill("web")
        await page.is_line("connecting")
        await line.ready("web", but=killed)
        await page.is_line("ready")
        await page.shows("talking")
        await asyncio.sleep(2)  # longer than the grace for pages that are gone
        await page.press("hold")
        await page.shows("held")
        await page.press("resume")
        await page.shows("talking")
        assert "2 active channels" in line.console("core show channels count")
        before = line.standing("asterisk").state.pid
        line.kill_asterisk()
        await line.ready("asterisk", but=before)
        await page.is_line("ready")
        await page.is_free()


async def test_one_call_two_agents_one_answers(line: LiveLine, tmp_path: Path) -> None:
    since = line.now()
    async with (
        browser(tmp_path) as opened, desk_of(line, opened, "b201") as one, desk_of(line, opened, "b202") as two,
        calling(line.target, [to("crowd", "09125000009")], line.sipp),
    ):
        await one.shows("ringing")
        await two.shows("ringing")
        await asyncio.gather(*(page.do("phone.answer()") for page in (one, two)))

        async def settled() -> list[str]:
            phases = [await page.do("return phone.calls.map((call) => call.phase)") for page in (one, two)]
            return [agent for agent, phase in zip(("b201", "b202"), phases, strict=True) if phase] \
                if sorted(map(tuple, phases)) == [(), ("talking",)] else []

        (winner,) = await eventually(settled, "one has the call, the other is free")
        (connected,) = await line.written("CONNECT", since)
        assert connected.agent == winner


async def test_the_last_window_is_the_phone_unless_another_has_a_call(line: LiveLine, tmp_path: Path) -> None:
    async with (
        browser(tmp_path) as opened, desk_of(line, opened, "a101") as first,
        phone_page(line, opened, "a101") as second,
    ):
        await second.is_line("ready")
        await first.is_line("taken-over")
        async with talking(line, second, "insurance", "09125000010"):
            await first.page.reload()
            await first.is_line("elsewhere")
            await second.shows("talking")


async def test_a_password_opens_until_the_next_is_made_or_it_is_withdrawn(line: LiveLine) -> None:
    async with AmiLink("127.0.0.1", line.settings.ports.of("ami"), "pasokh", line.secrets.ami) as link:
        await link.connected(20)
        passwords = PhonePasswords(link)
        first = await passwords.issue("a102")
        assert await _registers(line, first)
        second = await passwords.issue("a102")
        assert not await _registers(line, first)
        assert await _registers(line, second)
        assert "a102" in await passwords.issued()
        await passwords.withdraw("a102")
        await passwords.withdraw("a102")
        assert not await _registers(line, second)
        assert "a102" not in await passwords.issued()


async def _registers(line: LiveLine, found: Credentials) -> bool:
    try:
        async with desk_phone(line.target, found.user, found.password):
            return True
    except PhoneError:
        return False
