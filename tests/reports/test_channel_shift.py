"""How requests ended: by their evidence alone, and read from both stores."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callqueue.metrics import Unit
from followups.cases.links import checked_reference
from followups.cases.tables import LINK
from foundation.calendars import iso
from foundation.database import LEDGER, Database, Store, store_url
from foundation.paths import Home
from foundation.settings import Queue, Settings, Site
from ivr.steps.steps import BEGAN, Step
from ivr.tables import ivr_step
from recordings.messages.messages import Message, add_message
from reports.callers.channel_shift import PASSPORTS
from reports.callers.requests import End, Request, RequestTally
from reports.catalog import find_report
from reports.frame.report import Context, make_sheet
from reports.frame.sheets import Sheet
from reports.frame.tables import report_texts
from tests.support.case_site import case_site
from tests.support.evidence_site import AT
from tests.support.evidence_site import Site as Evidence
from tests.support.stores import make_tables
from tests.support.story_site import cel_lines, journal_lines

SETTINGS = Settings(site=Site(language="en"), queues={"operator": Queue(), "pensions": Queue()})
EVIDENCE = ("has_case", "spoke", "left_message", "was_promised", "was_helped")
JOURNAL = """\
0 s-1 operator NONE STINT s-1|02133334444|direct||1
0 s-1 operator NONE ENTERQUEUE |02133334444|1
5 s-1 operator a101 CONNECT 5|s-1b|1
60 s-1 operator a101 COMPLETECALLER 5|55|1
10 s-2 operator NONE STINT s-2|02133334445|direct||1
10 s-2 operator NONE ENTERQUEUE |02133334445|1
40 s-2 operator NONE ABANDON 1|1|30
20 s-3 operator NONE STINT s-3|04433334444|direct||1
20 s-3 operator NONE ENTERQUEUE |04433334444|1
30 s-3 operator NONE CALLBACK_REQUESTED cb-a|04433334444|0|0|fa|queue|s-3
30 s-3 operator NONE EXITWITHKEY 1|1|1|10
40 s-4 operator NONE STINT s-4|04433334445|direct||1
40 s-4 operator NONE ENTERQUEUE |04433334445|1
50 s-4 operator NONE CALLBACK_REQUESTED cb-b|04433334445|0|0|fa|queue|s-4
50 s-4 operator NONE EXITWITHKEY 1|1|1|10
100 cb-b-1 operator NONE CALLBACK_ATTEMPT cb-b|1|callback
110 cb-b-1 operator NONE STINT cb-b-1|04433334445|callback|cb-b|1
110 cb-b-1 operator NONE ENTERQUEUE |04433334445|1
112 cb-b-1 operator a101 CONNECT 2|s-61|1
160 cb-b-1 operator a101 COMPLETECALLER 2|48|1
70 s-5 operator NONE STINT s-5|09120000000|direct||1
70 s-5 operator NONE ENTERQUEUE |09120000000|1
75 s-5 operator a101 CONNECT 5|s-5b|1
95 s-5 operator a101 COMPLETECALLER 5|20|1
80 s-9 operator NONE STINT s-9||direct||1
80 s-9 operator NONE REFUSED_FULL s-9
"""
CEL = """\
-4.0 CHAN_START s-6 s-6 PJSIP/trunk-00000006
20.0 LINKEDID_END s-6 s-6 PJSIP/trunk-00000006
-3.0 CHAN_START s-7 s-7 PJSIP/trunk-00000007
30.0 LINKEDID_END s-7 s-7 PJSIP/trunk-00000007
99.0 CHAN_START cb-b-1 cb-b-1 PJSIP/trunk-00000009
112.0 BRIDGE_ENTER s-61 cb-b-1 PJSIP/a101-00000010 bridge_id=b-9
112.0 BRIDGE_ENTER cb-b-1 cb-b-1 PJSIP/trunk-00000009 bridge_id=b-9
160.0 BRIDGE_EXIT s-61 cb-b-1 PJSIP/a101-00000010 bridge_id=b-9
160.0 BRIDGE_EXIT cb-b-1 cb-b-1 PJSIP/trunk-00000009 bridge_id=b-9
170.0 LINKEDID_END cb-b-1 cb-b-1 PJSIP/trunk-00000009
300.0 CHAN_START s-8 s-8 PJSIP/trunk-00000008
"""
EXPECTED = {
    End.AGENT: 2, End.UNSERVED: 2, End.PROMISED: 1, End.FOLLOWUP: 1, End.SELF_SERVICE: 1, End.VOICE_MESSAGE: 1,
    End.OPEN: 1,
}
"""s-1 and s-4 (called back) by an agent; s-2 and s-9 by nobody; s-3 waits for its call; s-5 became a case; s-6 was told
its balance; s-7 left a message; s-8 is in the menus. The call back itself is nobody's request.
"""


def test_what_took_a_request_furthest_is_its_end() -> None:
    assert Request("c", 0, has_case=True, spoke=True, left_message=True).end is End.FOLLOWUP
    assert Request("c", 0, spoke=True, was_promised=True, was_helped=True).end is End.AGENT
    assert Request("c", 0, left_message=True, was_promised=True).end is End.VOICE_MESSAGE
    assert Request("c", 0, was_promised=True, was_helped=True).end is End.PROMISED
    assert Request("c", 0, was_helped=True).end is End.SELF_SERVICE
    assert Request("c", 0, is_over=False).end is End.OPEN
    assert Request("c", 0).end is End.UNSERVED


@given(st.lists(st.fixed_dictionaries({name: st.booleans() for name in (*EVIDENCE, "is_over")}), max_size=30))
def test_every_request_has_one_end_and_shares_are_of_the_ended(drawn: list[dict[str, bool]]) -> None:
    requests = [Request(str(number), 0, None, **facts) for number, facts in enumerate(drawn)]
    figures = RequestTally(Counter(request.end for request in requests)).figures()
    open_ones = sum(not any(facts[name] for name in EVIDENCE) and not facts["is_over"] for facts in drawn)
    assert figures.keys() == PASSPORTS.keys()
    assert figures["requests"] == len(drawn) == sum(figures[f"requests_{end}"] or 0 for end in End)
    assert figures["requests_open"] == open_ones
    ended = [facts for facts in drawn if any(facts[name] for name in EVIDENCE) or facts["is_over"]]
    assert figures["share_followup"] == (sum(facts["has_case"] for facts in ended) / len(ended) if ended else None)
    shares = [value for name, value in figures.items() if PASSPORTS[name].unit is Unit.RATIO]
    assert sum(value or 0 for value in shares) == pytest.approx(1 if ended else 0)


@pytest.fixture
async def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.make()
    async with case_site(tmp_path) as cases:
        case = await cases.opened()
        await keep(cases.database, case.code)
    ledger = Database(store_url(home, SETTINGS, Store.LEDGER))
    await make_tables(ledger, LEDGER)
    site = Evidence(ledger, tmp_path)
    lines = sorted(journal_lines(JOURNAL).splitlines(keepends=True), key=lambda line: line.split("|")[0])
    site.write("".join(lines), cel_lines(CEL))
    await site.read()
    site.close()
    await ledger.close()
    return home


async def keep(main: Database, case: str) -> None:
    steps = [
        Step("s-6", 1, AT - 3.9, "call", "", None, BEGAN, 0, "02133334446"),
        Step("s-6", 2, AT + 10, "service", "balance", None, "helped", 9000),
        Step("s-6", 3, AT + 20, "call", "", None, "goodbye", 24000),
        Step("s-7", 1, AT - 2.9, "call", "", None, BEGAN, 0, "02133334447"),
        Step("s-7", 2, AT + 28, "voice_message", "director", None, "helped", 9000),
        Step("s-7", 3, AT + 29, "call", "", None, "goodbye", 32000),
        Step("s-8", 1, AT + 300.1, "call", "", None, BEGAN, 0, None),
    ]
    async with main.write() as connection:
        for step in steps:
            row = {name: getattr(step, name) for name in ivr_step.c.keys() if name != "at_ms"}  # noqa: SIM118
            await connection.execute(ivr_step.insert().values(**row, at_ms=round(step.at * 1000)))
        await add_message(connection, Message(
            "message-7", "voice_message", "director", "s-7", "02133334447", None, "fa", None, (AT + 29) * 1000, 4000,
            None))
        await connection.execute(LINK.insert().values(
            code=case, kind="call", reference=checked_reference("s-5"), added_ms=(AT + 100) * 1000,
            added_by="sara"))


async def asked(home: Home, **parameters: str) -> Sheet:
    context = Context(home, SETTINGS, report_texts("en"), AT + 1000)
    report = find_report("channel-shift")
    time = {"from": iso(AT - 100, context.zone), "to": iso(AT + 900, context.zone)}
    return await make_sheet(report, context, report.read(list({**time, **parameters}.items()), context))


async def test_each_call_from_outside_is_one_request_with_one_end(home: Home) -> None:
    sheet = await asked(home)
    [total] = [row.cells for row in sheet.rows if row.total]
    assert {end: total[f"requests_{end}"] for end in End} == EXPECTED
    assert (total["requests"], total["share_agent"], total["share_self_service"]) == (9, 2 / 8, 1 / 8)
    assert sheet.balanced


async def test_requests_are_told_by_province_and_of_one_province_alone(home: Home) -> None:
    [_, provinces, months] = (await asked(home)).sections
    found = {row.cells["province"]: row.cells["requests"] for row in provinces.rows}
    assert found == {"tehran": 4, "west-azerbaijan": 2, "unknown": 3}
    assert {row.cells["province"]: row.cells["requests"] for row in months.rows} == found
    [row, total] = (await asked(home, province="tehran")).rows
    assert row.cells["requests_self_service"] == total.cells["requests_self_service"] == 1
    assert total.cells["requests"] == 4


async def test_intervals_sum_to_the_whole_and_an_empty_time_has_no_shares(home: Home) -> None:
    rows = [row.cells for row in (await asked(home, step="15min")).rows]
    assert sum(int(row["requests"] or 0) for row in rows[:-1]) == rows[-1]["requests"]
    sheet = await asked(home, **{"from": "2026-01-01", "to": "2026-01-02"})
    assert all(row.cells["requests"] == 0 and row.cells["share_agent"] is None for row in sheet.rows)
