"""The report of adherence through the frame, over a played journal and an imported plan; and `bin/pasokh plan`."""

import asyncio
import csv
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from html import unescape
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import pytest
from playwright.async_api import expect
from typer.testing import CliRunner, Result

import reports.web
from callqueue.work_plan.shelf import PlanShelf
from foundation.database import LEDGER, MAIN, Database, Store, store_url
from foundation.paths import Home
from foundation.settings import LANGUAGES, Language, Retention, Settings, load_settings
from foundation.web.audit_log import Wanted, read_audit
from foundation.web.pages import commands
from foundation.web.roles import Role
from pasokh.commands import plan
from pasokh.refusal import RefusedError
from recordings.keeping.holds import Belongings
from recordings.keeping.keeping import Deleter, Thing
from recordings.keeping.retention import Keeper
from reports.catalog import find_report
from reports.frame.report import Context, make_sheet
from reports.frame.sheets import Sheet, sheet_content, sheet_csv, sheet_table
from reports.frame.tables import report_texts
from reports.queues.queue import ReportError
from reports.web.plan_pages import LARGEST
from tests.support.browser import accessibility_faults, chromium, shoot
from tests.support.page_site import TOKEN, PageSite, page_site
from tests.support.report_site import DAY, shifts, tell_journal

SITE = """
site: {timezone: UTC, language: en}
queues: {operator: {}}
agents: {a101: {queues: {operator: 0}}, a102: {queues: {operator: 0}}, a103: {queues: {operator: 0}}}
"""
HEAD = "agent,day,from,to,activity,reason\n"
PLAN = HEAD + """\
a101,2026-11-21,06:30,21:00,work,
a101,2026-11-21,12:00,12:30,break,lunch
a101,2026-11-22,06:30,21:00,work,
a102,2026-11-21,06:00,21:00,work,
a102,2026-11-22,22:00,06:00,work,
"""
"""The days' shifts: from 06:30 to 21:00, lunch from 12:00 (a101) or 12:30 (a102) for half an hour."""
HOUR = 3600
PATIENCE_MS = 60_000
VIEWS: tuple[tuple[str, str, Language], ...] = (
    ("adherence-fa", "/reports/adherence?from=2026-11-17&step=day", "fa"), ("adherence-en", "/reports/adherence", "en"),
    ("working-times-en", "/staffing/working-times?from=2026-11-17", "en"),
)
MORNING = DAY + 10 * HOUR
BOTH = {"from": "2026-11-21", "to": "2026-11-23"}
TIMES = ("planned", "planned_work", "in_adherence", "absent_when_planned", "paused_unplanned", "break_not_taken",
         "working_unplanned", "worked", "planned_absent")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    home = Home(tmp_path / "site")
    home.make()
    home.settings_file.write_text(SITE, encoding="utf-8")
    monkeypatch.setenv("PASOKH_HOME", str(home.root))
    monkeypatch.setattr(plan, "present_ms", lambda: (DAY - 12 * HOUR) * 1000)
    asyncio.run(_fill(home, tmp_path))
    return home


async def _fill(home: Home, folder: Path) -> None:
    settings = load_settings(home)
    main, ledger = (Database(store_url(home, settings, store)) for store in (Store.MAIN, Store.LEDGER))
    async with main.write() as connection:
        await connection.run_sync(MAIN.create_all)
    async with ledger.write() as connection:
        await connection.run_sync(LEDGER.create_all)
    await tell_journal(ledger, folder / "log", (), shifts(1, ("a101", "a102", "a103")))
    await main.close()
    await ledger.close()


def run(*words: str, table: str | None = None) -> Result:
    return CliRunner().invoke(plan.app, words, input=table)


def take_in(table: str = PLAN) -> None:
    assert run("import", "-", table=table).exit_code == 0


def made(
    home: Home, asked: Mapping[str, str] = MappingProxyType({}), name: str = "adherence", now: int = MORNING,
    language: Language = "en",
) -> Sheet:
    settings = load_settings(home)
    context, report = Context(home, settings, report_texts(language), now), find_report(name)
    return asyncio.run(make_sheet(report, context, report.read(list(asked.items()), context)))


def cells(sheet: Sheet, *, total: bool = False) -> list[Mapping[str, Any]]:
    return [row.cells for row in sheet.rows if row.total is total]


def both(home: Home, **asked: str) -> Sheet:
    return made(home, BOTH | asked)


def test_each_agent_and_day_has_its_row_and_running_times_are_provisional(home: Home) -> None:
    take_in()
    sheet = both(home, step="day")
    assert sheet.balanced
    found = {(one["agent"], str(one["from"])[8:10]): one for one in cells(sheet)}
    assert found.keys() == {(agent, day) for agent in ("a101", "a102", "a103") for day in ("21", "22")}
    first, second = found["a101", "21"], found["a102", "21"]
    assert (first["planned"], first["adherence"], first["conformance"]) == (14.5 * HOUR, 1, 1)
    assert [second[name] for name in ("absent_when_planned", "paused_unplanned", "in_adherence")] == [
        1800, 1800, 14 * HOUR]
    running = found["a101", "22"]
    assert (running["planned"], running["worked"]) == (3.5 * HOUR, 3.5 * HOUR)
    assert [one["provisional"] for one in (first, running)] == [None, "2026-11-22T10:00:00+00:00"]
    assert (found["a102", "22"]["planned"], found["a102", "22"]["adherence"]) == (0, None), "its night has not begun"
    assert found["a103", "21"]["working_unplanned"] == found["a103", "21"]["worked"] == 14 * HOUR
    [time] = [section for section in sheet.sections if section.name == "time"]
    assert [row.cells["provisional"] for row in time.rows] == [None, "2026-11-22T10:00:00+00:00"]
    assert sheet.headline is not None
    assert sheet.headline.values["adherence"] == cells(sheet, total=True)[0]["adherence"]


def test_hours_sum_to_the_whole_and_the_work_is_that_of_the_report_of_agents(home: Home) -> None:
    take_in()
    hours, whole = both(home, step="hour"), both(home)
    for one in cells(whole):
        mine = [each for each in cells(hours) if each["agent"] == one["agent"]]
        assert {name: sum(each[name] for each in mine) for name in TIMES} == {name: one[name] for name in TIMES}
    agents = {one["agent"]: one for one in cells(made(home, BOTH, "agents"))}
    assert {one["agent"]: one["worked"] for one in cells(whole)} == {
        agent: one["logged_in"] - one["paused"] for agent, one in agents.items()}
    assert cells(hours, total=True)[0]["planned"] == cells(whole, total=True)[0]["planned"]
    night = made(home, {"from": "2026-11-22", "to": "2026-11-24", "step": "day"}, now=DAY + 86_400 + 3 * HOUR)
    assert [one["absent_when_planned"] for one in cells(night) if one["agent"] == "a102"] == [2 * HOUR, 3 * HOUR]


def test_the_longest_stretches_out_of_plan_are_named_of_those_who_have_one(home: Home) -> None:
    take_in()
    [section] = [each for each in both(home).sections if each.name == "deviations"]
    assert [(row.cells["agent"], row.cells["from"], row.cells["deviation_kind"], row.cells["deviation"])
            for row in section.rows] == [
        ("a102", "2026-11-22T06:30:00+00:00", "working_unplanned", 3.5 * HOUR),
        ("a102", "2026-11-21T06:00:00+00:00", "absent_when_planned", 1800),
        ("a102", "2026-11-21T12:30:00+00:00", "paused_unplanned", 1800),
    ]


async def remove_old(main: Database, now: int) -> None:
    """The daily round, a day after which plans go."""
    async def nobody(things: Sequence[Thing]) -> Sequence[Belongings]:
        return [Belongings() for _ in things]

    deleter = Deleter(main, [PlanShelf()], nobody, lambda: now * 1000)
    await Keeper(main, deleter, Retention(days={"work_plan": 1}), lambda: now * 1000).run()


def test_a_time_whose_plan_had_its_time_says_so_and_shows_no_figure_that_needs_it(home: Home) -> None:
    take_in()
    main, texts = Database(store_url(home, load_settings(home), Store.MAIN)), report_texts("en")
    asyncio.run(remove_old(main, DAY + 23 * HOUR))
    asyncio.run(main.close())
    sheet = both(home, step="day")
    told = texts("report.adherence.removed", first="2026-11-21", last="2026-11-21")
    assert told in sheet.notes
    assert texts("report.adherence.no_plan") not in sheet.notes
    found = {(one["agent"], str(one["from"])[8:10]): one for one in cells(sheet)}
    old, new = found["a101", "21"], found["a101", "22"]
    assert old["worked"] == 14 * HOUR
    assert {old[name] for name in (*TIMES, "adherence", "conformance") if name != "worked"} == {None}
    assert new["adherence"] == 1
    assert cells(sheet, total=True)[0]["adherence"] is None
    assert sheet.headline
    assert sheet.headline.values["adherence"] is None
    assert sheet.balanced
    assert not [row for section in sheet.sections if section.name == "deviations" for row in section.rows
                if str(row.cells["from"]).startswith("2026-11-21")]
    assert told not in made(home).notes, "of the day that is asked for the plan is kept"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_has_to_be_known_stands_beside_it_in_every_language(home: Home, language: Language) -> None:
    texts, settings = report_texts(language), load_settings(home)
    empty = made(home, language=language)
    assert next(iter(empty.notes)) == texts("report.adherence.no_plan")
    take_in()
    sheet = made(home, BOTH, language=language)
    assert texts("report.adherence.unplanned", count=1) in sheet.notes
    assert texts("report.adherence.afterwards", count=2) in sheet.notes, "imported at noon of the first day"
    content, table = sheet_content(sheet), sheet_table(sheet, settings, texts)
    assert set(content["definitions"]) == set(sheet.passports)
    assert table is not None
    lines = [line for line in sheet_csv(sheet, settings, texts).splitlines() if not line.startswith("#")]
    assert [line["agent"] for line in csv.DictReader(lines)] == ["a101", "a102", "a103", ""]


def test_only_agents_that_are_known_are_asked_for(home: Home) -> None:
    take_in()
    assert [one["agent"] for one in cells(both(home, agent="a102"))] == ["a102"]
    with pytest.raises(ReportError):
        both(home, agent="a999")
    home.settings_file.write_text(SITE.replace("a102: {queues: {operator: 0}}, ", ""), encoding="utf-8")
    assert cells(both(home, agent="a102")), "who has gone is still in the plan"


def test_a_plan_is_shown_as_it_can_be_imported_again(home: Home, tmp_path: Path) -> None:
    take_in()
    days = ["--from", "1405-08-30", "--until", "2026-11-22"]
    written = run("show", *days, "--format", "csv").output
    assert sorted(written.splitlines()) == sorted(PLAN.splitlines())
    file = tmp_path / "again.csv"
    file.write_text(written, encoding="utf-8")
    assert "3 had" not in run("import", str(file)).output
    assert [line["reason"] for line in json.loads(run("show", *days, "--format", "json").output)].count("lunch") == 1
    assert "lunch" in run("show", *days, "-a", "a101").output
    assert run("remove", "--from", "2026-11-22", "-a", "a102").output == "the plan of 1 day of an agent is removed\n"
    assert "a102" not in run("show", "--from", "2026-11-22").output


@pytest.mark.parametrize(("words", "table", "told"), [
    (("import", "-"), HEAD + "a101,2026-11-22,8,9:00,work,\n", "-:2: from = '8': this is no time of day"),
    (("import", "nowhere.csv"), None, "nowhere.csv: No such file"),
    (("remove", "--from", "2026-11-22"), None, "nothing is planned from 2026-11-22"),
    (("show", "--from", "2026-11-22", "--until", "2026-11-21"), None, "write a later day"),
    (("show", "--from", "soon"), None, "--from: 'soon' is no time"),
])
def test_what_cannot_be_is_refused_with_what_to_do(
    home: Home, words: tuple[str, ...], table: str | None, told: str,
) -> None:
    answer = run(*words, table=table)
    assert isinstance(answer.exception, RefusedError), answer.output
    assert told in str(answer.exception)
    assert "Nothing is planned" in run("show").output


def test_each_import_is_in_the_audit_log(home: Home) -> None:
    take_in()
    database = Database(store_url(home, load_settings(home), Store.MAIN))
    [entry] = asyncio.run(read_audit(database, Wanted(action="work-plan")))
    asyncio.run(database.close())
    assert (entry.act.action, entry.act.subject) == ("work-plan.imported", "2026-11-21..2026-11-22")
    assert entry.act.actor.startswith("command:")


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[PageSite]:
    agents = {name: {"queues": {"operator": 0}} for name in ("a101", "a102", "a103")}
    settings = Settings.model_validate({"site": {"timezone": "UTC"}, "queues": {"operator": {}}, "agents": agents})
    async with page_site(tmp_path, [reports.web.room()], settings=settings) as made:
        made.clock.at_ms = MORNING * 1000
        await tell_journal(made.web.ledger, tmp_path / "log", (), shifts(6, tuple(agents)))
        yield made


async def test_page_and_interface_have_it_without_anything_of_their_own(site: PageSite) -> None:
    manager = await site.client(Role.MANAGER)
    page = await manager.get("/reports/adherence?lang=fa")
    assert commands(report_texts("fa")("report.adherence.no_plan")) in page.text
    answer = (await manager.get("/api/v1/reports/adherence?step=hour")).json()
    assert answer["rows"][-1]["working_unplanned"] == 3 * 3.5 * HOUR
    assert (await manager.get("/api/v1/reports/adherence?format=csv")).status_code == 200
    assert (await (await site.client(Role.AGENT)).get("/reports/adherence")).status_code == 403


async def test_a_file_is_taken_in_on_the_page_or_refused_with_its_faults(site: PageSite) -> None:
    manager, path = await site.client(Role.MANAGER), "/staffing/working-times"
    assert (await (await site.client(Role.AGENT)).get(path)).status_code == 403
    wrong = await send(site, manager, (HEAD + "a109,2026-11-22,8,9:00,work,\n").encode())
    assert wrong.status_code == 422
    shown = unescape(wrong.text)
    assert "agent = 'a109': there is no such agent" in shown
    assert "from = '8': this is no time of day" in shown
    assert "larger than 2 MB" in (await send(site, manager, b"x" * (LARGEST + 1))).text
    assert "Nothing is planned" in (await manager.get(path)).text
    done = await send(site, manager, PLAN.encode())
    assert (done.status_code, done.headers["location"]) == (303, f"{path}?from=2026-11-21&said=plan-imported")
    week = (await manager.get(done.headers["location"])).text
    assert all(told in week for told in ("06:30–21:00", "12:00–12:30", "Break: lunch", "The plan is imported."))
    assert (await manager.get(f"{path}?from=soon")).status_code == 422
    await remove_old(site.web.database, DAY + 23 * HOUR)
    shown = (await manager.get(f"{path}?from=2026-11-21")).text
    assert "The plan of 2026-11-21 to 2026-11-21 is not kept any more" in shown
    [entry] = await read_audit(site.web.database, Wanted(action="work-plan"))
    assert (entry.act.actor, entry.act.detail and entry.act.detail["file"]) == ("manager", "plan.csv")


async def send(site: PageSite, client: httpx.AsyncClient, content: bytes) -> httpx.Response:
    path = "/staffing/working-times?lang=en"
    token = TOKEN.search((await client.get(path)).text)
    assert token
    return await client.post("/staffing/working-times", data={"csrf": token[1]}, files={"file": ("plan.csv", content)})


@pytest.mark.browser
async def test_the_pages_are_clear_to_everybody(site: PageSite, tmp_path: Path) -> None:
    file, days = tmp_path / "plan.csv", [f"2026-11-{day}" for day in range(17, 23)]
    file.write_text(HEAD + "".join(
        f"{agent},{day},06:30,21:00,work,\n{agent},{day},12:0{number},12:30,break,{reason}\n"
        for day in days for number, (agent, reason) in enumerate((("a101", "lunch"), ("a102", "")))
    ) + "a103,2026-11-19,06:30,21:00,absent,\n", encoding="utf-8")
    async with site.served() as url, chromium() as browser:
        page = await site.open(browser, url, "/staffing/working-times", Role.MANAGER, language="fa")
        await page.locator("#file").set_input_files(file)
        await page.locator("form[enctype] button").click()
        await expect(page.locator(".planned").first).to_be_visible(timeout=PATIENCE_MS)
        assert not await accessibility_faults(page)
        await shoot(page, "working-times-fa")
        for name, path, language in VIEWS:
            page = await site.open(browser, url, path, Role.MANAGER, language=language)
            await expect(page.locator("table.figures").first).to_be_visible(timeout=PATIENCE_MS)
            assert not await accessibility_faults(page)
            await shoot(page, name)
        assert not site.complaints.heard
