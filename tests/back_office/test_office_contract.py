"""The embedded back office answers as its contract says: each operation, each kind of refusal."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

from back_office.associations import add_association
from back_office.people import Person, sample_people
from foundation.database import Database
from foundation.identity_numbers import has_check_digit
from foundation.paths import CHECKOUT
from tests.support.office_server import TODAY, make_office, office_client

CONTRACT: dict[str, Any] = yaml.safe_load((CHECKOUT / "docs/back-office.openapi.yaml").read_text(encoding="utf-8"))
PEOPLE = list(sample_people(24, TODAY))
WORKER, PENSIONER = PEOPLE[0], PEOPLE[1]
EMPLOYER = next(one for one in PEOPLE if one.workshop and one.workshop.debt_rials)
KEY = "0123456789abcdef"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = await make_office(tmp_path, PEOPLE, places=1)
    yield made
    await made.close()


@pytest.fixture
async def office(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with office_client(database) as client:
        yield client


def operation(path: str, method: str) -> tuple[str, Any]:
    """The template of the contract that a path follows."""
    parts = path.partition("?")[0].split("/")
    for template, item in CONTRACT["paths"].items():
        wanted = template.split("/")
        if len(wanted) == len(parts) and all(w == p or w[:1] == "{" for w, p in zip(wanted, parts, strict=True)):
            return template, item[method]
    raise AssertionError(f"{path}: not in the contract")


def check(response: httpx.Response) -> Any:
    """The content, once it is what the contract says for this status."""
    _, described = operation(response.request.url.path, response.request.method.lower())
    content = described["responses"][str(response.status_code)]
    while "$ref" in content:
        content = CONTRACT["components"]["responses"][content["$ref"].rsplit("/", 1)[1]]
    schema = {**content["content"]["application/json"]["schema"], "components": CONTRACT["components"]}
    checker = FormatChecker(["date"])
    Draft202012Validator(schema, format_checker=checker).validate(response.json())
    return response.json()


async def sign_in(office: httpx.AsyncClient, one: Person) -> str:
    proof = check(await office.post("/v1/identity", json={"national_id": one.national_id, "pin": one.pin}))
    return str(proof["person"])


def test_every_example_of_the_contract_fits_its_own_schema() -> None:
    for path, item in CONTRACT["paths"].items():
        for method in ("get", "post"):
            for response in item.get(method, {}).get("responses", {}).values():
                content = response.get("content", {}).get("application/json")
                if content:
                    schema = {**content["schema"], "components": CONTRACT["components"]}
                    assert list(Draft202012Validator(schema).iter_errors(content["example"])) == [], path


@pytest.mark.parametrize("path", [
    "insurance-number", "insurance-days", "expected-pension", "pension-payment", "medicine-deductions",
    "last-contribution", "dependants", "benefits/unemployment",
])
async def test_what_is_on_record_is_told_as_the_contract_says(office: httpx.AsyncClient, path: str) -> None:
    for one in (WORKER, PENSIONER, EMPLOYER):
        check(await office.get(f"/v1/people/{await sign_in(office, one)}/{path}"))


async def test_days_are_told_whole_and_in_parts(office: httpx.AsyncClient) -> None:
    found = check(await office.get(f"/v1/people/{await sign_in(office, WORKER)}/insurance-days"))
    assert found["days"] == WORKER.days == found["years"] * 360 + found["months"] * 30 + found["rest_days"]


async def test_only_an_employer_hears_of_his_workshop(office: httpx.AsyncClient) -> None:
    assert EMPLOYER.workshop
    for one, status in ((EMPLOYER, 200), (WORKER, 404)):
        path = f"/v1/people/{await sign_in(office, one)}/employer-debt?workshop={EMPLOYER.workshop.code}"
        response = await office.get(path)
        check(response)
        assert response.status_code == status


async def test_prescriptions_branches_numbers_and_estimates(office: httpx.AsyncClient) -> None:
    person = await sign_in(office, WORKER)
    assert check(await office.get(f"/v1/people/{person}/prescriptions/{WORKER.prescription.code}"))["items"] >= 1
    assert check(await office.get(f"/v1/people/{person}/prescriptions/99999999")) == {"error": "no_prescription"}
    check(await office.get("/v1/branches/1"))
    assert check(await office.get("/v1/branches/9")) == {"error": "no_branch"}
    assert check(await office.get("/v1/estimates/contribution?wage_rials=1000"))["monthly_rials"] == 260
    for number, status in ((WORKER.insurance_number, "active"), ("99999999", "unknown")):
        body = {"insurance_number": number}
        assert check(await office.post("/v1/insurance-numbers/check", json=body)) == {"status": status}


async def test_a_repeated_request_gets_its_first_answer(office: httpx.AsyncClient) -> None:
    path = f"/v1/people/{await sign_in(office, WORKER)}/certificates"
    first, again = [
        check(await office.post(path, json={"kind": "payslip"}, headers={"Idempotency-Key": KEY})) for _ in range(2)
    ]
    assert first == again
    assert has_check_digit(first["tracking"])
    other = check(await office.post(path, json={"kind": "payslip"}, headers={"Idempotency-Key": KEY + "2"}))
    assert other["tracking"] != first["tracking"]


@pytest.mark.parametrize(("day", "word"), [
    ("2026-11-22", "day_past"), ("2027-11-22", "day_too_far"), ("2026-11-27", "branch_closed"), ("2026-12-02", None),
])
async def test_visits_are_booked_on_open_days_to_come(office: httpx.AsyncClient, day: str, word: str | None) -> None:
    path = f"/v1/people/{await sign_in(office, WORKER)}/appointments"
    found = check(await office.post(path, json={"day": day}, headers={"Idempotency-Key": KEY}))
    assert found.get("error") == word
    assert word or found["day"] == day


@pytest.mark.parametrize(("national_id", "pin"), [
    (WORKER.national_id, "99999"), ("0084575948", WORKER.pin), (PENSIONER.national_id, "4712345"),
])
async def test_nobody_is_told_whether_the_id_or_the_pin_was_wrong(
    office: httpx.AsyncClient, national_id: str, pin: str,
) -> None:
    response = await office.post("/v1/identity", json={"national_id": national_id, "pin": pin})
    assert (response.status_code, check(response)) == (403, {"error": "not_proved"})


async def test_without_the_sites_token_nothing_is_told(database: Database) -> None:
    async with office_client(database, "another") as stranger:
        assert check(await stranger.get("/v1/branches/1")) == {"error": "no_token"}
        body = {"national_id": WORKER.national_id, "pin": WORKER.pin}
        assert check(await stranger.post("/v1/identity", json=body)) == {"error": "no_token"}


async def test_a_malformed_request_is_not_repeated_in_its_answer(office: httpx.AsyncClient) -> None:
    response = await office.post("/v1/identity", json={"national_id": "0084575948", "pin": "not-a-pin-4711"})
    assert (response.status_code, response.text) == (422, '{"error":"malformed"}')


async def test_a_key_that_stands_for_nobody_opens_nothing(office: httpx.AsyncClient) -> None:
    assert check(await office.get(f"/v1/people/{'x' * 22}/insurance-days")) == {"error": "no_person"}


def kept_by(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("office.sqlite*"))


async def test_pins_are_kept_as_hashes_and_sessions_without_their_keys(
    office: httpx.AsyncClient, tmp_path: Path,
) -> None:
    person = await sign_in(office, WORKER)
    kept = kept_by(tmp_path)
    assert person.encode() not in kept
    assert b"scrypt$" in kept


async def test_the_loan_goes_by_province_and_by_turn(office: httpx.AsyncClient) -> None:
    mine = [one for one in PEOPLE if one.is_pensioner and one.province == PENSIONER.province]
    people = [await sign_in(office, one) for one in (PENSIONER, mine[1], WORKER)]
    told = []
    for number, person in enumerate([*people, people[0]]):
        headers = {"Idempotency-Key": f"{KEY}{number}"}
        told.append(check(await office.post(
            "/v1/campaigns/loan/registrations", json={"person": person}, headers=headers,
        )))
    assert (told[0]["status"], told[1]["status"], told[1]["place"]) == ("registered", "waiting", 1)
    assert (told[2], told[3]) == ({"error": "not_eligible"}, {"error": "already"})
    assert has_check_digit(told[0]["receipt"])
    for person, status in zip(people, ("registered", "waiting", "none"), strict=True):
        assert check(await office.get(f"/v1/campaigns/loan/registrations/{person}"))["status"] == status


async def test_an_association_registers_its_own_province_in_its_own_name(
    office: httpx.AsyncClient, database: Database,
) -> None:
    async with database.write() as connection:
        token = await add_association(connection, "union", PENSIONER.province)
    stranger = next(one for one in PEOPLE if one.is_pensioner and one.province != PENSIONER.province)
    path = "/v1/association/loan/registrations"
    async with office_client(database, token) as union:
        for one, word in ((PENSIONER, None), (stranger, "not_yours")):
            body, headers = {"national_id": one.national_id}, {"Idempotency-Key": KEY}
            assert check(await union.post(path, json=body, headers=headers)).get("error") == word
        found = check(await union.get(path))
        assert (found["province"], found["places"], found["taken"]) == (PENSIONER.province, 1, 1)
        assert len(found["registrations"]) == 1
        assert check(await union.get("/v1/branches/1")) == {"error": "no_token"}
    assert check(await office.get(path)) == {"error": "no_token"}
