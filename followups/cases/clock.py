"""What time does to cases: their promised moment set anew, warnings, the way up from tier to tier."""

from dataclasses import dataclass

from followups.book.book import CaseBook
from followups.cases.actor import CLOCK, Actor
from followups.cases.case import Case, Deed, Tier
from followups.cases.change import Change, Changes
from followups.cases.lifecycle import WORK, State
from followups.cases.refusals import NotInThisStateError


@dataclass(frozen=True, slots=True)
class CaseClock:
    """Each of these names the version that it was reckoned upon; a case changed since is looked at again."""

    changes: Changes
    book: CaseBook

    async def set_due(
        self, code: str, due_ms: int, why: str, *, provisional: bool, version: int | None = None, actor: Actor = CLOCK,
    ) -> Case:
        """Promise another moment, after the calendar was corrected; nothing happens if it is the same one.

        Raises:
            CaseRefusalError: ChangedMeanwhileError, UnknownCaseError.
        """
        async with self.changes.of(code, actor, version) as change:
            if (change.case.due_ms, change.case.due_provisional) == (due_ms, provisional):
                return change.case
            return await change.alter(
                Deed.DUE_SET, due_ms=due_ms, due_provisional=provisional, detail={"why": why},
            )

    async def warn(self, code: str, *, version: int | None = None, actor: Actor = CLOCK) -> None:
        """Note in the history that its people were warned.

        Raises:
            CaseRefusalError: ChangedMeanwhileError, UnknownCaseError, NotInThisStateError.
        """
        async with self.changes.of(code, actor, version) as change:
            await note_warning(change)

    async def escalate(self, code: str, tier: Tier, *, version: int | None = None, actor: Actor = CLOCK) -> Case:
        """Give the case to the unit that answers for its subject at `tier`, or above where there is none there.

        Raises:
            CaseRefusalError: ChangedMeanwhileError, UnknownCaseError, NotInThisStateError.
        """
        async with self.changes.of(code, actor, version) as change:
            return await raise_tier(change, self.book, tier)


async def note_warning(change: Change) -> None:
    """The same within a change of the caller's."""
    _check_owed(change.case)
    await change.tell(Deed.WARNED, detail={"unit": change.case.unit, "due_ms": str(change.case.due_ms)})


async def raise_tier(change: Change, book: CaseBook, tier: Tier) -> Case:
    """The same within a change of the caller's."""
    _check_owed(change.case)
    case = change.case
    unit = book.responsible(book.subject(case.subject), case.province, tier)
    detail = {"from": case.unit, "to": unit.id, "due_ms": str(case.due_ms)}
    if unit.id == case.unit:
        return await change.alter(Deed.ESCALATED, tier=unit.tier, detail=detail)
    return await change.alter(
        Deed.ESCALATED, tier=unit.tier, unit=unit.id, assignee=None, state=State.OPEN, detail=detail,
    )


def _check_owed(case: Case) -> None:
    if case.state not in WORK:
        raise NotInThisStateError(state=case.state.value, step="escalate")
