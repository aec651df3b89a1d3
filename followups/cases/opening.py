"""Opens cases: from a call, a voice message, the web, a desk, another system; asked twice, opened once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from followups.book.book import CaseBook
from followups.cases.actor import Actor, Reach, check_sees
from followups.cases.addresses import mailbox, telephone
from followups.cases.case import Case, Channel, Deed, Event, Link, LinkKind
from followups.cases.change import checked_text, keep_ids
from followups.cases.contacts import ContactBook, Person, checked_person
from followups.cases.lifecycle import State
from followups.cases.links import checked_reference
from followups.cases.refusals import ContactInFutureError, ContactTooOldError, MayOnlyLookError, NoCodeLeftError
from followups.cases.store import add_case, add_event, add_link, case_of_request
from followups.vault.sealed_text import SealedText, take_out
from followups.vault.vault import Vault
from foundation.database import Database
from foundation.provinces import province_of
from foundation.settings import Language
from foundation.tracking import is_tracking_code

CODE_TRIES = 50
FUTURE_MS = 300_000
"""Clocks of other systems may be wrong by so much."""
OLDEST_DAYS, DAY_MS = 366, 86_400_000


@dataclass(frozen=True, slots=True)
class NewCase:
    """What somebody wants followed up."""

    subject: str
    summary: str
    channel: Channel
    language: Language = "fa"
    person: Person = field(default_factory=Person)
    province: str | None = None
    """Where it is not given, the caller's number may tell."""
    contact_ms: int | None = None
    """When the person said it; now unless given."""
    links: tuple[tuple[LinkKind, str], ...] = ()
    request_key: str | None = None
    """The same key opens the same case, however often it is asked."""
    code: str | None = None
    """A tracking code that the caller has already, if no other case has it."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Where cases begin."""

    database: Database
    book: CaseBook
    contacts: ContactBook
    vault: Vault
    new_code: Callable[[], str]
    now_ms: Callable[[], int]

    async def open(self, wish: NewCase, actor: Actor) -> Case:
        """Open a case, or find the one that this wish has opened already.

        Raises:
            CaseRefusalError: one of its classes; nothing has changed.
        """
        async with self.database.write() as connection:
            return await self.open_within(connection, wish, actor)

    async def open_within(self, connection: AsyncConnection, wish: NewCase, actor: Actor) -> Case:
        """The same within a transaction of the caller's."""
        if actor.reach is Reach.LOOK:
            raise MayOnlyLookError(who=actor.name)
        key = self.vault.fingerprint(f"request:{wish.request_key}") if wish.request_key else None
        known = await case_of_request(connection, key) if key else None
        if known is not None:
            check_sees(actor, known)
            return known
        draft = await self._draft(connection, wish, actor)
        for code in self._codes(wish):
            case = replace(draft, code=code)
            if await add_case(connection, case, key):
                await self._tell(connection, case, wish, actor)
                return case
            known = await case_of_request(connection, key) if key else None
            if known is not None:  # the same wish came twice in the same moment
                return known
        raise NoCodeLeftError

    async def _draft(self, connection: AsyncConnection, wish: NewCase, actor: Actor) -> Case:
        subject, person, now = self.book.open_subject(wish.subject), checked_person(wish.person), self.now_ms()
        if wish.contact_ms is not None and wish.contact_ms > now + FUTURE_MS:
            raise ContactInFutureError
        if wish.contact_ms is not None and wish.contact_ms < now - OLDEST_DAYS * DAY_MS:
            raise ContactTooOldError(days=str(OLDEST_DAYS))
        self.book.check_province(wish.province)
        province = wish.province or self._province(person)
        unit = self.book.responsible(subject, province)
        clock = min(wish.contact_ms or now, now)
        due = self.book.deadline(subject.deadline, unit.id, clock)
        contact_id = None if person.is_nobody else await self.contacts.keep(connection, person, province, wish.language)
        found = [one.address for one in person.addresses]
        return Case(
            code="", version=1, state=State.OPEN, subject=subject.id, unit=unit.id, tier=unit.tier, assignee=None,
            province=province, channel=wish.channel, language=wish.language, contact_id=contact_id,
            reply_number=next(filter(telephone, found), None), reply_mailbox=next(filter(mailbox, found), None),
            summary=_sealed(wish).text,
            opened_ms=now, opened_by=actor.name, contact_ms=clock, deadline_name=subject.deadline_name,
            deadline_days=subject.deadline.days, deadline_count=subject.deadline.count.value,
            deadline_starts=subject.deadline.starts.value, clock_ms=clock, due_ms=round(due.at.timestamp() * 1000),
            due_provisional=due.provisional, result=None, result_recording=None, resolved_ms=None, told_ms=None,
            told_by=None, closed_ms=None, closing=None, reopened=0, changed_ms=now,
        )

    def _province(self, person: Person) -> str | None:
        codes = {province.area_code: province.id for province in self.book.provinces.values()}
        return next(filter(None, (province_of(one.address, codes) for one in person.addresses)), None)

    def _codes(self, wish: NewCase) -> Iterator[str]:
        if wish.code and is_tracking_code(wish.code):
            yield wish.code
        for _ in range(CODE_TRIES):
            yield self.new_code()

    async def _tell(self, connection: AsyncConnection, case: Case, wish: NewCase, actor: Actor) -> None:
        detail = {"channel": case.channel.value, "subject": case.subject, "unit": case.unit, "due_ms": str(case.due_ms)}
        if case.code != wish.code and wish.code:
            detail["code_taken"] = wish.code
        await add_event(connection, Event(
            case.code, case.opened_ms, actor.name, Deed.OPENED, case.version, case.state, case.summary, detail,
        ))
        await keep_ids(connection, case.code, _sealed(wish), self.vault)
        for kind, reference in wish.links:
            link = Link(case.code, kind, checked_reference(reference), case.opened_ms, actor.name)
            await add_link(connection, link)


def _sealed(wish: NewCase) -> SealedText:
    return take_out(checked_text(wish.summary, needed=True, what="summary"))
