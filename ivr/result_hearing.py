"""Saying a result to one who has proved that it is his, and asking what he says of it.

What he heard and said is written down before anything else is done: from there it reaches its case, whatever is killed.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog

from followups.cases.case import Case, ToldBy
from followups.telling.heard import Answer, Heard
from ivr.call import Call
from ivr.case_room import CaseRoom, now_ms

SOLVED, NOT_SOLVED, AGENT, AGAIN, BACK = "1", "2", "3", "4", "*"
ANSWERS = {SOLVED: Answer.SOLVED, NOT_SOLVED: Answer.NOT_SOLVED, AGENT: Answer.AGENT}
WAIT_SECONDS = 7.0
ASKED = 5
FAILURES = 2
"""Silences and wrong keys."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Hearing:
    """One result that is said on one call."""

    call: Call
    room: CaseRoom
    case: Case
    how: ToldBy

    async def run(self, when_heard: Callable[[], Awaitable[None]] | None = None) -> Answer | None:
        """Say it, and ask. None: he says nothing of it.

        `when_heard` is called once, when he has heard it.

        Raises:
            HangupError: he is gone; what he heard and said until then is kept.
        """
        heard = Heard(f"{self.call.call_id}-{self.case.code}", self.case.code, self.case.reopened, self.how,
                      self.call.call_id, now_ms())
        said = ("result-begins", *self.room.sounds.parts(self.case))
        await self.call.play(said)
        await self._keep(heard)
        if when_heard is not None:
            await when_heard()
        answer = await self._ask(said)
        if answer is not None:
            await self._keep(replace(heard, answer=answer))
        return answer

    async def _ask(self, said: tuple[str, ...]) -> Answer | None:
        failures = 0
        for _ in range(ASKED):
            key = await self.call.ask_key(("result-answer",), WAIT_SECONDS)
            if key in ANSWERS:
                return ANSWERS[key]
            if key == AGAIN:
                await self.call.play(said)
                continue
            failures += 1
            if key == BACK or failures >= FAILURES:
                break
        return None

    async def _keep(self, heard: Heard) -> None:
        try:
            await asyncio.to_thread(self.room.spool.keep, heard)
        except OSError as error:
            # The call's own outcome still says that he was told.
            log.error("what a caller said is lost: the spool takes nothing", error=str(error))  # noqa: TRY400
