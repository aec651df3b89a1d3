"""Whatever a caller's telephone sends: no journal line, no AMI event, no CEL field and no AGI variable is his."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import pytest

from tests.support.live_line import LiveLine
from tests.support.raw_phone import raw_call
from tests.support.waiting import eventually

pytestmark = pytest.mark.live

MARK = "Zorro"
"""Part of everything hostile, and of nothing else."""
FORMS = {
    "line feed": {"From": f"<sip:{MARK}%0A1%7C{MARK}%7Cinsurance%7Ca101%7CCONNECT%7C1@127.0.0.1>"},
    "new event": {"From": f"<sip:{MARK}%0D%0A%0D%0AEvent:%20{MARK}%0D%0A%0D%0A@127.0.0.1>"},
    "pipe": {"From": f"<sip:0912%7C{MARK}%7C1@127.0.0.1>"},
    "pipe unescaped": {"From": f"<sip:0912|{MARK}|1@127.0.0.1>"},
    "digits around": {"From": f"<sip:0912%0A{MARK}0912@127.0.0.1>"},
    "name": {"From": f'"{MARK}\\"%0A|{MARK}|CONNECT" <sip:09129999901@127.0.0.1>'},
    "quotes": {"From": f"<sip:%22{MARK}%22@127.0.0.1>"},
    "brackets": {"From": f"<sip:%5B{MARK}%5D)({MARK}@127.0.0.1>"},
    "variable": {"From": f"<sip:$%7BSHELL({MARK})%7D@127.0.0.1>"},
    "variable unescaped": {"From": f"<sip:${{SHELL({MARK})}}@127.0.0.1>"},
    "expression": {"From": f"<sip:$%5B1+1%5D{MARK}@127.0.0.1>"},
    "parameters": {"From": f"<sip:09129999902;{MARK}=1@127.0.0.1;user={MARK}>;{MARK}={MARK}"},
    "host": {"From": f"<sip:09129999903@{MARK}.example>"},
    "long": {"From": f"<sip:{MARK * 400}@127.0.0.1>"},
    "utf-8": {"From": f"<sip:{MARK}۰۹۱۲@127.0.0.1>"},
    "not utf-8": {"From": f"<sip:{MARK}\udcff\udcfe@127.0.0.1>"},
    "null": {"From": f"<sip:{MARK}%00{MARK}@127.0.0.1>"},
    "identity": {"P-Asserted-Identity": f'"{MARK}" <sip:{MARK}%0A1@127.0.0.1>', "Privacy": MARK},
    "preferred": {"P-Preferred-Identity": f"<sip:{MARK}%0A1@127.0.0.1>"},
    "party": {"Remote-Party-ID": f'"{MARK}" <sip:{MARK}%0A1@127.0.0.1>;party=calling;screen=yes'},
    "diversion": {"Diversion": f'"{MARK}" <sip:{MARK}%0A1@127.0.0.1>;reason="{MARK}"'},
    "history": {"History-Info": f"<sip:{MARK}%0A1@127.0.0.1>;index=1"},
    "contact": {"Contact": f"<sip:{MARK}%0A1%7C@127.0.0.1:5999>"},
    "to": {"To": f'"{MARK}" <sip:{MARK}%0A1@127.0.0.1>'},
    "agent": {"User-Agent": f"{MARK}%0A1|x"},
    "subject": {"Subject": f"{MARK}%0A", "Reason": f'{MARK};cause=16;text="{MARK}"', "Call-Info": f"<sip:{MARK}>"},
    "variables": {"X-Pasokh": MARK, "PASOKH_QUEUE": MARK, "X-Asterisk-HangupCause": MARK, "Alert-Info": MARK},
    "organization": {"Organization": f"{MARK}%0D%0A", "Require": "", "Supported": MARK},
}
VARIABLES = (
    "CALLERID(all)", "CALLERID(rdnis)", "CALLERID(dnid)", "CALLERID(ani)", "CHANNEL(name)", "EXTEN", "PASOKH_CALLER",
    "PASOKH_FROM",
)
URIS = {
    "number": f"{MARK}%0A1",
    "agent": "a101",
    "queue": "queue-insurance",
    "extension": "s",
    "dialplan": "enter",
    "number and more": "1420%0A1",
}


@dataclass
class Ears:
    """What somebody who hears everything hears on AMI, byte for byte."""

    heard: bytearray = field(default_factory=bytearray)


@asynccontextmanager
async def everything_heard(line: LiveLine) -> AsyncIterator[Ears]:
    """Listen with a manager who may read everything, without our filter."""
    config = line.home.asterisk_config / "manager.conf"
    kept = config.read_text()
    config.write_text(f"{kept}\n[everything]\nsecret = {MARK}\nread = all\nwrite = system\n")
    line.console("manager reload")
    ears = Ears()
    reader, writer = await asyncio.open_connection("127.0.0.1", line.settings.ports.of("ami"))
    writer.write(f"Action: Login\r\nUsername: everything\r\nSecret: {MARK}\r\n\r\n".encode())

    async def listen() -> None:
        while data := await reader.read(65536):
            ears.heard.extend(data)

    listening = asyncio.create_task(listen(), name="everything heard")
    try:
        await eventually(_heard(ears, b"FullyBooted"), "AMI lets us in")
        yield ears
    finally:
        listening.cancel()
        writer.close()
        config.write_text(kept)
        line.console("manager reload")


def _heard(ears: Ears, words: bytes) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return words in ears.heard

    return look


@dataclass
class Menus:
    """Stands in the place of the IVR, and notes every byte that Asterisk says to it."""

    port: int = 0
    said: bytearray = field(default_factory=bytearray)
    calls: int = 0


@asynccontextmanager
async def noting_menus(line: LiveLine) -> AsyncIterator[Menus]:
    menus = Menus()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        menus.said.extend(await reader.readuntil(b"\n\n"))
        for variable in VARIABLES:
            writer.write(f"GET FULL VARIABLE ${{{variable}}}\n".encode())
            menus.said.extend(await reader.readline())
        menus.calls += 1
        for command in (b"ANSWER\n", b"SET VARIABLE PASOKH_QUEUE idle\n"):
            writer.write(command)
            await reader.readline()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    menus.port = server.sockets[0].getsockname()[1]
    before = f"agi://127.0.0.1:{line.settings.ports.of('agi')}"
    line.console(f"dialplan set global PASOKH_AGI agi://127.0.0.1:{menus.port}")
    try:
        yield menus
    finally:
        line.console(f"dialplan set global PASOKH_AGI {before}")
        server.close()


async def test_nothing_that_a_caller_sends_is_written_or_told_as_ours(line: LiveLine) -> None:
    since = line.now()
    async with everything_heard(line) as ears, noting_menus(line) as menus, AsyncExitStack() as stack:
        calls = await asyncio.gather(
            *(stack.enter_async_context(raw_call(line.target, headers)) for headers in FORMS.values()),
        )
        up = [call for call in calls if call.status == 200]
        assert len(up) > len(FORMS) / 2, {name: call.status for name, call in zip(FORMS, calls, strict=True)}

        async def all_in_queue() -> bool:
            return len(line.events("ENTERQUEUE", since)) == len(up)

        await eventually(all_in_queue, "every call that was answered is in the queue")
        for call in up:
            await call.hang_up()
        await line.quiet()
        assert menus.calls == len(up)
    assert MARK.encode() not in menus.said
    assert MARK.encode() not in line.home.queue_log.read_bytes()
    assert MARK.encode() not in line.home.cel_log.read_bytes()
    assert all(one.data[1] in {"", "09129999901", "09129999903"} for one in line.events("STINT", since))
    _assert_no_event_is_his(bytes(ears.heard))


def _assert_no_event_is_his(heard: bytes) -> None:
    """A manager sees his text at most inside a value, never as a header or an event of its own."""
    headers = {line.split(b":", 1)[0] for line in heard.split(b"\r\n")}
    assert {name for name in headers if MARK.encode() in name} == set()
    assert re.search(rb"(?m)^Event: " + MARK.encode(), heard) is None


async def test_only_the_published_number_can_be_dialled_from_outside(line: LiveLine) -> None:
    for user in URIS.values():
        async with raw_call(line.target, uri=f"sip:{user}@127.0.0.1:{line.target.port}") as call:
            assert call.status not in {None, 200}, user


async def test_a_caller_who_takes_an_agents_name_gets_no_call(line: LiveLine) -> None:
    async with raw_call(line.target, {"From": "<sip:a101@127.0.0.1>"}) as call:
        assert call.status == 401
    async with raw_call(line.target, {"From": "<sip:a101@127.0.0.1>"}, uri="sip:queue-operator@127.0.0.1") as call:
        assert call.status == 401


async def test_a_caller_who_takes_the_trunks_name_is_an_ordinary_caller_without_number(line: LiveLine) -> None:
    async with raw_call(line.target, {"From": "<sip:trunk@127.0.0.1>"}, uri="sip:a101@127.0.0.1") as call:
        assert call.status == 404
