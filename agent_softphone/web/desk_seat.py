"""What every page of the desk needs: who sits there, what the floor shows of him, the site's rules and words."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import Depends, Request

from agent_softphone.desk.book import DeskBook, load_desk_book
from agent_softphone.desk.day import Days
from agent_softphone.desk.exchange import Exchange
from agent_softphone.desk.refusals import DeskAwayError, DeskFilesWrongError, NoAgentError
from callqueue.agents.desk import AsteriskAwayError
from callqueue.floor.bus import AGENTS
from followups.cases.actor import Actor
from followups.cases.office import CaseOffice
from followups.cases.words import CaseWords
from followups.web.access import actor_of, office_of
from foundation.bus import Picture
from foundation.catalogue import Texts
from foundation.data_file import DataFileError
from foundation.paths import Home
from foundation.settings import Agent, Language
from foundation.web.guards import signed_in
from foundation.web.roles import Role, User
from foundation.web.site import Web, texts_of, web_of

FOLDER: Final = "desk"
"""Under the home: the site's own dispositions.yaml, and notes in knowledge/."""
MASK: Final = "***"
AgentUser = Annotated[User, Depends(signed_in(Role.AGENT))]


@dataclass(frozen=True, slots=True)
class Desk:
    """What the desks of a site share."""

    exchange: Exchange
    days: Days


@dataclass(frozen=True, slots=True)
class Seat:
    """One agent at his desk, in one request."""

    request: Request
    web: Web
    user: User
    agent: str
    book: DeskBook
    t: Texts

    @property
    def settings(self) -> Agent:
        return self.web.settings.agents[self.agent]

    @property
    def picture(self) -> Picture:
        """What the floor shows of him; empty before it showed anything."""
        return self.web.live.pictures.get(AGENTS + self.agent, {})

    @property
    def office(self) -> CaseOffice:
        return office_of(self.request)

    @property
    def words(self) -> CaseWords:
        return CaseWords(self.office.book, self.t)

    @property
    def actor(self) -> Actor:
        return actor_of(self.user)

    @property
    def language(self) -> Language:
        return self.t.language

    def queue(self, name: str) -> str:
        """Its title."""
        return queue_title(self.web, name, self.language)

    def number(self, number: str | None) -> str:
        """As this site lets agents see it; empty: withheld."""
        if not number:
            return ""
        return number if self.book.whole_numbers else MASK + number[-3:]


def seat_of(request: Request, user: AgentUser) -> Seat:
    """
    Raises:
        NoAgentError: the user is no agent of this site.
        DeskFilesWrongError: the site's own rules cannot be used.
    """  # noqa: D212
    web = web_of(request)
    if user.agent is None or user.agent not in web.settings.agents:
        raise NoAgentError(user=user.id)
    return Seat(request, web, user, user.agent, site_book(web.home), texts_of(request))


ASeat = Annotated[Seat, Depends(seat_of)]


def site_book(home: Home) -> DeskBook:
    """The site's rules as its file has them now.

    Raises:
        DeskFilesWrongError: it cannot be used; its cause says why.
    """
    path = home.root / FOLDER / "dispositions.yaml"
    try:
        status = path.stat()
        return _read(path, (status.st_mtime_ns, status.st_size))
    except FileNotFoundError:
        return _read(path, None)
    except DataFileError as error:
        raise DeskFilesWrongError from error


@lru_cache(maxsize=8)
def _read(path: Path, _state: tuple[int, int] | None) -> DeskBook:
    return load_desk_book(path)


def queue_title(web: Web, name: str, language: Language) -> str:
    known = web.settings.queues.get(name)
    return known.title.get(language, name) if known else name


def reason_title(t: Texts, reason: str | None) -> str:
    """Of a pause; the site's own reasons stand as they are."""
    key = f"agent.pause.{reason}"
    return t(key) if key in t.messages else reason or ""


@contextmanager
def asterisk_errors() -> Iterator[None]:
    """Asterisk that is away is told in the desk's own words.

    Raises:
        DeskAwayError
    """
    try:
        yield
    except AsteriskAwayError as error:
        raise DeskAwayError from error


def toast(text: str, kind: str = "said") -> dict[str, Any]:
    """For HX-Trigger."""
    return {"toast": {"text": text, "kind": kind}}
