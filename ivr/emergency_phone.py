"""The emergency switch at an agent's telephone."""

import asyncio

import structlog

from foundation.paths import Home
from foundation.settings import Language, Settings
from ivr.call import Call
from ivr.emergency import STANDARD, EmergencyError, Mode, of_prompt, read_emergency, switch_off, switch_on
from ivr.prompts import CatalogueError, SoundError, ToolMissingError
from ivr.prompts.sound import Sound, read_sound
from ivr.studio import record_take

WAIT_SECONDS = 8.0
ANNOUNCE, CLOSE, OFF, RECORD = "1", "2", "3", "4"
QUESTIONS = 10

log = structlog.get_logger()


async def switch_by_phone(call: Call, home: Home, settings: Settings, who: str) -> None:
    """Say what is on, and switch it; a recorded announcement takes the place of the standard text."""
    sounds: dict[Language, Sound] = {}
    for _ in range(QUESTIONS):
        match await call.ask_key((_standing(home), "emergency-menu"), WAIT_SECONDS):
            case "1" | "2" as key:
                mode = Mode.ON if key == ANNOUNCE else Mode.CLOSED
                await call.play((await _switch_on(home, settings, mode, sounds, who),))
            case "3":
                await asyncio.to_thread(switch_off, home, who)
            case "4":
                sound = await record_announcement(call, home)
                sounds = sounds if sound is None else {settings.site.language: sound}
            case _:
                break
    await call.play(("goodbye",))


async def record_announcement(call: Call, home: Home) -> Sound | None:
    """What is said into the telephone; None where it was nothing."""
    async with record_take(call, home) as take:
        if take is None:
            return None
        try:
            return await asyncio.to_thread(read_sound, take)
        except SoundError as error:
            log.info("an announcement was refused", reason=str(error))
            await call.play(("studio-refused",))
            return None


async def _switch_on(home: Home, settings: Settings, mode: Mode, sounds: dict[Language, Sound], who: str) -> str:
    """The prompt that says what came of it."""
    try:
        heard = sounds or await asyncio.to_thread(of_prompt, home, settings, STANDARD)
        await asyncio.to_thread(switch_on, home, mode, heard, who)
    except (EmergencyError, CatalogueError, SoundError, ToolMissingError, OSError) as error:
        log.error("the emergency announcement could not be switched on", error=str(error))  # noqa: TRY400
        return "studio-refused"
    return "emergency-done"


def _standing(home: Home) -> str:
    found = read_emergency(home)
    return f"emergency-is-{found.mode if found else 'off'}"
