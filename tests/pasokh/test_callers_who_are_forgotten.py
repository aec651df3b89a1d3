"""A caller is exported whole, and forgotten so that nothing of him is left and no figure changes."""

import asyncio
import json
import re
import zipfile
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import typer
from sqlalchemy import Column, LargeBinary, String, Table, Text, select, update
from typer.testing import CliRunner

from callqueue.ledger.store import read_stints
from callqueue.outbound.tables import OUTBOUND_CALL
from callqueue.queues.rules import rulebook
from callqueue.rollups.build import RollupMaker
from callqueue.rollups.codec import decode_places
from callqueue.rollups.kinds import PLACES
from callqueue.rollups.tables import ROLLUP
from foundation.calendars import Calendar, Interval, Step
from foundation.database import LEDGER, MAIN, Database, Store
from foundation.numbered import coded
from foundation.paths import Home
from foundation.settings import Queue, Settings
from foundation.web.audit_log import Wanted, read_audit
from pasokh.caller_export import export_caller
from pasokh.caller_rooms import EXEMPT, covered_tables
from pasokh.commands.caller import app as caller_command
from pasokh.commands.hold import app as hold
from pasokh.commands.recordings import app as recordings
from pasokh.erasing import Eraser, caller_number
from pasokh.migrations import METADATA
from pasokh.refusal import RefusedError
from recordings.archive.legs import Legs
from recordings.keeping.erasures import unfinished
from recordings.keeping.holds import HoldKind, lift_hold, place_hold
from reports.queues.queue import QueueQuery, build_queue_report
from tests.support.remembered_caller import (
    AT,
    CALL,
    CALLBACK,
    MAILBOX,
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

TRACES = (NUMBER[1:], NAME, WORDS, NOTES, MAILBOX)


@pytest.fixture
async def caller(database_url: str, tmp_path: Path) -> AsyncIterator[RememberedCaller]:
    async with remembered_caller(tmp_path / "home", database_url) as found:
        yield found


async def whole_text(database: Database, tables: Iterable[Table]) -> str:
    """Everything that a store says."""
    said = []
    async with database.read() as connection:
        for table in tables:
            said += [f"{table.name}: {tuple(row)}" for row in await connection.execute(select(table))]
    return "\n".join(said)


async def all_text(caller: RememberedCaller) -> str:
    """Everything that a site says: both stores, and every file of the home but for the stores' own."""
    texts = [await whole_text(caller.site.main, MAIN.sorted_tables),
             await whole_text(caller.site.ledger, LEDGER.sorted_tables)]
    files = [path for path in caller.home.root.rglob("*") if path.is_file() and path.parent != caller.home.database]
    return "\n".join([*texts, *(path.read_bytes().decode("utf-8", "replace") for path in files)])


async def figures(caller: RememberedCaller) -> Any:
    """A queue report, and every stint but for its number."""
    interval = Interval(AT - 3600, AT + 7200)
    query = QueueQuery(interval=interval, queues=(), step=Step.HOUR, calendar=Calendar.JALALI)
    async with caller.site.ledger.read() as connection:
        report = await build_queue_report(connection, query, caller.site.settings, NOW // 1000)
        stints = [replace(one, caller=None) for one in await read_stints(connection, None, 0, NOW)]
    return report.rows, report.total, report.agents, stints


async def erase(caller: RememberedCaller, *, force: bool = False) -> dict[str, int]:
    return await Eraser.of(caller.site).erase(NUMBER, "command:sara", force=force)


async def test_a_forgotten_caller_leaves_no_trace_and_every_figure(caller: RememberedCaller) -> None:
    before = await figures(caller)
    with pytest.raises(RefusedError, match=f"open_case: {caller.case.code}: .*--force"):
        await erase(caller)
    await caller.close_case()
    done = await erase(caller)
    assert done["sound of a call"] == done["sound of a voice message"] == 1
    assert await figures(caller) == before
    said = await all_text(caller)
    assert [trace for trace in TRACES if trace in said] == []
    assert OTHER in said
    assert [path.name for path in caller.home.recordings_store.rglob("*.wav")] == ["other_1.wav"]
    assert not [path for path in caller.home.case_files.rglob("*") if path.is_file()]
    await caller.follow()
    assert await figures(caller) == before
    (entry,) = await read_audit(caller.site.main, Wanted(action="caller.erased"))
    assert entry.act.actor == "command:sara"
    assert len(await read_audit(caller.site.main, Wanted(action="data.deleted"))) == 2
    if caller.site.main.engine.dialect.name == "sqlite":  # nor in the free places of the stores' files
        await caller.site.main.close()
        await caller.site.ledger.close()
        raw = b"".join(path.read_bytes() for path in caller.home.database.iterdir())
        assert [trace for trace in TRACES if trace.encode() in raw] == []


async def test_what_was_counted_of_his_calls_by_his_number_is_counted_anew(
    caller: RememberedCaller, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("callqueue.rollups.build.ROLLUPS", {PLACES.kind: PLACES})
    maker = RollupMaker(caller.site.ledger, rulebook(caller.site.settings), (), ZoneInfo("UTC"))
    while await maker.step(AT + 86_400):
        pass
    assert await counted_numbers(caller) == {coded(NUMBER)}  # the other's has an area code
    await caller.close_case()
    await erase(caller)
    assert await counted_numbers(caller) == set()
    while await maker.step(AT + 86_400):
        pass
    [instead] = await counted_numbers(caller)
    assert instead != coded(NUMBER)


async def counted_numbers(caller: RememberedCaller) -> set[int]:
    async with caller.site.ledger.read() as connection:
        kept = await connection.execute(select(ROLLUP.c.counts, ROLLUP.c.numbers).where(ROLLUP.c.made.is_not(None)))
        return {int(number) for row in kept for number in decode_places(*row).callers.numbers}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_open_cases_are_closed_by_force_and_their_history_says_when(caller: RememberedCaller) -> None:
    await erase(caller, force=True)
    said = await all_text(caller)
    assert [trace for trace in TRACES if trace in said] == []
    assert re.search(rf"followup_case: .*{caller.case.code}.*closed", said)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_he_calls_again_as_somebody_new(caller: RememberedCaller) -> None:
    await caller.close_case()
    await erase(caller)
    with caller.home.queue_log.open("a") as file:
        file.write(f"{AT + 900}|p-9|insurance|NONE|STINT|p-9|{NUMBER}|direct||1\n"
                   f"{AT + 900}|p-9|insurance|NONE|ENTERQUEUE||{NUMBER}|1\n"
                   f"{AT + 901}|p-9|insurance|NONE|ABANDON|1|1|1\n")
    await caller.follow()
    done = await erase(caller)
    assert done == {"waits and talks": 1, "lines of the journal": 2}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_who_must_not_be_forgotten_now_is_refused_by_name_and_nothing_changes(caller: RememberedCaller) -> None:
    await caller.close_case()
    before = await all_text(caller)
    hold = await place_hold(caller.site.main, HoldKind.CALL, CALL, "a court asks", by="sara", now_ms=NOW)
    with pytest.raises(RefusedError, match=r"held: hold 1 on call .*a court asks"):
        await erase(caller, force=True)
    await lift_hold(caller.site.main, hold.id, "done", by="sara", now_ms=NOW)
    legs = Legs(caller.home.recordings_raw, CALL, CALL, 2)
    legs.caller.write_bytes(b"")
    with pytest.raises(RefusedError, match=f"on_the_line: {re.escape(CALL)}"):
        await erase(caller)
    legs.caller.unlink()
    spooled = caller.home.spool / "steps" / "1.jsonl"
    spooled.parent.mkdir(parents=True)
    spooled.write_text(NUMBER)
    with pytest.raises(RefusedError, match=r"still_arriving: 1\.jsonl"):
        await erase(caller)
    spooled.unlink()
    async with caller.site.main.write() as connection:
        await connection.execute(update(OUTBOUND_CALL).values(state="open", told_ms=None))
    with pytest.raises(RefusedError, match=f"open_call: {CALLBACK}.*callback cancel"):
        await erase(caller, force=True)
    async with caller.site.main.write() as connection:
        await connection.execute(update(OUTBOUND_CALL).values(state="closed", told_ms=NOW))
    after = await all_text(caller)
    audit_and_holds = re.compile(r"^(audit|legal_hold): .*$", re.MULTILINE)
    assert audit_and_holds.sub("", after).split() == audit_and_holds.sub("", before).split()


def test_numbers_that_are_nobody_in_particular_are_refused() -> None:
    settings = Settings(queues={"operator": Queue()}, shared_numbers=["02188770000"])
    for typed, refused in (
        ("anonymous", "not_a_number"), ("", "not_a_number"), ("1420", "own_number"), ("021-8877 0000", "shared_number"),
        ("+982188770000", "shared_number"),
    ):
        with pytest.raises(RefusedError, match=f"^{refused}: "):
            caller_number(typed, settings)
    assert caller_number("۰۹۱۲ ۲۲۲ ۲۲۲۲", settings) == NUMBER
    assert caller_number("+98 912 222 2222", settings) == NUMBER


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_killed_in_the_middle_it_is_carried_to_its_end(
    caller: RememberedCaller, monkeypatch: pytest.MonkeyPatch,
) -> None:
    await caller.close_case()
    before = await figures(caller)

    async def killed(*_: object) -> None:
        raise KeyboardInterrupt

    for place in ("JournalEraser.run", "Eraser._take_steps", "Eraser._delete_sound"):
        with monkeypatch.context() as patch:
            patch.setattr(f"pasokh.erasing.{place}", killed)
            with pytest.raises(KeyboardInterrupt):
                await erase(caller)
        assert len(await unfinished(caller.site.main)) == 1
    assert await Eraser.of(caller.site).resume() == 1
    assert await unfinished(caller.site.main) == []
    said = await all_text(caller)
    assert [trace for trace in TRACES if trace in said] == []
    assert await figures(caller) == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_export_has_everything_and_only_the_owner_may_read_it(
    caller: RememberedCaller, tmp_path: Path,
) -> None:
    target = tmp_path / "caller.zip"
    done = await export_caller(caller.site, NUMBER, target, "command:sara")
    assert (done.sounds, done.left_out, target.stat().st_mode & 0o777) == (2, [], 0o600)
    with zipfile.ZipFile(target) as archive:
        whole = "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
        data = json.loads(archive.read("data.json"))
        names = set(archive.namelist())
    assert [trace for trace in TRACES if trace not in whole] == []
    assert OTHER not in whole
    assert {f"sound/{CALL}_{CALL}_1.wav", f"sound/{CALL}_{CALL}_1.txt", "sound/message-77.wav"} <= names
    assert len(data["waits and talks"]) == 2
    assert data["answers to surveys"][0]["key"] == 5
    assert NATIONAL_ID not in whole  # it is sealed, and shown only to whom may see it
    (entry,) = await read_audit(caller.site.main, Wanted(action="caller.exported"))
    assert NUMBER not in str(entry)


def test_the_commands_as_they_are_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule for a subject finds the call by the case that is linked to it; a hold by the caller's number keeps it."""
    monkeypatch.setenv("PASOKH_HOME", str(tmp_path / "home"))

    async def live() -> str:
        async with remembered_caller(tmp_path / "home") as found:
            await found.close_case()
            path = found.home.settings_file
            rules = "retention: {days: {call: null}, rules: [{kind: call, subject: insurance-records, days: 1}]}\n"
            path.write_text(re.sub(r"(?ms)^retention:\n(?:  .*\n)*", rules, path.read_text(encoding="utf-8")))
            return str(found.home.recordings_store / f"{CALL}_{CALL}_1.wav")

    sound = Path(asyncio.run(live()))
    assert "call, subject insurance-records: 1" in run(recordings, "retention")
    assert run(recordings, "retention", "--each").count('"kind": "call"') == 1
    assert "hold 1 on caller ***222" in run(hold, "add", "caller", "0912 222 2222", "--reason", "a court asks")
    assert "0 deleted" in run(recordings, "retention", "--run")
    assert sound.exists()
    with pytest.raises(RefusedError, match="held: hold 1"):
        run(caller_command, "erase", NUMBER, "--yes")
    assert "a court asks" in run(hold, "list")
    run(hold, "lift", "1", "--reason", "it is over")
    assert "1 deleted" in run(recordings, "retention", "--run")
    assert not sound.exists()
    assert "1 sounds" in run(caller_command, "export", NUMBER, "--to", str(tmp_path / "x.zip"))
    assert "forgotten" in run(caller_command, "erase", NUMBER, "--yes")
    with pytest.raises(RefusedError, match="nothing_kept"):
        run(caller_command, "export", NUMBER, "--to", str(tmp_path / "y.zip"))


def run(app: typer.Typer, *words: str) -> str:
    result = CliRunner().invoke(app, list(words))
    if isinstance(result.exception, RefusedError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


NUMBERS = re.compile(r"caller|number|phone|address|mailbox|reply|target")


def test_every_table_that_may_speak_of_callers_is_forgotten_or_excused(tmp_path: Path) -> None:
    """Whoever adds a table with texts or numbers adds a step to `pasokh.caller_rooms`, or says there why not."""

    def speaks(column: Column[Any]) -> bool:
        named = isinstance(column.type, String) and NUMBERS.search(column.name) is not None
        return named or isinstance(column.type, Text | LargeBinary)

    every = [*METADATA[Store.MAIN].sorted_tables, *METADATA[Store.LEDGER].sorted_tables]
    speaking = {table.name for table in every if any(map(speaks, table.columns))}
    assert speaking - covered_tables(Home(tmp_path)) - set(EXEMPT) == set()
