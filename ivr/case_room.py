"""What the calls about cases share: the cases, the count of wrong tries, the sounds, and where callers' words go."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from followups.book.book import load_case_book
from followups.cases.caller_cases import CallerCases, caller_cases, queue_for
from followups.cases.case import Case
from followups.cases.office import CaseOffice, case_office
from followups.telling.heard_spool import HeardSpool
from followups.telling.result_sounds import ResultSounds, result_sounds
from foundation.paths import Home
from foundation.settings import Settings, load_secrets
from ivr.actions.context import Resources
from ivr.call import Call
from ivr.self_service.lock_book import LockBook
from ivr.speech import Phrase
from ivr.voice_message import grammar_of

STORE_SECONDS = 3.0
"""No caller waits longer for our own store."""


@dataclass(frozen=True, slots=True)
class CaseRoom:
    """One for all calls."""

    office: CaseOffice
    cases: CallerCases
    locks: LockBook
    sounds: ResultSounds
    spool: HeardSpool
    settings: Settings

    def queue_of(self, case: Case) -> str:
        """Whose agents speak with its caller."""
        chosen = self.settings.followups.queues
        return queue_for(case, self.office.book, self.settings.queues, chosen, self.settings.default_queue)


@asynccontextmanager
async def case_room(resources: Resources) -> AsyncIterator[CaseRoom]:
    """Opens it.

    Raises:
        DataFileError: subjects or units of the site are wrong.
    """
    home, settings = resources.home, resources.settings
    office = case_office(home, settings, resources.main)
    locks = LockBook(resources.main, load_secrets(home, settings).identity_key, settings.identity, now_ms)
    yield CaseRoom(office, caller_cases(office), locks, result_sounds(home), HeardSpool(home), settings)


def case_subjects(home: Home, settings: Settings) -> frozenset[str]:
    """Those on which cases may be opened.

    Raises:
        DataFileError: subjects or units of the site are wrong.
    """
    book = load_case_book(home, settings, now_ms)
    return frozenset(subject.id for subject in book.subjects.open_ones())


def said_day(call: Call, room: CaseRoom, due_ms: int) -> Phrase:
    """The day by whose end something is promised, as it is said."""
    # The last moment of a day belongs to it; what is promised until midnight is promised for the day before.
    day = datetime.fromtimestamp((due_ms - 1) / 1000, UTC).astimezone(room.office.book.zone).date()
    return grammar_of(call).date(day)


def now_ms() -> int:
    return round(time.time() * 1000)
