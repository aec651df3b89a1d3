"""The interface of cases for programs: the same desk, by tokens, with stable refusals."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import followups.web
from foundation.web.accounts import By
from foundation.web.roles import Role
from tests.support.case_site import NATIONAL_ID, NUMBER
from tests.support.page_site import PageSite, page_site

WISH: dict[str, Any] = {
    "subject": "insurance-records", "summary": f"Two months are missing, mother {NATIONAL_ID}", "province": "yazd",
    "person": {"name": "زهرا", "national_id": NATIONAL_ID, "number": NUMBER},
}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[PageSite]:
    async with page_site(tmp_path, [followups.web.room()]) as made:
        yield made


async def program(site: PageSite, *roles: Role, user_id: str = "") -> httpx.AsyncClient:
    """A client that comes with a token."""
    user = await site.add_user(*roles, user_id=user_id)
    token = await site.web.tokens.add(user, "test", roles, 1, By("test"))
    return site.stranger(accept="application/json", authorization=f"Bearer {token}")


async def opened(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await client.post("/api/v1/cases", json={**WISH, **changes})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_case_is_opened_worked_on_and_closed_by_a_program(site: PageSite) -> None:
    boss = await program(site, Role.SUPERVISOR)
    case = await opened(boss)
    assert (case["unit"], case["state"], case["version"], case["channel"]) == ("insured-desk", "open", 1, "api")
    assert case["summary"] == "Two months are missing, mother •••••••948"
    steps: list[tuple[str, dict[str, Any]]] = [
        ("hand-over", {"unit": "general-yazd", "reason": "theirs"}),
        ("reclassify", {"subject": "medical", "reason": "x"}),
        ("resolve", {"result": "done"}), ("tell", {"how": "sms"}), ("close", {"closing": "solved"}),
        ("reopen", {"reason": "not yet"}),
    ]
    for version, (step, wish) in enumerate(steps, 1):
        answer = await boss.post(f"/api/v1/cases/{case['code']}/{step}", json={**wish, "version": version})
        assert (answer.status_code, answer.json()["version"]) == (200, version + 1), answer.text
    assert (await boss.post(f"/api/v1/cases/{case['code']}/notes", json={"text": "a word"})).status_code == 204
    link = {"kind": "call", "reference": "pasokh-1.0"}
    assert (await boss.post(f"/api/v1/cases/{case['code']}/links", json=link)).status_code == 204
    whole = (await boss.get(f"/api/v1/cases/{case['code']}")).json()
    assert [event["deed"] for event in whole["history"]] == [
        "opened", "handed_over", "reclassified", "resolved", "told", "closed", "reopened", "noted", "linked",
    ]
    assert (whole["person"]["national_id"], whole["links"]) == ("•••••••948", [link])


async def test_the_same_key_opens_one_case(site: PageSite) -> None:
    boss, other = await program(site, Role.SUPERVISOR), await program(site, Role.AGENT)
    answers = await asyncio.gather(*(
        boss.post("/api/v1/cases", json=WISH, headers={"Idempotency-Key": "k"}) for _ in range(3)
    ))
    assert len({answer.json()["code"] for answer in answers}) == 1
    theirs = await other.post("/api/v1/cases", json=WISH, headers={"Idempotency-Key": "k"})
    assert theirs.json()["code"] != answers[0].json()["code"]


async def test_a_refusal_is_a_problem_with_a_stable_name(site: PageSite) -> None:
    boss, agent = await program(site, Role.SUPERVISOR), await program(site, Role.AGENT)
    code = (await opened(boss))["code"]
    path = f"/api/v1/cases/{code}"
    await boss.post(f"{path}/resolve", json={"result": "one"})
    refused = [
        (await boss.post(f"{path}/resolve", json={"result": "two", "version": 1}), 409, "changed-meanwhile"),
        (await boss.post(f"{path}/resolve", json={"result": "two"}), 409, "not-in-this-state"),
        (await agent.post(f"{path}/close", json={"closing": "withdrawn"}), 403, "not-your-unit"),
        (await boss.get("/api/v1/cases/123456786"), 404, "unknown-case"),
        (await boss.get("/api/v1/cases?unit=moon"), 422, "unknown-unit"),
        (await boss.post("/api/v1/cases", json={**WISH, "subject": "weather"}), 422, "unknown-subject"),
        (await boss.post("/api/v1/cases", json={**WISH, "colour": "red"}), 422, "invalid"),
        (await boss.get("/api/v1/cases/12"), 422, "invalid"),
    ]
    for answer, status, name in refused:
        assert (answer.status_code, answer.json()["name"]) == (status, name), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    wrong = {**WISH, "person": {"national_id": "0084575949"}}
    answer = await boss.post("/api/v1/cases", json=wrong)
    assert (answer.status_code, answer.json()["name"]) == (422, "wrong-national-id")
    assert "0084575949" not in answer.text


async def test_a_partner_desk_opens_cases_and_sees_those_alone(site: PageSite) -> None:
    boss, partner = await program(site, Role.SUPERVISOR), await program(site, Role.PARTNER, user_id="bank")
    ours, theirs = await opened(boss), await opened(partner)
    assert (theirs["opened_by"], theirs["channel"]) == ("bank", "api")
    answer = await partner.get("/api/v1/cases")
    assert ([case["code"] for case in answer.json()], answer.headers["x-total-count"]) == ([theirs["code"]], "1")
    assert (await partner.get(f"/api/v1/cases/{ours['code']}")).status_code == 404
    found = (await partner.post("/api/v1/cases/search", json={"text": NATIONAL_ID})).json()
    assert [case["code"] for case in found] == [theirs["code"]]
    assert (await partner.post(f"/api/v1/cases/{theirs['code']}/notes", json={"text": "x"})).status_code == 204
    assert (await partner.post(f"/api/v1/cases/{ours['code']}/notes", json={"text": "x"})).status_code == 404
    for path in (f"/api/v1/cases/{theirs['code']}/resolve", f"/api/v1/cases/{theirs['code']}/identity"):
        assert (await partner.post(path, json={"result": "x"})).status_code == 403
    assert (await partner.get("/api/v1/case-units")).status_code == 403
    assert len((await partner.get("/api/v1/case-subjects")).json()) > 20


async def test_lists_are_cut_and_narrowed(site: PageSite) -> None:
    boss = await program(site, Role.SUPERVISOR)
    codes = [(await opened(boss, subject=subject))["code"] for subject in ("medical", "pensions", "pensions-payment")]
    listed = await boss.get("/api/v1/cases", params={"subject": "pensions", "limit": 1, "offset": 1, "state": ["open"]})
    assert (len(listed.json()), listed.headers["x-total-count"]) == (1, "2")
    inbox = (await boss.get("/api/v1/case-units/medical-desk/inbox")).json()
    assert [case["code"] for case in inbox] == codes[:1]
    units = {unit["id"]: unit["owed"] for unit in (await boss.get("/api/v1/case-units")).json()}
    assert (len(units), units["pensions-desk"]) == (74, 2)


async def test_files_go_in_and_come_out(site: PageSite) -> None:
    boss = await program(site, Role.SUPERVISOR)
    code = (await opened(boss))["code"]
    file = (await boss.post(f"/api/v1/cases/{code}/files", files={"file": ("a.pdf", b"%PDF-1")})).json()
    assert file["media_type"] == "application/pdf"
    assert (await boss.get(f"/api/v1/cases/{code}/files/{file['id']}")).content == b"%PDF-1"
    refused = await boss.post(f"/api/v1/cases/{code}/files", files={"file": ("a.pdf", b"MZ\0")})
    assert (refused.status_code, refused.json()["name"]) == (415, "file-kind-refused")


async def test_identities_in_clear_leave_a_trace(site: PageSite) -> None:
    boss = await program(site, Role.SUPERVISOR)
    code = (await opened(boss))["code"]
    shown = (await boss.post(f"/api/v1/cases/{code}/identity")).json()
    assert shown == {"national_id": NATIONAL_ID, "summary": f"Two months are missing, mother {NATIONAL_ID}"}
    history = (await boss.get(f"/api/v1/cases/{code}")).json()["history"]
    assert [event["deed"] for event in history] == ["opened", "identity_shown"]


async def test_programs_without_a_token_get_nothing(site: PageSite) -> None:
    stranger = site.stranger(accept="application/json")
    assert (await stranger.get("/api/v1/cases")).status_code == 401
    assert (await stranger.post("/api/v1/cases", json=WISH)).status_code in {401, 403}


async def test_the_description_names_every_route(site: PageSite) -> None:
    boss = await program(site, Role.SUPERVISOR)
    paths = (await boss.get("/api/v1/openapi.json")).json()["paths"]
    assert {"/cases", "/cases/{code}", "/cases/{code}/resolve", "/cases/{code}/files/{file_id}"} <= set(paths)
