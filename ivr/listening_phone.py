"""Agents hear by telephone: the voice messages that wait for their queues and, where the site allows it, their own last
conversation. Whatever is heard is written down before it plays.
"""

import asyncio
import secrets
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import structlog
from sqlalchemy.exc import SQLAlchemyError

from foundation.paths import Home
from foundation.web.audit_log import Act, record
from ivr.actions.context import Resources
from ivr.call import Call
from ivr.case_room import now_ms
from recordings.listening.listens import Listen, Purpose, Way, add_listen
from recordings.listening.listing import Scope, WantedRecordings, find_recording, find_recordings
from recordings.messages.messages import Wanted, mark_heard, messages
from recordings.sound import BrokenSoundError, Sides, SoundGoneError, SoundLockedError, decode, read_sound
from recordings.store import Recording
from recordings.wav import RATE

WAIT_SECONDS = 8.0
NEXT, AGAIN = "1", "2"
MOST = 30
"""Sounds in one call; then it ends."""

log = structlog.get_logger()


async def hear_recordings(call: Call, resources: Resources, who: str) -> None:
    """Ask what he wants to hear, and play it."""
    own = resources.settings.listening.agents_own_calls
    offers = ("listening-messages", "listening-own") if own else ("listening-messages",)
    match await call.ask_key(offers, WAIT_SECONDS):
        case "1":
            await _hear(call, resources, who, await waiting_messages(resources, who))
        case "2" if own:
            await _hear(call, resources, who, await last_conversation(resources, who))
        case _:
            pass
    await call.play(("goodbye",))


async def waiting_messages(resources: Resources, who: str) -> list[Recording]:
    """Sound of the open messages that agents of his queues may take, the oldest first."""
    queues = resources.settings.agents[who].queues
    async with resources.main.read() as connection:
        sent = await messages(connection, Wanted(open=True))
        mine = [one.recording_id for one in sent if one.recording_id and (one.queue is None or one.queue in queues)]
        found = [await find_recording(connection, name) for name in mine[:MOST]]
    return [one for one in found if one is not None and one.deleted_ms is None]


async def last_conversation(resources: Resources, who: str) -> list[Recording]:
    """At most one."""
    async with resources.main.read() as connection:
        return list(await find_recordings(connection, WantedRecordings((Scope(agent=who),)), 1))


async def _hear(call: Call, resources: Resources, who: str, found: list[Recording]) -> None:
    if not found:
        await call.play(("listening-none",))
        return
    await call.play(("listening-keys",))
    for one in found:
        key = AGAIN
        for _ in range(MOST):
            if key != AGAIN:
                break
            key = await _hear_one(call, resources, who, one)
        if key != NEXT:
            return
    await call.play(("listening-none",))


async def _hear_one(call: Call, resources: Resources, who: str, one: Recording) -> str:
    """The key that was pressed afterwards."""
    try:
        sides = decode(await read_sound(resources.home, resources.settings, one))
        await write_down(resources, who, one)
    except (SoundGoneError, SoundLockedError, BrokenSoundError, SQLAlchemyError) as error:
        log.warning("a recording was not played by telephone", agent=who, recording=one.id, reason=str(error)[:200])
        return await call.ask_key(("listening-failed", "listening-after"), WAIT_SECONDS)
    async with _played(resources.home, sides) as path:
        await call.play_sound(path, one.duration_ms / 1000)
    return await call.ask_key(("listening-after",), WAIT_SECONDS)


async def write_down(resources: Resources, who: str, one: Recording) -> None:
    """Who hears it: in the log of listens, in the audit log, and at the message."""
    listener, at_ms = f"agent:{who}", now_ms()
    purpose = Purpose.TRAINING if one.kind == "call" else Purpose.CASE
    listen = Listen(one.id, at_ms, listener, "agent", purpose.value, "", Way.TELEPHONE.value)
    act = Act(listener, "recording.opened", one.id, {"purpose": purpose.value, "way": Way.TELEPHONE.value})
    async with resources.main.write() as connection:
        await add_listen(connection, listen)
        await record(connection, act, at_ms)
        await mark_heard(connection, one.id, who, at_ms)


@asynccontextmanager
async def _played(home: Home, sides: Sides) -> AsyncIterator[Path]:
    """The sound as a telephone hears it, in a file that lives as long as the block."""
    path = home.run / f"heard-{secrets.token_hex(8)}.wav"
    try:
        await asyncio.to_thread(write_mixed, path, sides)
        yield path
    finally:
        path.unlink(missing_ok=True)


def write_mixed(path: Path, sides: Sides) -> None:
    """Both sides in one."""
    both = np.zeros(max(len(sides.caller), len(sides.agent)), np.int32)
    for side in (sides.caller, sides.agent):
        both[: len(side)] += side
    path.touch(mode=0o600)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.clip(both, -32768, 32767).astype("<i2").tobytes())
