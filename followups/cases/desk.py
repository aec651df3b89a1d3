"""Where work on cases is done: rules as guards, then one change, and a line in the history.

Every change may name the `version` it was made upon: if somebody else changed the case since, it is refused, and
nothing is lost.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from followups.book.book import CaseBook
from followups.book.unit_members import members_of, units_of
from followups.cases.actor import Actor, check_adds, check_works
from followups.cases.case import Attachment, Case, Deed, Link, LinkKind, ToldBy
from followups.cases.change import Change, Changes
from followups.cases.files import MOST_OF_A_CASE, CaseFiles
from followups.cases.lifecycle import Closing, State, Step, may_close
from followups.cases.links import checked_reference
from followups.cases.refusals import (
    NotAMemberError,
    NotInThisStateError,
    SameUnitError,
    TooManyFilesError,
)
from followups.cases.store import add_attachment, add_link, attachments_of
from followups.telling.telling import Outcome
from followups.vault.sealed_text import take_out

LONGEST_FILE_NAME = 120


@dataclass(frozen=True, slots=True)
class CaseDesk:
    """The work on cases that are there; `Opening` begins them."""

    changes: Changes
    book: CaseBook
    files: CaseFiles
    new_id: Callable[[], str] = lambda: secrets.token_hex(16)

    async def assign(
        self, code: str, member: str, actor: Actor, *, reason: str = "", version: int | None = None,
    ) -> Case:
        """Give the case to a member of its unit; again to another, with a reason.

        Raises:
            NotAMemberError, EmptyTextError, and the refusals of every change.
        """
        async with self._work(code, actor, version) as change:
            if member not in await members_of(change.connection, change.case.unit):
                raise NotAMemberError(member=member[:80], unit=change.case.unit)
            taken_over = change.case.assignee not in {None, member}
            text = await change.seal(reason, needed=taken_over, what="reason")
            return await change.take(Step.ASSIGN, Deed.ASSIGNED, text, assignee=member)

    async def hand_over(self, code: str, unit: str, reason: str, actor: Actor, *, version: int | None = None) -> Case:
        """Give the case to another unit, with a reason; its deadline stays.

        Raises:
            UnknownUnitError, SameUnitError, EmptyTextError, and the refusals of every change.
        """
        goal = self.book.unit(unit)
        async with self._work(code, actor, version) as change:
            if change.case.unit == unit:
                raise SameUnitError(unit=unit)
            text = await change.seal(reason, what="reason")
            return await change.take(
                Step.HAND_OVER, Deed.HANDED_OVER, text, unit=unit, tier=goal.tier, assignee=None,
            )

    async def reclassify(
        self, code: str, subject: str, reason: str, actor: Actor, *, version: int | None = None,
    ) -> Case:
        """Give the case another subject; the deadline is that one's, counted from the same moment, and the unit stays.

        Raises:
            UnknownSubjectError, RetiredSubjectError, EmptyTextError, and the refusals of every change.
        """
        goal = self.book.open_subject(subject)
        async with self._work(code, actor, version) as change:
            _check_owed(change.case, "reclassify")
            due = self.book.deadline(goal.deadline, change.case.unit, change.case.clock_ms)
            text = await change.seal(reason, what="reason")
            return await change.alter(
                Deed.RECLASSIFIED, text, subject=goal.id, deadline_name=goal.deadline_name,
                deadline_days=goal.deadline.days, deadline_count=goal.deadline.count.value,
                deadline_starts=goal.deadline.starts.value, due_ms=round(due.at.timestamp() * 1000),
                due_provisional=due.provisional,
            )

    async def wait_for_unit(self, code: str, reason: str, actor: Actor, *, version: int | None = None) -> Case:
        """Note that the case waits for what another unit owes. The deadline goes on."""
        async with self._work(code, actor, version) as change:
            return await change.take(Step.WAIT_UNIT, Deed.WAITING_FOR_UNIT, await change.seal(reason, what="reason"))

    async def wait_for_caller(self, code: str, reason: str, actor: Actor, *, version: int | None = None) -> Case:
        """Note that the case waits for what the caller owes. The deadline goes on."""
        async with self._work(code, actor, version) as change:
            text = await change.seal(reason, what="reason")
            return await change.take(Step.WAIT_CALLER, Deed.WAITING_FOR_CALLER, text)

    async def resume(self, code: str, actor: Actor, *, note: str = "", version: int | None = None) -> Case:
        async with self._work(code, actor, version) as change:
            return await change.take(Step.RESUME, Deed.RESUMED, await change.seal(note, needed=False))

    async def resolve(
        self, code: str, result: str, actor: Actor, *, recording: str | None = None, version: int | None = None,
    ) -> Case:
        """Write what the caller shall be told; `recording` is the id of a specialist's voice that says it.

        Raises:
            EmptyTextError, TextTooLongError, BadReferenceError, and the refusals of every change.
        """
        async with self._work(code, actor, version) as change:
            text = await change.seal(result, what="result")
            detail = {"unit": change.case.unit, "subject": change.case.subject, "due_ms": str(change.case.due_ms)}
            return await change.take(
                Step.RESOLVE, Deed.RESOLVED, text, result=text, detail=detail, resolved_ms=change.now_ms,
                result_recording=checked_reference(recording) if recording else None,
            )

    async def tell(self, code: str, how: ToldBy, actor: Actor, *, version: int | None = None) -> Case:
        """Note that the caller knows the result."""
        async with self._add(code, actor, version) as change:
            return await change.take(
                Step.TELL, Deed.TOLD, told_ms=change.now_ms, told_by=how, detail={"how": how.value},
            )

    async def not_reached(self, code: str, actor: Actor, *, note: str = "") -> None:
        """Note that the caller was called and not reached: the result is still to be told."""
        async with self._add(code, actor) as change:
            detail = {"how": ToldBy.CALL.value, "outcome": Outcome.UNREACHABLE.value}
            await change.tell(Deed.TELLING, await change.seal(note, needed=False), detail=detail)

    async def close(
        self, code: str, closing: Closing, actor: Actor, *, reason: str = "", version: int | None = None,
    ) -> Case:
        """Nothing more is to be done. What was never resolved is closed with a reason.

        Raises:
            NotInThisStateError, EmptyTextError, and the refusals of every change.
        """
        async with self._work(code, actor, version) as change:
            if not may_close(change.case.state, closing):
                raise NotInThisStateError(state=change.case.state.value, step=f"close:{closing.value}")
            needed = closing in {Closing.WITHDRAWN, Closing.DUPLICATE, Closing.UNREACHABLE}
            text = await change.seal(reason, needed=needed, what="reason")
            return await change.take(
                Step.CLOSE, Deed.CLOSED, text, closing=closing, closed_ms=change.now_ms,
                detail={"closing": closing.value},
            )

    async def reopen(self, code: str, reason: str, actor: Actor, *, version: int | None = None) -> Case:
        """The caller says that it is not solved: the case goes to the same unit again, and its clock begins anew."""
        async with self._add(code, actor, version) as change:
            return await reopen_within(change, self.book, await change.seal(reason, what="reason"))

    async def note(self, code: str, text: str, actor: Actor) -> None:
        """Add a note to the history."""
        async with self._add(code, actor) as change:
            await change.tell(Deed.NOTED, await change.seal(text))

    async def link(self, code: str, kind: LinkKind, reference: str, actor: Actor) -> bool:
        """Link a call, recording, message or another case; False: it was linked already."""
        plain = checked_reference(reference)
        async with self._add(code, actor) as change:
            added = await add_link(change.connection, Link(code, kind, plain, change.now_ms, actor.name))
            if added:
                await change.tell(Deed.LINKED, detail={"kind": kind.value, "reference": plain})
            return added

    async def attach(self, code: str, name: str, content: bytes, actor: Actor) -> Attachment:
        """Keep a file with the case.

        Raises:
            FileTooLargeError, FileKindRefusedError, TooManyFilesError, and the refusals of every change.
        """
        async with self._add(code, actor):
            pass  # nobody fills our disk who may not
        kept = await asyncio.to_thread(self.files.keep, content)
        async with self._add(code, actor) as change:
            if len(await attachments_of(change.connection, code)) >= MOST_OF_A_CASE:
                raise TooManyFilesError(most=str(MOST_OF_A_CASE))
            found = Attachment(
                code, self.new_id(), _file_name(name), kept.media_type, kept.bytes, kept.sha256, change.now_ms,
                actor.name,
            )
            await add_attachment(change.connection, found)
            await change.tell(Deed.ATTACHED, detail={"name": found.name, "sha256": found.sha256})
            return found

    @asynccontextmanager
    async def _work(self, code: str, actor: Actor, version: int | None) -> AsyncIterator[Change]:
        async with self.changes.of(code, actor, version) as change:
            check_works(actor, change.case, await units_of(change.connection, actor.names))
            yield change

    @asynccontextmanager
    async def _add(self, code: str, actor: Actor, version: int | None = None) -> AsyncIterator[Change]:
        async with self.changes.of(code, actor, version) as change:
            check_adds(actor, change.case)
            yield change


async def reopen_within(
    change: Change, book: CaseBook, text: str, detail: Mapping[str, str] | None = None,
) -> Case:
    """The same within a change of the caller's; `text` is sealed already."""
    case = change.case
    due = book.deadline(book.subject(case.subject).deadline, case.unit, change.now_ms)
    return await change.take(
        Step.REOPEN, Deed.REOPENED, text, reopened=case.reopened + 1, clock_ms=change.now_ms, result=None,
        result_recording=None, resolved_ms=None, told_ms=None, told_by=None, closed_ms=None, closing=None,
        due_ms=round(due.at.timestamp() * 1000), due_provisional=due.provisional, detail=detail,
    )


def _check_owed(case: Case, step: str) -> None:
    if case.state in {State.RESOLVED, State.TOLD, State.CLOSED}:
        raise NotInThisStateError(state=case.state.value, step=step)


def _file_name(name: str) -> str:
    """A name without folders, controls and national IDs, in which files are often saved."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(letter for letter in last if letter.isprintable()).strip(". ")
    hidden = take_out(plain).text.replace("⟦", "").replace("⟧", "")
    return hidden[-LONGEST_FILE_NAME:] or "file"
