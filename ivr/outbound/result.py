"""We call to tell the result of a case: who calls is said, who is called proves himself, hears it, and answers by key.

A machine presses no key, and nobody hears anything of the case before the proof. What he says of the result is taken
in by `followups.telling.heard`; the dialler only learns whether it was heard.
"""

import asyncio
from dataclasses import replace

import structlog

from callqueue.ledger.stint import Origin
from callqueue.outbound.model import AttemptOutcome
from followups.cases.caller_cases import CallerCase
from followups.cases.case import ToldBy
from followups.cases.lifecycle import State
from followups.surveys.satisfaction import Occasion
from followups.surveys.spool import Asked, SurveySpool
from followups.telling.heard import Answer
from foundation.asterisk.variables import Variable
from ivr.actions.context import Resources
from ivr.call import Call
from ivr.case_room import STORE_SECONDS, case_room, now_ms
from ivr.outbound import Owed, tell
from ivr.places import entry_position
from ivr.result_hearing import Hearing
from ivr.result_proof import Proof, prove
from ivr.survey import ask, find_survey
from ivr.voice_message import grammar_of

HEAR, OTHER_PERSON, NO_MORE = "1", "2", "9"
ASKED = 2
WAIT_SECONDS = 5.0
ENDINGS = {
    OTHER_PERSON: (AttemptOutcome.WRONG_PERSON, "outbound-wrong-person"),
    NO_MORE: (AttemptOutcome.CANCELLED, "result-no-more"),
    "": (AttemptOutcome.NOT_CONFIRMED, "outbound-not-confirmed"),
}
REFUSALS = {
    Proof.NOT_PROVED: "result-refused", Proof.LOCKED: "result-refused", Proof.NO_ANSWER: "outbound-not-confirmed",
    Proof.DOWN: "outbound-sorry",
}
FIRST_PLACE_MS = 0
"""Before everybody of the same priority: the head."""

log = structlog.get_logger()


async def run(call: Call, owed: Owed, resources: Resources) -> None:
    room = await resources.get(case_room)
    async with asyncio.timeout(STORE_SECONDS):
        found = await room.cases.by_call(owed.id)
    if found is None or not _waits(*found):
        await _end(call, owed, AttemptOutcome.CANCELLED, "result-settled")
        return
    key = await _ask(call, resources.settings.site.number)
    if key != HEAR:
        await _end(call, owed, *ENDINGS[key])
        return
    about, _ = found
    proof = await prove(call, room, resources, about, await call.get(Variable.CALLER) or "")
    log.info("result call", outbound=owed.id, attempt=owed.attempt, proof=proof.value)
    if proof is not Proof.PROVED:
        outcome = AttemptOutcome.INTERRUPTED if proof is Proof.DOWN else AttemptOutcome.NOT_CONFIRMED
        await _end(call, owed, outcome, REFUSALS[proof])
        return
    answer = await Hearing(call, room, about.case, ToldBy.CALL).run(lambda: tell(call, owed, AttemptOutcome.REACHED))
    if answer is Answer.AGENT:
        await _join(call, replace(owed, queue=room.queue_of(about.case), place_ms=FIRST_PLACE_MS), resources)
        return
    if answer is not None:
        await call.play(("result-solved" if answer is Answer.SOLVED else "result-reopened",))
        await _survey(call, resources, about.case.code)
    await call.play(("result-goodbye",))
    await call.finish()


def _waits(about: CallerCase, number: int) -> bool:
    """Whether that result still waits to be told."""
    return about.case.state is State.RESOLVED and about.case.reopened == number


async def _ask(call: Call, line: str) -> str:
    """One of the keys; "" when none of them came."""
    hello = ("outbound-hello", *grammar_of(call).digits(line), "result-intro", "result-choice")
    for _ in range(ASKED):
        key = await call.ask_key(hello, WAIT_SECONDS)
        if key in {HEAR, OTHER_PERSON, NO_MORE}:
            return key
    return ""


async def _end(call: Call, owed: Owed, outcome: AttemptOutcome, prompt: str) -> None:
    # Before the farewell: he may not hear it to its end.
    await tell(call, owed, outcome)
    await call.play((prompt,))
    await call.finish()


async def _join(call: Call, owed: Owed, resources: Resources) -> None:
    await call.play(("outbound-joining",))
    position = await entry_position(owed, resources)
    await call.set(Variable.ORIGIN, Origin.FOLLOWUP)
    await call.set(Variable.POSITION, str(position))
    await call.enter_queue(owed.queue, owed.priority)


async def _survey(call: Call, resources: Resources, code: str) -> None:
    name = resources.settings.followups.result_survey
    survey = find_survey(resources, name) if name is not None else None
    if survey is not None:
        asked = Asked(f"{call.call_id}-result", survey.id, Occasion.RESULT, now_ms(), call.call_id, call.language,
                      case_code=code)
        await ask(call, survey, asked, SurveySpool(resources.home).keep)
