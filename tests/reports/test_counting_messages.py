"""Figures of messages as the report adds them up, against the messages themselves, on both databases."""

import asyncio
from collections.abc import Sequence
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from callqueue.metrics.arithmetic import nearest_rank
from foundation.calendars import Interval
from foundation.database import MAIN, Database
from recordings.messages.messages import Message, Wanted, message_courses, messages
from recordings.tables import voice_message
from reports.callers.voice_messages import MessageTally, tally_messages
from tests.support.case_rows import row_of
from tests.support.stores import make_tables

NOW = 1_795_000_000
PIECES = [Interval(NOW - 7200, NOW - 3600), Interval(NOW - 3600, NOW - 600), Interval(NOW - 600, NOW)]


def drawn(random: Random, number: int) -> dict[str, object]:
    taken = NOW * 1000 - random.choice([0, 1, 600_000, 3_600_000, 7_200_000, random.randint(0, 8_000_000)])
    state = random.choice(["new", "heard", "closed"])
    return row_of(
        voice_message, id=f"m{number:03}", kind=random.choice(["voice_message", "callback_request", "lost_caller"]),
        box=random.choice(["general", "rescue"]), taken_ms=taken, duration_ms=random.choice([0, 4000, 9001]),
        state=state, heard_ms=taken + random.randint(0, 5000) if state == "heard" or random.random() < 0.3 else None,
        closed_ms=taken + random.randint(0, 9000) if state == "closed" else None)


def recounted(found: Sequence[Message]) -> dict[str, float | None]:
    heard = sorted((each.heard_ms - each.taken_ms) / 1000 for each in found if each.heard_ms is not None)
    closed = sorted((each.closed_ms - each.taken_ms) / 1000 for each in found if each.closed_ms is not None)

    def having(**wanted: str) -> int:
        return sum(all(getattr(each, name) == value for name, value in wanted.items()) for each in found)

    return {
        "messages_taken": len(found), "messages_spoken": having(kind="voice_message"),
        "messages_requests": having(kind="callback_request"), "messages_lost": having(kind="lost_caller"),
        "messages_new": having(state="new"), "messages_heard_only": having(state="heard"),
        "messages_closed": having(state="closed"),
        "messages_heard_p50": nearest_rank(heard, 50), "messages_heard_p90": nearest_rank(heard, 90),
        "messages_closed_p50": nearest_rank(closed, 50), "messages_closed_p90": nearest_rank(closed, 90),
        "messages_oldest": max((NOW - each.taken_ms / 1000 for each in found if each.state != "closed"), default=None),
        "messages_length": nearest_rank(sorted(each.duration_ms / 1000 for each in found if each.duration_ms), 50),
    }


async def compare(url: str, seed: int) -> None:
    random, database = Random(seed), Database(url)  # noqa: S311 - messages, no secrets
    rows = [drawn(random, number) for number in range(random.randint(0, 30))]
    wanted = Wanted(random.choice([None, "general"]), since_ms=PIECES[0].start * 1000, until_ms=PIECES[-1].end * 1000)
    try:
        await make_tables(database, MAIN)
        async with database.write() as connection:
            await connection.execute(delete(voice_message))
            if rows:
                await connection.execute(insert(voice_message), rows)
        async with database.read() as connection:
            tallies = tally_messages(await message_courses(connection, wanted), PIECES)
            found = await messages(connection, wanted)
            assert await messages(connection, wanted, most=3) == found[:3]
    finally:
        await database.close()
    whole = MessageTally()
    for piece, boxes in zip(PIECES, tallies, strict=True):
        of_piece = [each for each in found if piece.holds(each.taken_ms // 1000)]
        assert list(boxes) == sorted({each.box for each in of_piece})
        for box, tally in boxes.items():
            whole.join(tally)
            assert tally.figures(NOW) == recounted([each for each in of_piece if each.box == box])
    assert whole.figures(NOW) == recounted(found)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_messages_add_up_to_the_figures_of_the_messages_themselves(database_url: str, seed: int) -> None:
    asyncio.run(compare(database_url, seed))
