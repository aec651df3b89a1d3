"""What a supervisor asks of those who wait: refused by name, or done with a line in the journal."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from callqueue.queues.desk import Moved, QueueDesk
from callqueue.queues.refusals import (
    NoSuchPlaceError,
    NotDoneError,
    NotWaitingError,
    PriorityOutOfRangeError,
    QueueRefusalError,
)
from tests.support.manager import Fields, respond
from tests.support.queue_site import QueueSite, queue_site


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[QueueSite]:
    async with queue_site(tmp_path) as made:
        for number in (1, 2):
            made.asterisk.waiting.append({
                "Queue": "medical", "Position": str(number), "Channel": f"PJSIP/trunk-{number}",
                "Uniqueid": f"u{number}", "Priority": "0",
            })
        yield made


Ask = Callable[[QueueDesk], Awaitable[Moved]]

REFUSED: list[tuple[Ask, type[QueueRefusalError]]] = [
    (lambda desk: desk.move("u9", 1, "who"), NotWaitingError),
    (lambda desk: desk.move("u1", 0, "who"), NoSuchPlaceError),
    (lambda desk: desk.move("u1", 3, "who"), NoSuchPlaceError),
    (lambda desk: desk.raise_priority("u1", -1, "who"), PriorityOutOfRangeError),
    (lambda desk: desk.raise_priority("u1", 1001, "who"), PriorityOutOfRangeError),
    (lambda desk: desk.withdraw("u9", "who"), NotWaitingError),
]


@pytest.mark.parametrize(("ask", "refusal"), REFUSED)
async def test_what_cannot_be_is_refused_and_nothing_is_done(
    site: QueueSite, ask: Ask, refusal: type[QueueRefusalError],
) -> None:
    with pytest.raises(refusal):
        await ask(QueueDesk(site.link))
    assert site.asterisk.journal == []


async def test_a_move_gives_priorities_at_once_and_is_written_down(site: QueueSite) -> None:
    given: list[Fields] = []

    def on_change(fields: Fields) -> bytes:
        given.append(fields)
        return respond(fields, "Success", "Priority updated")

    site.manager.answers["queuechangeprioritycaller"] = on_change
    moved = await QueueDesk(site.link).move("u2", 1, "who")
    assert [(one["Caller"], one["Priority"], one["Immediate"]) for one in given] == [("PJSIP/trunk-2", "1", "true")]
    assert site.asterisk.journal == ["medical|NONE|MOVED|who|2|1"]
    assert moved.before.position == 2


async def test_asterisks_own_refusal_is_told(site: QueueSite) -> None:
    site.manager.answers["queuewithdrawcaller"] = lambda fields: respond(fields, "Error", "Could not withdraw")
    with pytest.raises(NotDoneError, match="Could not withdraw"):
        await QueueDesk(site.link).withdraw("u1", "who")
