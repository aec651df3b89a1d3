"""What all rooms together know of kept things: whose they are, what about, and when they go."""

import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

import agent_softphone.desk.caller_data as desk
import callqueue.caller_data as queues
import followups.caller_data as cases
import ivr.caller_data as menus
import recordings.caller_data as sounds
from followups.book.subjects import Subjects
from followups.cases.office import case_office
from foundation.database import Database, Store, store_url
from foundation.erasure import normal_form
from foundation.paths import Home
from foundation.settings import Settings
from pasokh.refusal import RefusedError
from recordings.keeping.holds import Belongings
from recordings.keeping.keeping import Deleter, Shelf, Thing, flush_log, keeping_lock
from recordings.keeping.retention import Keeper, Round, check_subjects
from recordings.keeping.sent_shelf import SentShelf
from recordings.keeping.sound_shelf import sound_shelves
from recordings.transcripts.transcripts import scrub_search_index


def now_in_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Keeping:
    """One site's stores, and who deletes in them."""

    home: Home
    settings: Settings
    main: Database
    ledger: Database
    subjects: Subjects
    now_ms: Callable[[], int] = now_in_ms

    @property
    def deleter(self) -> Deleter:
        return Deleter(self.main, self.shelves(), self.belongings, self.now_ms)

    def shelves(self) -> list[Shelf]:
        """Every kind of kept things: a room that keeps another kind adds its shelf here."""
        return [*sound_shelves(self.home, self.main, self.now_ms), desk.NoteShelf(), SentShelf()]

    def keeper(self) -> Keeper:
        """Goes round them.

        Raises:
            UnknownSubjectError: a rule names a subject that there is not.
        """
        check_subjects(self.settings.retention, self.subjects.by_id)
        return Keeper(self.main, self.deleter, self.settings.retention, self.now_ms)

    async def belongings(self, things: Sequence[Thing]) -> Sequence[Belongings]:
        """Callers, cases and subjects of the calls that the things are of."""
        calls = {thing.call_id for thing in things if thing.call_id}
        callers, codes = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
        subjects = _Subjects(self.subjects)
        async with self.main.read() as connection:
            for call, number in (
                *await menus.callers_of(connection, calls), *await sounds.callers_of(connection, calls),
            ):
                callers[call].add(number)
            for reference, code, subject in await cases.cases_of(connection, calls | {one.id for one in things}):
                codes[reference].add(code)
                subjects.add(reference, subject)
            for call, caller, word in await desk.calls_and_subjects(connection, calls):
                callers[call].update([caller] if caller else [])
                subjects.add(call, word)
        async with self.ledger.read() as connection:
            for call, number in await queues.callers_of(connection, calls):
                callers[call].add(number)
        return [
            Belongings(
                calls=frozenset(filter(None, [thing.call_id])), callers=_normal(callers[thing.call_id or ""]),
                cases=frozenset(codes[thing.id] | codes[thing.call_id or ""]),
                subjects=subjects.of(thing.id, thing.call_id or ""),
            )
            for thing in things
        ]

    async def tidy(self) -> None:
        """Take what was deleted out of places where databases leave it for a while."""
        async with self.main.write() as connection:
            await scrub_search_index(connection)
        for database in (self.main, self.ledger):
            await flush_log(database)

    async def run_retention(self) -> Round:
        """Delete what has had its time, while nothing else deletes or is backed up.

        Raises:
            UnknownSubjectError: like `keeper`.
        """
        async with keeping_lock(self.home):
            done = await self.keeper().run()
            if done.deleted:
                await self.tidy()
        return done


class _Subjects:
    def __init__(self, tree: Subjects) -> None:
        self._tree = tree
        self._found = defaultdict[str, set[str]](set)

    def add(self, reference: str, subject: str | None) -> None:
        """A rule for a subject holds for those below it too."""
        if subject:
            self._found[reference].update({subject, *(one.id for one in self._tree.path(subject))})

    def of(self, *references: str) -> frozenset[str]:
        return frozenset().union(*(self._found[one] for one in references))


def _normal(numbers: Iterable[str]) -> frozenset[str]:
    return frozenset(normal_form(number) or number for number in numbers)


@asynccontextmanager
async def keeping(
    home: Home, settings: Settings, now_ms: Callable[[], int] = now_in_ms,
) -> AsyncIterator[Keeping]:
    """A site's stores, open while the block runs.

    Raises:
        RefusedError: a database is away.
    """
    main, ledger = (Database(store_url(home, settings, store)) for store in (Store.MAIN, Store.LEDGER))
    try:
        subjects = case_office(home, settings, main).book.subjects
        yield Keeping(home, settings, main, ledger, subjects, now_ms)
    except SQLAlchemyError as error:
        reason = (str(getattr(error, "orig", None) or error).splitlines() or [type(error).__name__])[0]
        raise RefusedError(f"the database: {reason}; `bin/pasokh doctor` says how to mend it") from error
    finally:
        await main.close()
        await ledger.close()


__all__ = ["Keeping", "keeping", "now_in_ms"]
