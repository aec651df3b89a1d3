"""A service on a call: proves who is there, asks, looks it up, says the answer, offers what comes next."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol, TypeVar, cast

from foundation.asterisk.variables import Variable
from foundation.settings import Language
from ivr.call import Call
from ivr.self_service.back_office import OfficeDownError, Question, Refused
from ivr.self_service.check import ASKED_AGAIN
from ivr.self_service.contract import Operation
from ivr.self_service.model import AnswerError, Reply, Service
from ivr.self_service.questions import Ask, AskNationalId, AskPin, Typed, Wrong
from ivr.self_service.sentences import Answer
from ivr.speech import GRAMMARS, Phrase

CANCEL = "*"
ATTEMPTS = 3
"""At one question."""
FIRST_SECONDS, BETWEEN_SECONDS = 7.0, 3.0
DECISION_SECONDS = 5.0
REPEATS = 5
ASK_NATIONAL_ID = AskNationalId(say=("ask-national-id",))
ASK_PIN = AskPin(say=("ask-pin",))

Found = TypeVar("Found")
OnReply = Callable[[Reply, Answer], Awaitable[None]]


class Result(StrEnum):
    """What became of a service."""

    TOLD = "told"
    AGENT = "agent"
    """He heard the answer, and wants a person."""
    REFUSED = "refused"
    CANCELLED = "cancelled"
    NO_ANSWER = "no_answer"
    """He answered nothing, or nothing that could be right."""
    NOT_PROVED = "not_proved"
    LOCKED = "locked"
    OFFICE_DOWN = "office_down"


class StoppedError(Exception):
    """The service ends here."""

    def __init__(self, result: Result) -> None:
        super().__init__(result)
        self.result = result


class Prover(Protocol):
    """Who knows whether a caller is who he says."""

    async def prove(self, national_id: str, pin: str) -> str | None:
        """The key that stands for this person at the back office; None when the PIN is not his.

        Raises:
            LockedError: he may not try.
            OfficeDownError: nobody can tell.
        """


class LockedError(Exception):
    """Too many wrong tries."""


class Office(Protocol):
    async def ask(self, question: Question) -> Answer | Refused: ...


async def ignore(_reply: Reply, _answer: Answer) -> None:
    """Nobody else wants to know."""


@dataclass(frozen=True, slots=True)
class Told:
    """A service that came to its answer."""

    result: Result
    word: str = ""
    """The back office's word of refusal."""


@dataclass
class Dialogue:
    """One service on one call."""

    call: Call
    service: Service
    operation: Operation
    office: Office
    prover: Prover
    key: str
    """Idempotency-Key of what is asked."""
    person: str | None = None
    """Stands for the caller at the back office, once he has proved who he is."""
    tries: int = 3
    """Wrong PINs in one go."""
    on_reply: OnReply = ignore
    """Told before the caller hears it."""

    @property
    def language(self) -> Language:
        return cast("Language", self.call.language)

    async def run(self) -> Told:
        """Take the caller through it. What went wrong has been said to him."""
        await self.call.play(self.service.title)
        try:
            return await self._serve()
        except StoppedError as stopped:
            return Told(stopped.result)
        except LockedError:
            await self.call.play(("service-locked",))
            return Told(Result.LOCKED)
        except (OfficeDownError, AnswerError):
            await self.call.play(("service-down",))
            return Told(Result.OFFICE_DOWN)

    async def _serve(self) -> Told:
        values: dict[str, str] = {}
        if self.service.identity and self.person is None:
            await self._prove()
        for name, question in self.service.ask.items():
            values[name] = (await self._ask(question)).value
        found = await self._find(values)
        if isinstance(found, Refused) and found.word == ASKED_AGAIN and self.service.identity:
            # The proof of an earlier service has run out.
            await self._prove()
            found = await self._find(values)
        if isinstance(found, Refused):
            prompts = self.service.refusals.get(found.word, ("service-refused",))
            return await self._offer(prompts, Told(Result.REFUSED, found.word))
        reply = self.service.reply_to(found)
        prompts = reply.speak(found, self.language)
        await self.on_reply(reply, found)
        return await self._offer(prompts, Told(Result.TOLD))

    async def _prove(self) -> None:
        hint: Phrase = ("service-identity",)
        for _ in range(self.tries):
            national_id = await self._ask(ASK_NATIONAL_ID, hint)
            pin = await self._ask(ASK_PIN)
            self.person = await self._meanwhile(self.prover.prove(national_id.value, pin.value))
            if self.person is not None:
                await self.call.set(Variable.IDENTITY, "proved")
                return
            hint = ("service-not-proved",)
        await self.call.play(hint)
        raise StoppedError(Result.NOT_PROVED)

    async def _ask(self, question: Ask, hint: Phrase = ()) -> Typed:
        """A good answer.

        Raises:
            StoppedError: he went back, or none came in `ATTEMPTS`.
        """
        for _ in range(ATTEMPTS):
            keys = await self.call.ask_digits(
                (*hint, *question.say), question.longest, FIRST_SECONDS, BETWEEN_SECONDS,
            )
            if CANCEL in keys:
                raise StoppedError(Result.CANCELLED)
            typed = question.read(keys)
            if isinstance(typed, Wrong):
                hint = (typed.prompt,)
            elif not question.confirm or await self._confirmed(question, typed):
                return typed
            else:
                hint = ()
        raise StoppedError(Result.NO_ANSWER)

    async def _confirmed(self, question: Ask, typed: Typed) -> bool:
        """Whether he said that it is right: only 1 does."""
        said = question.spoken(typed, GRAMMARS[self.language])
        key = await self.call.ask_key(("service-heard", *said, "service-confirm"), DECISION_SECONDS)
        if key == CANCEL:
            raise StoppedError(Result.CANCELLED)
        return key == "1"

    async def _find(self, values: Mapping[str, str]) -> Answer | Refused:
        call = self.service.call
        known = {f"${name}": value for name, value in values.items()} | {"$person": self.person or ""}
        question = Question(
            self.operation, {name: known.get(value, value) for name, value in call.arguments.items()}, self.key,
            call.timeout_seconds, call.retries,
        )
        return await self._meanwhile(self.office.ask(question))

    async def _meanwhile(self, asking: Coroutine[Any, Any, Found]) -> Found:
        """What it finds, with a word to the caller that we are looking."""
        task = asyncio.create_task(asking, name="back office")
        # Who hangs up meanwhile leaves nobody who would look at its error.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            await self.call.play(("service-one-moment",))
            return await task
        finally:
            task.cancel()

    async def _offer(self, prompts: Phrase, told: Told) -> Told:
        """Say it, and again as often as he wants; then a person, or back to the menu."""
        for _ in range(REPEATS):
            key = await self.call.ask_key((*prompts, "service-next"), DECISION_SECONDS)
            if key == "0":
                return replace(told, result=Result.AGENT)
            if key != "1":
                break
        return told
