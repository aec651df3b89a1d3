"""The pages of cases: inboxes, the case with its timeline, forms of staff and of the public."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

import followups.web
from followups.cases.case import Deed
from followups.cases.lifecycle import State
from followups.cases.office import CaseOffice, case_office
from foundation.web.roles import Role
from recordings.store import Recording, add_recording
from tests.support.browser import PHONE, accessibility_faults, chromium, shoot
from tests.support.case_site import NATIONAL_ID, NUMBER, SARA, WISH
from tests.support.page_site import PageSite, form_token, page_site

FORM = {
    "subject": "insurance-records", "summary": f"Two months are missing; mother {NATIONAL_ID}", "channel": "call",
    "language": "fa", "name": "زهرا محمدی", "national_id": NATIONAL_ID, "number": NUMBER, "province": "yazd",
}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[PageSite]:
    async with page_site(tmp_path, [followups.web.room()]) as made:
        yield made


def office(site: PageSite) -> CaseOffice:
    return case_office(site.web.home, site.web.settings, site.web.database, site.clock)


async def opened(client: httpx.AsyncClient, **changes: str) -> str:
    answer = await client.post("/cases/new", data={**FORM, **changes})
    assert answer.status_code == 303, answer.text
    return re.fullmatch(r"/cases/(\d{9})\?said=case-opened", answer.headers["location"])[1]  # type: ignore[index]


async def test_an_agent_opens_a_case_and_its_unit_works_on_it(site: PageSite) -> None:
    agent = await site.client(Role.AGENT, user_id="omid", agent="a101")
    assert "زهرا" not in (await agent.get("/cases/new?call=pasokh-1.0&number=09121234567")).text
    code = await opened(agent, call="pasokh-1.0")
    shown = (await agent.get(f"/cases/{code}?said=case-opened&lang=en")).text
    for part in ("The case is open.", "•••••••948", "pasokh-1.0", "Only members of", "زهرا محمدی", "Insured persons"):
        assert part in shown
    assert NATIONAL_ID not in shown
    refused = await agent.post(f"/cases/{code}/step/resolve", data={"version": "1", "text": "my long result"})
    assert refused.status_code == 403
    assert "my long result" in refused.text
    await office(site).units.add("insured-desk", "a101", "root")
    assert "Insured persons" in (await agent.get("/cases?lang=en")).text
    for step, data in (
        ("assign", {"choice": "a101"}), ("wait_caller", {"text": "needs a paper"}), ("resume", {}),
        ("resolve", {"text": "Both months are entered"}), ("tell", {"choice": "call"}), ("close", {"choice": "solved"}),
        ("reopen", {"text": "one is missing"}),
    ):
        version = (await office(site).reading.case(code, SARA)).version
        answer = await agent.post(f"/cases/{code}/step/{step}", data={"version": str(version), **data})
        assert answer.headers["location"] == f"/cases/{code}?said=case-changed", answer.text
    assert (await office(site).reading.case(code, SARA)).state is State.REOPENED
    page = (await agent.get(f"/cases/{code}?lang=en")).text
    assert all(words in page for words in ("needs a paper", "Both months are entered", "one is missing"))


async def test_of_two_who_change_one_case_the_second_sees_what_changed_and_keeps_his_words(site: PageSite) -> None:
    first = await site.client(Role.SUPERVISOR, user_id="sara")
    code = await opened(first)
    done = await first.post(f"/cases/{code}/step/resolve", data={"version": "1", "text": "first"})
    assert done.status_code == 303
    second = await first.post(f"/cases/{code}/step/hand_over?lang=en", data={
        "version": "1", "text": "second's reason", "choice": "pensions-desk",
    })
    assert second.status_code == 409
    assert "was changed meanwhile" in second.text
    assert "second&#39;s reason" in second.text


async def test_inboxes_are_by_deadline_and_say_what_is_late(site: PageSite) -> None:
    boss = await site.client(Role.SUPERVISOR)
    late = await opened(boss, subject="insurance-records", province="")
    site.clock.go_on(5 * 24 * 60)
    fresh = await opened(await site.client(Role.SUPERVISOR, user_id="leila"), subject="insurance-voluntary", number="")
    inbox = (await (await site.client(Role.SUPERVISOR, user_id="mina")).get("/cases/inbox/insured-desk?lang=en")).text
    assert inbox.index(f"/cases/{late}") < inbox.index(f"/cases/{fresh}")
    assert inbox.count("overdue") == 1
    assert NATIONAL_ID not in inbox


async def test_a_long_inbox_is_cut_into_pages(site: PageSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("followups.web.inbox_pages.PAGE", 1)
    boss = await site.client(Role.SUPERVISOR)
    codes = [await opened(boss, summary=f"case {n}") for n in range(2)]
    pages = [(await boss.get(f"/cases/inbox/insured-desk?page={n}")).text for n in range(3)]
    assert [[code in page for code in codes] for page in pages] == [[True, False], [False, True], [False, False]]
    assert ["page=1" in pages[0], "page=0" in pages[1], "page=2" in pages[1]] == [True, True, False]


async def test_wrong_files_of_the_site_are_told_and_nothing_falls_over(site: PageSite) -> None:
    (site.web.home.root / "followups").mkdir()
    (site.web.home.root / "followups" / "units.yaml").write_text("units: {a: {tier: boss}}")
    answer = await (await site.client(Role.SUPERVISOR)).get("/cases?lang=en")
    assert (answer.status_code, "case check" in answer.text) == (503, True)


async def test_what_is_looked_for_stands_in_no_address(site: PageSite) -> None:
    boss = await site.client(Role.SUPERVISOR)
    code = await opened(boss)
    found = await boss.post("/cases/find", data={"text": NATIONAL_ID})
    assert found.headers["location"] == f"/cases/{code}"
    await opened(boss, summary="another one")
    several = await boss.post("/cases/find?lang=en", data={"text": "0912 123 4567"})
    assert several.text.count("/cases/") > 2
    assert "Nothing was found" in (await boss.post("/cases/find?lang=en", data={"text": "nobody"})).text


async def test_notes_files_and_another_subject(site: PageSite) -> None:
    boss = await site.client(Role.SUPERVISOR)
    code = await opened(boss)
    assert (await boss.post(f"/cases/{code}/note", data={"text": "called <b>them</b>"})).status_code == 303
    attached = await boss.post(f"/cases/{code}/files", files={"file": ("paper.pdf", b"%PDF-1.7 x", "text/html")})
    assert attached.status_code == 303
    refused = await boss.post(f"/cases/{code}/files?lang=en", files={"file": ("a.pdf", b"<html>", "application/pdf")})
    assert (refused.status_code, "files of this kind" in refused.text) == (415, True)
    page = (await boss.get(f"/cases/{code}")).text
    assert "called &lt;b&gt;them&lt;/b&gt;" in page
    path = re.search(rf"/cases/{code}/files/\w+", page)
    assert path
    file = await boss.get(path[0])
    assert (file.content, file.headers["content-type"]) == (b"%PDF-1.7 x", "application/pdf")
    assert file.headers["content-disposition"] == "attachment; filename*=UTF-8''paper.pdf"
    moved = await boss.post(f"/cases/{code}/reclassify", data={"version": "1", "choice": "medical", "text": "a bill"})
    assert moved.status_code == 303


async def test_a_cases_recordings_are_heard_and_the_history_says_by_whom(site: PageSite) -> None:
    boss = await site.client(Role.SUPERVISOR, user_id="sara")
    code = await opened(boss, call="pasokh-1.0")
    kept = Recording(
        id="rec-1", kind="call", call_id="pasokh-1.0", channel_id="c", stint=1, started_ms=site.clock(),
        duration_ms=4000, path="a.wav", bytes=8, sha256="0" * 64,
    )
    async with site.web.database.write() as connection:
        await add_recording(connection, kept)
        await add_recording(connection, replace(kept, id="rec-2", call_id="pasokh-2.0"))
    assert (await boss.get(f"/cases/{code}/sound/rec-1")).status_code == 404
    (site.web.home.recordings_store / "a.wav").write_bytes(b"RIFFWAVE")
    assert f"/cases/{code}/sound/rec-1" in (await boss.get(f"/cases/{code}")).text
    heard = await boss.get(f"/cases/{code}/sound/rec-1")
    assert (heard.content, heard.headers["content-type"]) == (b"RIFFWAVE", "audio/wav")
    piece = await boss.get(f"/cases/{code}/sound/rec-1", headers={"range": "bytes=4-"})
    assert (piece.status_code, piece.content) == (206, b"WAVE")
    told = (await office(site).reading.view(code, SARA)).events
    assert [event.deed for event in told] == [Deed.OPENED, Deed.HEARD]
    assert (await boss.get(f"/cases/{code}/sound/rec-2")).status_code == 404
    assert "recording heard" in (await boss.get(f"/cases/{code}?lang=en")).text
    stranger_to_unit = await site.client(Role.AGENT)
    assert (await stranger_to_unit.get(f"/cases/{code}/sound/rec-1")).status_code == 403
    auditor = await site.client(Role.AUDITOR)
    assert (await auditor.get(f"/cases/{code}/sound/rec-1")).status_code == 403
    assert "recording.heard" in (await auditor.get("/audit")).text


async def test_whoever_looks_at_a_national_id_stands_in_history_and_audit(site: PageSite) -> None:
    boss = await site.client(Role.SUPERVISOR, user_id="sara")
    code = await opened(boss)
    shown = await boss.post(f"/cases/{code}/identity?lang=en")
    assert f"mother {NATIONAL_ID}" in shown.text
    again = (await boss.get(f"/cases/{code}?lang=en")).text
    assert "national ID looked at" in again
    assert NATIONAL_ID not in again
    auditor = await site.client(Role.AUDITOR)
    assert (await auditor.post(f"/cases/{code}/identity")).status_code == 403
    assert "case.identity" in (await auditor.get("/audit")).text


async def test_who_may_only_look_gets_no_forms_and_strangers_get_the_door(site: PageSite) -> None:
    code = await opened(await site.client(Role.SUPERVISOR))
    manager = await site.client(Role.MANAGER)
    page = (await manager.get(f"/cases/{code}")).text
    assert "/step/" not in page
    assert (await manager.post(f"/cases/{code}/note", data={"text": "x"})).status_code == 403
    assert (await manager.get("/cases/new")).status_code == 403
    assert (await (await site.client(Role.PARTNER)).get(f"/cases/{code}")).status_code == 403
    assert (await site.stranger().get(f"/cases/{code}")).status_code == 303


@pytest.mark.parametrize("path", ["/cases/123456786", "/cases/abc", "/cases/inbox/moon", "/cases/inbox/%00"])
async def test_what_is_not_there_is_told(site: PageSite, path: str) -> None:
    assert (await (await site.client(Role.SUPERVISOR)).get(path)).status_code in {404, 422}


async def ask(site: PageSite, **changes: str) -> httpx.Response:
    stranger = site.stranger()
    token = form_token(await stranger.get("/ask?lang=en"))
    return await stranger.post("/ask?lang=en", data={**FORM, "csrf": token, **changes})


async def test_the_public_asks_and_gets_a_code_to_ask_with(site: PageSite) -> None:
    answer = await ask(site, key="k1")
    assert answer.status_code == 201
    code = re.search(r"(\d{3}) (\d{3}) (\d{3})", answer.text)
    assert code
    again = await ask(site, key="k1")
    assert code[0] in again.text
    stranger = site.stranger()
    token = form_token(await stranger.get("/ask/status?lang=en"))
    for proof, status in ((NATIONAL_ID, 200), ("+98 912 123 4567", 200), ("09121234568", 404), ("", 404)):
        shown = await stranger.post("/ask/status?lang=en", data={"csrf": token, "code": code[0], "proof": proof})
        assert (shown.status_code, "open" in shown.text) == (status, status == 200)
        assert "mother" not in shown.text
        assert NATIONAL_ID not in shown.text
    view = await office(site).reading.view("".join(code.groups()), SARA)
    assert (view.case.opened_by, view.case.channel.value, view.case.language) == ("public", "web", "en")


@pytest.mark.parametrize(("changes", "said"), [
    ({"national_id": "0084575949"}, "check its digits"), ({"number": "12"}, "nobody can be met"),
    ({"summary": ""}, "must not be empty: what it is about"), ({"subject": "weather"}, "no subject"),
])
async def test_a_form_that_cannot_be_comes_back_with_its_words_but_not_the_national_id(
    site: PageSite, changes: dict[str, str], said: str,
) -> None:
    answer = await ask(site, **changes)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="زهرا محمدی"' in answer.text
    assert changes.get("national_id", NATIONAL_ID) not in answer.text.replace(f"mother {NATIONAL_ID}", "")


async def test_one_address_asks_and_guesses_only_so_often(site: PageSite) -> None:
    answers = [(await ask(site)).status_code for _ in range(22)]
    assert answers[:20] == [201] * 20
    assert answers[-1] == 429
    stranger = site.stranger()
    token = form_token(await stranger.get("/ask/status"))
    guess = {"csrf": token, "code": "123456786", "proof": NUMBER}
    guesses = [(await stranger.post("/ask/status", data=guess)).status_code for _ in range(12)]
    assert guesses[:10] == [404] * 10
    assert guesses[-1] == 429


@pytest.mark.browser
@pytest.mark.parametrize("language", ["fa", "en"])
async def test_the_pages_are_clear_to_everybody(tmp_path: Path, language: str) -> None:
    async with page_site(tmp_path, [followups.web.room()]) as site, site.served() as url, chromium() as browser:
        case = await office(site).opening.open(WISH, SARA)
        desk = office(site).desk
        await office(site).units.add("insured-desk", "supervisor", "root")
        await desk.assign(case.code, "supervisor", SARA)
        await desk.note(case.code, "با شعبه تماس گرفتم؛ فهرست‌ها رسیده است.", SARA)
        await desk.wait_for_caller(case.code, "قرارداد کار", SARA)
        page = await site.open(browser, url, "/cases", Role.SUPERVISOR, language=language)  # type: ignore[arg-type]
        for path, name in (
            ("/cases", "units"), ("/cases/inbox/insured-desk", "inbox"), (f"/cases/{case.code}", "case"),
            ("/cases/new", "new"), ("/ask", "ask"), ("/ask/status", "status"),
        ):
            await page.goto(url + path)
            assert not await accessibility_faults(page), path
            await shoot(page, f"cases-{name}-{language}")
        await page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
        await page.goto(f"{url}/cases/{case.code}")
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        await shoot(page, f"cases-phone-{language}")
        await page.locator("#step-resume summary").click()
        await page.locator("#step-resume button").click()
        await page.wait_for_url("**said=case-changed")
        assert not site.complaints.heard
