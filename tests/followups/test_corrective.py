"""Causes and corrective actions, on both databases; the effect of a mend from counts alone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from followups.book.causes import UnknownCauseError, load_causes, set_cause
from followups.cases.actor import Actor, Reach
from followups.cases.refusals import (
    CaseRefusalError,
    ChangedMeanwhileError,
    EmptyTextError,
    MayOnlyLookError,
    UnknownCaseError,
    UnknownSubjectError,
    UnknownUnitError,
)
from followups.faults.corrective import WEEK, Scope, measure_effect
from followups.faults.corrective_desk import (
    ActionClosedError,
    ActionWithoutScopeError,
    CorrectiveDesk,
    MendedInFutureError,
    NewAction,
    UnknownActionError,
)
from followups.faults.store import Opened, read_opened
from foundation.calendars import Interval
from foundation.data_file import DataFileError
from tests.support.case_site import DAY_MS, SARA, SUNDAY_MS, CaseSite, case_site

CAUSES = load_causes()
WISH = NewAction("Bank of the pension's slips", "insurance-deputy", "mina", SUNDAY_MS + 30 * DAY_MS,
                 Scope(subject="insurance", cause="third-party"))


def opened(week: float, cause: str | None = "third-party") -> Opened:
    return Opened(week * WEEK, f"{week}", ("insurance", "records"), cause, "yazd")


def test_the_effect_compares_whole_weeks_of_the_scope_before_and_after() -> None:
    before = [opened(week + part / 10) for week in range(2, 10) for part in range(6)]
    after = [opened(week + 0.5) for week in (10, 11, 12)]
    others = [opened(week + 0.3, "conduct") for week in range(2, 13)]
    found = measure_effect([*before, *after, *others], Scope("insurance", "third-party"), 10 * WEEK, 13.4 * WEEK, 0)
    assert (found.before, found.after) == ((6,) * 8, (1, 1, 1))
    assert found.ratio is not None
    assert found.ratio.value == pytest.approx(1 / 6)
    assert found.is_proved


def test_weeks_before_the_first_case_ever_are_no_weeks_without_cases() -> None:
    found = measure_effect([opened(8.5), opened(9.5)], Scope(cause="third-party"), 10 * WEEK, 12 * WEEK, 8 * WEEK)
    assert (found.before, found.after) == ((1, 1), (0, 0))


def test_a_week_that_is_not_over_is_not_measured() -> None:
    found = measure_effect([opened(9.5)], Scope(province="yazd"), 10 * WEEK, 10.9 * WEEK, 0)
    assert (found.after, found.ratio, found.is_proved) == ((), None, False)


@pytest.mark.parametrize(("scope", "holds"), [
    (Scope("insurance"), True), (Scope("records"), True), (Scope("medical"), False), (Scope(cause="third-party"), True),
    (Scope(cause="conduct"), False), (Scope("records", "third-party", "yazd"), True), (Scope(province="qom"), False),
])
def test_a_scope_holds_what_fits_all_of_it(scope: Scope, holds: bool) -> None:
    assert scope.holds(opened(1.0)) is holds


def test_causes_of_the_site_stand_beside_the_shipped_ones(tmp_path: Path) -> None:
    from foundation.paths import Home  # noqa: PLC0415

    home = Home(tmp_path)
    (home.root / "followups").mkdir()
    file = home.root / "followups" / "causes.yaml"
    file.write_text("causes: {flood: {title: {fa: سیل, tr: sel, en: Flood}}}", encoding="utf-8")
    assert set(load_causes(home)) == {*CAUSES, "flood"}
    file.write_text("causes: {flood: {title: {fa: سیل}}}", encoding="utf-8")
    with pytest.raises(DataFileError, match=r"causes\.yaml:1: causes\.flood\.title.*no text in tr, en"):
        load_causes(home)


@pytest.fixture
async def site(tmp_path: Path, database_url: str) -> AsyncIterator[CaseSite]:
    async with case_site(tmp_path, database_url) as made:
        yield made


def desk(site: CaseSite) -> CorrectiveDesk:
    return CorrectiveDesk(site.database, site.office.book, CAUSES)


async def test_the_last_word_about_a_cause_counts_and_the_history_has_them_all(site: CaseSite) -> None:
    case, changes = await site.opened(), site.office.clock.changes
    for cause in ("conduct", "third-party", "third-party"):
        await set_cause(changes, CAUSES, case.code, cause, SARA)
    with pytest.raises(UnknownCauseError):
        await set_cause(changes, CAUSES, case.code, "bad-luck", SARA)
    with pytest.raises(MayOnlyLookError):
        await set_cause(changes, CAUSES, case.code, "conduct", Actor("auditor", Reach.LOOK))
    whole = Interval(0, SUNDAY_MS // 1000 + 1)
    async with site.database.read() as connection:
        [found] = await read_opened(connection, whole, site.office.book)
    assert (found.cause, found.subjects, found.province) == ("third-party", ("insurance", "insurance-records"), "yazd")
    view = await site.office.reading.view(case.code, SARA)
    told = [event.detail["cause"] for event in view.events if "cause" in event.detail]
    assert told == ["– → conduct", "conduct → third-party"]


async def test_an_action_has_its_cases_its_history_and_its_measured_effect(site: CaseSite) -> None:
    changes, codes = site.office.clock.changes, []
    for week in range(6):
        site.clock.now = SUNDAY_MS + week * 7 * DAY_MS + 60_000
        for number in range(4 if week < 4 else 1):
            case = await site.opened(request_key=f"{week}-{number}")
            await set_cause(changes, CAUSES, case.code, "third-party", SARA)
            codes.append(case.code)
    action = await desk(site).open(WISH, SARA)
    assert await desk(site).add_cases(action.id, codes[:3], SARA) == 3
    assert await desk(site).add_cases(action.id, codes[:4], SARA) == 1
    mended = SUNDAY_MS + 4 * 7 * DAY_MS
    site.clock.now = mended + 14 * DAY_MS
    await desk(site).mend(action.id, mended, SARA)
    view = await desk(site).show(action.id)
    assert view.effect is not None
    assert (view.effect.before, view.effect.after) == ((4, 4, 4), (1, 1))
    assert view.effect.ratio is not None
    assert view.effect.ratio.value == 0.25
    closed = await desk(site).close(action.id, "Slips come from the bank on the 25th", SARA)
    assert (closed.closed_by, closed.version) == ("sara", 3)
    view = await desk(site).show(action.id)
    assert [event.deed for event in view.events] == ["opened", "cases_added", "cases_added", "mended", "closed"]
    assert sorted(view.cases) == sorted(codes[:4])
    assert await desk(site).list() == []
    assert [one.id for one in await desk(site).list(closed_too=True)] == [action.id]


REFUSED = [
    (NewAction("t", "insurance-deputy", "mina", 1, Scope()), ActionWithoutScopeError),
    (NewAction("t", "insurance-deputy", "mina", 1, Scope("nothing")), UnknownSubjectError),
    (NewAction("t", "insurance-deputy", "mina", 1, Scope(cause="bad-luck")), UnknownCauseError),
    (NewAction("t", "nobody", "mina", 1, Scope("insurance")), UnknownUnitError),
    (NewAction("  ", "insurance-deputy", "mina", 1, Scope("insurance")), EmptyTextError),
    (NewAction("t", "insurance-deputy", "mina", 1, Scope("insurance"), ("123456789",)), UnknownCaseError),
]


@pytest.mark.parametrize(("wish", "refusal"), REFUSED)
async def test_an_action_that_cannot_be_is_refused_and_leaves_nothing(
    site: CaseSite, wish: NewAction, refusal: type[CaseRefusalError],
) -> None:
    with pytest.raises(refusal):
        await desk(site).open(wish, SARA)
    assert await desk(site).list(closed_too=True) == []


async def test_changes_of_an_action_are_refused_by_name(site: CaseSite) -> None:
    action = await desk(site).open(WISH, SARA)
    with pytest.raises(MendedInFutureError):
        await desk(site).mend(action.id, site.clock.now + 1, SARA)
    with pytest.raises(MayOnlyLookError):
        await desk(site).open(WISH, Actor("unit", Reach.UNITS))
    with pytest.raises(UnknownActionError):
        await desk(site).close(action.id + 1, "done", SARA)
    await desk(site).mend(action.id, site.clock.now, SARA, version=1)
    with pytest.raises(ChangedMeanwhileError):
        await desk(site).close(action.id, "done", SARA, version=1)
    await desk(site).close(action.id, "done", SARA, version=2)
    with pytest.raises(ActionClosedError):
        await desk(site).add_cases(action.id, [], SARA)


async def test_the_database_refuses_to_change_an_actions_history(site: CaseSite) -> None:
    await desk(site).open(WISH, SARA)
    for statement in ("UPDATE followup_action_event SET who = 'x'", "DELETE FROM followup_action_event"):
        with pytest.raises(DBAPIError, match="added here, never changed"):
            async with site.database.write() as connection:
                await connection.execute(text(statement))
