"""One call, in the words of the field: answer, play, ask, record, hand to a queue.

The commands were chosen by measuring Asterisk's CPU a call. GET DATA plays a prompt, waits and collects keys in one
command, so no key falls between them. EXEC Background plays a row of prompts in one command and passes over a missing
file, where STREAM FILE would mark the whole session as failed. Between two commands Asterisk throws keys away, so
the fewer the better.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from foundation.asterisk.variables import Variable
from foundation.settings import Language
from ivr.agi.connection import Connection
from ivr.agi.protocol import Opening, Reply

LONGEST_PROMPT_SECONDS = 120.0
"""ivr.prompts makes none longer."""
MOST_DIGITS = 64
SKIP_MILLISECONDS = 5000
PAUSES_SECONDS = 600.0
"""How long one who hears a sound may go back in it and pause it, beside its own length three times."""
SAFE_VALUE = re.compile(r"[A-Za-z0-9_.+:@-]{0,80}")
RATE = 8000
END_KEY = "#"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a caller said."""

    path: Path
    seconds: float


class Call:
    """A caller on the line.

    Every method raises HangupError (with the command it happened in) when he is gone. What he types is never logged.
    """

    def __init__(self, connection: Connection, opening: Opening) -> None:
        self._connection = connection
        self._ahead = ""
        self.call_id = opening.call_id
        self.language = opening.language

    async def answer(self) -> None:
        await self._connection.command("ANSWER")

    async def play(self, prompts: Sequence[str]) -> None:
        """Play prompts one after the other; a key ends them, and is kept for the next question."""
        if prompts and not self._ahead:
            self._ahead = await self._background(prompts)

    async def play_sound(self, path: Path, seconds: float) -> None:
        """Play a file that lasts so long: 4 goes back five seconds, 6 goes on five, 5 pauses, `#` ends it."""
        skip = str(SKIP_MILLISECONDS)
        keys = (END_KEY, skip, "6", "4", "5")
        patience = PAUSES_SECONDS + 3 * seconds
        await self._connection.command("CONTROL STREAM FILE", str(path.with_suffix("")), *keys, seconds=patience)

    async def ask_key(self, prompts: Sequence[str], wait_seconds: float) -> str:
        """Play prompts and wait for one key; it may come at any time. Returns "" when none came."""
        if not self._ahead:
            await self.play(prompts[:-1])
        if not self._ahead:
            return await self._get_data(prompts[-1] if prompts else "", wait_seconds, 1)
        return self._take_ahead()

    async def ask_digits(
        self, prompts: Sequence[str], length: int, first_seconds: float = 6.0, between_seconds: float = 3.0,
    ) -> str:
        """Play prompts and collect up to `length` digits; `#` ends them early.

        `first_seconds` is the patience for the first digit, `between_seconds` for each further one. Returns fewer, or
        "", when they did not come in time; asking again is the caller of this method's affair.
        """
        if not 1 <= length <= MOST_DIGITS:
            raise ValueError(f"length = {length}: between 1 and {MOST_DIGITS}")
        first = await self.ask_key(prompts, first_seconds)
        if first in {"", END_KEY} or length == 1:
            return first.removesuffix(END_KEY)
        rest = await self._get_data("", between_seconds, length - 1)
        return first + rest.removesuffix(END_KEY)

    async def record(
        self, path: Path, longest_seconds: float, silence_seconds: int = 5, *, beep: bool = True,
    ) -> Recorded:
        """Record the caller into `path` (its suffix names the format, like .wav) until `#`, silence or the limit.

        On a hang-up HangupError is raised, and what was said until then is in the file.
        """
        reply = await self._connection.command(
            "RECORD FILE", str(path.with_suffix("")), path.suffix.removeprefix("."), END_KEY,
            str(round(longest_seconds * 1000)), *(["BEEP"] if beep else []), f"s={silence_seconds}",
            seconds=longest_seconds,
        )
        # Asterisk answers before it closes the file; it takes another command only after that.
        await self._connection.command("NOOP")
        return Recorded(path, (reply.endpos or 0) / RATE)

    async def get(self, variable: Variable) -> str | None:
        """A variable's value; None when it is not set."""
        reply = await self._connection.command("GET VARIABLE", variable.value)
        return reply.data if reply.result == "1" else None

    async def set(self, variable: Variable, value: str) -> None:
        await self._set({variable.value: value})

    async def set_language(self, language: Language) -> None:
        """From here on prompts are played in this language."""
        if language != self.language:
            await self._set({"CHANNEL(language)": language, Variable.LANGUAGE.value: language})
            self.language = language

    async def enter_queue(self, queue: str, priority: int = 0) -> None:
        """Choose the queue that the dialplan takes the call to when the menus end."""
        values = {Variable.PRIORITY.value: str(priority)} if priority else {}
        await self._set({**values, Variable.QUEUE.value: queue})

    async def finish(self) -> None:
        """Everything has been said: the dialplan shall hang up."""
        await self.set(Variable.DONE, "1")

    async def execute(self, application: str, arguments: str = "", seconds: float = 0.0) -> Reply:
        """Run an application of the dialplan that may take `seconds`."""
        return await self._connection.command("EXEC", application, arguments, seconds=seconds)

    async def write_journal(self, queue: str, event: str, *fields: str) -> None:
        """A line of ours in the journal, about this call's channel."""
        channel_id = await self.evaluate("${UNIQUEID}")
        for value in (queue, channel_id, *fields):
            if not SAFE_VALUE.fullmatch(value):
                raise ValueError(f"{event}: {value!r}: not a value for the journal")
        await self.execute("QueueLog", f"{queue},{channel_id},NONE,{event},{'|'.join(fields)}")

    async def evaluate(self, expression: str) -> str:
        """What Asterisk makes of an expression like `${CHANNEL(language)}`."""
        reply = await self._connection.command("GET FULL VARIABLE", expression)
        return reply.data or "" if reply.result == "1" else ""

    @property
    def has_key(self) -> bool:
        """Whether a key was pressed that no question has taken yet."""
        return bool(self._ahead)

    async def hang_up(self) -> None:
        await self._connection.command("HANGUP")

    async def _background(self, prompts: Sequence[str]) -> str:
        seconds = LONGEST_PROMPT_SECONDS * len(prompts)
        reply = await self._connection.command("EXEC", "Background", "&".join(prompts), seconds=seconds)
        return _key(reply)

    async def _get_data(self, prompt: str, wait_seconds: float, length: int) -> str:
        seconds = LONGEST_PROMPT_SECONDS + wait_seconds * length
        milliseconds = str(round(wait_seconds * 1000))
        reply = await self._connection.command("GET DATA", prompt, milliseconds, str(length), seconds=seconds)
        # `#` alone ends the collecting with nothing collected, and without the word timeout.
        return reply.result or ("" if reply.data == "timeout" else END_KEY)

    async def _set(self, values: Mapping[str, str]) -> None:
        for name, value in values.items():
            if not SAFE_VALUE.fullmatch(value):
                raise ValueError(f"{name} = {value!r}: not a value that a variable may get from here")
        if len(values) == 1:
            [(name, value)] = values.items()
            await self._connection.command("SET VARIABLE", name, value)
        else:
            pairs = ",".join(f"{name}={value}" for name, value in values.items())
            await self._connection.command("EXEC", "MSet", pairs)

    def _take_ahead(self) -> str:
        key, self._ahead = self._ahead, ""
        return key


def _key(reply: Reply) -> str:
    """The key in a reply that gives it as a character's number; "" for 0."""
    number = int(reply.result) if reply.result.isdecimal() else 0
    return chr(number) if 0 < number < 128 else ""
