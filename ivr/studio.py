"""Recording prompts at an agent's telephone: choose one, hear it, record it, listen, keep or discard."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from foundation.paths import Home
from foundation.settings import LANGUAGES, Language, Settings
from ivr.agi.connection import FailedCommandError
from ivr.call import Call
from ivr.prompts import CatalogueError, Prompt, SoundError, ToolMissingError, import_recording, load_catalogue
from ivr.prompts.numbers import prompt_numbers

WAIT_SECONDS = 8.0
NUMBER_DIGITS = 5
LONGEST_SECONDS = 120.0
SILENCE_SECONDS = 10
QUESTIONS = 40
"""In one call; then it ends."""
RECORD, AGAIN, KEEP = "1", "2", "1"
LANGUAGE_OF = {str(number): language for number, language in enumerate(LANGUAGES, start=1)}

log = structlog.get_logger()


async def record_prompts(call: Call, home: Home, settings: Settings, who: str) -> None:
    """One prompt after the other, until the agent gives no number or hangs up."""
    language = LANGUAGE_OF.get(await call.ask_key(("studio-language",), WAIT_SECONDS))
    hint: tuple[str, ...] = ()
    for _ in range(QUESTIONS if language else 0):
        keys = await call.ask_digits((*hint, "studio-number"), NUMBER_DIGITS, WAIT_SECONDS)
        if not keys or language is None:
            break
        prompt = await asyncio.to_thread(find_prompt, home, language, keys)
        if prompt is None:
            hint = ("studio-unknown",)
            continue
        hint = await _record_one(call, home, settings, prompt, who)
    await call.play(("goodbye",))


def find_prompt(home: Home, language: Language, keys: str) -> Prompt | None:
    """The prompt of that number in that language."""
    if not (keys.isascii() and keys.isdecimal()):
        return None
    catalogue = load_catalogue(home)
    numbers = prompt_numbers(home, {prompt.name for prompt in catalogue.prompts})
    names = {number: name for name, number in numbers.items()}
    prompt = Prompt(language, names.get(int(keys), ""))
    return prompt if prompt in catalogue.texts or prompt in catalogue.recordings else None


async def _record_one(call: Call, home: Home, settings: Settings, prompt: Prompt, who: str) -> tuple[str, ...]:
    """What to say before the next question."""
    for _ in range(QUESTIONS):
        key = await call.ask_key((str(prompt), "studio-menu"), WAIT_SECONDS)
        if key == AGAIN:
            continue
        if key != RECORD:
            return ()
        async with record_take(call, home) as take:
            if take is not None and await _keeps(call, take):
                return (await _take_in(home, settings, prompt, take, who),)
    return ()


async def _keeps(call: Call, take: Path) -> bool:
    """Whether the agent likes what he hears."""
    for _ in range(QUESTIONS):
        key = await call.ask_key((str(take.with_suffix("")), "studio-keep"), WAIT_SECONDS)
        if key != AGAIN:
            return key == KEEP
    return False


async def _take_in(home: Home, settings: Settings, prompt: Prompt, take: Path, who: str) -> str:
    try:
        await asyncio.to_thread(import_recording, home, settings, prompt, take)
    except (SoundError, CatalogueError, ToolMissingError, OSError) as error:
        log.warning("a recorded prompt was refused", prompt=str(prompt), agent=who, reason=str(error))
        return "studio-refused"
    log.info("a prompt was recorded", prompt=str(prompt), agent=who)
    return "studio-kept"


@asynccontextmanager
async def record_take(call: Call, home: Home) -> AsyncIterator[Path | None]:
    """Record after a beep until `#`; the file lives as long as the block. None where it could not be recorded."""
    take = home.run / f"take-{secrets.token_hex(8)}.wav"
    try:
        try:
            await call.record(take, LONGEST_SECONDS, SILENCE_SECONDS)
        except FailedCommandError as error:
            log.error("nothing could be recorded", error=str(error), folder=str(take.parent))  # noqa: TRY400
            yield None
        else:
            yield take
    finally:
        take.unlink(missing_ok=True)
