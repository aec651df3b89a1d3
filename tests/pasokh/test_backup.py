"""A backup of a working site, restored elsewhere: the same figures and sound, and nobody who was forgotten since."""

import asyncio
import json
import subprocess
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage
import pytest
from sqlalchemy import select

from callqueue.journal.feed import JournalSink
from callqueue.ledger.store import read_stints
from callqueue.ledger.tables import STINT
from callqueue.records.follow import Follower
from followups.cases.tables import CONTACT
from followups.vault.keys import key_source
from followups.vault.vault import Vault
from foundation.calendars import Calendar, Interval, Step
from foundation.database import LEDGER, Database
from foundation.paths import Home
from foundation.settings import load_secrets, load_settings
from pasokh.backup.erasures import known_backups
from pasokh.backup.making import make_backup
from pasokh.backup.restore import check_sums, restore_backup
from pasokh.backup.seal import BackupKey, Opener
from pasokh.erasing import Eraser
from pasokh.keeping import keeping
from pasokh.refusal import RefusedError
from recordings.sound import read_sound
from recordings.store import find_recording
from reports.queues.queue import QueueQuery, build_queue_report
from tests.conftest import Postgres
from tests.support.remembered_caller import (
    AT,
    CALL,
    NAME,
    NATIONAL_ID,
    NOTES,
    NOW,
    NUMBER,
    OTHER,
    WORDS,
    RememberedCaller,
    remembered_caller,
)
from tests.support.stores import make_tables

KEY = pyrage.x25519.Identity.generate()
SEALED = Opener(recipients=[str(KEY.to_public())])
OPENED = Opener(identities=[str(KEY)])
UNREAD = f"""\
{AT + 500}|pasokh-1700000500.8|medical|NONE|STINT|pasokh-1700000500.8|{OTHER}|direct||1
{AT + 500}|pasokh-1700000500.8|medical|NONE|ENTERQUEUE||{OTHER}|1
{AT + 509}|pasokh-1700000500.8|medical|NONE|ABANDON|1|1|9
"""
HALF_LINE = f"{AT + 600}|pasokh-17000"


class KilledError(Exception):
    """As if the process had been killed here."""


@dataclass
class Drill:
    """A site that works, and a place where it may be restored."""

    caller: RememberedCaller
    backup: Path
    elsewhere: Home
    prepare: Callable[[], None]
    """Makes the settings of the other place hold: another database server has another address."""

    async def back_up(self, opener: Opener = SEALED) -> None:
        site = self.caller.site
        with site.home.queue_log.open("a") as file:  # written, and not read by the time of the backup
            file.write(UNREAD + HALF_LINE)
        await make_backup(site.home, site.settings, self.backup, opener, lambda: NOW)
        with site.home.queue_log.open("a") as file:
            file.write("00600.9|NONE|NONE|X|\n")

    @asynccontextmanager
    async def restored(self, opener: Opener = OPENED) -> AsyncIterator[RememberedCaller]:
        self.prepare()
        await restore_backup(self.elsewhere, self.backup, opener, lambda: NOW + 1)
        settings = load_settings(self.elsewhere)
        async with keeping(self.elsewhere, settings, lambda: NOW + 1) as site:
            yield RememberedCaller(site, self.caller.case)


@pytest.fixture
async def drill(
    database_url: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Drill]:
    def prepare() -> None:
        if database_url.startswith("postgresql"):
            server: Postgres = request.getfixturevalue("postgres")
            monkeypatch.setenv("PASOKH_DATABASE__URL", server.url(other))

    other = f"restored_{uuid.uuid4().hex}"
    if database_url.startswith("postgresql"):
        await request.getfixturevalue("postgres").execute(f"CREATE DATABASE {other}")
    async with remembered_caller(tmp_path / "home", database_url) as caller:
        await caller.close_case()
        yield Drill(caller, tmp_path / "backup", Home(tmp_path / "elsewhere"), prepare)
    if database_url.startswith("postgresql"):
        await request.getfixturevalue("postgres").execute(f"DROP DATABASE {other} WITH (FORCE)")


async def figures(caller: RememberedCaller) -> Any:
    query = QueueQuery(
        interval=Interval(AT - 3600, AT + 7200), queues=(), step=Step.HOUR, calendar=Calendar.JALALI)
    async with caller.site.ledger.read() as connection:
        report = await build_queue_report(connection, query, caller.site.settings, NOW // 1000)
    return report.rows, report.total, report.agents


async def stints(database: Database) -> list[Any]:
    async with database.read() as connection:
        return await read_stints(connection, None, 0, NOW)


async def rebuilt_stints(home: Home, site: str, folder: Path) -> list[Any]:
    database = Database(f"sqlite+aiosqlite:///{folder / 'rebuilt.sqlite'}")
    await make_tables(database, LEDGER)
    follower = Follower(database, home.queue_log, site, "journal", JournalSink())
    while await follower.step():
        pass
    follower.close()
    found = await stints(database)
    await database.close()
    return found


async def test_a_restored_site_goes_on_with_the_same_figures_sound_and_secrets(drill: Drill, tmp_path: Path) -> None:
    await drill.back_up()
    await drill.caller.follow()
    await asyncio.to_thread(
        subprocess.run, ["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=drill.backup, check=True)
    sealed = b"".join(path.read_bytes() for path in drill.backup.rglob("*") if path.is_file())
    assert [one for one in (NUMBER, NAME, WORDS, NOTES, CALL, "queue_log") if one.encode() in sealed] == []
    original = drill.caller.site
    async with drill.restored() as found:
        async with found.site.ledger.read() as connection:
            before = (await connection.execute(select(STINT.c.channel_id))).scalars().all()
        assert "pasokh-1700000500.8" not in before  # the journal is never older than the ledger
        await found.follow()
        assert await figures(found) == await figures(drill.caller)
        assert await stints(found.site.ledger) == await stints(original.ledger)
        there = [(one.channel_id, one.outcome, one.wait, one.talk) for one in await stints(found.site.ledger)]
        again = await rebuilt_stints(found.home, found.site.settings.site.name, tmp_path)
        assert [(one.channel_id, one.outcome, one.wait, one.talk) for one in again] == there
        assert load_secrets(found.home, found.site.settings) == load_secrets(original.home, original.settings)
        async with found.site.main.read() as connection:
            kept = await find_recording(connection, f"{CALL}_{CALL}_1")
            contact = (await connection.execute(select(CONTACT))).one()
        assert kept is not None
        assert len((await read_sound(found.home, found.site.settings, kept)).content) == kept.bytes
        assert Vault(key_source(found.home)).open(contact.national_id_cipher) == NATIONAL_ID
        assert found.home.queue_log.read_text().endswith(UNREAD)  # no half line that the next one would be glued to
        assert list(found.home.root.glob("*.restoring")) == []


async def test_who_was_forgotten_after_the_backup_is_not_brought_back(drill: Drill) -> None:
    await drill.back_up()
    eraser = Eraser.of(drill.caller.site)
    await eraser.erase(NUMBER, "command:sara")
    assert await eraser.tell_backups() == []
    await drill.caller.follow()
    before = await figures(drill.caller)
    said = (drill.backup / "erasures.json").read_text()
    assert len(json.loads(said)) == 1
    assert NUMBER not in said
    async with drill.restored() as found:
        await found.follow()
        assert await figures(found) == before
        async with found.site.ledger.read() as connection:
            callers = set((await connection.execute(select(STINT.c.caller))).scalars())
        assert OTHER in callers
        assert not [one for one in callers if one and one.endswith(NUMBER[1:])]
        files = [path for path in found.home.root.rglob("*") if path.is_file() and path.parent != found.home.database]
        whole = b"".join(path.read_bytes() for path in files)
        if found.site.main.engine.dialect.name == "sqlite":
            await found.site.main.close()
            await found.site.ledger.close()
            whole += b"".join(path.read_bytes() for path in found.home.database.iterdir())
        assert [one for one in (NUMBER[1:], NAME, WORDS, NOTES) if one.encode() in whole] == []
    (drill.backup / "manifest.age").rename(drill.backup / "taken-away")
    assert await eraser.tell_backups() == [str(drill.backup)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_is_not_whole_or_not_empty_is_refused_and_nothing_is_made(
    drill: Drill, monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = drill.caller.site
    for opener, said in ((Opener("too short"), "at least 12"), (Opener(recipients=["age1x"]), "--recipient")):
        with pytest.raises(RefusedError, match=said):
            await make_backup(site.home, site.settings, drill.backup, opener, lambda: NOW)
    with monkeypatch.context() as patch:
        patch.setattr("pasokh.backup.making.backup_parts.rest", _killed)
        with pytest.raises(KilledError):
            await drill.back_up()
    assert not drill.backup.exists()
    await drill.back_up()
    assert [one.folder for one in known_backups(site.home)] == [str(drill.backup)]
    with pytest.raises(RefusedError, match="there is something already"):
        await drill.back_up()

    async def refused(opener: Opener = OPENED) -> str:
        with pytest.raises(RefusedError) as error:
            async with drill.restored(opener):
                pass
        return str(error.value)

    assert "cannot be opened" in await refused(Opener("a long passphrase"))
    assert "cannot be opened" in await refused(Opener(identities=[str(pyrage.x25519.Identity.generate())]))
    with monkeypatch.context() as patch:
        patch.setattr("pasokh.backup.restore.migrate", _killed)
        with pytest.raises(KilledError):
            await restore_backup(drill.elsewhere, drill.backup, OPENED, lambda: NOW)
    assert not drill.elsewhere.root.exists()
    drill.elsewhere.root.mkdir()
    (drill.elsewhere.root / "site.yaml").touch()
    assert "there is something" in await refused()
    (drill.elsewhere.root / "site.yaml").unlink()
    monkeypatch.setenv("PASOKH_DATABASE__URL", "postgresql+asyncpg://nobody@127.0.0.1:1/none")
    assert "of SQLite, and the settings" in await refused()
    monkeypatch.delenv("PASOKH_DATABASE__URL")
    async with drill.restored() as found:  # nothing of all that was in the way
        assert len(await stints(found.site.ledger)) == 3
    one = next(path for path in (drill.backup / "files").rglob("*.age"))
    one.write_bytes(one.read_bytes()[:-1] + b"x")
    with pytest.raises(RefusedError, match=f"{one.name}: was changed or damaged"):
        check_sums(drill.backup)
    one.unlink()
    with pytest.raises(RefusedError, match=f"{one.name}: is missing"):
        check_sums(drill.backup)


def _killed(*_: object) -> None:
    raise KilledError


@pytest.mark.parametrize("database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_a_database_server_with_something_in_it_is_not_overwritten(drill: Drill) -> None:
    await drill.back_up()
    async with drill.restored():
        third = Home(drill.elsewhere.root.with_name("third"))
        with pytest.raises(RefusedError, match="has tables; an empty one is needed"):
            await restore_backup(third, drill.backup, OPENED, lambda: NOW)
        assert not third.root.exists()


def test_a_passphrase_opens_what_it_sealed() -> None:
    opener, key = Opener("a long passphrase"), BackupKey.new()
    sealed = key.sealed_for(opener, b"manifest")
    assert BackupKey.opened(sealed, opener, b"manifest").open(key.seal(b"words")) == b"words"
    with pytest.raises(RefusedError, match="changed after the backup was made"):
        BackupKey.opened(sealed, opener, b"another manifest")
