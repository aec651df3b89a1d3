"""The week by hour: times cut by the hours of a zone, and tallies that can be kept and added in any order."""

from collections import Counter
from datetime import datetime
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from callqueue.metrics.hours_tally import Booked, HoursTally, add_hours, hour_figures, hours_of_week, tally_hours
from callqueue.metrics.rules import Rulebook, Rules
from callqueue.metrics.tally import MILLISECONDS, SECONDS, AgentsTally, CallsTally
from callqueue.rollups.codec import decode_hours, encode_hours
from foundation.calendars import Interval

QUARTER, HOUR, DAY = 900, 3600, 86_400
MOVED = {
    "America/New_York": (2026, 3, 8),  # an hour forward
    "Europe/Berlin": (2026, 10, 25),  # an hour back
    "Australia/Lord_Howe": (2026, 4, 5),  # half an hour back
    "America/St_Johns": (2010, 11, 7),  # an hour back at one minute past midnight
    "Asia/Kathmandu": (2026, 3, 8),  # +05:45, never moved
    "Asia/Tehran": (2022, 3, 22),  # forward at midnight
}
RULES = Rulebook({"pensions": Rules(service_threshold=30, short_abandon=2)})


def seconds_by_hour(*pieces: Interval, zone: ZoneInfo) -> Counter[int]:
    found: Counter[int] = Counter()
    for piece in pieces:
        for hour, time in hours_of_week(piece, zone):
            found[hour] += time.seconds
    return found


@given(st.sampled_from(sorted(MOVED)), st.integers(-200, 200), st.lists(st.integers(1, 100), min_size=2, max_size=5))
def test_hours_of_a_time_are_those_of_its_quarters_also_where_clocks_are_moved(
    name: str, shift: int, lengths: list[int],
) -> None:
    zone = ZoneInfo(name)
    edges = [int(datetime(*MOVED[name], tzinfo=zone).timestamp()) // QUARTER * QUARTER + shift * QUARTER]
    for length in lengths:
        edges.append(edges[-1] + length * QUARTER)
    whole = Interval(edges[0], edges[-1])
    pieces = [Interval(start, end) for start, end in pairwise(edges)]
    assert seconds_by_hour(whole, zone=zone) == seconds_by_hour(*pieces, zone=zone)
    told = Counter[int]()
    for start in range(whole.start, whole.end, QUARTER):
        local = datetime.fromtimestamp(start, zone)
        told[local.weekday() * 24 + local.hour] += QUARTER
    assert seconds_by_hour(whole, zone=zone) == told


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 8), {1: 1, 2: 0, 3: 1}), ((2026, 11, 1), {0: 1, 1: 2, 2: 1})])
def test_an_hour_that_clocks_leave_out_or_repeat_counts_as_often_as_it_was(
    day: tuple[int, int, int], hours: dict[int, int],
) -> None:
    zone = ZoneInfo("America/New_York")
    start = int(datetime(*day, tzinfo=zone).timestamp())
    found = seconds_by_hour(Interval(start, start + DAY - HOUR), zone=zone)
    sunday = 6 * 24
    assert {hour: found[sunday + hour] / HOUR for hour in hours} == hours


@st.composite
def booked(draw: st.DrawFn) -> Booked:
    def numbers(kind: np.dtype[Any]) -> NDArray[Any]:
        return np.sort(np.array(draw(st.lists(st.integers(0, 60_000), max_size=4)), kind))

    calls = {
        queue: CallsTally(
            Counter(draw(st.dictionaries(
                st.sampled_from(["offered", "answered", "abandoned", "entries", "rings"]), st.integers(0, 300)))),
            waiting=draw(st.lists(st.tuples(st.integers(0, 60), st.integers(60, 90)), max_size=2)),
            waits=numbers(MILLISECONDS), entries_abandoned=numbers(SECONDS) % 9)
        for queue in draw(st.sets(st.sampled_from(["operator", "pensions", "صف"])))
    }
    queues = st.sampled_from([(), ("operator",), ("operator", "pensions")])
    conditions = st.tuples(st.sampled_from(["ready", "wrap_up", "paused"]), queues)
    key = st.tuples(st.lists(conditions, min_size=1, max_size=2).map(lambda each: tuple(sorted(each))), st.booleans())
    spent = draw(st.dictionaries(key, st.integers(0, 1 << 33), max_size=4))
    return Booked(draw(st.sampled_from([0, 1, 60, 167])), [calls], [AgentsTally(Counter(spent))])


def content(tally: HoursTally) -> tuple[str, bytes]:
    return encode_hours(HoursTally(tally.calls, tally.agents, sorted(tally.waiting)))


@given(st.lists(booked(), max_size=5), st.randoms(use_true_random=False))
def test_tallies_are_the_same_kept_and_added_in_whatever_order(found: list[Booked], random: Random) -> None:
    parts = [decode_hours(*encode_hours(tally_hours([each], RULES))) for each in found]
    random.shuffle(parts)
    kept = decode_hours(*encode_hours(add_hours([add_hours(parts[:2]), add_hours(parts[2:])])))
    whole = tally_hours(found, RULES)
    assert content(kept) == content(whole)
    for queues in (None, ["pensions"], ["nobody"]):
        assert hour_figures(kept, queues, RULES, 100) == hour_figures(whole, queues, RULES, 100)


def test_an_entry_that_still_waits_counts_against_the_level_once_its_threshold_is_over() -> None:
    waiting = CallsTally(
        Counter(offered=2, answered=1, entries=2), waiting=[(70, 80)], waits=np.array([5000], MILLISECONDS))
    tally = tally_hours([Booked(9, [{"operator": waiting}], [])], RULES)
    levels = [hour_figures(tally, None, RULES, now)[9]["service_level"] for now in (85, 90, 91)]
    assert levels == [1.0, 1.0, 0.5]
