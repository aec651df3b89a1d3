"""Steps on their way to the database: first into a file, then delivered from it, each exactly once.

A step is one line, appended by one `write` without fsync: it survives a kill of this process at any moment, not a loss
of power; the same holds for Asterisk's journal. Files are delivered and then removed; a file that was delivered and not
yet removed is delivered again, and its steps are known by their call and number.
"""

import asyncio
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import structlog
from sqlalchemy import Insert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.database import Database
from foundation.paths import Home
from ivr.steps.day_marks import mark_days
from ivr.steps.steps import Step
from ivr.tables import ivr_step

DELIVER_SECONDS = 1.0
AWAY_SECONDS = 5.0
BATCH = 500
SUFFIX = ".jsonl"

log = structlog.get_logger()


class StepSpool:
    """One process's file of steps, and everybody's files on their way to the database."""

    def __init__(self, home: Home) -> None:
        self.folder = home.spool / "steps"
        self._file: int | None = None
        self._path: Path | None = None
        self._files = 0

    def keep(self, step: Step) -> None:
        """Append one step. A full disk loses steps, never calls."""
        line = json.dumps(asdict(step), ensure_ascii=False) + "\n"
        try:
            data = line.encode()
            whole = os.write(self._descriptor(), data) == len(data)
            if not whole:
                # The next line must not be glued to half of this one.
                self.rotate()
        except OSError as error:
            log.error("step not kept", call_id=step.call_id, error=str(error))  # noqa: TRY400 - the reason is enough

    def rotate(self) -> None:
        """What has been written so far can be delivered."""
        if self._file is not None and self._path is not None:
            os.close(self._file)
            self._path.rename(self._path.with_suffix(SUFFIX))
            self._file = self._path = None

    def ready(self) -> list[Path]:
        """Files to be delivered, the oldest first."""
        return sorted(self.folder.glob(f"*{SUFFIX}"))

    def adopt(self) -> None:
        """Files that a process before this one was still writing to when it ended."""
        for path in self.folder.glob("*.open"):
            if path != self._path:
                path.rename(path.with_suffix(SUFFIX))

    def _descriptor(self) -> int:
        if self._file is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._files += 1
            self._path = self.folder / f"{time.time_ns():020}-{os.getpid()}-{self._files}.open"
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        return self._file


async def deliver_steps(spool: StepSpool, database: Database) -> None:
    """Bring steps to the database for ever; one that is away is waited for, and calls go on."""
    spool.adopt()
    away = False
    while True:
        spool.rotate()
        try:
            for path in spool.ready():
                await deliver_file(path, database)
            if away:
                log.info("steps delivered again")
            away = False
        except Exception as error:  # noqa: BLE001 - drivers have errors of their own; calls go on whatever is wrong
            if not away:
                log.warning("steps wait for the database", error=f"{type(error).__name__}: {error}".splitlines()[0])
            away = True
        await asyncio.sleep(AWAY_SECONDS if away else DELIVER_SECONDS)


async def deliver_file(path: Path, database: Database) -> None:
    """One file: its steps into the table, those that are there already left as they are, then the file removed.

    Raises:
        SQLAlchemyError, OSError: the database is away; the file is still there.
    """
    rows = list(_rows(path))
    for first in range(0, len(rows), BATCH):
        batch = rows[first:first + BATCH]
        try:
            async with database.write() as connection:
                await _write(connection, batch)
        except DBAPIError as error:
            if not _is_refused(error):
                raise
            await _one_by_one(path, batch, database)
    _remove(path)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


async def _one_by_one(path: Path, rows: list[dict[str, object]], database: Database) -> None:
    """A row that the database will never take must not hold up the others."""
    for row in rows:
        try:
            async with database.write() as connection:
                await _write(connection, [row])
        except DBAPIError as error:
            if not _is_refused(error):
                raise
            log.error("step refused by the database", file=path.name, error=str(error.orig))  # noqa: TRY400 - as above


def _is_refused(error: DBAPIError) -> bool:
    """Whether it is the row's fault, and not that the database is away."""
    return type(error).__name__ in {"DataError", "IntegrityError"}


async def _write(connection: AsyncConnection, rows: list[dict[str, object]]) -> None:
    await connection.execute(_insert(connection), rows)
    await mark_days(connection, {str(row["call_id"]) for row in rows})


def _insert(connection: AsyncConnection) -> Insert:
    insert = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    return insert(ivr_step).on_conflict_do_nothing(index_elements=["call_id", "number"])


def _rows(path: Path) -> Iterator[dict[str, object]]:
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        try:
            step = Step(**json.loads(line))
        except (ValueError, TypeError):
            # A full disk cut it.
            log.warning("step not readable", file=path.name, line=number)
            continue
        yield {
            "call_id": step.call_id[:100], "number": step.number, "at_ms": round(step.at * 1000),
            "kind": step.kind[:20],
            "name": step.name[:50], "key": step.key, "result": step.result[:40], "ms": step.ms, "caller": step.caller,
        }
