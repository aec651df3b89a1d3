"""Cases as one on the telephone may ask for them: by tracking code, by national ID, or by the call that tells a result.

Nothing here proves who he is; that is asked before anything of it is said.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from followups.book.book import CaseBook
from followups.cases.addresses import telephone
from followups.cases.case import Case
from followups.cases.contacts import ContactBook, contact
from followups.cases.lifecycle import State
from followups.cases.office import CaseOffice
from followups.cases.store import COLUMNS, Wanted, case_of, cases
from followups.cases.tables import CASE
from followups.telling.tables import TELLING
from followups.vault.vault import Vault
from foundation.database import Database

MOST = 5
"""Cases that are told in one call."""


@dataclass(frozen=True, slots=True, repr=False)
class CallerCase:
    """A case with what its caller may prove himself by. Not shown: it holds a national ID."""

    case: Case
    national_id: str | None = None
    numbers: frozenset[str] = frozenset()
    """Where he is met."""

    def is_at(self, caller: str) -> bool:
        """Whether a call from this number comes from where he is met."""
        return telephone(caller) in self.numbers


@dataclass(frozen=True, slots=True)
class CallerCases:
    """Reads them."""

    database: Database
    contacts: ContactBook
    vault: Vault

    async def by_code(self, code: str) -> CallerCase | None:
        return await self._one(CASE.c.code == code)

    async def by_call(self, outbound_id: str) -> tuple[CallerCase, int] | None:
        """The case whose result a call tells, and which of its results."""
        async with self.database.read() as connection:
            query = select(TELLING.c.code, TELLING.c.round).where(TELLING.c.outbound_id == outbound_id)
            row = (await connection.execute(query)).one_or_none()
        found = await self.by_code(row.code) if row is not None else None
        return (found, row.round) if found is not None and row is not None else None

    async def of_person(self, national_id: str) -> list[CallerCase]:
        """His cases: those that are not closed first, then the newest."""
        async with self.database.read() as connection:
            person = await self.contacts.find(connection, national_id)
            found = await cases(connection, Wanted(contact_id=person)) if person else []
        found.sort(key=lambda case: case.state is State.CLOSED)
        return [CallerCase(case, national_id) for case in found[:MOST]]

    async def _one(self, condition: ColumnElement[bool]) -> CallerCase | None:
        async with self.database.read() as connection:
            row = (await connection.execute(select(*COLUMNS).where(condition))).mappings().one_or_none()
            if row is None:
                return None
            case = case_of(row)
            person = await contact(connection, case.contact_id) if case.contact_id else None
        sealed = person.sealed_id if person else None
        addresses = [one.address for one in person.addresses] if person else []
        numbers = {number for number in map(telephone, [*addresses, case.reply_number or ""]) if number}
        return CallerCase(case, self.vault.open(sealed) if sealed else None, frozenset(numbers))


def caller_cases(office: CaseOffice) -> CallerCases:
    """Over a site's office."""
    opening = office.opening
    return CallerCases(opening.database, opening.contacts, opening.vault)


def queue_for(case: Case, book: CaseBook, queues: Mapping[str, object], chosen: Mapping[str, str], default: str) -> str:
    """The queue whose agents speak about this case: what the site has `chosen` for its subject or the nearest one above
    it, else the queue that has such a subject's name, else `default`.
    """
    path = [subject.id for subject in reversed(book.subjects.path(case.subject))]
    named = [chosen[subject] for subject in path if subject in chosen] + [name for name in path if name in queues]
    return next((queue for queue in named if queue in queues), default)


