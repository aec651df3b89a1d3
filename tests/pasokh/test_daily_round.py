"""The daily round of deletion comes once a day, also over midnight and after a pause, and again soon when it failed."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from foundation.paths import Home
from foundation.settings import Queue, Settings
from foundation.settings.changes import write_applied
from pasokh import recordings_service
from pasokh.recordings_service import keep_daily, last_time

TEHRAN = ZoneInfo("Asia/Tehran")
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=TEHRAN)


@pytest.mark.parametrize(("at", "now", "last"), [
    ("03:30", "2026-11-22 12:00", "2026-11-22 03:30"), ("03:30", "2026-11-22 03:30", "2026-11-22 03:30"),
    ("03:30", "2026-11-22 03:29", "2026-11-21 03:30"), ("23:59", "2027-01-01 00:00", "2026-12-31 23:59"),
])
def test_the_latest_moment_at_which_a_round_was_due(at: str, now: str, last: str) -> None:
    found = last_time(at, datetime.fromisoformat(now).replace(tzinfo=TEHRAN))
    assert found == datetime.fromisoformat(last).replace(tzinfo=TEHRAN)


async def test_a_round_comes_once_a_day_and_again_when_it_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    home, rounds = Home(tmp_path), list[str]()
    home.make()
    settings = Settings(queues={"operator": Queue()})
    clock = _hours([0, 1, 2, 15, 16, 39, 40])
    moments = [NOON]

    def now(_zone: ZoneInfo) -> datetime:
        try:
            moments[0] = next(clock)
        except StopIteration:
            raise EndOfTimeError from None
        return moments[0]

    async def go_round(_home: Home, found: Settings) -> bool:
        rounds.append(f"{(moments[0] - NOON) // timedelta(hours=1)} {found.retention.at}")
        earlier = found.retention.model_copy(update={"at": "03:00"})
        write_applied(home, settings.model_copy(update={"retention": earlier}))
        return len(rounds) != 2  # the second one fails

    monkeypatch.setattr(recordings_service, "_go_round", go_round)
    monkeypatch.setattr(recordings_service, "LOOK_SECONDS", 0)
    with pytest.raises(EndOfTimeError):
        await asyncio.wait_for(keep_daily(home, settings, now), 60)
    # At the start; when a day has begun, twice, for once it failed; the day after. And changed settings hold at once.
    assert rounds == ["0 03:30", "15 03:00", "16 03:00", "39 03:00"]


class EndOfTimeError(Exception):
    """The test's clock has no more moments."""


def _hours(after: list[int]) -> Iterator[datetime]:
    return (NOON + timedelta(hours=hours) for hours in after)
