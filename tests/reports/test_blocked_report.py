"""Calls that never came to wait, by interval and queue, held against the queue report."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from foundation.calendars import iso
from foundation.database import LEDGER, Database, Store, store_url
from foundation.paths import Home
from foundation.settings import Queue, Settings, Site
from reports.catalog import find_report
from reports.frame.report import Context, make_sheet
from reports.frame.sheets import Sheet
from reports.frame.tables import report_texts
from tests.support.evidence_site import AT
from tests.support.evidence_site import Site as Evidence
from tests.support.stores import make_tables
from tests.support.story_site import cel_lines, journal_lines

SETTINGS = Settings(site=Site(language="en"), queues={"operator": Queue(), "pensions": Queue()})
BEGUN = AT - AT % 900
ZONE = ZoneInfo("Asia/Tehran")
JOURNAL = """\
0 s-1 operator NONE STINT s-1|02133334444|direct||1
0 s-1 operator NONE ENTERQUEUE |02133334444|1
30 s-1 operator NONE ABANDON 1|1|30
10 s-2 operator NONE STINT s-2||direct||1
10 s-2 operator NONE REFUSED_FULL s-2
11 s-2 pensions NONE STINT s-2||overflow||2
11 s-2 pensions NONE REFUSED_CLOSED s-2
20 s-3 pensions NONE STINT s-3||direct||1
20 s-3 pensions NONE REFUSED_EMPTY s-3
40 s-4 NONE NONE RESCUED s-4|FAILURE
1800 s-5 operator NONE STINT s-5||direct||1
1800 s-5 operator NONE REFUSED_FULL s-5
"""
CEL = """\
50.0 CHAN_START s-6 s-6 PJSIP/trunk-00000006
55.0 HANGUP s-6 s-6 PJSIP/trunk-00000006 hangupsource=PJSIP/trunk-00000006
55.1 LINKEDID_END s-6 s-6 PJSIP/trunk-00000006
"""


@pytest.fixture(params=[True, False], ids=["with-cel", "without-cel"])
async def home(tmp_path: Path, request: pytest.FixtureRequest) -> Home:
    home = Home(tmp_path / "home")
    home.make()
    ledger = Database(store_url(home, SETTINGS, Store.LEDGER))
    await make_tables(ledger, LEDGER)
    site = Evidence(ledger, tmp_path)
    lines = sorted(journal_lines(JOURNAL).splitlines(keepends=True), key=lambda line: line.split("|")[0])
    site.write("".join(lines), cel_lines(CEL) if request.param else "")
    await site.read()
    site.close()
    await ledger.close()
    return home


async def asked(home: Home, report: str = "blocked", **parameters: str) -> Sheet:
    context = Context(home, SETTINGS, report_texts("en"), AT + 20_000)
    found = find_report(report)
    time = {"from": iso(BEGUN, context.zone), "to": iso(BEGUN + 3600, context.zone)}
    return await make_sheet(found, context, found.read(list({**time, **parameters}.items()), context))


async def test_what_never_came_to_wait_is_counted_by_interval_and_agrees_with_the_queue_report(home: Home) -> None:
    sheet, queue = await asked(home, step="15min"), await asked(home, "queue")
    *rows, total = [row.cells for row in sheet.rows]
    [expected] = [row.cells for row in queue.rows if row.total]
    shared = ("refused_full", "refused_empty", "refused_closed", "refused_busy", "lost_in_menu", "offered")
    assert {name: total[name] for name in shared} == {name: expected[name] for name in shared}
    lost = expected["lost_in_menu"]
    assert lost in {1, None}
    assert (total["blocked"], total["rescued"]) == (4 + int(lost or 0), 1)
    assert total["blocked_share"] == total["blocked"] / (total["blocked"] + 1)  # type: ignore[operator]
    assert len(rows) == 4
    assert [sum(int(row[name] or 0) for row in rows) for name in ("blocked", "rescued", "offered")] == [
        total[name] for name in ("blocked", "rescued", "offered")]
    assert sheet.balanced
    assert bool(sheet.notes) == (lost is None)


async def test_a_queue_has_its_own_refusals_and_nothing_that_belongs_to_none(home: Home) -> None:
    sheet = await asked(home, queue="pensions")
    [total] = [row.cells for row in sheet.rows if row.total]
    assert (total["blocked"], total["refused_empty"], total["refused_closed"], total["refused_full"]) == (2, 1, 1, 0)
    assert total["lost_in_menu"] is total["rescued"] is None
    by_queue = {row.cells["queue"]: row.cells["blocked"] for row in (await asked(home)).sections[1].rows}
    assert by_queue == {"operator": 2, "pensions": 2}


async def test_of_a_time_before_cel_nobody_knows_who_was_lost_in_the_menus(home: Home) -> None:
    early = {"from": iso(BEGUN - 900, ZONE), "to": iso(BEGUN, ZONE)}
    sheet, queue = await asked(home, **early), await asked(home, "queue", **early)
    assert {row.cells["lost_in_menu"] for row in (*sheet.rows, *queue.rows)} == {None}
    assert sheet.notes
    wider = {"from": iso(BEGUN - 900, ZONE), "step": "15min"}
    *rows, total = [row.cells["lost_in_menu"] for row in (await asked(home, **wider)).rows]
    assert rows == ([None] * 5 if total is None else [None, 1, 0, 0, 0])
    steps = [row.cells["lost_in_menu"] for row in (await asked(home, "queue", **wider)).rows if not row.total]
    assert set(steps) == set(rows)


async def test_a_figure_leads_to_its_calls(home: Home) -> None:
    [total] = [row for row in (await asked(home)).rows if row.total]
    link = {name: str(value) for name, value in total.links["refused_full"].items()}
    assert len((await asked(home, "calls", **link)).rows) == total.cells["refused_full"] == 2


async def test_of_an_hour_in_which_nobody_called_there_is_no_share(home: Home) -> None:
    sheet = await asked(home, **{"from": "2026-01-01T00:00", "to": "2026-01-01T01:00"})
    assert all(row.cells["blocked"] == 0 and row.cells["blocked_share"] is None for row in sheet.rows)
