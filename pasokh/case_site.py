"""What the commands about cases share: the site, its case office, and refusals in the site's language."""

import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

import followups
from followups.cases.actor import Actor
from followups.cases.office import CaseOffice, case_office
from followups.cases.refusals import CaseRefusalError
from followups.cases.words import CaseWords
from followups.vault.keys import KeysUnreadableError
from followups.vault.vault import SealBrokenError
from foundation.catalogue import load_catalogue
from foundation.data_file import DataFileError
from foundation.database import Database, Store, store_url
from foundation.tracking import read_tracking_code
from pasokh.refusal import RefusedError
from pasokh.site import Site, open_site

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class CaseSite:
    """One command's view of the site; `work` runs over the office."""

    site: Site
    words: CaseWords

    @classmethod
    def open(cls) -> "CaseSite":
        site = open_site()
        language = site.settings.site.language
        texts = load_catalogue([Path(followups.__path__[0]) / "texts.yaml"]).texts(language)
        try:
            office = case_office(site.home, site.settings, _database(site))
        except DataFileError as error:
            raise RefusedError(str(error)) from error
        return cls(site, CaseWords(office.book, texts))

    def work(self, act: Callable[[CaseOffice], Awaitable[Result]]) -> Result:
        """Do something at the office; a refusal becomes a sentence in the site's language."""
        return self.with_database(lambda database: act(case_office(self.site.home, self.site.settings, database)))

    def with_database(self, act: Callable[[Database], Awaitable[Result]]) -> Result:
        async def run() -> Result:
            database = _database(self.site)
            try:
                return await act(database)
            finally:
                await database.close()

        try:
            return asyncio.run(run())
        except CaseRefusalError as error:
            raise RefusedError(self.words.refusal(error.name, error.values)) from error
        except (SealBrokenError, KeysUnreadableError) as error:
            raise RefusedError(str(error)) from error
        except (SQLAlchemyError, OSError) as error:
            reason = (str(getattr(error, "orig", None) or error).splitlines() or [type(error).__name__])[0]
            raise RefusedError(f"main store: {reason}; `bin/pasokh doctor` says how to mend it") from error


def _database(site: Site) -> Database:
    return Database(store_url(site.home, site.settings, Store.MAIN))


def code_of(typed: str) -> str:
    """A tracking code as somebody typed it.

    Raises:
        RefusedError: its check digit says that it was written wrongly.
    """
    code = read_tracking_code(typed)
    if code is None:
        raise RefusedError(f"{typed}: no tracking code; it has nine digits, and its last one shows slips of the finger")
    return code


def actor_of(by: str) -> Actor:
    """Whoever types a command on the machine may do everything, and is named."""
    return Actor(by or getpass.getuser())


def console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 200)
