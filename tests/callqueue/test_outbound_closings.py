from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

import callqueue
from callqueue.outbound.closings import Closings
from callqueue.outbound.model import OutboundCall, OutboundRequest, Result
from foundation.catalogue import load_catalogue
from foundation.database import MAIN, Database
from foundation.gateway import Outbox
from foundation.gateway_tables import sms_outbox
from foundation.paths import Home
from foundation.settings import WebService
from tests.support.outbound_site import CallingSite, Clock, make_tables, site_settings

GATEWAY = WebService(url="http://127.0.0.1:9/send", token="t")


@pytest.fixture
async def site(database_url: str) -> AsyncIterator[CallingSite]:
    database = Database(database_url)
    await make_tables(database)
    async with database.write() as connection:
        await connection.run_sync(MAIN.create_all, tables=[sms_outbox])
    yield CallingSite(database, site_settings(), Clock())
    await database.close()


class Journal:
    """Keeps the lines; refuses as often as it is told."""

    def __init__(self, refuses: int = 0) -> None:
        self.lines: list[tuple[str, str]] = []
        self._refuses = refuses

    async def __call__(self, call: OutboundCall) -> None:
        if self._refuses:
            self._refuses -= 1
            raise ConnectionError("Asterisk is away")
        self.lines.append((call.id, str(call.result)))


def closings(site: CallingSite, tmp_path: Path, journal: Journal, gateway: WebService = GATEWAY) -> Closings:
    catalogue = load_catalogue([Path(callqueue.__path__[0]) / "outbound.yaml"])
    outbox = Outbox(Home(tmp_path), site.database, gateway, site.clock)
    return Closings(site.upkeep(), outbox, catalogue, "1420", journal)


async def messages(site: CallingSite) -> list[tuple[str, str]]:
    async with site.database.read() as connection:
        return [(row.number, row.text) for row in await connection.execute(select(sms_outbox))]


async def test_each_closing_is_told_of_once_in_its_order(site: CallingSite, tmp_path: Path) -> None:
    calls = [await site.promised(f"0912123456{last}") for last in range(3)]
    for call, result in zip(calls, (Result.REACHED, Result.UNREACHABLE, Result.CANCELLED), strict=True):
        await site.upkeep().close(call.id, result, "test")
    journal = Journal()
    assert await closings(site, tmp_path, journal).tell() == 3
    assert await closings(site, tmp_path, journal).tell() == 0
    assert journal.lines == [(calls[0].id, "reached"), (calls[1].id, "unreachable"), (calls[2].id, "cancelled")]
    ((number, text),) = await messages(site)
    assert number == "09121234561"
    assert "1420" in text


async def test_a_journal_that_was_away_makes_no_second_message(site: CallingSite, tmp_path: Path) -> None:
    call = await site.promised()
    await site.upkeep().close(call.id, Result.EXPIRED, "test")
    journal = Journal(refuses=2)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            await closings(site, tmp_path, journal).tell()
    assert await closings(site, tmp_path, journal).tell() == 1
    assert len(await messages(site)) == 1


async def test_without_a_gateway_the_journal_is_told_all_the_same(site: CallingSite, tmp_path: Path) -> None:
    call = await site.promised()
    await site.upkeep().close(call.id, Result.UNREACHABLE, "test")
    journal = Journal()
    await closings(site, tmp_path, journal, WebService()).tell()
    assert journal.lines == [(call.id, "unreachable")]
    assert await messages(site) == []


async def test_other_rooms_tell_their_own_people(site: CallingSite, tmp_path: Path) -> None:
    call_id = await site.outbound.place(OutboundRequest("result", "case-7", "09121234567", "fa"))
    await site.upkeep().close(call_id, Result.UNREACHABLE, "test")
    journal = Journal()
    await closings(site, tmp_path, journal).tell()
    assert journal.lines == [(call_id, "unreachable")]
    assert await messages(site) == []


async def test_a_message_says_how_often_we_tried_in_the_persons_language(site: CallingSite, tmp_path: Path) -> None:
    call = await site.promised()
    told = closings(site, tmp_path, Journal())
    expired = told.text(call)
    assert "1420" in expired
    assert "پوزش" in expired
