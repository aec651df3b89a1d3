"""What an agent does for his caller: opens a follow-up, promises a call, sends an SMS."""

import json
from typing import Annotated, Final

from fastapi import APIRouter, Form, Path, Response

from agent_softphone.desk.calls import DeskCall
from agent_softphone.desk.refusals import EmptyMessageError, NoGatewayError, NoNumberError, NoWayOutError
from agent_softphone.web.desk_present import own_call
from agent_softphone.web.desk_seat import ASeat, Desk, Seat, asterisk_errors, toast
from callqueue.outbound.model import CallbackRequest, Channel
from followups.cases.addresses import telephone
from followups.cases.case import Channel as CaseChannel
from followups.cases.case import LinkKind
from followups.cases.contacts import Address, Person
from followups.cases.opening import NewCase
from foundation.gateway import Sms, enter_sms
from foundation.settings import LANGUAGES, Language
from foundation.text import digits, latin_digits
from foundation.tracking import grouped
from foundation.web.audit_log import Act, record
from foundation.web.guards import note

LONGEST_SMS: Final = 500
CallId = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,160}$")]
Word = Annotated[str, Form(max_length=40)]
Key = Annotated[str, Form(pattern=r"^[0-9a-f]{16}$")]
"""Of a form: sent twice, it is done once."""


def deed_pages(desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/desk")

    @router.post("/calls/{call_id}/case", response_model=None)
    async def open_case(  # noqa: PLR0917 - fields of the form
        seat: ASeat, call_id: CallId, key: Key, subject: Word = "", summary: Annotated[str, Form(max_length=5000)] = "",
        name: Annotated[str, Form(max_length=120)] = "", national_id: Annotated[str, Form(max_length=20)] = "",
    ) -> Response:
        call = await own_call(seat, call_id)
        number = telephone(call.number or "")
        addresses = (Address(CaseChannel.CALL, number),) if number else ()
        case = await seat.office.opening.open(NewCase(
            subject=subject, summary=summary, channel=CaseChannel.CALL, language=language_of(seat, call),
            person=Person(name, national_id, addresses), links=((LinkKind.CALL, call.call_id),),
            request_key=f"{seat.user.id}:desk:{key}",
        ), seat.actor)
        return said(seat, "desk.said.case", "desk-call", code=seat.words.code(case.code))

    @router.post("/calls/{call_id}/callback", response_model=None)
    async def promise_call(
        seat: ASeat, call_id: CallId, number: Annotated[str, Form(max_length=30)] = "",
        queue: Annotated[str, Form(max_length=50)] = "", at: Annotated[str, Form(pattern=r"^[0-9]{0,15}$")] = "",
    ) -> Response:
        call = await own_call(seat, call_id)
        wanted = latin_digits(number.strip()) or call.number
        if not wanted:
            raise NoNumberError
        if seat.web.settings.sip.trunk.proxy is None:
            raise NoWayOutError
        with asterisk_errors():
            made = await desk.exchange.promises(seat.web).promise(CallbackRequest(
                wanted, queue or call.queue or seat.web.settings.default_queue, language_of(seat, call), Channel.AGENT,
                not_before_ms=int(at) if at else None, origin_call_id=call.call_id,
            ))
        await note(seat.request, "callback.promised", made.id, call=call.call_id)
        return said(seat, "desk.said.callback", "desk-work", code=digits(grouped(made.tracking or ""), seat.language))

    @router.post("/calls/{call_id}/sms", response_model=None)
    async def send_sms(
        seat: ASeat, call_id: CallId, key: Key, text: Annotated[str, Form(max_length=LONGEST_SMS)] = "",
    ) -> Response:
        call = await own_call(seat, call_id)
        if seat.web.settings.sms.url is None:
            raise NoGatewayError
        if not call.number:
            raise NoNumberError
        if not text.strip():
            raise EmptyMessageError
        act = Act(seat.user.actor, "sms.sent", call.call_id, {"length": len(text.strip())})
        async with seat.web.database.write() as connection:
            await enter_sms(connection, Sms(f"desk-{key}", call.number, text.strip()), seat.web.clock())
            await record(connection, act, seat.web.clock())
        return said(seat, "desk.said.sms")

    return router


def language_of(seat: Seat, call: DeskCall) -> Language:
    """The caller's, or the site's."""
    return next((one for one in LANGUAGES if one == call.language), seat.web.settings.site.language)


def said(seat: Seat, key: str, *changed: str, **values: str) -> Response:
    """A toast, and names of what the page shall ask for anew."""
    events = {**toast(seat.t(key, **values)), **{name: {} for name in (*changed, "desk-done")}}
    return Response(status_code=204, headers={"hx-trigger": json.dumps(events)})
