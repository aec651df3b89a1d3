"""A specialist says a case's result at his telephone: his voice is kept with the case, and told in place of the
machine's.
"""

import asyncio
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from followups.cases.actor import Actor
from followups.cases.lifecycle import WORK
from followups.cases.refusals import CaseRefusalError
from followups.telling.result_sounds import VOICE_NAME
from foundation.tracking import LENGTH, is_tracking_code
from ivr.actions.context import Resources
from ivr.call import Call
from ivr.case_room import CaseRoom, case_room
from ivr.prompts import SoundError
from ivr.prompts.sound import read_sound
from ivr.studio import AGAIN, KEEP, WAIT_SECONDS, record_take

TRIES = 3
TAKES = 5

log = structlog.get_logger()


async def record_result(call: Call, resources: Resources, who: str) -> None:
    """One result: its case by tracking code, recorded until he likes it."""
    room = await resources.get(case_room)
    code = await _code(call, room)
    if code is not None:
        await _record(call, room, resources, code, who)
    await call.play(("goodbye",))


async def _code(call: Call, room: CaseRoom) -> str | None:
    """Of a case that has no result yet."""
    hint: tuple[str, ...] = ()
    for _ in range(TRIES):
        keys = await call.ask_digits((*hint, "result-voice-code"), LENGTH, WAIT_SECONDS)
        if not keys:
            break
        found = await room.cases.by_code(keys) if is_tracking_code(keys) else None
        if found is not None and found.case.state in WORK:
            return keys
        hint = ("result-voice-unknown",)
    return None


async def _record(call: Call, room: CaseRoom, resources: Resources, code: str, who: str) -> None:
    for _ in range(TAKES):
        await call.play(("result-voice-record",))
        async with record_take(call, resources.home) as take:
            if take is None:
                return
            if await _likes(call, take):
                await call.play((await _keep(room, code, take, who),))
                return


async def _likes(call: Call, take: Path) -> bool:
    for _ in range(TAKES):
        key = await call.ask_key((str(take.with_suffix("")), "studio-keep"), WAIT_SECONDS)
        if key != AGAIN:
            return key == KEEP
    return False


async def _keep(room: CaseRoom, code: str, take: Path, who: str) -> str:
    """What to say of it."""
    try:
        await asyncio.to_thread(read_sound, take)
        content = await asyncio.to_thread(take.read_bytes)
        await room.office.desk.attach(code, VOICE_NAME, content, Actor(who))
    except (SoundError, CaseRefusalError, SQLAlchemyError, OSError) as error:
        log.warning("a spoken result was refused", agent=who, reason=str(error)[:200])
        return "studio-refused"
    return "result-voice-kept"
