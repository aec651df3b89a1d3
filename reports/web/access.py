"""Who comes to the managers' pages, and the time and names that a report is made with."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query, Request

from followups.book.book import load_case_book
from followups.book.causes import load_causes
from followups.cases.actor import Actor, Reach
from followups.cases.refusals import CaseRefusalError
from followups.faults.corrective_desk import CorrectiveDesk
from foundation.calendars import Interval, MomentError, parse_moment
from foundation.web.guards import signed_in
from foundation.web.roles import Role, User
from foundation.web.site import Web, texts_of, web_of
from reports.cases.names import CaseNames

DOERS = (Role.SUPERVISOR, Role.MANAGER)
LOOKERS = (Role.AUDITOR,)


class WrongTimeError(CaseRefusalError):
    """No time that is read, or nothing lies in it."""

    name = "wrong-time"
    status = 422


@dataclass(frozen=True, slots=True)
class Desk:
    """What every page and answer here needs."""

    request: Request
    web: Web
    names: CaseNames
    """In the language of the one who asks."""
    corrective: CorrectiveDesk

    @property
    def now(self) -> int:
        """Epoch seconds."""
        return math.ceil(self.web.clock() / 1000)

    def interval(self, start: str, end: str) -> Interval:
        """The time that somebody wrote, as on the command line.

        Raises:
            WrongTimeError
        """
        local = datetime.fromtimestamp(self.now, UTC)
        try:
            first = parse_moment(start, self.web.zone, local).timestamp()
            last = parse_moment(end, self.web.zone, local).timestamp() if end else self.now + 1
        except MomentError as error:
            raise WrongTimeError(written=f"{start} – {end or 'now'}"[:60]) from error
        found = Interval(math.floor(first), math.ceil(last))
        if found.seconds <= 0:
            raise WrongTimeError(written=f"{start} – {end or 'now'}"[:60])
        return found


def desk_of(request: Request) -> Desk:
    web = web_of(request)
    book, causes = load_case_book(web.home, web.settings, web.clock), load_causes(web.home)
    names = CaseNames(book, causes, web.settings, texts_of(request), web.zone)
    return Desk(request, web, names, CorrectiveDesk(web.database, book, causes))


def actor_of(user: User) -> Actor:
    return Actor(user.id, Reach.EVERYTHING if user.may(*DOERS) else Reach.LOOK)


ADesk = Annotated[Desk, Depends(desk_of)]
Reader = Annotated[User, Depends(signed_in(*DOERS, *LOOKERS))]
Doer = Annotated[User, Depends(signed_in(*DOERS))]
Start = Annotated[str, Query(alias="from", max_length=40, description="2026-11-22T08:00, 1405-09-01, today, -30d, ...")]
End = Annotated[str, Query(alias="to", max_length=40, description="The first moment that is not counted; empty: now.")]
