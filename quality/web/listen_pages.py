"""Who listened to what, when and why: for auditors, to read and nothing else."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from foundation.web.guards import signed_in
from foundation.web.pages import page
from foundation.web.roles import Role, User
from foundation.web.site import texts_of, web_of
from quality.web.seat import Seat
from recordings.listening.listens import Purpose, WantedListens, find_listens

router = APIRouter(prefix="/listens")
Auditor = Annotated[User, Depends(signed_in(Role.AUDITOR))]
Line = Annotated[str, Query(max_length=200)]
PAGE = 50


@router.get("", response_model=None)
async def show_listens(  # noqa: PLR0917 - filters of the address
    request: Request, user: Auditor, listener: Line = "", recording: Line = "",
    purpose: Annotated[str, Query(max_length=20)] = "", since: Annotated[str, Query(alias="from", max_length=40)] = "",
    until: Annotated[str, Query(alias="to", max_length=40)] = "", before: Annotated[int | None, Query(ge=1)] = None,
) -> HTMLResponse:
    seat = Seat(request, web_of(request), user, texts_of(request))
    wanted = WantedListens(
        listener.strip(), recording.strip(), purpose, seat.moment_ms(since), seat.moment_ms(until), before)
    async with seat.web.database.read() as connection:
        found = await find_listens(connection, wanted, PAGE + 1)
    return page(
        request, "quality/listens.html", found=found[:PAGE], wanted=wanted, since=since, until=until,
        more=found[PAGE - 1].id if len(found) > PAGE else None, purposes=list(Purpose),
    )
