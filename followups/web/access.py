"""Who comes to the pages and the interface of cases, and what he may do there."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Request

from followups.cases.actor import Actor, Reach
from followups.cases.office import CaseOffice, case_office
from followups.cases.refusals import CaseFilesWrongError
from followups.cases.words import CaseWords
from foundation.data_file import DataFileError
from foundation.web.guards import signed_in
from foundation.web.roles import Role, User
from foundation.web.site import texts_of, web_of

LOOKERS = (Role.MANAGER, Role.AUDITOR)
WORKERS = (Role.AGENT, Role.SUPERVISOR)


def office_of(request: Request) -> CaseOffice:
    """The case office of the site; its files are looked at again at each request."""
    web = web_of(request)
    try:
        return case_office(web.home, web.settings, web.database, web.clock)
    except DataFileError as error:
        raise CaseFilesWrongError from error


def actor_of(user: User) -> Actor:
    """How far a user reaches, by the widest of his roles."""
    if Role.SUPERVISOR in user.roles:
        return Actor(user.id)
    if Role.AGENT in user.roles:
        return Actor(user.id, Reach.UNITS, user.agent)
    return Actor(user.id, Reach.LOOK if user.may(*LOOKERS) else Reach.OWN)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What every page needs."""

    request: Request
    office: CaseOffice
    words: CaseWords
    """In the language of the one who asks."""


def sheet_of(request: Request) -> Sheet:
    office = office_of(request)
    return Sheet(request, office, CaseWords(office.book, texts_of(request)))


APage = Annotated[Sheet, Depends(sheet_of)]
Office = Annotated[CaseOffice, Depends(office_of)]
Worker = Annotated[User, Depends(signed_in(*WORKERS))]
"""Opens cases and works on them."""
Reader = Annotated[User, Depends(signed_in(*WORKERS, *LOOKERS))]
Program = Annotated[User, Depends(signed_in(*WORKERS, *LOOKERS, Role.PARTNER))]
"""Reads by the interface; partner desks see their own."""
Opener = Annotated[User, Depends(signed_in(*WORKERS, Role.PARTNER))]
Code = Annotated[str, Path(pattern=r"^[0-9]{9}$", description="The tracking code.")]
