"""What this room knows of one caller: the person, his cases and their papers."""

import asyncio
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from followups.cases.case import LinkKind
from followups.cases.lifecycle import State
from followups.cases.tables import ADDRESS, ATTACHMENT, CASE, CONTACT, EVENT, LINK, SEALED
from followups.surveys.tables import SURVEY_ANSWER, SURVEY_REQUEST
from foundation.append_only import forgetting
from foundation.database import Store
from foundation.erasure import Alias, Row, Step, readable
from foundation.gateway_tables import email_outbox
from foundation.paths import Home

FEW = 500
TABLES = frozenset(one.name for one in (CONTACT, ADDRESS, CASE, EVENT, SEALED, ATTACHMENT, email_outbox))
FILE_NAME = "name"
"""Of an attached file, in the history's detail."""
NO_PERSON = {"name": None, "national_id_cipher": None, "national_id_hash": None}
NO_WORDS = {"summary": "", "result": None, "result_recording": None, "reply_number": None, "reply_mailbox": None}


def steps(home: Home) -> tuple[Step, ...]:
    """The one step of this room: in one transaction, for its parts are found by one another."""

    async def erase(connection: AsyncConnection, alias: Alias) -> int:
        return await _erase(connection, home, alias)

    return (Step("cases, with the person, the history and the papers", Store.MAIN, TABLES, _find, erase, _numbers),)


async def open_cases(connection: AsyncConnection, alias: Alias) -> list[str]:
    """Codes of his cases that are not closed."""
    query = select(CASE.c.code).where(await _his(connection, alias), CASE.c.state != State.CLOSED.value)
    return sorted((await connection.execute(query)).scalars())


async def codes_of(connection: AsyncConnection, alias: Alias) -> list[str]:
    """Codes of all his cases."""
    query = select(CASE.c.code).where(await _his(connection, alias))
    return sorted((await connection.execute(query)).scalars())


async def cases_of(connection: AsyncConnection, references: Collection[str]) -> Sequence[tuple[str, str, str]]:
    """Reference, case and subject, for every case that is linked to one of these calls, messages or recordings."""
    wanted, found = sorted(references), []
    kinds = [kind.value for kind in LinkKind if kind is not LinkKind.CASE]
    for first in range(0, len(wanted), FEW):
        query = select(LINK.c.reference, CASE.c.code, CASE.c.subject).join(CASE, CASE.c.code == LINK.c.code).where(
            LINK.c.kind.in_(kinds), LINK.c.reference.in_(wanted[first:first + FEW]))
        found += [(row.reference, row.code, row.subject) for row in await connection.execute(query)]
    return found


async def answers_of(connection: AsyncConnection, call_ids: Collection[str]) -> list[Row]:
    """What was answered to surveys in these calls. It has no number: it stays, of a call that is nobody's any more."""
    wanted, found = sorted(call_ids), []
    for first in range(0, len(wanted), FEW):
        query = select(SURVEY_REQUEST, SURVEY_ANSWER.c.question, SURVEY_ANSWER.c.key).outerjoin(SURVEY_ANSWER).where(
            SURVEY_REQUEST.c.call_id.in_(wanted[first:first + FEW]))
        found += readable((await connection.execute(query)).mappings())
    return found


async def _contacts(connection: AsyncConnection, alias: Alias) -> list[str]:
    query = select(ADDRESS.c.contact_id).where(ADDRESS.c.address.in_(list(alias.forms))).distinct()
    return sorted((await connection.execute(query)).scalars())


async def _his(connection: AsyncConnection, alias: Alias) -> ColumnElement[bool]:
    contacts = await _contacts(connection, alias)
    return or_(CASE.c.contact_id.in_(contacts), CASE.c.reply_number.in_(list(alias.forms)))


async def _numbers(connection: AsyncConnection) -> set[str]:
    found: set[str] = set()
    for column in (ADDRESS.c.address, CASE.c.reply_number):
        query = select(column).where(column.is_not(None)).distinct()
        found.update((await connection.execute(query)).scalars())
    return found


async def _find(connection: AsyncConnection, alias: Alias) -> list[Row]:
    contacts, codes = await _contacts(connection, alias), await codes_of(connection, alias)
    found: list[Row] = []
    for table, here in (
        (CONTACT, CONTACT.c.id.in_(contacts)), (ADDRESS, ADDRESS.c.contact_id.in_(contacts)),
        (CASE, CASE.c.code.in_(codes)), (EVENT, EVENT.c.code.in_(codes)), (ATTACHMENT, ATTACHMENT.c.code.in_(codes)),
    ):
        rows = readable((await connection.execute(select(table).where(here))).mappings())
        found += [{"table": table.name, **row} for row in rows]
    return found


async def _erase(connection: AsyncConnection, home: Home, alias: Alias) -> int:
    contacts, codes = await _contacts(connection, alias), await codes_of(connection, alias)
    if not contacts and not codes:
        return 0
    await _erase_papers(connection, home, codes)
    await _erase_history(connection, codes)
    await connection.execute(delete(SEALED).where(SEALED.c.code.in_(codes)))
    await connection.execute(update(CASE).where(CASE.c.code.in_(codes)).values(NO_WORDS))
    await _erase_mail(connection, contacts)
    await connection.execute(delete(ADDRESS).where(ADDRESS.c.contact_id.in_(contacts)))
    await connection.execute(update(CONTACT).where(CONTACT.c.id.in_(contacts)).values(NO_PERSON))
    return len(contacts) + len(codes)


async def _erase_papers(connection: AsyncConnection, home: Home, codes: Collection[str]) -> None:
    mine = ATTACHMENT.c.code.in_(codes)
    digests = set((await connection.execute(select(ATTACHMENT.c.sha256).where(mine))).scalars())
    others = select(ATTACHMENT.c.sha256).where(ATTACHMENT.c.sha256.in_(digests), ~mine)
    for digest in digests - set((await connection.execute(others)).scalars()):
        path = home.case_files / digest[:2] / digest
        await asyncio.to_thread(path.unlink, missing_ok=True)
    await connection.execute(delete(ATTACHMENT).where(mine))


async def _erase_history(connection: AsyncConnection, codes: Collection[str]) -> None:
    """What happened and when stays; what anybody wrote goes."""
    rows = (await connection.execute(select(EVENT.c.id, EVENT.c.detail).where(EVENT.c.code.in_(codes)))).all()
    async with forgetting(connection, EVENT):
        await connection.execute(update(EVENT).where(EVENT.c.code.in_(codes)).values(text=""))
        for row in rows:
            if FILE_NAME in row.detail:
                left = {key: value for key, value in row.detail.items() if key != FILE_NAME}
                await connection.execute(update(EVENT).where(EVENT.c.id == row.id).values(detail=left))


async def _erase_mail(connection: AsyncConnection, contacts: Collection[str]) -> None:
    mailboxes = select(func.lower(ADDRESS.c.address)).where(
        ADDRESS.c.contact_id.in_(contacts), ADDRESS.c.address.contains("@"))
    gone: dict[str, Any] = {"address": "", "subject": "", "text": "", "state": "refused"}
    await connection.execute(
        update(email_outbox).where(func.lower(email_outbox.c.address).in_(mailboxes)).values(gone))


__all__ = ["answers_of", "cases_of", "codes_of", "open_cases", "steps"]
