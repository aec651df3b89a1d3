"""Recordings are written down beside everything else, and whoever is killed at whatever moment, each of them once."""

import asyncio
import json
import os
import resource
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import text

from foundation.database import MAIN, Database
from foundation.paths import CHECKOUT, Home
from foundation.settings import Queue, Settings
from recordings import transcribing
from recordings.store import Recording, add_recording
from recordings.transcripts.models import transcript_faults, usable_models
from recordings.transcripts.queue import MOST_TRIES, Wish, ask, standing
from recordings.transcripts.search import find_words
from recordings.transcripts.transcriber import HANGING_SECONDS, limit_time
from recordings.transcripts.transcriber_process import NoTranscriberError
from recordings.transcripts.transcribing import Backlog, Pool, alone, young_ones
from recordings.transcripts.transcripts import (
    Side,
    Transcript,
    TranscriptState,
    Word,
    delete_transcript,
    find_transcript,
    read_transcript,
)
from tests.support.levels import DOUBLE, call, keep, model_folder, place, said, silence
from tests.support.stores import make_tables

FA = ["سلام", "بیمه", "مستمری", "حساب", "@die", "@die-once", "@wait"]
TR = ["merhaba", "sigorta", "emeklilik"]
NOW_MS = 1_795_320_000_000
AGENT_MS = 1000


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "home")
    found.make()
    return found


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Persian and Turkish are understood, by the double."""
    monkeypatch.syspath_prepend(str(DOUBLE))
    monkeypatch.setenv("PYTHONPATH", str(DOUBLE))  # of the processes
    models = {"fa": model_folder(tmp_path / "fa", FA), "tr": model_folder(tmp_path / "tr", TR)}
    return Settings.model_validate({"queues": {"operator": {}}, "speech": {"models": models}})


@pytest.fixture
async def database(home: Home) -> AsyncIterator[Database]:
    made = Database(f"sqlite+aiosqlite:///{home.database}/main.sqlite")
    await make_tables(made, MAIN)
    yield made
    await made.close()


def pool_of(home: Home, settings: Settings, database: Database, *, idle: bool = False) -> Pool:
    """Unless its processes are `idle`, they do not wait until the machine has nothing else to do."""
    models = usable_models(settings)
    backlog = Backlog(database, young_ones(settings, models, lambda: NOW_MS), lambda: NOW_MS)
    return Pool(home, settings, backlog, models, CollectorRegistry(), idle=idle)


async def kept(database: Database, home: Home, row: Recording, caller: list[str], agent: list[str]) -> Recording:
    known = TR if row.language == "tr" else FA
    sound = said(agent, known, AGENT_MS) if agent else silence(0)
    row = keep(home, row, said(caller, known), sound)
    async with database.write() as connection:
        await add_recording(connection, row)
    return row


async def heard(database: Database, row: Recording) -> list[Word]:
    async with database.read() as connection:
        return await read_transcript(connection, row.id)


async def facts(database: Database, row: Recording) -> Transcript:
    async with database.read() as connection:
        found = await find_transcript(connection, row.id)
    assert found is not None
    return found


async def test_both_sides_are_written_down_with_their_times(
    home: Home, settings: Settings, database: Database,
) -> None:
    persian = await kept(database, home, call(1), ["سلام", "بیمه"], ["سلام", "حساب", "مستمری"])
    turkish = await kept(
        database, home, replace(call(2, language="tr"), kind="voice_message"), ["merhaba", "emeklilik"], [])
    quiet = await kept(database, home, call(3), [], [])
    await pool_of(home, settings, database).finish()
    assert [(one.side, one.start_ms, one.end_ms, one.word) for one in await heard(database, persian)] == [
        (Side.CALLER, *place(0), "سلام"), (Side.CALLER, *place(1), "بیمه"),
        (Side.AGENT, *place(0, AGENT_MS), "سلام"), (Side.AGENT, *place(1, AGENT_MS), "حساب"),
        (Side.AGENT, *place(2, AGENT_MS), "مستمری"),
    ]
    assert [one.confidence for one in await heard(database, turkish)] == [100, 90]
    assert [(one.state, one.language, one.model, one.word_count) for one in (
        await facts(database, persian), await facts(database, turkish), await facts(database, quiet))] == [
        (TranscriptState.MADE, "fa", "fa", 5), (TranscriptState.MADE, "tr", "tr", 2),
        (TranscriptState.MADE, "fa", "fa", 0)]
    async with database.read() as connection:
        (hit,) = await find_words(connection, "emeklilik")
    assert (hit.recording, hit.places[0].start_ms) == (turkish, place(1)[0])


async def test_what_is_not_asked_for_is_left_alone(home: Home, settings: Settings, database: Database) -> None:
    old = await kept(database, home, replace(call(1), started_ms=NOW_MS - 31 * 86_400_000), ["سلام"], [])
    english = await kept(database, home, call(2, language="en"), ["سلام"], [])
    deleted = await kept(database, home, call(3, deleted_ms=5), ["سلام"], [])
    taken = await kept(database, home, call(4), ["سلام"], [])
    await pool_of(home, settings, database).finish()
    async with database.read() as connection:
        made = [row for row in (old, english, deleted, taken) if await find_transcript(connection, row.id)]
        wish = Wish({"fa", "en"}, "fa")
        assert (await standing(connection, wish)).waiting == 2
    assert made == [taken]


async def test_what_is_asked_for_is_made_however_old_it_is_and_made_again(
    home: Home, settings: Settings, database: Database,
) -> None:
    old = await kept(database, home, replace(call(1), started_ms=5), ["سلام"], [])
    failed = await kept(database, home, call(2), ["بیمه"], [])
    sound = home.recordings_store / failed.path
    sound.rename(sound.with_suffix(".away"))
    await pool_of(home, settings, database).finish()
    sound.with_suffix(".away").rename(sound)
    async with database.write() as connection:
        assert await ask(connection, old, "fa")
        assert not await ask(connection, old, "fa")
        assert await ask(connection, failed, "fa")
    await pool_of(home, settings, database).finish()
    assert [[one.word for one in await heard(database, row)] for row in (old, failed)] == [["سلام"], ["بیمه"]]
    keep(home, old, said(["حساب"], FA), silence(0))
    async with database.write() as connection:
        assert not await ask(connection, old, "fa")
        assert await ask(connection, old, "fa", again=True)
        assert await find_words(connection, "سلام") == []
    await pool_of(home, settings, database).finish()
    assert [one.word for one in await heard(database, old)] == ["حساب"]


async def test_sound_that_cannot_be_read_is_given_up_with_its_reason(
    home: Home, settings: Settings, database: Database,
) -> None:
    gone = await kept(database, home, call(1), ["سلام"], [])
    (home.recordings_store / gone.path).unlink()
    broken = await kept(database, home, call(2), ["سلام"], [])
    (home.recordings_store / broken.path).write_bytes(b"no sound")
    good = await kept(database, home, call(3), ["سلام"], [])
    await pool_of(home, settings, database).finish()
    for row, reason in ((gone, "no such sound"), (broken, "not a WAV file")):
        known = await facts(database, row)
        assert known.state is TranscriptState.FAILED
        assert reason in (known.reason or "")
    assert [one.word for one in await heard(database, good)] == ["سلام"]


async def test_a_recogniser_that_ends_over_a_recording_takes_no_other_with_it(
    home: Home, settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transcribing, "AFTER_CRASH_SECONDS", 0.0)
    once = await kept(database, home, call(1), ["سلام", "@die-once", "بیمه"], [])
    always = await kept(database, home, call(2), ["سلام", "@die", "بیمه"], [])
    good = await kept(database, home, call(3), ["حساب"], [])
    await pool_of(home, settings, database).finish()
    assert [one.word for one in await heard(database, once)] == ["سلام", "@die-once", "بیمه"]
    assert (await facts(database, once)).tries == 1
    known = await facts(database, always)
    assert (known.state, known.tries, await heard(database, always)) == (TranscriptState.FAILED, MOST_TRIES, [])
    assert "-9" in (known.reason or "")
    assert [one.word for one in await heard(database, good)] == ["حساب"]


async def test_a_model_that_cannot_be_used_harms_no_recording_and_keeps_no_other_language_waiting(
    home: Home, settings: Settings, database: Database, tmp_path: Path,
) -> None:
    model = tmp_path / "tr" / "am" / "final.mdl"
    model.write_text("@broken", encoding="utf-8")
    turkish = await kept(
        database, home, replace(call(1, language="tr"), kind="voice_message"), ["merhaba"], [])
    persian = await kept(database, home, call(2), ["سلام"], [])
    pool = asyncio.create_task(pool_of(home, settings, database).run())
    async with asyncio.timeout(150):
        while not await heard(database, persian):  # noqa: ASYNC110 - a database has no bell
            await asyncio.sleep(0.05)
    pool.cancel()
    await asyncio.wait([pool])
    known = await facts(database, turkish)
    assert (known.state, known.tries) == (TranscriptState.BEGUN, 0)
    with pytest.raises(ExceptionGroup) as failed:
        await pool_of(home, settings, database).finish()
    assert failed.group_contains(NoTranscriberError, match="tr: it ended with 1")
    model.write_text(" ".join(TR), encoding="utf-8")
    await pool_of(home, settings, database).finish()
    assert [one.word for one in await heard(database, turkish)] == ["merhaba"]


async def test_what_is_deleted_while_it_is_listened_to_stays_deleted(
    home: Home, settings: Settings, database: Database, tmp_path: Path,
) -> None:
    row = await kept(database, home, call(1), ["سلام", "@wait"], [])
    async with asyncio.TaskGroup() as group:
        group.create_task(pool_of(home, settings, database).finish())
        await _appears(tmp_path / "fa" / "waits")
        async with database.write() as connection:
            await delete_transcript(connection, row.id)
            await connection.execute(text("UPDATE recording SET deleted_ms = 5"))
        (tmp_path / "fa" / "go").touch()
    async with database.read() as connection:
        assert await find_transcript(connection, row.id) is None
        assert await find_words(connection, "سلام") == []


async def test_the_processes_step_back_and_are_no_more_than_set(
    home: Home, settings: Settings, database: Database,
) -> None:
    two = settings.model_copy(update={"transcripts": settings.transcripts.model_copy(update={"workers": 2})})
    for number in range(3):
        await kept(database, home, call(number), ["@wait"], [])
    pool = asyncio.create_task(pool_of(home, two, database, idle=True).run())
    async with asyncio.timeout(120):
        while len(_stepped_back()) < 2:  # noqa: ASYNC110 - a process rings no bell
            await asyncio.sleep(0.05)
    assert [os.getpriority(os.PRIO_PROCESS, child) for child in _children(os.getpid())] == [19, 19]
    pool.cancel()
    with pytest.raises(asyncio.CancelledError):
        await pool
    assert _children(os.getpid()) == []


def _stepped_back() -> list[int]:
    return [child for child in _children(os.getpid()) if os.sched_getscheduler(child) == os.SCHED_IDLE]


def test_a_recogniser_that_hangs_is_ended_by_the_time_it_takes() -> None:
    before = resource.getrlimit(resource.RLIMIT_CPU)
    try:
        limit_time()
        used = resource.getrusage(resource.RUSAGE_SELF)
        spent = used.ru_utime + used.ru_stime
        assert HANGING_SECONDS - 2 <= resource.getrlimit(resource.RLIMIT_CPU)[0] - spent <= HANGING_SECONDS
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, before)


async def test_one_pool_at_a_time_works_for_a_site(home: Home) -> None:
    async with alone(home, wait=True) as first, alone(home, wait=False) as second:
        assert (first, second) == (True, False)
    async with alone(home, wait=False) as third:
        assert third


def test_without_a_model_or_the_package_it_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = model_folder(tmp_path / "fa", FA)
    monkeypatch.setattr("recordings.transcripts.models.has_package", lambda: False)
    queues = {"operator": Queue()}
    none = Settings(queues=queues)
    assert (usable_models(none), list(transcript_faults(none))) == ({}, [])
    chosen = Settings.model_validate({"queues": queues, "transcripts": {"models": {"fa": str(folder), "tr": "/none"}}})
    assert usable_models(chosen) == {}
    assert [fault.split(":")[0] for fault in transcript_faults(chosen)] == [
        "the package vosk is not installed (it is in the extra `speech`)", "transcripts.models.tr = '/none'"]
    monkeypatch.setattr("recordings.transcripts.models.has_package", lambda: True)
    assert usable_models(chosen) == {"fa": folder}
    off = Settings.model_validate({"queues": queues, "transcripts": {"models": {"fa": str(folder)}, "workers": 0}})
    assert (usable_models(off), list(transcript_faults(off))) == ({}, [])


MOMENTS = ["listening", *(f"write {number} {when}" for number in (1, 2) for when in ("before", "within", "after"))]
"""Of each recording are written: that it is begun, and what was said."""
KILLED = """
import asyncio, json, os, signal, sys
from pathlib import Path
from prometheus_client import CollectorRegistry
from foundation.database import Database
from foundation.paths import Home
from foundation.settings import Settings
from recordings.transcripts.transcriber_process import NoTranscriberError
from recordings.transcripts.transcribing import Backlog, Pool, usable_models, young_ones

site, moment = json.loads(sys.stdin.readline()), sys.argv[1]
settings, database = Settings.model_validate(site["settings"]), Database(site["database"])
models, clock = usable_models(settings), lambda: site["now"]
backlog = Backlog(database, young_ones(settings, models, clock), clock)
pool, writes = Pool(Home(Path(site["home"])), settings, backlog, models, CollectorRegistry(), idle=False), 0

def pass_by(when):
    if moment == f"write {writes} {when}":
        os.kill(os.getpid(), signal.SIGKILL)

async def deadly(step, write=pool._write):
    global writes
    writes += 1
    async def within(connection):
        result = await step(connection)
        pass_by("within")
        return result
    pass_by("before")
    result = await write(within)
    pass_by("after")
    return result

pool._write = deadly
asyncio.run(pool.finish())
"""


@pytest.mark.parametrize("moment", MOMENTS)
async def test_killed_at_any_step_nothing_is_lost_and_nothing_is_there_twice(
    home: Home, settings: Settings, database: Database, tmp_path: Path, moment: str,
) -> None:
    rows = [await kept(database, home, call(number), ["سلام", "@wait", "بیمه"], ["حساب"]) for number in range(3)]
    if moment != "listening":
        (tmp_path / "fa" / "go").touch()
    async with _killable(home, settings, database, moment) as process:
        if moment == "listening":
            await _appears(tmp_path / "fa" / "waits")
            (child,) = _children(process.pid)
            process.kill()
            while _runs(child):  # noqa: ASYNC110 - it dies with the pool, which nobody tells us
                await asyncio.sleep(0.02)
            (tmp_path / "fa" / "go").touch()
        assert await process.wait() == -signal.SIGKILL
    await pool_of(home, settings, database).finish()
    for row in rows:
        assert [one.word for one in await heard(database, row)] == ["سلام", "@wait", "بیمه", "حساب"]
        assert (await facts(database, row)).tries == 0
    async with database.read() as connection:
        assert len(await find_words(connection, "بیمه")) == len(rows)
        assert (await standing(connection, Wish({"fa"}, "fa"))).waiting == 0


@asynccontextmanager
async def _killable(home: Home, settings: Settings, database: Database, moment: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-c", KILLED, moment, stdin=PIPE, cwd=CHECKOUT,
        env=os.environ | {"PYTHONPATH": f"{CHECKOUT}:{DOUBLE}"},
    )
    assert process.stdin is not None
    site = {
        "home": str(home.root), "settings": settings.model_dump(mode="json"), "now": NOW_MS,
        "database": database.engine.url.render_as_string(hide_password=False),
    }
    process.stdin.write(json.dumps(site).encode() + b"\n")
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _children(parent: int) -> list[int]:
    """The processes of a pool that listen."""
    lists = [_read(task / "children") for task in Path(f"/proc/{parent}/task").iterdir()]
    found = [int(child) for children in lists for child in children.split()]
    return [child for child in found if b"recordings.transcripts.transcriber" in _read(Path(f"/proc/{child}/cmdline"))]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has ended
        return b""


def _runs(process: int) -> bool:
    state = _read(Path(f"/proc/{process}/stat")).rpartition(b")")[2].split()[:1]
    return state not in ([], [b"Z"], [b"X"])


async def _appears(path: Path) -> None:
    async with asyncio.timeout(120):
        while not path.exists():  # noqa: ASYNC110, ASYNC240 - a file has no bell
            await asyncio.sleep(0.02)
