"""A key behind which callers follow up their cases: by tracking code, or by national ID and PIN.

The code alone tells state and deadline. The result is for him whose case it is: who calls from where he is met, has
proved himself by his PIN, or knows the last digits of his national ID; where we know no national ID, the code is all
that he can know.
"""

import asyncio

import structlog
from sqlalchemy.exc import SQLAlchemyError

from followups.cases.caller_cases import CallerCase
from followups.cases.case import Case, ToldBy
from followups.cases.lifecycle import WORK
from followups.telling.heard import Answer
from followups.telling.result_sounds import SPOKEN_OF
from foundation.paths import Home
from foundation.settings import Settings
from foundation.tracking import LENGTH, is_tracking_code
from ivr.actions.context import CallContext
from ivr.actions.outcome import Ending, Outcome
from ivr.call import Call
from ivr.case_room import STORE_SECONDS, CaseRoom, case_room, now_ms, said_day
from ivr.menu.menu import FollowupAction
from ivr.result_hearing import Hearing
from ivr.result_proof import Proof, prove
from ivr.self_service.back_office import OfficeDownError
from ivr.self_service.desk import CallersProof, service_desk
from ivr.self_service.dialogue import ASK_NATIONAL_ID, ASK_PIN, BETWEEN_SECONDS, FIRST_SECONDS, LockedError
from ivr.self_service.questions import Ask, Wrong
from ivr.speech import Phrase
from ivr.voice_message import grammar_of

BY_CODE, BY_PIN, CANCEL = "1", "2", "*"
AGAIN, NEXT, AGENT = "1", "2", "0"
TRIES = 3
WAIT_SECONDS = 6.0
REPEATS = 5

log = structlog.get_logger()


class StoppedError(Exception):
    """It ends here; the caller has been told why."""

    def __init__(self, ending: Ending, result: str) -> None:
        super().__init__(result)
        self.outcome = Outcome(ending, result)


def names(_home: Home, _settings: Settings) -> frozenset[str]:
    """There is nothing that a menu would name."""
    return frozenset()


async def run(call: Call, context: CallContext, action: FollowupAction) -> Outcome:  # noqa: ARG001 - the form of all
    room = await context.resources.get(case_room)
    try:
        key = await _choose(call)
        if key == BY_CODE:
            return await _tell_one(call, context, room, await _by_code(call, context, room))
        return await _tell_all(call, room, await _by_pin(call, context, room))
    except StoppedError as stopped:
        return stopped.outcome
    except LockedError:
        await call.play(("followup-locked",))
        return Outcome(Ending.FAILED, "locked")
    except (SQLAlchemyError, OSError, TimeoutError, OfficeDownError) as error:
        log.warning("cases cannot be read", error=type(error).__name__)
        await call.play(("service-down",))
        return Outcome(Ending.FAILED, "down")


async def _choose(call: Call) -> str:
    for _ in range(TRIES):
        key = await call.ask_key(("followup-way",), WAIT_SECONDS)
        if key in {BY_CODE, BY_PIN}:
            return key
        if key == CANCEL:
            raise StoppedError(Ending.CANCELLED, "cancelled")
    raise StoppedError(Ending.FAILED, "no_answer")


async def _by_code(call: Call, context: CallContext, room: CaseRoom) -> CallerCase:
    """The case of a code that is right. One with a slip is told at once; one that nobody has is a guess."""
    hint: Phrase = ()
    for _ in range(TRIES):
        typed = await call.ask_digits((*hint, "followup-ask-code"), LENGTH, FIRST_SECONDS, BETWEEN_SECONDS)
        if CANCEL in typed:
            raise StoppedError(Ending.CANCELLED, "cancelled")
        if not typed:
            hint = ("no-input",)
            continue
        if not is_tracking_code(typed):
            hint = ("followup-code-wrong",)
            continue
        found = await _look_up(room, typed, context.caller)
        if found is not None:
            return found
        hint = ("followup-code-unknown",)
    await call.play(hint)
    raise StoppedError(Ending.FAILED, "unknown" if hint == ("followup-code-unknown",) else "no_answer")


async def _look_up(room: CaseRoom, code: str, caller: str) -> CallerCase | None:
    keys = room.locks.keys_of_guess(caller)
    if not await room.locks.begin(keys):
        raise LockedError
    async with asyncio.timeout(STORE_SECONDS):
        found = await room.cases.by_code(code)
    if found is not None:
        await room.locks.take_back(keys)
    return found


async def _by_pin(call: Call, context: CallContext, room: CaseRoom) -> list[CallerCase]:
    prover = CallersProof(await context.resources.get(service_desk), context.caller)
    hint: Phrase = ()
    for _ in range(context.settings.identity.tries):
        national_id = await _typed(call, ASK_NATIONAL_ID, hint)
        if await prover.prove(national_id, await _typed(call, ASK_PIN)) is not None:
            async with asyncio.timeout(STORE_SECONDS):
                found = await room.cases.of_person(national_id)
            if found:
                return found
            await call.play(("followup-none",))
            raise StoppedError(Ending.HELPED, "none")
        hint = ("service-not-proved",)
    await call.play(hint)
    raise StoppedError(Ending.FAILED, "not_proved")


async def _typed(call: Call, question: Ask, hint: Phrase = ()) -> str:
    for _ in range(TRIES):
        keys = await call.ask_digits((*hint, *question.say), question.longest, FIRST_SECONDS, BETWEEN_SECONDS)
        if CANCEL in keys:
            raise StoppedError(Ending.CANCELLED, "cancelled")
        typed = question.read(keys)
        if not isinstance(typed, Wrong):
            return typed.value
        hint = (typed.prompt,)
    raise StoppedError(Ending.FAILED, "no_answer")


async def _tell_one(call: Call, context: CallContext, room: CaseRoom, about: CallerCase) -> Outcome:
    await call.play(_said(call, room, about.case))
    if not room.sounds.parts(about.case) or about.case.state not in SPOKEN_OF:
        return await _offer(call, room, [about])
    if about.national_id is not None and not about.is_at(context.caller):
        proof = await prove(call, room, context.resources, about, context.caller)
        if proof is not Proof.PROVED:
            await call.play(("result-refused",))
            return Outcome(Ending.FAILED, proof.value)
    return await _hear(call, room, about.case)


async def _tell_all(call: Call, room: CaseRoom, found: list[CallerCase]) -> Outcome:
    """He has proved who he is: the first result that waits for him, or what becomes of his cases."""
    for about in found:
        if about.case.state in SPOKEN_OF and room.sounds.parts(about.case):
            await call.play(_said(call, room, about.case))
            return await _hear(call, room, about.case)
    return await _offer(call, room, found, said=False)


async def _hear(call: Call, room: CaseRoom, case: Case) -> Outcome:
    answer = await Hearing(call, room, case, ToldBy.OWN_CALL).run()
    match answer:
        case Answer.AGENT:
            return Outcome(Ending.QUEUE, "agent", queue=room.queue_of(case))
        case Answer.SOLVED:
            await call.play(("result-solved",))
        case Answer.NOT_SOLVED:
            await call.play(("result-reopened",))
        case None:
            pass
    return Outcome(Ending.HELPED, answer.value if answer else "told")


async def _offer(call: Call, room: CaseRoom, found: list[CallerCase], *, said: bool = True) -> Outcome:
    """Say it again, the next one, or a person."""
    place = 0
    for _ in range(REPEATS + len(found)):
        if not said:
            await call.play(_said(call, room, found[place].case))
        said = False
        has_next = place + 1 < len(found)
        key = await call.ask_key(("followup-choice-next" if has_next else "followup-choice",), WAIT_SECONDS)
        if key == AGENT:
            return Outcome(Ending.QUEUE, "agent", queue=room.queue_of(found[place].case))
        if key == NEXT and has_next:
            place += 1
        elif key != AGAIN:
            break
    return Outcome(Ending.HELPED, "state")


def _said(call: Call, room: CaseRoom, case: Case) -> Phrase:
    """State and deadline, as anybody may hear them who knows the code."""
    grammar = grammar_of(call)
    state = f"followup-state-{case.state.value.replace('_', '-')}"
    said: Phrase = ("followup-case", *grammar.digits(case.code), state)
    if case.state not in WORK or case.due_ms is None:
        return said
    late = case.due_ms < now_ms()
    return (*said, "followup-overdue" if late else "followup-due", *said_day(call, room, case.due_ms))
