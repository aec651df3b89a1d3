"""What the wallboard shows of the bus's pictures and the day's figures, without pages."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callqueue.floor.state import AgentState
from foundation.settings import Queue, Settings
from reports.web.wallboard_day import DayFigures, Owed, day_began
from reports.web.wallboard_view import board_of

NOW_MS = 1_795_334_400_000
TEHRAN, BERLIN = ZoneInfo("Asia/Tehran"), ZoneInfo("Europe/Berlin")


def settings(**queue: Any) -> Settings:
    return Settings(queues={
        "operator": Queue(**queue), "insurance": Queue(title={"fa": "بیمه", "en": "Insurance"}),
    })


def figures(**values: float | None) -> DayFigures:
    return DayFigures(
        NOW_MS // 1000 - 3600, NOW_MS // 1000, values, {"operator": values}, {"operator": Owed(3, 1)}, balanced=True,
        gaps=0,
    )


PICTURES: dict[str, dict[str, Any]] = {
    "pasokh/floor": {"status": "live", "waiting": 3, "agents": {"talking": 1, "ready": 1, "paused": 2}},
    "pasokh/queues/operator": {
        "waiting": [{}, {}], "longest_wait_since": "2026-11-22T07:58:00.000Z",
        "agents": {"talking": ["a101"], "ready": ["a102"], "paused": ["a103"], "wrap-up": [], "ringing": []},
    },
    "pasokh/queues/insurance": {
        "waiting": [{}], "longest_wait_since": "2026-11-22T07:57:00.000Z", "agents": {"talking": ["a101"]},
    },
}


def test_the_whole_line_counts_an_agent_of_several_queues_once_and_waits_as_long_as_the_longest() -> None:
    board = board_of(PICTURES, None, settings(), "en", NOW_MS)
    assert board.whole is not None
    assert (board.whole.waiting, board.whole.agents[AgentState.TALKING]) == (3, 1)
    operator, insurance = (one.present for one in board.queues)
    assert operator is not None
    assert insurance is not None
    assert operator.agents[AgentState.TALKING] + insurance.agents[AgentState.TALKING] == 2
    assert operator.agents[AgentState.WRAP_UP] == 0
    assert board.whole.longest_ms == insurance.longest_ms
    assert insurance.longest_ms == datetime(2026, 11, 22, 7, 57, tzinfo=UTC).timestamp() * 1000


def test_a_queue_of_which_nothing_was_told_has_no_numbers_rather_than_noughts() -> None:
    board = board_of({}, None, settings(), "fa", NOW_MS)
    assert board.whole is None
    assert [(one.present, one.day, one.owed) for one in board.queues] == [(None, None, None)] * 2
    assert [one.title for one in board.queues] == ["operator", "بیمه"]


def test_a_blind_floor_that_tells_nothing_shows_no_agents() -> None:
    blind = {"pasokh/floor": {"status": "blind", "waiting": None, "agents": None}}
    whole = board_of(blind, None, settings(), "en", NOW_MS).whole
    assert whole is not None
    assert (whole.waiting, sum(whole.agents.values())) == (0, 0)


@pytest.mark.parametrize(("level", "limit", "low"), [
    (0.799, 80, True), (0.8, 80, False), (None, 80, False), (0.1, None, False), (0.0, 1, True),
])
def test_a_service_level_under_the_queues_limit_is_low(level: float | None, limit: int | None, low: bool) -> None:
    limits = {"alarm": {"service_level": limit}}
    [operator, _] = board_of(PICTURES, figures(service_level=level), settings(**limits), "en", NOW_MS).queues
    assert operator.is_low is low


def test_beside_the_headline_stands_what_could_flatter_it() -> None:
    made = figures(
        service_level=0.9, service_level_human=0.5, contacts_provisional=4, left_for_callback=7, refused_full=1,
        refused_empty=2, refused_closed=3, refused_busy=4, interrupted=5, lost_in_menu=6, abandonment_rate=0.1,
    )
    board = board_of(PICTURES, made, settings(), "en", NOW_MS)
    day = board.whole_day
    assert day is not None
    assert (day.service_level_human, day.provisional, day.left_for_callback, day.refused, day.interrupted) == (
        0.5, True, 7, 10, 5)
    assert day.lost_in_menu == 6
    assert board.whole_owed == Owed(3, 1)
    assert board.queues[1].owed == Owed(0, 0)


def test_figures_that_were_not_made_for_a_minute_are_old() -> None:
    made = figures(service_level=0.9)
    assert not board_of(PICTURES, made, settings(), "en", NOW_MS + 60_000).is_old
    assert board_of(PICTURES, made, settings(), "en", NOW_MS + 61_000).is_old


@pytest.mark.parametrize(("now", "begins", "zone", "began"), [
    ("2026-11-22T12:00+03:30", "00:00", TEHRAN, "2026-11-22T00:00+03:30"),
    ("2026-11-22T05:59:59+03:30", "06:00", TEHRAN, "2026-11-21T06:00+03:30"),
    ("2026-11-22T06:00+03:30", "06:00", TEHRAN, "2026-11-22T06:00+03:30"),
    ("2026-03-21T00:30+03:30", "06:00", TEHRAN, "2026-03-20T06:00+03:30"),
    ("2027-01-01T00:00+01:00", "00:00", BERLIN, "2027-01-01T00:00+01:00"),
    # the nights on which clocks are moved: the day has 23, then 25 hours
    ("2026-03-29T12:00+02:00", "00:00", BERLIN, "2026-03-29T00:00+01:00"),
    ("2026-10-25T23:30+01:00", "00:00", BERLIN, "2026-10-25T00:00+02:00"),
    ("2026-10-25T02:15+01:00", "02:30", BERLIN, "2026-10-25T02:30+02:00"),
])
def test_the_day_begins_anew_only_at_the_sites_own_hour(now: str, begins: str, zone: ZoneInfo, began: str) -> None:
    moment = datetime.fromisoformat(now).timestamp()
    assert day_began(moment, begins, zone) == datetime.fromisoformat(began).timestamp()
