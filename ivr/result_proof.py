"""Who is on the line proves that he is who may hear a result, before anything private is said."""

import hmac
from dataclasses import dataclass
from enum import StrEnum

from followups.cases.caller_cases import CallerCase
from foundation.asterisk.variables import Variable
from foundation.tracking import LENGTH
from ivr.actions.context import Resources
from ivr.call import Call
from ivr.case_room import CaseRoom
from ivr.self_service.back_office import OfficeDownError
from ivr.self_service.desk import CallersProof, service_desk
from ivr.self_service.dialogue import BETWEEN_SECONDS, FIRST_SECONDS, LockedError
from ivr.self_service.lock_book import Counted
from ivr.self_service.questions import PIN_LEAST, PIN_MOST

LAST_DIGITS = 4
SILENCES = 2
"""Questions without an answer, after which nobody is there."""


class Proof(StrEnum):
    """What came of asking."""

    PROVED = "proved"
    NOT_PROVED = "not_proved"
    LOCKED = "locked"
    """Too many wrong tries, in this call or in others."""
    NO_ANSWER = "no_answer"
    DOWN = "down"
    """Nobody can tell at this moment."""


@dataclass(frozen=True, slots=True)
class _Ask:
    """One way of proving it."""

    prompt: str
    longest: int
    keys: tuple[Counted, ...]


async def prove(call: Call, room: CaseRoom, resources: Resources, about: CallerCase, caller: str) -> Proof:
    """Ask until it is right, or may not be tried any more. What is typed is kept nowhere."""
    if about.national_id is not None and room.settings.followups.result_proof == "pin":
        found = await _by_pin(call, resources, about.national_id, caller)
    else:
        found = await _by_digits(call, room, about, caller)
    if found is Proof.PROVED:
        await call.set(Variable.IDENTITY, "proved")
    return found


async def _by_digits(call: Call, room: CaseRoom, about: CallerCase, caller: str) -> Proof:
    secret, ask = _secret_of(about, room, caller)
    hint: tuple[str, ...] = ()
    silences = 0
    for _ in range(room.settings.identity.tries):
        typed = await call.ask_digits((*hint, ask.prompt), ask.longest, FIRST_SECONDS, BETWEEN_SECONDS)
        if not typed:
            silences += 1
            if silences >= SILENCES:
                return Proof.NO_ANSWER
            continue
        if not await room.locks.begin(ask.keys):
            return Proof.LOCKED
        if hmac.compare_digest(typed.encode(), secret.encode()):
            await room.locks.forgive(ask.keys)
            return Proof.PROVED
        hint = ("result-not-right",)
    return Proof.NOT_PROVED


def _secret_of(about: CallerCase, room: CaseRoom, caller: str) -> tuple[str, _Ask]:
    if about.national_id is None:
        keys = room.locks.keys_of_case(about.case.code, caller)
        return about.case.code, _Ask("result-ask-code", LENGTH, keys)
    keys = room.locks.keys_of(about.national_id, caller)
    return about.national_id[-LAST_DIGITS:], _Ask("result-ask-digits", LAST_DIGITS, keys)


async def _by_pin(call: Call, resources: Resources, national_id: str, caller: str) -> Proof:
    prover = CallersProof(await resources.get(service_desk), caller)
    hint: tuple[str, ...] = ()
    silences = 0
    for _ in range(resources.settings.identity.tries):
        pin = await call.ask_digits((*hint, "ask-pin"), PIN_MOST, FIRST_SECONDS, BETWEEN_SECONDS)
        if not pin:
            silences += 1
            if silences >= SILENCES:
                return Proof.NO_ANSWER
            continue
        try:
            if len(pin) >= PIN_LEAST and await prover.prove(national_id, pin) is not None:
                return Proof.PROVED
        except LockedError:
            return Proof.LOCKED
        except OfficeDownError:
            return Proof.DOWN
        hint = ("result-not-right",)
    return Proof.NOT_PROVED
