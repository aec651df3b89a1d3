"""Every report at /api/v1/reports/<name>: who may read it, in which form, and how it is refused."""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from foundation.web.accounts import By
from foundation.web.roles import Role
from foundation.web.tables import audit
from reports.catalog import REPORTS
from tests.support.page_site import PageSite
from tests.support.wallboard_site import fill_day, wallboard_site

NOON_MS = 1_795_336_200_000
"""22 November 2026, 12:00 in Tehran."""


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[PageSite]:
    async with wallboard_site(tmp_path) as (made, _):
        made.clock.at_ms = NOON_MS
        await fill_day(made)
        yield made


async def test_those_who_answer_for_the_line_read_every_report_and_others_none(site: PageSite) -> None:
    auditor, agent = await site.client(Role.AUDITOR), await site.client(Role.AGENT)
    for report in REPORTS:
        if Role.AUDITOR in report.roles:
            found = await auditor.get(f"/api/v1/reports/{report.name}", headers={"accept": "application/json"})
            assert (found.status_code, found.json()["report"]) == (200, report.name)
        if Role.AGENT not in report.roles:
            assert (await agent.get(f"/api/v1/reports/{report.name}")).status_code == 403
    assert (await site.stranger().get("/api/v1/reports/queue")).status_code == 401
    described = (await auditor.get("/api/v1/openapi.json")).json()["paths"]
    asked = {one["name"] for one in described["/reports/queue"]["get"]["parameters"]}
    assert asked == {"period", "from", "to", "calendar", "compare", "queue", "step", "format"}
    assert {f"/reports/{report.name}" for report in REPORTS} <= described.keys()


async def test_a_program_gets_the_same_figures_in_every_form(site: PageSite) -> None:
    await site.add_user(Role.MANAGER)
    token = await site.web.tokens.add("manager", "Books", [Role.MANAGER], 30, By("test"))
    program = site.stranger(authorization=f"Bearer {token}", accept="application/json")
    address = "/api/v1/reports/queue?period=today&queue=operator"
    content = (await program.get(address)).json()
    assert content["offered"] > 0
    text = (await program.get(f"{address}&format=csv")).text
    rows = list(csv.DictReader(line for line in io.StringIO(text) if not line.startswith("#")))
    assert rows[-1]["offered"] == str(content["offered"])
    sheet = await program.get(f"{address}&format=xlsx")
    assert sheet.headers["content-disposition"] == 'attachment; filename="queue_2026-11-22.xlsx"'
    cells = [[cell.value for cell in line] for line in load_workbook(io.BytesIO(sheet.content)).worksheets[1]]
    headings = cells[4]
    assert cells[-1][headings.index("ورودی")] == content["offered"]
    paper = await program.get(f"{address}&format=pdf")
    assert (paper.headers["content-type"], paper.content[:5]) == ("application/pdf", b"%PDF-")


async def test_what_cannot_be_answered_is_a_problem_with_a_name(site: PageSite) -> None:
    manager = await site.client(Role.MANAGER)
    for query, name in (("step=fortnight", "wrong-choice"), ("queue=nobodys", "unknown-queue"), ("x=1",
                        "unknown-parameter"), ("from=soon", "wrong-moment")):
        answer = await manager.get(f"/api/v1/reports/queue?{query}&lang=en")
        problem = answer.json()
        assert (answer.status_code, problem["type"]) == (422, f"urn:pasokh:problem:{name}")
        assert answer.headers["content-type"] == "application/problem+json"
        assert problem["detail"].partition(":")[0] not in {"", name}


async def test_whole_numbers_are_given_to_those_who_ask_and_that_is_written_down(site: PageSite) -> None:
    manager = await site.client(Role.MANAGER)
    shown = (await manager.get("/api/v1/reports/calls?period=today")).json()["calls"]
    assert all(call["caller"] is None or call["caller"].startswith("…") for call in shown)
    await manager.get("/api/v1/reports/calls?period=today&whole-numbers=yes")
    async with site.web.database.read() as connection:
        acts = (await connection.execute(select(audit.c.action, audit.c.subject))).all()
    assert [tuple(act) for act in acts if act.action.startswith("report.")] == [("report.whole-numbers", "calls")]


