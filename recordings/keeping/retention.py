"""Which kept things have had their time: by their kind, queue and subject, and by no hold. Pure, but for the round.

A thing's days count from its own moment. The first rule that fits decides; where none does, the kind's days.
"""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass

import structlog

from foundation.database import Database
from foundation.settings import Kept, Retention, RetentionRule
from recordings.keeping.holds import HeldError, Hold, holding, list_holds
from recordings.keeping.keeping import Deleter, Order, Shelf, Thing

DAY_MS = 86_400_000
ACTOR = "service:recordings"

log = structlog.get_logger()


class UnknownSubjectError(Exception):
    """A rule names a subject that there is not: nothing is deleted before that is put right."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """When a thing goes, and by what."""

    thing: Thing
    rule: str
    """Like `days.call: 365` or `rules.0: call, queue medical: 90`."""
    due_ms: int | None
    """None: it stays."""
    hold: Hold | None = None
    """What keeps it all the same."""

    def goes_by(self, now_ms: int) -> bool:
        return self.due_ms is not None and self.due_ms <= now_ms and self.hold is None


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did."""

    deleted: int
    held: int
    """Their time has come, and a hold keeps them."""


def sentence(thing: Thing, retention: Retention, holds: Sequence[Hold] = ()) -> Sentence:
    """When a thing that knows what it belongs to goes."""
    rule, days = f"days.{thing.kind}", retention.days.get(thing.kind)
    for number, one in enumerate(retention.rules):
        if _fits(one, thing):
            rule, days = f"rules.{number}: {_words(one)}", one.days
            break
    due = None if days is None else thing.at_ms + days * DAY_MS
    return Sentence(thing, f"{rule}: {'stays' if days is None else days}", due, holding(holds, thing.belongs))


def shortest_days(kind: Kept, retention: Retention) -> int | None:
    """Things younger than this are not looked at; None: nothing of the kind ever goes."""
    found = [rule.days for rule in retention.rules if rule.kind == kind and rule.days is not None]
    usual = retention.days.get(kind)
    return min([*found, *([] if usual is None else [usual])], default=None)


def check_subjects(retention: Retention, subjects: Collection[str]) -> None:
    """Refuse a rule that names nothing: what it was to keep would go by another one.

    Raises:
        UnknownSubjectError: there is no such subject.
    """
    for number, rule in enumerate(retention.rules):
        if rule.subject is not None and rule.subject not in subjects:
            raise UnknownSubjectError(
                f"site.yaml: retention.rules.{number}.subject = {rule.subject!r}: there is no such subject of cases;"
                " `bin/pasokh case subjects` shows them; until then nothing is deleted",
            )


@dataclass(frozen=True, slots=True)
class Keeper:
    """Goes round the shelves."""

    database: Database
    deleter: Deleter
    retention: Retention
    now_ms: Callable[[], int]

    async def sentences(self, before_ms: int) -> AsyncIterator[Sentence]:
        """Everything whose time comes before that moment, also what is held."""
        holds = await list_holds(self.database)
        for kind, shelf in self.deleter.shelves.items():
            days = shortest_days(kind, self.retention)
            if days is None:
                continue
            async for thing in self._things(shelf, before_ms - days * DAY_MS):
                found = sentence(thing, self.retention, holds)
                if found.due_ms is not None and found.due_ms <= before_ms:
                    yield found

    async def run(self) -> Round:
        """Delete everything whose time has come."""
        await self.deleter.finish_begun()
        deleted = held = 0
        now = self.now_ms()
        async for found in self.sentences(now):
            if found.goes_by(now) and await self._delete(found):
                deleted += 1
            else:
                held += 1
        return Round(deleted, held)

    async def _delete(self, found: Sentence) -> bool:
        try:
            await self.deleter.delete(found.thing, Order(f"retention.{found.rule}", ACTOR))
        except HeldError as error:  # placed in this moment
            log.info("a hold keeps it", thing=found.thing.id, hold=error.hold.id)
            return False
        return True

    async def _things(self, shelf: Shelf, before_ms: int) -> AsyncIterator[Thing]:
        after = (0, "")
        while True:
            async with self.database.read() as connection:
                page = await shelf.older(connection, before_ms, after)
            for thing in await self.deleter.with_belongings(page):
                yield thing
            if not page:
                return
            after = (page[-1].at_ms, page[-1].id)


def _fits(rule: RetentionRule, thing: Thing) -> bool:
    return (
        rule.kind == thing.kind and rule.queue in {None, thing.queue}
        and (rule.subject is None or rule.subject in thing.belongs.subjects)
    )


def _words(rule: RetentionRule) -> str:
    narrow = [f"{name} {value}" for name, value in (("queue", rule.queue), ("subject", rule.subject)) if value]
    return ", ".join([rule.kind, *narrow])


__all__ = ["Keeper", "Round", "Sentence", "UnknownSubjectError", "check_subjects", "sentence", "shortest_days"]
