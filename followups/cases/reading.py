"""What is seen of cases: one whole, many by what is wanted, a unit's inbox by deadline."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from followups.book.unit_members import units_of
from followups.cases.actor import Actor, Reach, check_adds, check_sees, check_works
from followups.cases.addresses import mailbox, telephone
from followups.cases.case import Attachment, Case, Deed, Event, Link, LinkKind
from followups.cases.change import Changes
from followups.cases.contacts import Contact, ContactBook, contact, contacts_at
from followups.cases.files import CaseFiles
from followups.cases.lifecycle import WORK
from followups.cases.refusals import UnknownCaseError, UnknownFileError, UnknownRecordingError
from followups.cases.store import (
    Wanted,
    attachments_of,
    cases,
    cases_linked_to,
    count_by_unit,
    count_cases,
    events_of,
    links_of,
    load_case,
    sealed_ids,
)
from followups.telling.heard import Heard, heard_of
from followups.telling.store import tellings_of
from followups.telling.telling import Telling
from followups.vault.sealed_text import put_back
from followups.vault.vault import Vault, masked
from foundation.database import Database
from foundation.identity_numbers import is_national_id
from foundation.text import latin_digits
from foundation.tracking import read_tracking_code
from recordings.sound import BrokenSoundError, Sound, SoundGoneError, SoundLockedError
from recordings.store import Recording, recordings_of

ONE_HEARING_MS = 600_000
HIDDEN = "•••"
"""In lists, where a national ID stands in a text."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CaseView:
    """All that is known about a case; national IDs show their last digits only."""

    case: Case
    contact: Contact | None
    national_id: str | None
    """Masked."""
    events: Sequence[Event]
    links: Sequence[Link]
    recordings: Sequence[Recording]
    """Linked ones, and those of the linked calls."""
    attachments: Sequence[Attachment]


@dataclass(frozen=True, slots=True)
class ToldHistory:
    """Oldest first."""

    tellings: Sequence[Telling]
    heard: Sequence[Heard]


@dataclass(frozen=True, slots=True)
class Shown:
    """National IDs in clear, after the history has noted who looked."""

    national_id: str | None
    case: Case
    events: Sequence[Event]


@dataclass(frozen=True, slots=True)
class CaseReading:
    database: Database
    changes: Changes
    contacts: ContactBook
    vault: Vault
    files: CaseFiles
    hear: Callable[[Recording], Awaitable[Sound]]
    """Gives a recording's sound (recordings.sound.read_sound)."""
    now_ms: Callable[[], int]

    async def case(self, code: str, actor: Actor) -> Case:
        """The case as it is kept, its national IDs as marks.

        Raises:
            UnknownCaseError
        """
        async with self.database.read() as connection:
            case = await load_case(connection, code)
        if case is None:
            raise UnknownCaseError(code=code[:20])
        check_sees(actor, case)
        return case

    async def for_caller(self, code: str, proof: str) -> Case | None:
        """The case, for one who names its code and the number or national ID that was given with it; None: not for him.

        It tells nobody whether there is such a case.
        """
        digits = latin_digits("".join(proof.split()))
        async with self.database.read() as connection:
            case = await load_case(connection, code)
            if case is None:
                return None
            owner = await self.contacts.find(connection, digits) if is_national_id(digits) else None
            if owner is not None and owner == case.contact_id:
                return case
            number = telephone(proof)
            return case if number is not None and number == case.reply_number else None

    async def view(self, code: str, actor: Actor) -> CaseView:
        """The whole case, for people.

        Raises:
            UnknownCaseError
        """
        case = await self.case(code, actor)
        async with self.database.read() as connection:
            ids = {number: masked(self.vault.open(one)) for number, one in (await sealed_ids(connection, code)).items()}
            person = await contact(connection, case.contact_id) if case.contact_id else None
            links = await links_of(connection, code)
            calls = [link.reference for link in links if link.kind is LinkKind.CALL]
            found = await recordings_of(connection, calls)
            events, files = await events_of(connection, code), await attachments_of(connection, code)
        shown = None if person is None or person.sealed_id is None else masked(self.vault.open(person.sealed_id))
        return CaseView(_opened(case, ids), person, shown, _opened_events(events, ids), links, found, files)

    async def told(self, code: str, actor: Actor) -> ToldHistory:
        """How the case's results were told, and what its caller said of them.

        Raises:
            UnknownCaseError
        """
        await self.case(code, actor)
        async with self.database.read() as connection:
            return ToldHistory(await tellings_of(connection, code), await heard_of(connection, code))

    async def show_identity(self, code: str, actor: Actor) -> Shown:
        """National IDs in clear; the history tells who looked.

        Raises:
            UnknownCaseError, MayOnlyLookError
        """
        async with self.changes.of(code, actor) as change:
            check_adds(actor, change.case)
            sealed = await sealed_ids(change.connection, code)
            ids = {number: self.vault.open(one) for number, one in sealed.items()}
            person = await contact(change.connection, change.case.contact_id) if change.case.contact_id else None
            events = await events_of(change.connection, code)
            await change.tell(Deed.IDENTITY_SHOWN)
            own = self.vault.open(person.sealed_id) if person and person.sealed_id else None
            return Shown(own, _opened(change.case, ids), _opened_events(events, ids))

    async def file(self, code: str, file_id: str, actor: Actor) -> tuple[Attachment, bytes]:
        """An attachment and its content.

        Raises:
            UnknownCaseError, UnknownFileError, FileGoneError
        """
        await self.case(code, actor)
        async with self.database.read() as connection:
            found = [one for one in await attachments_of(connection, code) if one.id == file_id]
        if not found:
            raise UnknownFileError(file=file_id[:40], code=code)
        return found[0], self.files.read(found[0].sha256)

    async def sound(self, code: str, recording_id: str, actor: Actor) -> tuple[Sound, bool]:
        """The sound of one of the case's recordings, and whether the history was told of it just now.

        A browser asks for a sound in pieces: within `ONE_HEARING_MS` they are one hearing.

        Raises:
            UnknownCaseError, MayOnlyLookError, NotYourUnitError, UnknownRecordingError
        """
        found = [one for one in (await self.view(code, actor)).recordings if one.id == recording_id]
        if not found:
            raise UnknownRecordingError(recording=recording_id[:80], code=code)
        try:
            sound = await self.hear(found[0])
        except (SoundGoneError, SoundLockedError, BrokenSoundError) as error:
            log.warning("a case's recording cannot be heard", case=code, error=str(error))
            raise UnknownRecordingError(recording=recording_id[:80], code=code) from error
        async with self.changes.of(code, actor) as change:
            check_works(actor, change.case, await units_of(change.connection, actor.names))
            detail = {"recording": recording_id}
            known = any(
                event.deed is Deed.HEARD and event.who == actor.name and event.detail == detail
                and event.at_ms > change.now_ms - ONE_HEARING_MS for event in await events_of(change.connection, code)
            )
            if not known:
                await change.tell(Deed.HEARD, detail=detail)
        return sound, not known

    async def list(self, wanted: Wanted, actor: Actor) -> Sequence[Case]:
        """The cases that are wanted and that this one may see, the newest first, with masked national IDs."""
        async with self.database.read() as connection:
            return _masked(await cases(connection, _within(wanted, actor)))

    async def count(self, wanted: Wanted, actor: Actor) -> int:
        async with self.database.read() as connection:
            return await count_cases(connection, _within(wanted, actor))

    async def inbox(
        self, unit: str, actor: Actor, *, assignee: str | None = None, limit: int = 200, offset: int = 0,
    ) -> Sequence[Case]:
        """What a unit still owes, by deadline."""
        wanted = _within(Wanted(states=WORK, unit=unit, assignee=assignee, limit=limit, offset=offset), actor)
        async with self.database.read() as connection:
            return _masked(await cases(connection, wanted, by_deadline=True))

    async def owed(self) -> Mapping[str, tuple[int, int]]:
        """Unit to what it owes: cases, and overdue ones."""
        async with self.database.read() as connection:
            return await count_by_unit(connection, WORK, self.now_ms())

    async def units_of(self, actor: Actor) -> frozenset[str]:
        """The units that the actor is a member of."""
        async with self.database.read() as connection:
            return await units_of(connection, actor.names)

    async def find(self, text: str, actor: Actor) -> Sequence[Case]:
        """The cases of a tracking code, a national ID, a telephone number, a mailbox or a call, as it is typed."""
        code, digits = read_tracking_code(text), latin_digits(text.strip())
        async with self.database.read() as connection:
            if code is not None:
                case = await load_case(connection, code)
                found = [case] if case else []
            elif is_national_id(digits):
                person = await self.contacts.find(connection, digits)
                found = await cases(connection, Wanted(contact_id=person)) if person else []
            elif at := telephone(text) or mailbox(text):
                people = await contacts_at(connection, at)
                found = [one for person in people for one in await cases(connection, Wanted(contact_id=person))]
            else:
                found = []
                for kind in LinkKind:
                    found += await cases_linked_to(connection, kind, [text.strip()])
        return _masked([one for one in found if actor.reach is not Reach.OWN or one.opened_by == actor.name])


def _masked(found: Sequence[Case]) -> Sequence[Case]:
    return [replace(one, summary=put_back(one.summary, lambda _: HIDDEN)) for one in found]


def _within(wanted: Wanted, actor: Actor) -> Wanted:
    return replace(wanted, opened_by=actor.name) if actor.reach is Reach.OWN else wanted


def _opened(case: Case, ids: Mapping[int, str]) -> Case:
    result = put_back(case.result, ids.get) if case.result is not None else None
    return replace(case, summary=put_back(case.summary, ids.get), result=result)


def _opened_events(events: Sequence[Event], ids: Mapping[int, str]) -> Sequence[Event]:
    return [replace(event, text=put_back(event.text, ids.get)) for event in events]
