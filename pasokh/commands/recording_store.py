"""`bin/pasokh recordings list|manifest|verify`: what is kept, and whether it is whole."""

import asyncio
import json
import math
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from foundation.calendars import MomentError, moment_text, parse_moment
from foundation.database import Database, Store, store_url
from pasokh.refusal import RefusedError
from pasokh.site import Site, open_site
from recordings.archive.manifest import manifest_of
from recordings.archive.mending import mend
from recordings.archive.sealing import SiteKeys
from recordings.archive.verification import WHAT_TO_DO, Fault, Finding, verify
from recordings.store import Recording, recordings_of
from recordings.tables import recording

Result = TypeVar("Result")
Since = Annotated[str | None, typer.Option("--since", help="Only what was recorded from this moment on.")]
FAULTY, QUESTIONABLE = 1, 3
"""Exit codes of verify: something in the store is wrong; only calls' own faults (silence, an early end)."""


def list_recordings(
    *,
    since: Since = None,
    call: Annotated[str, typer.Option("--call", help="Only this call's.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="The newest so many.")] = 50,
) -> None:
    """The kept sound, the newest last: when, whose, how long, how loud, packed and encrypted with what."""
    site = open_site()
    since_ms = _moment(site, since)
    found = in_store(site, lambda database: _newest(database, since_ms, call, limit))
    columns = ("recording", "begun", "queue", "agent", "seconds", "caller dBFS", "agent dBFS", "codec", "key")
    table = Table(*columns, box=None)
    for one in found:
        table.add_row(
            one.id, _moment_text(site, one.started_ms), one.queue or "", one.agent or "",
            f"{one.duration_ms / 1000:.1f}", _level(one.caller_peak), _level(one.agent_peak), one.codec, one.key or "-",
        )
    _console().print(table)


def manifest(call: Annotated[str, typer.Argument(help="The call's id.")]) -> None:
    """A call's recordings as JSON: legs, places in the call, lengths, loudness, SHA-256, codec."""
    site = open_site()

    async def ask(database: Database) -> Sequence[Recording]:
        async with database.read() as connection:
            return await recordings_of(connection, [call])

    found = in_store(site, ask)
    if not found:
        raise RefusedError(f"{call}: there is no recording of it; `bin/pasokh recordings list` shows what there is")
    print(json.dumps(asdict(manifest_of(call, found)), indent=2, ensure_ascii=False))


def check(
    *,
    since: Since = None,
    deep: Annotated[bool, typer.Option("--deep", help="Decrypt and decode every sound, too.")] = False,
    mend_it: Annotated[bool, typer.Option("--mend", help="Put right what needs nobody's judgement.")] = False,
) -> None:
    """Look for missing, altered, orphan, half-written, silent sound. 0: all is well; 1: not; 3: only calls' faults."""
    site = open_site()
    since_ms = _moment(site, since)
    found = in_store(site, lambda database: _check(site, database, since_ms, deep=deep, mend_it=mend_it))
    if not found:
        print("every recording is there, whole and audible")
        return
    for finding in found:
        print(f"{finding.fault.value}: {finding.subject}{f' ({finding.detail})' if finding.detail else ''}")
    counts = Counter(finding.fault for finding in found)
    for fault in Fault:
        if fault in counts:
            print(f"\n{fault.value}: {counts[fault]}. {WHAT_TO_DO[fault]}.")
    sys.exit(QUESTIONABLE if all(fault.is_of_the_call for fault in counts) else FAULTY)


def in_store(site: Site, work: Callable[[Database], Awaitable[Result]]) -> Result:
    """Do something with the main store."""
    async def act() -> Result:
        database = Database(store_url(site.home, site.settings, Store.MAIN))
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(act())


async def _check(site: Site, database: Database, since_ms: int, *, deep: bool, mend_it: bool) -> list[Finding]:
    keys = SiteKeys(site.secrets.recording_keys)
    found = []
    async for finding in verify(site.home, database, keys, since_ms, deep=deep):
        if mend_it and await mend(site.home, database, keys, finding):
            print(f"mended: {finding.fault.value}: {finding.subject}")
        else:
            found.append(finding)
    return found


async def _newest(database: Database, since_ms: int, call: str, limit: int) -> list[Recording]:
    table = recording.c
    query = select(recording).where(table.deleted_ms.is_(None), table.started_ms >= since_ms)
    if call:
        query = query.where(table.call_id == call)
    async with database.read() as connection:
        rows = (await connection.execute(query.order_by(table.started_ms.desc()).limit(limit))).mappings()
        return [Recording(**row) for row in rows][::-1]


def _moment(site: Site, text: str | None) -> int:
    if text is None:
        return 0
    try:
        moment = parse_moment(text, ZoneInfo(site.settings.site.timezone), datetime.now(UTC))
    except MomentError as error:
        raise RefusedError(f"--since: {error}") from error
    return math.floor(moment.timestamp() * 1000)


def _moment_text(site: Site, at_ms: int) -> str:
    moment = datetime.fromtimestamp(at_ms / 1000, ZoneInfo(site.settings.site.timezone))
    return moment_text(moment, "en", seconds=True)


def _level(peak: float | None) -> str:
    return "" if peak is None else f"{peak:.0f}"


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 240, soft_wrap=not sys.stdout.isatty())
