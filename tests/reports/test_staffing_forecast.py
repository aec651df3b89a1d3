"""Forecasts of invented histories whose law is known."""

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.calendars import Interval, day_start, jalali_month
from foundation.settings import Queue, Settings
from reports.staffing.forecast import expectations, learn
from reports.staffing.history import SLOTS, Day, DayClass, class_of, days_of
from reports.staffing.holdback import ASSUMED_SPREAD_OF_FEW_DAYS, errors_of
from reports.staffing.patience import patience_of
from reports.staffing.reading import day_kinds

TEHRAN = ZoneInfo("Asia/Tehran")
FIRST = date(2024, 9, 1)
TODAY = date(2026, 11, 22)


def ordinary(_: date) -> DayClass:
    return DayClass.ORDINARY


def history(days: int, law: Callable[[date], float]) -> list[Day]:
    """Each day's calls as `law` says, spread evenly from 8 to 16."""
    found = []
    for number in range(days):
        day = FIRST + timedelta(days=number)
        calls = law(day) / 32
        found.append(Day(day, tuple(calls if 32 <= slot < 64 else 0.0 for slot in range(SLOTS))))
    return found


def by_weekday(day: date) -> float:
    return 320.0 + 32 * day.weekday()


def ahead(found: Sequence[Day], kind: Callable[[date], DayClass] = ordinary, days: int = 1) -> tuple[date, float]:
    day = found[-1].day + timedelta(days=days)
    return day, sum(learn(found, kind).calls(day, kind(day)))


def test_a_week_that_repeats_itself_is_forecast_exactly() -> None:
    found = history(35, by_weekday)
    day, calls = ahead(found)
    assert calls == pytest.approx(by_weekday(day))
    errors = errors_of(found, ordinary)
    assert errors.weeks == 3
    assert errors.wape == pytest.approx(0)
    assert errors.naive_wape == pytest.approx(0)


def test_recent_weeks_weigh_more_than_old_ones() -> None:
    found = history(112, lambda day: 100.0 if day < FIRST + timedelta(days=84) else 200.0)
    assert 150 < ahead(found)[1] < 200


def test_the_season_of_the_jalali_month_is_learnt_from_more_than_a_year() -> None:
    found = history(730, lambda day: by_weekday(day) * (1.5 if jalali_month(day) == 7 else 1.0))
    forecaster = learn(found, ordinary)
    assert forecaster.yearly_growth == pytest.approx(1, abs=0.02)
    assert forecaster.seasons[7] / forecaster.seasons[1] == pytest.approx(1.5, rel=0.08)
    assert learn(found[:350], ordinary).seasons == {}


def test_growth_is_not_mistaken_for_a_season() -> None:
    found = history(730, lambda day: by_weekday(day) * 1.2 ** ((day - FIRST).days / 364))
    forecaster = learn(found, ordinary)
    assert forecaster.yearly_growth == pytest.approx(1.2, rel=0.01)
    assert all(factor == pytest.approx(1, abs=0.03) for factor in forecaster.seasons.values())


def test_holidays_and_the_days_beside_them_have_factors_of_their_own() -> None:
    def kind(day: date) -> DayClass:
        return class_of(day, lambda each: (each - FIRST).days % 15 == 9)

    factors = {DayClass.HOLIDAY: 0.2, DayClass.BEFORE: 0.9, DayClass.AFTER: 1.4, DayClass.ORDINARY: 1.0}
    found = history(150, lambda day: 320 * factors[kind(day)])
    learnt = learn(found, kind)
    assert learnt.specials[DayClass.AFTER] == pytest.approx(1.4, abs=0.05)
    assert learnt.specials[DayClass.HOLIDAY] == pytest.approx(0.2, abs=0.1)
    assert sum(learnt.calls(TODAY, DayClass.ORDINARY)) == pytest.approx(320)
    assert errors_of(found, kind).wape == pytest.approx(0.02, abs=0.02)


def test_the_sites_calendar_tells_holidays_and_their_neighbours() -> None:
    kind = day_kinds(Settings(queues={"operator": Queue()}), TODAY)
    nowruz = date(2027, 3, 21)
    assert kind(nowruz) is DayClass.HOLIDAY
    assert class_of(date(2026, 11, 23), lambda day: day == TODAY) is DayClass.AFTER
    assert class_of(date(2026, 11, 21), lambda day: day == TODAY) is DayClass.BEFORE


def test_the_given_growth_multiplies_and_the_range_holds_the_forecast() -> None:
    learnt = learn(history(28, by_weekday), ordinary)
    plain, grown = (learnt.calls(TODAY, DayClass.ORDINARY, growth) for growth in (1.0, 1.5))
    assert grown == pytest.approx([each * 1.5 for each in plain])
    assert all(each.low <= each.calls <= each.high for each in expectations(plain, 0.2))


def test_little_history_is_said_and_its_ranges_are_wide() -> None:
    found = history(5, by_weekday)
    errors = errors_of(found, ordinary)
    assert (errors.weeks, errors.wape, errors.spread_is_measured) == (0, None, False)
    assert errors.spread == ASSUMED_SPREAD_OF_FEW_DAYS
    assert ahead(found)[1] == pytest.approx(sum(map(by_weekday, [each.day for each in found])) / 5, rel=0.05)


def test_beyond_chance_the_forecast_beats_the_naive_one() -> None:
    chance = random.Random(7)  # noqa: S311 - no secret
    found = history(84, lambda day: max(0.0, chance.gauss(by_weekday(day), by_weekday(day) * 0.2)))
    errors = errors_of(found, ordinary)
    assert errors.day_wape is not None
    assert errors.wape is not None
    assert errors.naive_wape is not None
    assert errors.wape < errors.naive_wape
    assert 0.1 < errors.spread < 0.35
    assert errors.spread_is_measured


def test_quarters_in_which_nobody_could_count_say_nothing() -> None:
    start = int(day_start(TODAY, TEHRAN).timestamp())
    seen = Interval(start, start + 86400)
    [day] = days_of({start // 900 + 40: 7}, seen, [Interval(start + 900, start + 1800 + 30)], TEHRAN)
    assert (day.calls[40], day.calls[0], day.calls[1], day.calls[2]) == (7, 0, None, 0)
    assert day.total is None
    assert sum(learn([day], ordinary).calls(TODAY, DayClass.ORDINARY)) == 7


@pytest.mark.parametrize(("day", "calls"), [(date(2026, 3, 29), 92), (date(2026, 10, 25), 96)])
def test_where_clocks_are_moved_a_day_keeps_its_quarters(day: date, calls: int) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    seen = Interval(*(int(day_start(each, berlin).timestamp()) for each in (day, day + timedelta(days=1))))
    counted = dict.fromkeys(range(seen.start // 900, seen.end // 900), 1)
    [found] = days_of(counted, seen, [], berlin)
    assert found.total == calls


def test_patience_is_all_time_waited_by_those_who_gave_up() -> None:
    found = patience_of(4, 600)
    assert found is not None
    assert found.mean == 150
    assert found.low < 150 < found.high
    assert patience_of(0, 600) is None


@given(st.floats(20, 400), st.floats(5, 200), st.integers(0, 1000))
def test_patience_is_found_again_in_waits_that_were_cut_off(patience: float, answer: float, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    pairs = [(chance.expovariate(1 / patience), chance.expovariate(1 / answer)) for _ in range(4000)]
    found = patience_of(sum(mine < other for mine, other in pairs), sum(map(min, pairs)))
    assert found is not None
    assert found.low * 0.6 < patience < found.high * 1.7
