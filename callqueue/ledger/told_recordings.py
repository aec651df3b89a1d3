"""Tells the recordings whose they are: queue, agent and caller of their stint, and which moment of the call each place
in them is. The ledger knows it some seconds after the conversation; what it does not know in a week, it never will.
"""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.cel.conversation_store import talks_of_calls
from callqueue.journal.masks import masks_of_calls
from callqueue.ledger.stint import Stint
from callqueue.ledger.store import read_stints_of_calls
from callqueue.ledger.tables import CALL, LEG
from foundation.database import Database, Store, store_url
from foundation.paths import Home
from foundation.settings import Settings
from recordings.store import Recording
from recordings.tables import recording

LOOK_SECONDS = 2.0
BATCH = 200
WEEK_MS = 7 * 86_400_000
PATIENCE_MS = 120_000
"""So long after a recording's end its times in bridges may still be on their way."""
SAME_MS = 1500
"""Times in bridges that add up to the recording's length, but for this, are all of them."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Together:
    """The caller's channel was in a bridge; epoch milliseconds."""

    start: int
    end: int


def places(stays: Sequence[Together]) -> list[tuple[int, int]]:
    """For a recording that was written only while the caller was in a bridge: each place in it (ms) where a stay
    begins, and the moment of the call (epoch ms) that it is.
    """
    found, position = [], 0
    for stay in stays:
        found.append((position, stay.start))
        position += stay.end - stay.start
    return found


def masked_places(
    stays: Sequence[Together], masks: Sequence[tuple[int, int]], length_ms: int,
) -> list[tuple[int, int]]:
    """Which places of a recording (ms) are masked; `masks` in epoch milliseconds. Those that meet become one."""
    found: list[tuple[int, int]] = []
    for (position, begun), stay in zip(places(stays), stays, strict=True):
        for start, end in masks:
            first = position + max(start, stay.start) - begun
            last = min(position + min(end, stay.end) - begun, length_ms)
            if last <= first:
                continue
            if found and first <= found[-1][1]:
                found[-1] = found[-1][0], max(last, found[-1][1])
            else:
                found.append((first, last))
    return found


async def keep_telling(home: Home, settings: Settings, ledger: Database) -> None:
    """Tell for ever; a database that is away is waited for."""
    main = Database(store_url(home, settings, Store.MAIN))
    try:
        while True:
            try:
                more = await tell_some(main, ledger, lambda: round(time.time() * 1000))
            except (SQLAlchemyError, OSError) as error:
                more = False
                log.warning("recordings wait for the ledger", error=str(error)[:300])
            await asyncio.sleep(0 if more else LOOK_SECONDS)
    finally:
        await main.close()


async def tell_some(main: Database, ledger: Database, now_ms: Callable[[], int]) -> bool:
    """Tell `BATCH` recordings at most. True: some were told, there may be more."""
    untold = await _untold(main, now_ms() - WEEK_MS)
    if not untold:
        return False
    async with ledger.read() as connection:
        told = await _known_of(connection, untold, now_ms())
    async with main.write() as connection:
        for recording_id, facts in told.items():
            here = (recording.c.id == recording_id, recording.c.deleted_ms.is_(None))
            await connection.execute(update(recording).where(*here).values(facts))
    return bool(told)


async def _known_of(
    connection: AsyncConnection, untold: Sequence[Recording], now_ms: int,
) -> dict[str, dict[str, object]]:
    stints = await read_stints_of_calls(connection, sorted({one.call_id for one in untold}))
    known = {(stint.channel_id, stint.number): stint for stint in stints}
    told = {}
    for one in untold:
        stint = known.get((one.channel_id, one.stint))
        facts = await _facts(connection, one, stint, now_ms) if stint else None
        if facts:
            told[one.id] = facts
    return told


async def _untold(main: Database, since_ms: int) -> list[Recording]:
    table = recording.c
    query = select(recording).where(
        table.call_started_ms.is_(None), table.kind == "call", table.deleted_ms.is_(None), table.started_ms > since_ms,
    ).order_by(table.started_ms.desc()).limit(BATCH)
    async with main.read() as connection:
        return [Recording(**row) for row in (await connection.execute(query)).mappings()]


async def _facts(
    connection: AsyncConnection, kept: Recording, stint: Stint, now_ms: int,
) -> dict[str, object] | None:
    """Values of the recording's columns; None: not all of it is known yet."""
    stays = await _stays(connection, kept, stint)
    begun = (await connection.execute(select(CALL.c.started_us).where(CALL.c.call_id == kept.call_id))).scalar()
    is_whole = bool(stays) and sum(stay.end - stay.start for stay in stays) >= kept.duration_ms - SAME_MS
    if (begun is None or not is_whole) and now_ms < kept.started_ms + kept.duration_ms + PATIENCE_MS:
        return None
    started_ms = begun // 1000 if begun is not None else stint.entered * 1000
    agent = stint.agent if _is_first(kept) else await _who_spoke(connection, kept)
    return {
        "queue": stint.queue, "agent": agent, "caller": stint.caller, "call_started_ms": started_ms,
        "parts": json.dumps(places(stays)) if is_whole else None,
        "started_ms": stays[0].start if is_whole else kept.started_ms,
        "masked": await _masked(connection, kept, stays if is_whole else ()),
    }


async def _masked(connection: AsyncConnection, kept: Recording, stays: Sequence[Together]) -> str | None:
    """JSON of the places where nothing is heard; where the stays are not known, as if there were one."""
    found = await masks_of_calls(connection, [kept.call_id])
    known = stays or (Together(kept.started_ms, kept.started_ms + kept.duration_ms),)
    positions = masked_places(known, [(one.start, one.end) for one in found], kept.duration_ms)
    return json.dumps(positions) if positions else None


async def _who_spoke(connection: AsyncConnection, kept: Recording) -> str | None:
    """Of a later voice in the stint: the agent who spoke longest with the caller in that time."""
    until = kept.started_ms + kept.duration_ms
    talks = await talks_of_calls(connection, [kept.call_id])
    spoke = [(min(talk.end, until) - max(talk.start, kept.started_ms), talk.agent) for talk in talks]
    longest = max(spoke, default=(0, ""))
    return longest[1] if longest[0] > 0 else None


async def _stays(connection: AsyncConnection, kept: Recording, stint: Stint) -> list[Together]:
    """Of the stint's channel, from its entering the queue on until all of the recording was spoken.

    A later voice may have come to a caller who stayed in his bridge.
    """
    since_us = stint.entered * 1_000_000 if _is_first(kept) else (kept.started_ms - SAME_MS) * 1000
    since = LEG.c.entered_us >= since_us
    if not _is_first(kept):
        since |= LEG.c.left_us > (kept.started_ms + SAME_MS) * 1000
    query = select(LEG.c.entered_us, LEG.c.left_us).where(
        LEG.c.channel_id == kept.channel_id, LEG.c.left_us.is_not(None), since)
    found, length = [], 0
    for row in await connection.execute(query.order_by(LEG.c.entered_us)):
        if length >= kept.duration_ms - SAME_MS:
            break
        entered_ms = row.entered_us // 1000 if row.entered_us >= since_us else kept.started_ms
        found.append(Together(entered_ms, row.left_us // 1000))
        length += found[-1].end - found[-1].start
    return found


def _is_first(kept: Recording) -> bool:
    """Whether it is of the voice that the queue gave the caller; later ones of the stint have a number behind a dot."""
    return kept.id == f"{kept.call_id}_{kept.channel_id}_{kept.stint}"
