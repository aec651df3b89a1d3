"""What callers answer by keys: from the surveys as data over the spool to the report, on both databases."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from followups.cases.case import LinkKind
from followups.cases.tables import CASE, LINK
from followups.surveys.satisfaction import Dimension, Occasion, Response, group_responses, tell_satisfaction
from followups.surveys.satisfaction_store import count_answers
from followups.surveys.spool import Asked, Pressed, SurveySpool
from followups.surveys.surveys import load_surveys
from followups.surveys.tables import SURVEY_ANSWER, SURVEY_REQUEST
from foundation.calendars import Interval
from foundation.data_file import DataFileError
from foundation.database import MAIN, Database
from foundation.paths import Home
from tests.support.case_rows import row_of
from tests.support.stores import make_tables
from tests.support.survey_responses import read_responses

SURVEYS = load_surveys()
DAY = Interval(1_795_000_000, 1_795_086_400)
AT = DAY.start * 1000 + 5

# survey        queue      agent  cases                                   answers
CALLERS = """
after-call      insurance  a101   -                                       satisfaction=5,solved=1
after-call      insurance  a101   general-tehran:insurance-records        satisfaction=4,solved=2
after-call      insurance  a102   -                                       -
after-call      medical    a101   medical-desk:medical,general-qom:insurance  satisfaction=1
after-result    -          -      medical-desk:medical                    satisfaction=3,speed=2
"""


def responses() -> list[Response]:
    return [_response(*line.split()) for line in CALLERS.strip().splitlines()]


def _response(survey: str, queue: str, agent: str, cases: str, answers: str) -> Response:
    pairs = [] if cases == "-" else [case.split(":") for case in cases.split(",")]
    keys = {} if answers == "-" else dict(answer.split("=") for answer in answers.split(","))
    return Response(survey, None if queue == "-" else queue, None if agent == "-" else agent,
                    [(unit, subject) for unit, subject in pairs], {name: int(key) for name, key in keys.items()})


def test_all_together_count_every_caller_once() -> None:
    [line] = tell_satisfaction(group_responses(responses(), Dimension.TOTAL), SURVEYS)
    assert (line.asked, line.answered, line.response_rate) == (5, 4, 0.8)
    told = {(one.survey, one.question): (one.answers, one.mean, one.good_share) for one in line.questions}
    assert told == {
        ("after-call", "satisfaction"): (3, 10 / 3, 2 / 3), ("after-call", "solved"): (2, 1.5, 0.5),
        ("after-result", "satisfaction"): (1, 3.0, 0.0), ("after-result", "speed"): (1, 2.0, 0.0),
    }


# by        name                  asked  answered  mean of after-call:satisfaction
LINES = """
queue       insurance             3      2         4.5
queue       medical               1      1         1.0
queue       -                     1      1         -
agent       a101                  3      3         3.3333
agent       a102                  1      0         -
agent       -                     1      1         -
unit        general-qom           1      1         1.0
unit        general-tehran        1      1         4.0
unit        medical-desk          2      2         1.0
unit        -                     2      1         5.0
subject     insurance             1      1         1.0
subject     insurance-records     1      1         4.0
subject     medical               2      2         1.0
subject     -                     2      1         5.0
"""


@pytest.mark.parametrize("by", [dimension for dimension in Dimension if dimension is not Dimension.TOTAL])
def test_each_line_counts_its_own_callers(by: Dimension) -> None:
    expected = [line.split()[1:] for line in LINES.strip().splitlines() if line.split()[0] == by]
    found = []
    for line in tell_satisfaction(group_responses(responses(), by), SURVEYS):
        means = [one.mean for one in line.questions if (one.survey, one.question) == ("after-call", "satisfaction")]
        mean = means[0] if means else None
        found.append([line.name or "-", str(line.asked), str(line.answered),
                      "-" if mean is None else f"{round(mean, 4)}"])
    assert found == expected


def test_nobody_asked_gives_no_lines_and_nobody_answering_no_figures() -> None:
    assert tell_satisfaction(group_responses([], Dimension.TOTAL), SURVEYS) == []
    silent = [_response("after-call", "q", "a101", "-", "-")]
    [line] = tell_satisfaction(group_responses(silent, Dimension.QUEUE), SURVEYS)
    assert line.response_rate == 0.0
    assert {(one.mean, one.good_share) for one in line.questions} == {(None, None)}


@pytest.mark.parametrize(("survey", "reason"), [
    ("questions: {a: {ask: p, keys: 6, good: [5]}}", "less than or equal to 5"),
    ("questions: {a: {ask: p, keys: 3, good: [4]}}", r"must be keys from 1 to 3"),
    ("questions: {a: {ask: p, good: []}}", r"must be keys from 1 to 5"),
    ("questions: {}", "at least 1 item"),
    ("questions: {a: {ask: p, good: [1]}, b: {ask: p, good: [1]}, c: {ask: p, good: [1]}, d: {ask: p, good: [1]}}",
     "at most 3 items"),
])
def test_a_survey_that_cannot_be_asked_is_refused_with_file_and_line(
    tmp_path: Path, survey: str, reason: str,
) -> None:
    file = tmp_path / "surveys.yaml"
    file.write_text(f"surveys:\n  own:\n    title: {{fa: ش, tr: k, en: o}}\n    {survey}\n", encoding="utf-8")
    with pytest.raises(DataFileError, match=rf"surveys\.yaml:\d+: surveys\.own\.questions.*{reason}"):
        load_surveys(file)


def test_a_site_may_replace_a_shipped_survey_and_add_its_own(tmp_path: Path) -> None:
    file = tmp_path / "surveys.yaml"
    question = "questions: {kind: {ask: ours, keys: 3, good: [1]}}"
    file.write_text(
        f"surveys:\n  after-call: {{title: {{fa: ش, tr: k, en: o}}, {question}}}\n"
        f"  second: {{title: {{fa: ش, tr: k, en: o}}, {question}}}\n", encoding="utf-8")
    found = load_surveys(file)
    assert set(found) == {"after-call", "after-result", "second"}
    assert found["after-call"].prompts == ["ours"]
    assert [key for key in "0123456789*#٣" if found["second"].questions[0].takes(key)] == ["1", "2", "3"]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    made = Database(database_url)
    await make_tables(made, MAIN)
    yield made
    await made.close()


@pytest.fixture
def spool(tmp_path: Path) -> SurveySpool:
    return SurveySpool(Home(tmp_path / "home"))


ASKED = Asked("1.2-1", "after-call", Occasion.CALL, AT, "1.2", "fa", "insurance", "a101")


async def test_answers_come_to_the_database_once_however_often_they_are_delivered(
    database: Database, spool: SurveySpool,
) -> None:
    first = replace(ASKED, answers={"satisfaction": Pressed(5, AT + 1)})
    second = replace(first, answers={**first.answers, "solved": Pressed(1, AT + 2)})
    spool.keep(ASKED)
    assert await spool.deliver(database) == 1
    spool.keep(first)
    spool.keep(second)
    await spool.deliver(database)
    spool.keep(second)
    await spool.deliver(database)
    assert await spool.deliver(database) == 0
    async with database.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(SURVEY_REQUEST))).scalar() == 1
        rows = (await connection.execute(select(SURVEY_ANSWER).order_by(SURVEY_ANSWER.c.question))).all()
    assert [(row.question, row.key, row.answered_ms) for row in rows] == [
        ("satisfaction", 5, AT + 1), ("solved", 1, AT + 2)]


async def test_a_delivery_that_was_killed_is_taken_up_again(database: Database, spool: SurveySpool) -> None:
    spool.keep(replace(ASKED, answers={"satisfaction": Pressed(5, AT + 1)}))
    [path] = spool.folder.glob("*.json")
    path.rename(path.with_suffix(".taken"))
    spool.keep(replace(ASKED, answers={"satisfaction": Pressed(5, AT + 1), "solved": Pressed(2, AT + 2)}))
    await spool.deliver(database)
    async with database.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(SURVEY_ANSWER))).scalar() == 2
    assert list(spool.folder.iterdir()) == []


async def test_a_file_that_is_none_of_ours_is_put_aside_and_stops_nobody(
    database: Database, spool: SurveySpool,
) -> None:
    spool.keep(ASKED)
    (spool.folder / "0.json").write_text("[1, 2]", encoding="utf-8")
    await spool.deliver(database)
    assert [path.name for path in spool.folder.iterdir()] == ["0.bad"]
    async with database.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(SURVEY_REQUEST))).scalar() == 1


def _case(code: str, unit: str, subject: str) -> dict[str, object]:
    return row_of(CASE, code=code, unit=unit, subject=subject, contact_id=None, request_key=None)


async def test_a_call_is_about_the_cases_linked_to_it_and_a_result_about_its_own(
    database: Database, spool: SurveySpool,
) -> None:
    spool.keep(replace(ASKED, answers={"satisfaction": Pressed(4, AT + 1)}))
    spool.keep(replace(ASKED, id="cb-1-1-1", call_id="9.9", occasion=Occasion.RESULT, survey="after-result", queue=None,
                       agent=None, case_code="111111111"))
    spool.keep(replace(ASKED, id="8.8-1", call_id="8.8", asked_ms=AT - 10))
    await spool.deliver(database)
    async with database.write() as connection:
        await connection.execute(insert(CASE), [
            _case("111111111", "medical-desk", "medical"), _case("222222222", "insured-desk", "insurance")])
        link = {"kind": LinkKind.CALL, "added_ms": AT, "added_by": "a101"}
        await connection.execute(insert(LINK), [
            {**link, "code": "222222222", "reference": "1.2"}, {**link, "code": "111111111", "reference": "1.2"},
            {**link, "code": "222222222", "reference": "9.9"}])
    async with database.read() as connection:
        found = await read_responses(connection, DAY)
        only = await read_responses(connection, DAY, "after-result")
        for by in Dimension:
            assert await count_answers(connection, DAY, by) == group_responses(found, by)
            assert await count_answers(connection, DAY, by, "after-result") == group_responses(only, by)
    assert [(one.survey, list(one.cases), dict(one.answers)) for one in found] == [
        ("after-call", [("medical-desk", "medical"), ("insured-desk", "insurance")], {"satisfaction": 4}),
        ("after-result", [("medical-desk", "medical")], {}),
    ]
    assert [one.survey for one in only] == ["after-result"]
