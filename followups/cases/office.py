"""One site's case office: everything that works on cases, put together."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from followups.book.book import CaseBook, load_case_book
from followups.book.unit_members import UnitDesk
from followups.cases.change import Changes
from followups.cases.clock import CaseClock
from followups.cases.contacts import ContactBook
from followups.cases.desk import CaseDesk
from followups.cases.files import CaseFiles
from followups.cases.opening import Opening
from followups.cases.reading import CaseReading
from followups.vault.keys import key_source
from followups.vault.vault import Vault
from foundation.database import Database
from foundation.paths import Home
from foundation.settings import Settings, load_secrets
from foundation.tracking import drawn_code
from recordings.sound import read_sound


@dataclass(frozen=True, slots=True)
class CaseOffice:
    book: CaseBook
    opening: Opening
    desk: CaseDesk
    reading: CaseReading
    clock: CaseClock
    units: UnitDesk


def present_ms() -> int:
    return int(time.time() * 1000)


def case_office(
    home: Home, settings: Settings, database: Database, now_ms: Callable[[], int] = present_ms,
) -> CaseOffice:
    """The office of a site, over its main store.

    Raises:
        DataFileError: subjects or units of the site are wrong, each fault with its file and line.
    """
    book = load_case_book(home, settings, now_ms)
    vault, files = Vault(key_source(home)), CaseFiles(home)
    contacts = ContactBook(vault, now_ms, lambda: secrets.token_hex(16))
    changes = Changes(database, vault, now_ms)
    return CaseOffice(
        book=book,
        opening=Opening(database, book, contacts, vault, lambda: _new_code(home, settings), now_ms),
        desk=CaseDesk(changes, book, files),
        reading=CaseReading(
            database, changes, contacts, vault, files, partial(read_sound, home, settings), now_ms),
        clock=CaseClock(changes, book),
        units=UnitDesk(database, book, now_ms),
    )


def _new_code(home: Home, settings: Settings) -> str:
    # The secrets are read when a case is opened only: a site with many agents has a long file of them.
    return drawn_code(load_secrets(home, settings).tracking_key, secrets.randbelow)
