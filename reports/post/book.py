"""The schedules of reports that are sent by mail: kept, listed, taken back; and the mails that have fallen due."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.calendars import Calendar
from foundation.settings import Language
from foundation.web.audit_log import Act, record
from reports.forms.files import Form
from reports.frame.parameters import CALENDAR, Pairs, ParameterError
from reports.post.days import When, next_due, read_when
from reports.post.tables import MAIL, SCHEDULE

SECOND_MS = 1000
MOST_AT_ONCE = 62
"""Of one schedule: after a longer absence the older due times are left out."""
LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
WAITING, SENT, REFUSED = "waiting", "sent", "refused"


class UnknownScheduleError(ParameterError):
    name = "unknown-schedule"
    status = 404


@dataclass(frozen=True, slots=True)
class NewSchedule:
    report: str
    query: str
    when: When
    calendar: Calendar
    form: Form
    language: Language
    recipients: tuple[str, ...]

    @property
    def pairs(self) -> Pairs:
        """What the report is asked for; by the schedule's calendar where the query names none."""
        asked = parse_qsl(self.query, keep_blank_values=True)
        named = any(name == CALENDAR.name for name, _ in asked)
        return asked if named else [*asked, (CALENDAR.name, self.calendar.value)]


@dataclass(frozen=True, slots=True)
class Schedule:
    id: str
    what: NewSchedule
    created_ms: int
    created_by: str
    next_ms: int


@dataclass(frozen=True, slots=True)
class Mail:
    """One report that has fallen due."""

    schedule: Schedule
    due_ms: int
    tries: int

    @property
    def due(self) -> int:
        """Epoch seconds."""
        return self.due_ms // SECOND_MS


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a mail."""

    due_ms: int
    state: str
    sent_ms: int | None
    trouble: str | None


async def add_schedule(
    connection: AsyncConnection, what: NewSchedule, zone: ZoneInfo, now_ms: int, who: str,
) -> Schedule:
    """Keep a schedule from now on; `who` as the audit log names him."""
    name = "".join(secrets.choice(LETTERS) for _ in range(6))
    following = next_due(what.when, now_ms // SECOND_MS, zone, what.calendar) * SECOND_MS
    found = Schedule(name, what, now_ms, who, following)
    await connection.execute(insert(SCHEDULE).values(
        id=name, report=what.report, query=what.query, due=str(what.when), calendar=what.calendar.value,
        form=what.form.value, language=what.language, recipients=list(what.recipients), created_ms=now_ms,
        created_by=who, next_ms=following,
    ))
    detail = {"report": what.report, "query": what.query, "to": list(what.recipients), "when": str(what.when)}
    await record(connection, Act(who, "report.schedule-added", name, detail), now_ms)
    return found


async def remove_schedule(connection: AsyncConnection, schedule_id: str, now_ms: int, who: str) -> None:
    """Nothing more is sent, not even what has fallen due already.

    Raises:
        UnknownScheduleError
    """
    done = await connection.execute(delete(SCHEDULE).where(SCHEDULE.c.id == schedule_id))
    if not done.rowcount:
        raise UnknownScheduleError(schedule=schedule_id[:60])
    await connection.execute(delete(MAIL).where(MAIL.c.schedule == schedule_id, MAIL.c.state == WAITING))
    await record(connection, Act(who, "report.schedule-removed", schedule_id), now_ms)


async def list_schedules(connection: AsyncConnection) -> list[tuple[Schedule, Posted | None]]:
    """Each with its last mail, by when they are due next."""
    rows = (await connection.execute(select(SCHEDULE).order_by(SCHEDULE.c.next_ms, SCHEDULE.c.id))).all()
    return [(_schedule(row), await _last(connection, row.id)) for row in rows]


async def mark_due(connection: AsyncConnection, zone: ZoneInfo, now_ms: int) -> None:
    """Write down every mail that has fallen due, each once, and when each schedule is due next: one transaction."""
    query = select(SCHEDULE).where(SCHEDULE.c.next_ms <= now_ms).order_by(SCHEDULE.c.id).with_for_update()
    for row in (await connection.execute(query)).all():
        schedule, dues, following = _schedule(row), [], row.next_ms
        while following <= now_ms:
            dues.append(following)
            following = next_due(schedule.what.when, following // SECOND_MS, zone, schedule.what.calendar) * SECOND_MS
        for due in dues[-MOST_AT_ONCE:]:
            await _enter(connection, schedule.id, due)
        await connection.execute(update(SCHEDULE).where(SCHEDULE.c.id == row.id).values(next_ms=following))


async def mark_now(connection: AsyncConnection, schedule_id: str, now_ms: int) -> None:
    """Have it sent at once, besides its times.

    Raises:
        UnknownScheduleError
    """
    known = (await connection.execute(select(SCHEDULE.c.id).where(SCHEDULE.c.id == schedule_id))).first()
    if known is None:
        raise UnknownScheduleError(schedule=schedule_id[:60])
    await _enter(connection, schedule_id, now_ms)


async def mails_to_send(connection: AsyncConnection, now_ms: int) -> Sequence[Mail]:
    """Those that wait and whose next try has come, the oldest first."""
    query = (
        select(SCHEDULE, MAIL.c.due_ms, MAIL.c.tries).join(MAIL, MAIL.c.schedule == SCHEDULE.c.id)
        .where(MAIL.c.state == WAITING, MAIL.c.next_ms <= now_ms).order_by(MAIL.c.due_ms, SCHEDULE.c.id)
    )
    return [Mail(_schedule(row), row.due_ms, row.tries) for row in (await connection.execute(query)).all()]


async def note_mail(
    connection: AsyncConnection, mail: Mail, state: str, now_ms: int, *, next_ms: int = 0, trouble: str | None = None,
) -> None:
    """What became of a try."""
    await connection.execute(
        update(MAIL).where(MAIL.c.schedule == mail.schedule.id, MAIL.c.due_ms == mail.due_ms)
        .values(state=state, tries=mail.tries + 1, next_ms=next_ms, trouble=trouble,
                sent_ms=now_ms if state == SENT else None))


async def _enter(connection: AsyncConnection, schedule_id: str, due_ms: int) -> None:
    kind = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    values = {"schedule": schedule_id, "due_ms": due_ms, "state": WAITING, "tries": 0, "next_ms": due_ms}
    await connection.execute(kind(MAIL).values(values).on_conflict_do_nothing())


async def _last(connection: AsyncConnection, schedule_id: str) -> Posted | None:
    query = select(MAIL).where(MAIL.c.schedule == schedule_id).order_by(MAIL.c.due_ms.desc()).limit(1)
    row = (await connection.execute(query)).first()
    return None if row is None else Posted(row.due_ms, row.state, row.sent_ms, row.trouble)


def _schedule(row: Any) -> Schedule:
    what = NewSchedule(row.report, row.query, read_when(row.due), Calendar(row.calendar), Form(row.form), row.language,
                       tuple(row.recipients))
    return Schedule(row.id, what, row.created_ms, row.created_by, row.next_ms)
