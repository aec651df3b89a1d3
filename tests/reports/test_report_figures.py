"""The catalogue's figures against a recomputation by hand from random journals, and every form of them against another.

A line's three days are drawn, written as an Asterisk writes its queue_log, read by the importer, and asked for by the
reports as anybody asks for them. What is expected is counted from the drawn calls alone.
"""

import asyncio
import io
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from callqueue.cel.conversations import Kind, Talk
from callqueue.journal.importing import import_journal
from callqueue.ledger.evidence import Ring
from callqueue.ledger.stint import Ending, Outcome
from callqueue.metrics import Unit
from callqueue.metrics.passing_tally import tally_passing, with_news
from callqueue.metrics.rings_tally import tally_rings
from foundation.calendars import Interval, iso
from foundation.database import LEDGER, MAIN, Database, Store, store_url
from foundation.paths import Home
from foundation.settings import Language, Queue, Settings, Site
from recordings.messages.messages import Course
from reports.agents.passing_on import passing_of
from reports.agents.unanswered_rings import rings_of
from reports.callers.voice_messages import MessageTally, tally_messages
from reports.catalog import REPORTS, find_report
from reports.forms.files import Form, write_file
from reports.frame.parameters import TIME
from reports.frame.report import Context, make_sheet
from reports.frame.sheets import Row, Sheet, sheet_content
from reports.frame.tables import report_texts
from tests.support.stint_tables import stints_of
from tests.support.stores import make_tables

BEGUN = int(datetime(2026, 11, 21, tzinfo=UTC).timestamp()) - 12_600
"""Midnight in Tehran, three days before the end of which nothing is asked."""
DAY = 86_400
MIDDLE = Interval(BEGUN + DAY, BEGUN + 2 * DAY)
NOW = BEGUN + 6 * DAY
THRESHOLD, SHORT = 20, 5
NUMBERS = {"02133334444": "tehran", "04433334444": "west-azerbaijan", "09120001234": "unknown", "": "unknown"}
ENDS = {"answered": "", "transfer": "", "abandoned": "ABANDON|1|1|{wait}", "timed_out": "EXITWITHTIMEOUT|1|1|{wait}",
        "left_empty": "EXITEMPTY|1|1|{wait}"}


@dataclass(frozen=True)
class Drawn:
    """A call as it was drawn; `at` in seconds since `BEGUN`."""

    at: int
    queue: str
    caller: str
    outcome: str
    wait: int
    talk: int
    agent: str
    rings: tuple[int, ...]

    @property
    def entered(self) -> int:
        return BEGUN + self.at

    @property
    def answered(self) -> bool:
        return self.outcome in {"answered", "transfer"}

    def lines(self, number: int) -> Iterator[tuple[int, str]]:
        name, queue, at = f"c{number}", self.queue, self.entered
        end = at + self.wait
        yield at, f"{name}|{queue}|NONE|STINT|{name}|{self.caller}|direct||1"
        yield at, f"{name}|{queue}|NONE|ENTERQUEUE||{self.caller}|1"
        for length in self.rings:
            yield at, f"{name}|{queue}|{self.agent}|RINGNOANSWER|{length}"
        if not self.answered:
            yield end, f"{name}|{queue}|NONE|{ENDS[self.outcome].format(wait=self.wait)}"
            return
        yield end, f"{name}|{queue}|{self.agent}|CONNECT|{self.wait}|{name}b|1"
        ending = f"COMPLETECALLER|{self.wait}|{self.talk}|1"
        if self.outcome == "transfer":
            ending = f"BLINDTRANSFER|700|pasokh-agent|{self.wait}|{self.talk}|1"
        yield end + self.talk, f"{name}|{queue}|{self.agent}|{ending}"


calls = st.builds(
    Drawn, st.integers(0, 3 * DAY - 4000), st.sampled_from(["operator", "pensions"]), st.sampled_from(list(NUMBERS)),
    st.sampled_from(list(ENDS)), st.sampled_from([0, 4, 5, 6, 19, 20, 21, 300]), st.integers(1, 900),
    st.sampled_from(["a101", "a102"]), st.lists(st.integers(500, 9000), max_size=2).map(tuple),
)


def site_settings(language: Language = "en") -> Settings:
    return Settings(site=Site(language=language), queues={"operator": Queue(), "pensions": Queue()})


async def made_site(folder: Path, drawn: Sequence[Drawn]) -> Home:
    home = Home(folder / "home")
    home.make()
    lines = sorted((line for number, call in enumerate(drawn) for line in call.lines(number)), key=lambda line: line[0])
    log = folder / "queue_log"
    log.write_text("".join(f"{at}|{text}\n" for at, text in lines), encoding="utf-8")
    for store, tables in ((Store.LEDGER, LEDGER), (Store.MAIN, MAIN)):
        database = Database(store_url(home, site_settings(), store))
        await make_tables(database, tables)
        if store is Store.LEDGER:
            assert not (await import_journal(database, log, journal="site")).bad
        await database.close()
    return home


async def asked(
    home: Home, report: str, parameters: Mapping[str, str] = MappingProxyType({}), language: Language = "en",
) -> Sheet:
    context = Context(home, site_settings(language), report_texts(language), NOW)
    time = {"from": iso(MIDDLE.start, context.zone), "to": iso(MIDDLE.end, context.zone)}
    found = find_report(report)
    return await make_sheet(found, context, found.read(list({**time, **parameters}.items()), context))


def rows(sheet: Sheet, name: str, section: int = 0) -> dict[Any, Row]:
    return {row.cells[name]: row for row in sheet.sections[section].rows}


def level(drawn: Sequence[Drawn]) -> float | None:
    """The headline, as METRICS writes it."""
    judged = [call for call in drawn if not (call.outcome == "abandoned" and call.wait <= SHORT)]
    return sum(call.answered and call.wait <= THRESHOLD for call in judged) / len(judged) if judged else None


def contacts(drawn: Sequence[Drawn]) -> list[list[Drawn]]:
    """Calls of one number within a day of its contact's first; withheld numbers each alone."""
    found: list[list[Drawn]] = []
    newest: dict[str, list[Drawn]] = {}
    for call in sorted(drawn, key=lambda one: one.at):
        running = newest.get(call.caller) if call.caller else None
        if running is not None and call.at < running[0].at + DAY:
            running.append(call)
            continue
        newest[call.caller] = [call]
        found.append(newest[call.caller])
    return [contact for contact in found if MIDDLE.holds(contact[0].entered)]


@given(st.lists(calls, max_size=25, unique_by=lambda call: call.at))
@settings(max_examples=6)
def test_figures_are_those_counted_from_the_calls_themselves(drawn: list[Drawn]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(check(Path(folder), drawn))


async def check(folder: Path, drawn: Sequence[Drawn]) -> None:
    home = await made_site(folder, drawn)
    mine = [call for call in drawn if MIDDLE.holds(call.entered)]
    await check_intervals(home, mine)
    await check_provinces(home, mine)
    await check_repeats(home, drawn)
    await check_rings_and_transfers(home, mine, drawn)


async def check_intervals(home: Home, mine: Sequence[Drawn]) -> None:
    sheet = await asked(home, "intervals", {"step": "hour"})
    hours = {row.cells["from"]: row.cells for row in sheet.rows if not row.total}
    assert len(hours) == 24
    for number, cells in enumerate(hours.values()):
        part = [call for call in mine if (call.entered - MIDDLE.start) // 3600 == number]
        assert (cells["offered"], cells["answered"]) == (len(part), sum(call.answered for call in part))
        assert cells["service_level"] == level(part)
    [total] = [row.cells for row in sheet.rows if row.total]
    assert (total["offered"], total["service_level"]) == (len(mine), level(mine))
    assert sheet.headline is not None
    assert (sheet.balanced, sheet.headline.values["service_level"]) == (True, level(mine))
    [week] = [section for section in sheet.sections if section.name == "week"]
    assert sum(int(row.cells["offered"] or 0) for row in week.rows) == len(mine)
    queue = await asked(home, "queue")
    assert queue.headline is not None
    assert queue.headline.values == sheet.headline.values, "two reports over the same calls never disagree"


async def check_provinces(home: Home, mine: Sequence[Drawn]) -> None:
    found = rows(await asked(home, "provinces"), "province")
    parts: defaultdict[str, list[Drawn]] = defaultdict(list)
    for call in mine:
        parts[NUMBERS[call.caller]].append(call)
    for province, part in parts.items():
        cells = found[province].cells
        assert (cells["entries"], cells["service_level"]) == (len(part), level(part))
        assert cells["province_share"] == len(part) / len(mine)
        link = {name: str(value) for name, value in found[province].links["entries_answered"].items()}
        behind = await asked(home, "calls", link)
        assert len(behind.rows) == cells["entries_answered"]
    assert found[None].cells["entries"] == len(mine)


async def check_repeats(home: Home, drawn: Sequence[Drawn]) -> None:
    sheet, expected = await asked(home, "repeat-callers"), contacts(drawn)
    assert sheet.headline is not None
    values = sheet.headline.values
    assert values["contacts"] == len(expected)
    if expected:
        assert values["repeat_rate"] == sum(len(each) > 1 for each in expected) / len(expected)
        assert values["attempts_until_helped"] == pytest.approx(sum(map(len, expected)) / len(expected))
    spread = {row.cells["calls"]: row.cells["contacts"] for row in sheet.sections[1].rows}
    counted = Counter("5+" if len(each) >= 5 else str(len(each)) for each in expected)
    assert spread == {calls: counted[calls] for calls in ("1", "2", "3", "4", "5+")}
    assert sorted(int(row.cells["contact_calls"] or 0) for row in sheet.rows) == sorted(
        len(each) for each in expected if len(each) > 1)
    assert sheet.provisional_until is None


async def check_rings_and_transfers(home: Home, mine: Sequence[Drawn], drawn: Sequence[Drawn]) -> None:
    rung = rows(await asked(home, "ring-no-answer"), "agent")
    passed = rows(await asked(home, "transfers"), "agent")
    answered = [call for call in drawn if call.answered and MIDDLE.holds(call.entered + call.wait)]
    for agent in ("a101", "a102"):
        missed = [length for call in mine if call.agent == agent for length in call.rings]
        picked = sum(call.agent == agent for call in answered)
        if missed or picked:
            cells = rung[agent].cells
            assert (cells["ring_no_answer"], cells["rings_answered"]) == (len(missed), picked)
            assert cells["ring_no_answer_time"] == pytest.approx(sum(missed) / 1000)
        his = [call for call in mine if call.agent == agent and call.answered]
        if his:
            gone = sum(call.outcome == "transfer" for call in his)
            assert passed[agent].cells["transfers"] == gone
            assert passed[agent].cells["transfer_rate"] == gone / len(his)
            told_by_cel = ("transfers_received", "transfer_talk", "consultations", "consultation_time")
            assert {passed[agent].cells[name] for name in told_by_cel} == {None}, "the journal came without CEL"
            link = {name: str(value) for name, value in passed[agent].links["transfers"].items()}
            assert len((await asked(home, "calls", link)).rows) == gone
    assert rung[None].cells["ring_no_answer"] == sum(len(call.rings) for call in mine)


def test_a_caller_who_comes_back_to_the_same_agent_is_passed_on_once() -> None:
    stints = stints_of("""
        c1 ch1 operator direct 08:00:00 answered wait=5 talk=60 ending=transfer agent=a101
        c2 ch2 operator direct 08:05:00 answered wait=5 talk=60 agent=a101
        c3 ch3 pensions transfer 08:06:00 abandoned wait=9
    """)
    start = stints[0].entered
    whole, ms = Interval(start, start + 3600), start * 1000
    talks = [
        Talk("a102", "x1", "c1", Kind.TRANSFER, ms + 70_000, ms + 80_000),
        Talk("a102", "x1", "c1", Kind.TRANSFER, ms + 90_000, ms + 95_000),
        Talk("a101", "x2", "c2", Kind.CONSULTATION, ms + 100_000, ms + 101_500),
        Talk("a101", "x3", "c9", Kind.TRANSFER, ms - 9_000, ms + 5_000),  # it began before
    ]
    begun = [(talk, is_new) for talk, is_new in with_news(talks) if whole.holds(talk.start / 1000)]
    agents, queues = (
        {name: one.cells() for name, one in part.items()}
        for part in passing_of(tally_passing(stints, begun), ()))
    assert [agents["a101"][name] for name in ("transfers", "transfer_rate", "consultation_time")] == [1, 0.5, 1.5]
    assert (agents["a102"]["transfers_received"], agents["a102"]["transfer_talk"]) == (1, 15.0)
    assert (queues["pensions"]["transfers_in"], queues["pensions"]["transfer_rate"]) == (1, None)
    assert {stint.outcome for stint in stints} >= {Outcome.ANSWERED}
    assert Ending.TRANSFER in {stint.ending for stint in stints}


def test_rings_that_nobody_had_give_no_share() -> None:
    assert rings_of(tally_rings([], [], int), (), ()).agents == {}
    [only] = rings_of(tally_rings([Ring(5, "operator", "a101", "c1", 1500)], [], int), (), ()).agents.values()
    assert only.cells() == {"ring_no_answer": 1, "ring_no_answer_time": 1.5, "ring_longest": 1.5, "rings_answered": 0,
                            "ring_no_answer_share": 1.0}


def test_messages_are_counted_by_what_became_of_them() -> None:
    def message(number: int, kind: str, state: str, heard: int | None = None, closed: int | None = None) -> Course:
        taken = NOW * 1000 - 100_000 + number
        return Course(
            "general", kind, state, taken, 9000 if heard else 0, taken + heard if heard else None,
            taken + closed if closed else None)

    [boxes] = tally_messages([
        message(0, "voice_message", "new"), message(1, "voice_message", "heard", 20_000),
        message(2, "callback_request", "closed", closed=70_000), message(3, "lost_caller", "closed", 10_000, 30_000),
    ], [Interval(NOW - 1000, NOW)])
    figures = boxes["general"].figures(NOW)
    assert figures["messages_taken"] == 4
    assert (figures["messages_new"], figures["messages_heard_only"], figures["messages_closed"]) == (1, 1, 2)
    assert (figures["messages_spoken"], figures["messages_requests"], figures["messages_lost"]) == (2, 1, 1)
    assert (figures["messages_heard_p50"], figures["messages_heard_p90"]) == (10, 20)
    assert figures["messages_closed_p90"] == 70
    assert (figures["messages_oldest"], figures["messages_length"]) == (100, 9)
    nothing = MessageTally().figures(NOW)
    assert {name for name, value in nothing.items() if value is None} == {
        name for name in nothing if name.endswith(("p50", "p90", "oldest", "length"))}


FORMULA = "=cmd!'/c calc'!A1"


@pytest.fixture
async def home(tmp_path: Path) -> Home:
    """Calls of a queue and an agent whose names are formulas, as an imported log may have them."""
    return await made_site(tmp_path, [
        Drawn(DAY + 3600, "operator", "02133334444", "answered", 12, 61, FORMULA, (1500,)),
        Drawn(DAY + 3700, FORMULA, "09120001234", "abandoned", 4, 1, "a102", ()),
        Drawn(DAY + 7300, "operator", "02133334444", "transfer", 30, 100, "+a103", ()),
    ])


@pytest.mark.parametrize("language", ["fa", "en"])
async def test_a_spreadsheet_has_the_same_figures_typed_and_nothing_that_runs(home: Home, language: Language) -> None:
    for report in REPORTS:
        sheet = await asked(home, report.name, {"compare": "week"}, language)
        texts = report_texts(language)
        book = load_workbook(io.BytesIO(write_file(sheet, Form.XLSX, site_settings(language), texts).content))
        assert all(page.sheet_view.rightToLeft == (language == "fa") for page in book.worksheets)
        assert not [cell for page in book for line in page.iter_rows() for cell in line if cell.data_type == "f"]
        assert book.sheetnames[-2:] == [texts("report.passports"), texts("report.notes")]
        ids = [line[0].value for line in book.worksheets[-2].iter_rows(min_row=2)]
        assert ids == list(sheet.passports)
        first = book.worksheets[1 if sheet.headline else 0]
        compare_cells(sheet, first, language)


def compare_cells(sheet: Sheet, page: Any, language: Language) -> None:
    """Every cell of the first section, by its type."""
    columns = [(column, jalali) for column in sheet.columns
               for jalali in ((False, True) if column.moment and language == "fa" else (False,))]
    written = [[cell.value for cell in line[:len(columns)]] for line in page.iter_rows(min_row=6)]
    assert len(written) == len(sheet.rows)
    for row, values in zip(sheet.rows, written, strict=True):
        for (column, jalali), value in zip(columns, values, strict=True):
            expected, unit = row.cells.get(column.name), row.units.get(column.name) or column.unit
            if jalali:
                assert str(value).startswith("۱۴") or expected is None
            elif expected is None:
                assert value in {None, row.shown.get(column.name)}
            elif column.moment:
                assert value == datetime.fromisoformat(str(expected)).replace(tzinfo=None)
            elif isinstance(expected, str):
                assert value == (row.shown.get(column.name, expected) or None)
            elif unit is Unit.SECONDS:
                assert seconds(value) == pytest.approx(expected, abs=0.001)
            else:
                assert value == pytest.approx(expected)


def seconds(value: Any) -> float:
    """A duration as openpyxl gives it back."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    return float(timedelta(hours=value.hour, minutes=value.minute, seconds=value.second,
                           microseconds=value.microsecond).total_seconds())


async def test_every_figure_of_every_report_has_its_passport_and_every_link_is_a_report(home: Home) -> None:
    context = Context(home, site_settings(), report_texts("en"), NOW)
    listing = find_report("calls")
    for report in REPORTS:
        sheet = await asked(home, report.name)
        numbers = {column.name for column in sheet.columns if column.unit is not None}
        if report is not listing:
            assert numbers <= sheet.passports.keys() | {"attempts", "passed_by", "idle"}, report.name
        assert "definitions" in sheet_content(sheet) or report is listing
        for section in sheet.sections:
            for row in section.rows:
                for link in row.links.values():
                    pairs = [(name, one) for name, value in link.items()
                             for one in ((value,) if isinstance(value, str) else value)]
                    assert listing.read(pairs, context).query == urlencode(
                        [pair for name in (each.name for each in (*TIME, *listing.parameters)) for pair in pairs
                         if pair[0] == name])
