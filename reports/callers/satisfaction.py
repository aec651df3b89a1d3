"""The satisfaction report: what callers answered by key, per queue, agent, unit or subject."""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.metrics import Unit
from followups.surveys.satisfaction import PASSPORTS, Dimension, QuestionResult, SatisfactionLine, tell_satisfaction
from followups.surveys.satisfaction_store import count_answers
from followups.surveys.surveys import Survey
from foundation.calendars import Interval
from reports.cases.names import CaseNames
from reports.frame.sheets import Column, Row, Sheet

COLUMNS = (
    Column("survey_asked", "column.survey_asked", Unit.COUNT),
    Column("survey_answered", "column.survey_answered", Unit.COUNT),
    Column("survey_response_rate", "column.survey_response_rate", Unit.RATIO),
    Column("survey", "column.survey"), Column("question", "column.question"),
    Column("satisfaction_answers", "column.satisfaction_answers", Unit.COUNT),
    Column("satisfaction_mean", "column.satisfaction_mean", Unit.NUMBER),
    Column("satisfaction_good", "column.satisfaction_good", Unit.RATIO),
    Column("keys", "column.keys"),
)


async def build_satisfaction_sheet(
    main: AsyncConnection, interval: Interval, by: Dimension, surveys: Mapping[str, Survey], names: CaseNames,
    *, survey: str | None, now: int,
) -> Sheet:
    """Read the answers of this time; `survey`: only this one's."""
    lines = tell_satisfaction(await count_answers(main, interval, by, survey), surveys)
    rows = [row for line in lines for row in _rows(line, by, surveys, names)]
    notes = (names.texts("report.satisfaction.sample"),) if lines else (names.texts("report.satisfaction.none"),)
    first = Column("name", f"column.{by.value}")
    return Sheet("satisfaction", "report.satisfaction.title", interval, now, names.zone, (first, *COLUMNS), rows,
                 PASSPORTS, notes, {"by": by.value})


def _rows(line: SatisfactionLine, by: Dimension, surveys: Mapping[str, Survey], names: CaseNames) -> Sequence[Row]:
    head = {"name": line.name, "survey_asked": line.asked, "survey_answered": line.answered,
            "survey_response_rate": line.response_rate}
    shown = {"name": names.of(by.value, line.name)}
    if not line.questions:
        return [Row(head, shown)]
    return [_row(head, shown, result, surveys, names) for result in line.questions]


def _row(
    head: Mapping[str, str | float | None], shown: Mapping[str, str], result: QuestionResult,
    surveys: Mapping[str, Survey], names: CaseNames,
) -> Row:
    cells = {
        **head, "survey": result.survey, "question": result.question, "satisfaction_answers": result.answers,
        "satisfaction_mean": result.mean, "satisfaction_good": result.good_share,
        "keys": " ".join(f"{key}={count}" for key, count in result.counts.items()),
    }
    return Row(cells, {**shown, "survey": surveys[result.survey].titles[names.language]})
