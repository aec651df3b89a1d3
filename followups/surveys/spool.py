"""Answers of callers on their way to the database: first a file, then delivered from it, each exactly once.

A file holds one caller's answers so far and is replaced with every further one, so a kill at any moment loses none. A
file that was delivered and not yet removed is delivered again; what the database has already it does not take twice.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from followups.surveys.satisfaction import Occasion, write_keys
from followups.surveys.tables import SURVEY_ANSWER, SURVEY_REQUEST
from foundation.database import Database
from foundation.paths import Home

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pressed:
    key: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Asked:
    """One caller who was asked, with what he pressed so far."""

    id: str
    """Letters, digits, '-', '.' and '_'."""
    survey: str
    occasion: Occasion
    asked_ms: int
    call_id: str
    language: str
    queue: str | None = None
    agent: str | None = None
    case_code: str | None = None
    answers: Mapping[str, Pressed] = field(default_factory=dict)
    """By question."""


class SurveySpool:
    def __init__(self, home: Home) -> None:
        self.folder = home.spool / "surveys"

    def keep(self, asked: Asked) -> None:
        """Write down what is known by now. A full disk loses answers, never calls."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            half = self._path(asked.id).with_suffix(".half")
            half.write_text(json.dumps(asdict(asked)), encoding="utf-8")
            half.replace(self._path(asked.id))
        except OSError as error:
            log.error("answer not kept", request=asked.id, error=str(error))  # noqa: TRY400 - the reason is enough

    async def deliver(self, database: Database) -> int:
        """Bring every file that is there to the database; returns how many."""
        if not self.folder.exists():
            return 0
        for path in self.folder.glob("*.json"):
            # An answer that comes meanwhile makes a new file, with all answers so far.
            path.replace(path.with_suffix(".taken"))
        taken = sorted(self.folder.glob("*.taken"))
        for path in taken:
            asked = _parse(path)
            if asked is not None:
                async with database.write() as connection:
                    await store(connection, asked)
                path.unlink()
        return len(taken)

    def _path(self, request_id: str) -> Path:
        return self.folder / f"{request_id}.json"


async def store(connection: AsyncConnection, asked: Asked) -> None:
    """Add what the database does not have yet."""
    insert = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    row = {name: value for name, value in asdict(asked).items() if name != "answers"}
    await connection.execute(insert(SURVEY_REQUEST).values(row).on_conflict_do_nothing())
    if not asked.answers:
        return
    mine = SURVEY_REQUEST.c.id == asked.id
    await connection.execute(select(SURVEY_REQUEST.c.id).where(mine).with_for_update())
    for question, pressed in asked.answers.items():
        answer = {"request_id": asked.id, "question": question, "key": pressed.key, "answered_ms": pressed.at_ms}
        await connection.execute(insert(SURVEY_ANSWER).values(answer).on_conflict_do_nothing())
    given = select(SURVEY_ANSWER.c.question, SURVEY_ANSWER.c.key).where(SURVEY_ANSWER.c.request_id == asked.id)
    keys = {row.question: row.key for row in await connection.execute(given)}
    await connection.execute(update(SURVEY_REQUEST).where(mine).values(pressed=write_keys(keys)))


def _parse(path: Path) -> Asked | None:
    """None of a file that is none of ours: it is put aside."""
    try:
        it: dict[str, Any] = json.loads(path.read_bytes())
        answers = {question: Pressed(**pressed) for question, pressed in it.pop("answers").items()}
        return Asked(**{**it, "occasion": Occasion(it["occasion"])}, answers=answers)
    except (ValueError, TypeError, KeyError) as error:
        log.error("survey file put aside", path=str(path), error=str(error))  # noqa: TRY400
        path.rename(path.with_suffix(".bad"))
        return None
