"""What a running line has kept of a call, as its samples."""

from foundation.database import Database, Store, store_url
from recordings.sound import decode, read_sound
from recordings.store import Recording, recordings_of
from tests.support.live_line import LiveLine
from tests.support.waiting import eventually


async def kept_recordings(line: LiveLine, call_id: str) -> list[Recording]:
    """The recordings of a call, once there are any."""
    database = Database(store_url(line.home, line.settings, Store.MAIN))

    async def look() -> list[Recording]:
        async with database.read() as connection:
            return list(await recordings_of(connection, [call_id]))

    try:
        return await eventually(look, f"a recording of {call_id} is kept", 60)
    finally:
        await database.close()


async def kept_sides(line: LiveLine, recording: Recording) -> tuple[list[int], list[int]]:
    """The caller's side and the agent's, which is empty for a voice message."""
    sides = decode(await read_sound(line.home, line.settings, recording))
    return sides.caller.tolist(), sides.agent.tolist()
