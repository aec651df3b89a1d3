"""A key that opens a case on a subject, without a word spoken: the caller confirms where the result is told to him.

For requests that need no story, like `my certificate has not come`. The summary is the subject's own title; who works
on the case sees the call, its menus, and the number.
"""

import asyncio
from typing import cast

import structlog
from sqlalchemy.exc import SQLAlchemyError

from followups.cases.actor import Actor, Reach
from followups.cases.addresses import telephone
from followups.cases.case import Case, Channel, LinkKind
from followups.cases.contacts import Address, Person
from followups.cases.opening import NewCase
from followups.cases.refusals import CaseRefusalError
from foundation.paths import Home
from foundation.settings import Language, Settings
from ivr.actions.context import CallContext
from ivr.actions.outcome import Ending, Outcome
from ivr.call import Call
from ivr.callback_dialogue import Asking, Refused, Verdict, choose_number
from ivr.case_room import STORE_SECONDS, CaseRoom, case_room, case_subjects, said_day
from ivr.menu.menu import CaseAction
from ivr.voice_message import say_code

MENUS = Actor("menus", Reach.OWN)
ASKING = Asking(("case-intro",), "case-choice", lambda text: telephone(text) or Refused("number-not-valid"))

log = structlog.get_logger()


def names(home: Home, settings: Settings) -> frozenset[str]:
    """The subjects on which cases may be opened."""
    return case_subjects(home, settings)


async def run(call: Call, context: CallContext, action: CaseAction) -> Outcome:
    """Nothing is promised before the case is kept."""
    room = await context.resources.get(case_room)
    number = await choose_number(call, context.caller, ASKING)
    if number is Verdict.CANCELLED:
        return Outcome(Ending.CANCELLED, number)
    if isinstance(number, Verdict):
        await call.play(("case-not-opened",))
        return Outcome(Ending.FAILED, number)
    try:
        async with asyncio.timeout(STORE_SECONDS):
            case = await room.office.opening.open(_wish(call, room, action.subject, number), MENUS)
    except (SQLAlchemyError, OSError, TimeoutError, CaseRefusalError) as error:
        log.warning("case not opened", subject=action.subject, error=type(error).__name__)
        await call.play(("case-not-opened",))
        return Outcome(Ending.FAILED, "down")
    await _tell(call, room, case)
    return Outcome(Ending.HELPED, "opened")


def _wish(call: Call, room: CaseRoom, subject: str, number: str) -> NewCase:
    language = cast("Language", call.language)
    return NewCase(
        subject=subject, summary=room.office.book.subject(subject).titles[language], channel=Channel.CALL,
        language=language, person=Person(addresses=(Address(Channel.CALL, number),)),
        links=((LinkKind.CALL, call.call_id),), request_key=f"menus:{call.call_id}:{subject}",
    )


async def _tell(call: Call, room: CaseRoom, case: Case) -> None:
    """The code, and by when he is told the result."""
    await say_code(call, "case-opened", case.code)
    if case.due_ms is not None:
        await call.play(("followup-due", *said_day(call, room, case.due_ms)))
