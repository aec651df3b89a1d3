import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Table, func, select

from callqueue.journal import importing
from callqueue.journal.importing import Imported, import_journal
from callqueue.ledger import tables
from callqueue.ledger.stint import Outcome
from callqueue.ledger.store import read_agent_events, read_stints
from callqueue.records.bookmarks import MovedError
from foundation.database import Database

NOON = 1_800_000_000
EVER = 9_999_999_999


def journal(table: str) -> str:
    lines = []
    for line in table.strip().splitlines():
        seconds, *fields = line.split()
        lines.append("|".join([str(NOON + int(seconds)), *fields]) + "\n")
    return "".join(lines)


CALLS = journal("""
    0  site-1800000000.1 medical NONE ENTERQUEUE     ||1
    1  NONE              medical a101 PAUSE          break
    1  NONE              medical a101 PAUSE          break
    4  site-1800000000.1 medical a102 RINGNOANSWER   3000
    12 site-1800000000.1 medical a101 CONNECT        12|site-1800000000.2|3
    13 site-1800000000.3 medical NONE ENTERQUEUE     ||1
    20 site-1800000000.3 medical NONE ABANDON        1|1|7
    52 site-1800000000.1 medical a101 COMPLETECALLER 12|40|1
    60 site-1800000000.5 medical NONE ENTERQUEUE     ||1
""")
LINES = CALLS.splitlines(keepends=True)


async def count(database: Database, table: Table) -> int:
    async with database.read() as connection:
        return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


async def contents(database: Database) -> dict[str, list[Any]]:
    async with database.read() as connection:
        return {
            "stints": list(await read_stints(connection, None, 0, EVER)),
            "agents": list(await read_agent_events(connection, 0, EVER)),
            "rings": [tuple(row)[1:] for row in await connection.execute(select(tables.RING))],
        }


async def test_an_import_gives_stints_and_what_belongs_to_them(ledger_database: Database, tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    path.write_text(CALLS)
    done = await import_journal(ledger_database, path)
    assert (done.journal, done.lines, done.new, done.bad) == ("site", 9, 9, [])
    found = await contents(ledger_database)
    outcomes = [stint.outcome for stint in found["stints"]]
    assert outcomes == [Outcome.ANSWERED, Outcome.ABANDONED, Outcome.WAITING]
    assert len(found["agents"]) == 2
    assert len(found["rings"]) == 1


async def test_the_same_lines_under_other_names_change_nothing(ledger_database: Database, tmp_path: Path) -> None:
    (tmp_path / "first").write_text(CALLS)
    await import_journal(ledger_database, tmp_path / "first")
    before = await contents(ledger_database)
    (tmp_path / "first").rename(tmp_path / "renamed")
    (tmp_path / "copy").write_text(CALLS)
    (tmp_path / "overlapping").write_text("".join(LINES[2:7]))
    for name in ("renamed", "copy", "overlapping"):
        assert (await import_journal(ledger_database, tmp_path / name, journal="site")).new == 0
    assert await contents(ledger_database) == before


async def test_of_two_imports_of_one_file_at_once_the_slower_stops_and_nothing_counts_twice(
    ledger_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importing, "CHUNK", 4)
    path = tmp_path / "queue_log"
    path.write_text(CALLS.replace(LINES[0], f"{LINES[0]}nonsense\n"))

    def import_beside(_: Imported) -> None:
        with ThreadPoolExecutor(1) as beside:
            beside.submit(asyncio.run, import_alone(str(ledger_database.engine.url.render_as_string(False)), path))

    with pytest.raises(MovedError, match="queue_log"):
        await import_journal(ledger_database, path, progress=import_beside)
    stored = [await count(ledger_database, table) for table in (tables.LINE, tables.SOURCE, tables.BAD_LINE)]
    assert stored == [9, 1, 1]
    assert (await import_journal(ledger_database, path)).new == 0
    assert await count(ledger_database, tables.STINT) == 3


async def import_alone(url: str, path: Path) -> None:
    database = Database(url)
    try:
        await import_journal(database, path)
    finally:
        await database.close()


async def test_a_grown_file_adds_only_what_has_grown(ledger_database: Database, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("".join(LINES[:5]) + LINES[5][:20])
    first = await import_journal(ledger_database, path)
    assert (first.new, first.half_line) == (5, True)
    path.write_text(CALLS)
    assert (await import_journal(ledger_database, path)).new == 4
    assert await count(ledger_database, tables.STINT) == 3
    assert await count(ledger_database, tables.SOURCE) == 1


async def test_parts_imported_in_any_order_give_the_same_ledger(sqlite_ledger: Database, tmp_path: Path) -> None:
    (tmp_path / "late").write_text("".join(LINES[4:]))
    (tmp_path / "early").write_text("".join(LINES[:4]))
    assert (await import_journal(sqlite_ledger, tmp_path / "late")).orphans == 2
    await import_journal(sqlite_ledger, tmp_path / "early", journal="site")
    (whole,) = [stint for stint in (await contents(sqlite_ledger))["stints"] if stint.wait == 12]
    assert (whole.outcome, whole.talk, whole.agent) == (Outcome.ANSWERED, 40, "a101")
    assert await count(sqlite_ledger, tables.ORPHAN) == 0


async def test_an_old_file_does_not_touch_what_is_open_now(sqlite_ledger: Database, tmp_path: Path) -> None:
    (tmp_path / "now").write_text(CALLS)
    await import_journal(sqlite_ledger, tmp_path / "now")
    (tmp_path / "old").write_text(journal("""
        -90 site-1700000000.1 medical NONE ENTERQUEUE ||1
        -50 NONE              NONE    NONE QUEUESTART
    """))
    await import_journal(sqlite_ledger, tmp_path / "old")
    outcomes = [stint.outcome for stint in (await contents(sqlite_ledger))["stints"]]
    assert outcomes == [Outcome.INTERRUPTED, Outcome.ANSWERED, Outcome.ABANDONED, Outcome.WAITING]


async def test_a_restart_known_before_interrupts_what_an_older_file_left_open(
    sqlite_ledger: Database, tmp_path: Path,
) -> None:
    (tmp_path / "late").write_text(journal("50 NONE NONE NONE QUEUESTART"))
    (tmp_path / "early").write_text(LINES[0])
    await import_journal(sqlite_ledger, tmp_path / "late", journal="site")
    await import_journal(sqlite_ledger, tmp_path / "early", journal="site")
    ((stint,),) = [(await contents(sqlite_ledger))["stints"]]
    assert (stint.outcome, stint.wait) == (Outcome.INTERRUPTED, 50)


async def test_another_asterisk_s_restart_is_not_ours(sqlite_ledger: Database, tmp_path: Path) -> None:
    (tmp_path / "ours").write_text(CALLS)
    (tmp_path / "theirs").write_text(journal("70 NONE NONE NONE QUEUESTART"))
    await import_journal(sqlite_ledger, tmp_path / "ours")
    await import_journal(sqlite_ledger, tmp_path / "theirs")
    assert (await contents(sqlite_ledger))["stints"][-1].outcome is Outcome.WAITING


async def test_bad_lines_are_kept_aside_once_and_the_rest_counts(ledger_database: Database, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(LINES[0].encode() + b"\x00\x00garbage\xff\n" + "".join(LINES[1:]).encode())
    for _ in range(2):
        done = await import_journal(ledger_database, path)
        assert [(number, line.reason) for number, line in done.bad] == [(2, "a control character in the line")]
    assert await count(ledger_database, tables.BAD_LINE) == 1
    assert await count(ledger_database, tables.STINT) == 3


async def test_local_times_count_in_the_given_zone(sqlite_ledger: Database, tmp_path: Path) -> None:
    path = tmp_path / "export"
    path.write_text("2026-03-21 08:00:00.5|c1|medical|NONE|ENTERQUEUE||1|1\n")
    await import_journal(sqlite_ledger, path, zone=ZoneInfo("Asia/Tehran"))
    assert (await contents(sqlite_ledger))["stints"][0].entered == 1774067400


async def test_one_line_with_a_wrong_clock_is_one_line(sqlite_ledger: Database, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("5|NONE|medical|a9|UNPAUSE|\n" + CALLS + "9999999999|NONE|medical|a9|UNPAUSE|\n")
    assert (await import_journal(sqlite_ledger, path)).new == 11
