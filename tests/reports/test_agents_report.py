"""The agent report: rows, totals, exports and texts, from agents' sessions."""

import csv
import io
import json
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from callqueue.cel.conversations import Kind, Talk
from callqueue.ledger.evidence import CelReach
from callqueue.metrics.agent_states import timesheets
from callqueue.metrics.agent_time import Condition, Period
from callqueue.metrics.agents_tally import tally_timesheets
from foundation.calendars import Interval, Step, split
from foundation.settings import LANGUAGES, Agent, Language, Queue, Settings, Site
from foundation.text import NO_FIGURE
from reports.agents.agent_tables import agents_csv, agents_json, agents_table
from reports.agents.agents import PASSPORTS, AgentsQuery, AgentsReport, compose
from reports.agents.agents_sheet import agents_sheet
from reports.frame.sheets import shown_cells
from reports.frame.tables import Teller, report_texts
from tests.support.stint_tables import instant

MORNING = Interval(instant("08:00:00"), instant("10:00:00"))


def site(language: Language = "fa") -> Settings:
    return Settings(
        site=Site(timezone="UTC", language=language),
        queues={"operator": Queue()}, agents={"a101": Agent(queues={"operator": 0})},
    )


def made(settings: Settings, *agents: str, step: Step = Step.NONE, reason: str = "=lunch",
         cel_since: int | None = 0) -> AgentsReport:
    here = frozenset({"q"})
    periods = {
        "a101": [Period(instant("08:00:00"), instant("09:30:00"), Condition.READY, here),
                 Period(instant("09:30:00"), instant("10:00:00"), Condition.PAUSED, here, reason)],
        "a102": [Period(instant("09:00:00"), instant("10:00:00"), Condition.READY, here)],
    }
    talk = Talk("a101", "x1", "c1", Kind.DIRECT, instant("08:59:00") * 1000, instant("09:01:00") * 1000 + 1)
    sheets = timesheets(periods, [talk], [], [])
    query = AgentsQuery(MORNING, agents, step)
    pieces = split(MORNING, step, ZoneInfo("UTC"))
    counted = {agent: sheet.count(pieces) for agent, sheet in sheets.items()}
    tallies = [tally_timesheets({agent: counts[place] for agent, counts in counted.items()})
               for place in range(len(pieces))]
    made_of = list(zip(pieces, tallies, strict=True))
    return compose(query, made_of, settings, instant("10:00:00"), cel=CelReach(cel_since))


def test_rows_of_hours_sum_to_the_whole() -> None:
    report = made(site(), step=Step.HOUR)
    assert [(row.agent, row.day.logged_in) for row in report.rows] == [("a101", 3600), ("a101", 3600), ("a102", 3600)]
    assert [row.day.talk_time for row in report.rows] == [60, 60.001, 0]
    total = report.total.day
    assert (total.logged_in, total.talk_time, total.conversations) == (10800, 120.001, 1)
    assert report.sums_up


@pytest.mark.parametrize("cel_since", [None, MORNING.end])
def test_what_only_cel_tells_is_unknown_of_a_time_without_it(cel_since: int | None) -> None:
    report = made(site("en"), step=Step.HOUR, cel_since=cel_since)
    told = json.loads(agents_json(report))
    for row in (*told["rows"], told["total"]):
        assert row["ringing"] is row["hold_time"] is row["consultation"] is None
        assert row["talk_time"] is not None
    sheet = agents_sheet(report, site("en"), report_texts("en"))
    [ringing] = [number for number, column in enumerate(sheet.columns) if column.name == "ringing"]
    assert {cells[ringing] for cells in shown_cells(sheet, Teller(site("en"), report))} == {NO_FIGURE}
    assert report.sums_up


def test_only_the_agents_asked_for_are_shown() -> None:
    assert {row.agent for row in made(site(), "a102").rows} == {"a102"}


def test_json_carries_every_passport_and_null_where_there_is_no_figure() -> None:
    report = json.loads(agents_json(made(site())))
    assert set(report["definitions"]) == {passport.id for passport in PASSPORTS}
    assert [row["agent_aht"] for row in report["rows"]] == [120.001, None]
    assert report["total"]["pauses"] == {"=lunch": 1800}


def test_csv_is_safe_for_spreadsheets() -> None:
    report = made(site())
    text = agents_csv(report, Teller(site(), report).words)
    lines = list(csv.DictReader(io.StringIO("\n".join(line for line in text.splitlines() if line[0] != "#"))))
    assert [line["agent"] for line in lines] == ["a101", "a102", ""]
    assert lines[0]["pauses"] == "'=lunch=1800"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_speaks_every_language(language: Language) -> None:
    settings = site(language)
    console = Console(width=240, file=io.StringIO(), record=True)
    console.print(agents_table(made(settings), settings))
    assert "a101" in console.export_text()


def test_the_total_is_of_the_whole_time_and_pauses_have_their_names() -> None:
    settings, texts = site("fa"), report_texts("fa")
    sheet = agents_sheet(made(settings, step=Step.HOUR, reason="lunch"), settings, texts)
    rows = shown_cells(sheet, Teller(settings, sheet, texts))
    assert [row[0] for row in rows] == ["۱۴۰۵/۰۹/۰۱ ۰۸:۰۰", "۱۴۰۵/۰۹/۰۱ ۰۹:۰۰", "۱۴۰۵/۰۹/۰۱ ۰۹:۰۰", "همه"]
    assert shown_cells(sheet.further[0], Teller(settings, sheet, texts))[0][0] == "ناهار"
