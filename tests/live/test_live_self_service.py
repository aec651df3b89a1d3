"""Self-service on a running line: real digits in three languages; nothing keeps what was typed in secret."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import yaml
from sqlalchemy import select, update

from back_office.people import Person, sample_people
from back_office.pins import hash_pin
from back_office.store import open_office
from back_office.tables import person, registration
from bench.sipp import Caller, Keys, call
from foundation.database import Database, Store, store_url
from ivr.tables import ivr_step
from tests.support.live_line import LiveLine
from tests.support.live_start import running_line
from tests.support.waiting import eventually

pytestmark = pytest.mark.live

PIN = "77416935"
"""Of everybody here: nothing else on the line has these digits."""
WRONG_PIN = "88527046"
PEOPLE = [one for one in sample_people(60, date(2026, 1, 1)) if one.is_pensioner]
FA, TR, EN, APPLICANT, VICTIM, WAITING, LATER = PEOPLE[:7]
PENSION, LOAN, BRANCH = "1", "4", "8"


def to_service(key: str, language: str = "1") -> tuple[Keys, ...]:
    return Keys(0.8, language), Keys(1.1, "#"), Keys(1.1, key)


def proof(one: Person, pin: str = PIN) -> tuple[Keys, ...]:
    return Keys(1.5, one.national_id), Keys(1.2, pin)


BACK = Keys(7.0, "*")
CALLERS = {
    "fa": Caller("09135550001", (*to_service(PENSION), *proof(FA), BACK), patience=2),
    "tr": Caller("09135550002", (*to_service(PENSION, "2"), *proof(TR), BACK), patience=2),
    "en": Caller("09135550003", (*to_service(PENSION, "3"), *proof(EN), BACK), patience=2),
    "loan": Caller("09135550004", (*to_service(LOAN), *proof(APPLICANT), BACK), patience=2),
    "branch": Caller("09135550005", (*to_service(BRANCH), Keys(1.5, "2"), BACK), patience=2),
    "no id": Caller("09135550006", (*to_service(PENSION), *[Keys(2.0, "1234567890")] * 3), patience=4),
    "wrong pin": Caller("09135550007", (
        *to_service(PENSION), *[key for _ in range(3) for key in (Keys(2.5, VICTIM.national_id), Keys(1.2, WRONG_PIN))],
    ), patience=4),
}
LOCKED = Caller("09135550008", (*to_service(PENSION), *proof(VICTIM)), patience=4)
HANGING = Caller("09135550009", (*to_service(PENSION), *proof(WAITING)), patience=25)


@dataclass
class Heard:
    """What was said to our own manager, byte for byte."""

    bytes: bytearray


@pytest.fixture(scope="module")
def services_line(model: Path) -> Iterator[LiveLine]:
    """A line with a key for self-service, and people whose PIN is one that can be looked for."""
    with running_line(model, services=("backoffice",)) as line:
        menus = line.home.root / "menus" / "main.yaml"
        content = yaml.safe_load(menus.read_text(encoding="utf-8"))
        content["menus"]["subject"]["keys"]["#"] = {"do": "menu", "menu": "services-pensions"}
        menus.write_text(yaml.safe_dump(content), encoding="utf-8")
        asyncio.run(_set_pins(line))
        # The first call reads the changed menus.
        asyncio.run(call(line.target, [Caller("09135550000", patience=1)], line.sipp))
        yield line


async def _set_pins(line: LiveLine) -> None:
    office = open_office(line.home)
    async with office.write() as connection:
        await connection.execute(update(person).values(pin_hash=hash_pin(PIN)))
    await office.close()


@asynccontextmanager
async def manager_heard(line: LiveLine) -> AsyncIterator[Heard]:
    """Listen as Pasokh's own AMI user."""
    heard = Heard(bytearray())
    reader, writer = await asyncio.open_connection("127.0.0.1", line.settings.ports.of("ami"))
    writer.write(f"Action: Login\r\nUsername: pasokh\r\nSecret: {line.secrets.ami}\r\n\r\n".encode())

    async def listen() -> None:
        while data := await reader.read(65536):
            heard.bytes.extend(data)

    listening = asyncio.create_task(listen(), name="manager")
    try:
        yield heard
    finally:
        listening.cancel()
        writer.close()


async def results(line: LiveLine, callers: Sequence[Caller]) -> dict[str, list[tuple[str, str, int]]]:
    """Of each caller, the services that he came to: name, result, milliseconds."""
    numbers = {caller.number for caller in callers}
    database = Database(store_url(line.home, line.settings, Store.MAIN))

    async def look() -> dict[str, list[tuple[str, str, int]]]:
        async with database.read() as connection:
            rows = (await connection.execute(select(ivr_step).order_by(ivr_step.c.call_id, ivr_step.c.number))).all()
        calls = {row.call_id: row.caller for row in rows if row.caller in numbers}
        found: dict[str, list[tuple[str, str, int]]] = {number: [] for number in calls.values()}
        for row in rows:
            if row.call_id in calls and row.kind == "service":
                found[calls[row.call_id]].append((row.name, row.result.rpartition(":")[2], row.ms))
        return found if set(found) == numbers and all(found.values()) else {}

    try:
        return await eventually(look, "every caller's service is in the steps")
    finally:
        await database.close()


def everything_written(line: LiveLine) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(line.home.root.rglob("*")):
        if path.is_file() and not path.is_relative_to(line.sipp) and path.suffix not in {".alaw", ".ulaw"}:
            yield path, path.read_bytes()


def office_data(path: Path) -> bool:
    """The embedded back office stands for another house: it knows its people's national IDs."""
    return path.name.startswith("back-office")


async def test_callers_are_served_in_three_languages_and_no_secret_is_kept(services_line: LiveLine) -> None:
    line = services_line
    async with manager_heard(line) as heard:
        await call(line.target, list(CALLERS.values()), line.sipp, rate=20)
        await line.quiet()
        await call(line.target, [LOCKED], line.sipp)
        await line.quiet()
    found = await results(line, [*CALLERS.values(), LOCKED])
    told = {name: [result for _, result, _ in found[caller.number]] for name, caller in CALLERS.items()}
    assert told == {
        "fa": ["told"], "tr": ["told"], "en": ["told"], "loan": ["told"], "branch": ["told"], "no id": ["no_answer"],
        "wrong pin": ["not_proved"],
    }
    assert [result for _, result, _ in found[LOCKED.number]] == ["locked"]
    assert await _receipts(line, APPLICANT) == 1
    secrets = {"PIN": PIN, "wrong PIN": WRONG_PIN, "national ID": VICTIM.national_id}
    assert [name for name, secret in secrets.items() if secret.encode() in heard.bytes] == []
    leaks = [
        (str(path), name) for path, content in everything_written(line) for name, secret in secrets.items()
        if secret.encode() in content and not (name == "national ID" and office_data(path))
    ]
    assert leaks == []


async def _receipts(line: LiveLine, one: Person) -> int:
    office = open_office(line.home)
    async with office.read() as connection:
        query = select(registration).where(registration.c.national_id == one.national_id)
        rows = (await connection.execute(query)).all()
    await office.close()
    return len(rows)


async def test_a_hanging_back_office_is_said_and_the_caller_gets_a_person(services_line: LiveLine) -> None:
    line = services_line
    since = line.now()
    pid = line.kill("backoffice", signal.SIGSTOP)
    try:
        await call(line.target, [HANGING], line.sipp)
        await line.quiet()
    finally:
        with suppress(ProcessLookupError):  # the watchdog may have seen that it hangs
            os.kill(pid, signal.SIGKILL)
    [(_, result, _)] = (await results(line, [HANGING]))[HANGING.number]
    assert result.startswith("office_down")
    assert any(one.event == "ENTERQUEUE" and one.queue == "operator" for one in line.journal(since))
    await line.ready("backoffice", but=pid)
