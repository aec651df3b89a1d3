"""The managers' pages and interface: rises, kept promises, satisfaction, corrective actions."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import followups.web
import reports.web
from followups.book.causes import load_causes, set_cause
from followups.cases.office import CaseOffice, case_office
from foundation.database import LEDGER, Database, Store, store_url
from foundation.web.roles import Role
from tests.support.browser import accessibility_faults, chromium, shoot
from tests.support.case_deadlines import at
from tests.support.case_site import SARA, WISH
from tests.support.page_site import PageSite, page_site
from tests.support.report_site import PlayedCall, tell_journal
from tests.support.stores import make_tables

WEEK = 7 * 86_400

PAGES = ("/pulse", "/pulse/kept", "/pulse/satisfaction", "/pulse/actions")
ACTION = {"title": "Slips come late", "unit": "insurance-deputy", "owner": "mina", "due": "1405-10-30",
          "subject": "insurance", "cause": "third-party"}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[PageSite]:
    async with page_site(tmp_path, [followups.web.room(), reports.web.room()]) as made:
        yield made


def office(site: PageSite) -> CaseOffice:
    return case_office(site.web.home, site.web.settings, site.web.database, site.clock)


async def with_a_rise(site: PageSite) -> str:
    """Six quiet Sundays and one with fifteen cases; the code of its last one."""
    from dataclasses import replace  # noqa: PLC0415

    code = ""
    for week in range(7):
        for number in range(15 if week == 6 else 2):
            site.clock.at_ms = at("2026-10-11T09:00") + week * 7 * 86_400_000 + number * 1000
            code = (await office(site).opening.open(replace(WISH, request_key=f"{week}-{number}"), SARA)).code
    await set_cause(office(site).clock.changes, load_causes(), code, "third-party", SARA)
    site.clock.at_ms = at("2026-11-22T12:00")
    return code


@pytest.mark.parametrize("path", [*PAGES, "/api/v1/reports/faults", "/api/v1/actions"])
async def test_only_managers_supervisors_and_auditors_come_in(site: PageSite, path: str) -> None:
    for role in (Role.MANAGER, Role.SUPERVISOR, Role.AUDITOR):
        assert (await (await site.client(role)).get(path)).status_code == 200
    for role in (Role.AGENT, Role.PARTNER, Role.ADMINISTRATOR):
        assert (await (await site.client(role)).get(path)).status_code == 403


async def test_a_rise_is_shown_with_its_reason_in_the_readers_language(site: PageSite) -> None:
    await with_a_rise(site)
    manager = await site.client(Role.MANAGER)
    english = (await manager.get("/pulse?from=08:00&lang=en")).text
    assert "Insurance records: 15 cases; in the same hours of" in english
    assert "sudden rise" in english
    assert "fault_chance v1" in english
    persian = (await manager.get("/pulse?from=08:00&lang=fa")).text
    assert "سوابق بیمه: ۱۵ پیگیری" in persian


async def test_calls_that_fell_are_shown_beside_the_cases(site: PageSite, tmp_path: Path) -> None:
    ledger = Database(store_url(site.web.home, site.web.settings, Store.LEDGER))
    await make_tables(ledger, LEDGER)
    morning = at("2026-11-22T09:00") // 1000
    await tell_journal(ledger, tmp_path / "log", [
        PlayedCall(f"w{week}.{number}", morning - week * WEEK + 30 * number, "operator", "abandoned", 9, 0, "0901")
        for week in range(9) for number in range(40 if week else 2)])
    await ledger.close()
    site.clock.at_ms = at("2026-11-22T12:00")
    manager = await site.client(Role.MANAGER)
    english = (await manager.get("/pulse?from=08:00&lang=en")).text
    assert "sudden fall" in english
    assert "operator fell to 2; in the same hours of" in english
    assert "pulse_chance v1" in english
    assert "operator کمتر شد: ۲ تماس" in (await manager.get("/pulse?from=08:00&lang=fa")).text
    async with site.served() as url, chromium() as browser:
        view = await site.open(browser, url, "/pulse?from=08:00", Role.MANAGER)
        assert await accessibility_faults(view) == []
        await shoot(view, "pulse-of-calls")


async def test_programs_read_the_same_with_every_passport(site: PageSite) -> None:
    await with_a_rise(site)
    auditor = await site.client(Role.AUDITOR)
    found = (await auditor.get("/api/v1/reports/faults?from=08:00")).json()
    assert ("insurance-records", 1) in [(row["name"], row["fault_flagged"]) for row in found["rows"]]
    assert "fault_chance" in found["definitions"]
    kept = (await auditor.get("/api/v1/reports/followups?from=-60d&by=total")).json()
    assert [row["followups_overdue"] for row in kept["rows"]] == [12]
    assert (await auditor.get("/api/v1/reports/satisfaction")).json()["rows"] == []


@pytest.mark.parametrize(("query", "name"), [
    ("from=soon", "wrong-moment"), ("from=2026-11-20&to=2026-11-19", "empty-time"),
    ("from=2026-11-01&to=2026-11-22", "longer-than-a-week"),
])
async def test_a_time_that_cannot_be_is_refused_by_name(site: PageSite, query: str, name: str) -> None:
    answer = await (await site.client(Role.MANAGER)).get(f"/api/v1/reports/faults?{query}")
    assert answer.status_code == 422
    assert answer.json()["type"] == f"urn:pasokh:problem:{name}"


async def test_an_action_goes_its_way_on_the_pages(site: PageSite) -> None:
    code = await with_a_rise(site)
    manager = await site.client(Role.MANAGER)
    answer = await manager.post("/pulse/actions", data=ACTION)
    assert (answer.status_code, answer.headers["location"]) == (303, "/pulse/actions/1?said=saved")
    for deed, data in (
        ("cases", {"codes": f"{code[:3]} {code[3:6]} {code[6:]}"}), ("mended", {"since": "now", "version": "1"}),
        ("close", {"outcome": "The bank sends them on the 25th", "version": "2"}),
    ):
        answer = await manager.post(f"/pulse/actions/1/{deed}", data=data)
        assert answer.status_code == 303, answer.text
    shown = (await manager.get("/pulse/actions/1?lang=en")).text
    for part in ("Slips come late", "The bank sends them on the 25th", code, "Too little to measure the effect yet"):
        assert part in shown
    assert "Slips come late" in (await manager.get("/pulse/actions")).text


async def test_an_auditor_looks_and_changes_nothing(site: PageSite) -> None:
    await (await site.client(Role.MANAGER)).post("/pulse/actions", data=ACTION)
    auditor = await site.client(Role.AUDITOR)
    page = (await auditor.get("/pulse/actions/1")).text
    assert "Slips come late" in page
    assert "/pulse/actions/1/close" not in page
    assert (await auditor.post("/pulse/actions/1/close", data={"outcome": "x", "version": "1"})).status_code == 403


async def test_programs_carry_an_action_and_refusals_have_their_names(site: PageSite) -> None:
    code = await with_a_rise(site)
    manager = await site.client(Role.MANAGER)
    wish = {**ACTION, "due": "2027-01-20T12:00:00Z", "cases": [code]}
    made = await manager.post("/api/v1/actions", json=wish)
    assert (made.status_code, made.json()["version"]) == (201, 1)
    assert (await manager.post("/api/v1/actions/1/cases", json={"cases": [code]})).json() == {"added": 0}
    mended = await manager.post("/api/v1/actions/1/mended", json={"since": "2026-11-22T00:00:00Z", "version": 1})
    assert mended.json()["version"] == 2
    late = await manager.post("/api/v1/actions/1/close", json={"outcome": "done", "version": 1})
    assert (late.status_code, late.json()["type"]) == (409, "urn:pasokh:problem:changed-meanwhile")
    none = await manager.post("/api/v1/actions", json={**wish, "subject": None, "cause": None})
    assert (none.status_code, none.json()["type"]) == (422, "urn:pasokh:problem:action-without-scope")
    assert (await manager.get("/api/v1/actions/9")).json()["type"] == "urn:pasokh:problem:unknown-action"
    assert (await manager.get("/api/v1/actions/1")).json()["cases"] == [code]


async def test_the_pages_can_be_used_by_everybody_and_run_without_a_complaint(site: PageSite) -> None:
    await with_a_rise(site)
    await (await site.client(Role.MANAGER)).post("/pulse/actions", data=ACTION)
    async with site.served() as url, chromium() as browser:
        for path in ("/pulse?from=08:00", *PAGES[1:], "/pulse/actions/1"):
            view = await site.open(browser, url, path, Role.MANAGER)
            assert await accessibility_faults(view) == []
            await view.close()
    assert site.complaints.heard == []
