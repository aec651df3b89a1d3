"""The link to the back office: in time, again when it may; wrong tries that are counted; services as files."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from foundation.data_file import DataFileError
from foundation.database import MAIN, Database
from foundation.gateway import Outbox
from foundation.gateway_tables import sms_outbox
from foundation.paths import Home
from foundation.settings import Identity, WebService
from ivr.identity_tables import identity_try
from ivr.prompts.catalogue import load_catalogue
from ivr.self_service.back_office import BackOffice, OfficeDownError, Question, Refused
from ivr.self_service.book import SHIPPED, ServiceBook, load_service, load_services
from ivr.self_service.breaker import OPEN_SECONDS, State
from ivr.self_service.check import Known
from ivr.self_service.contract import load_contract
from ivr.self_service.lock_book import LockBook

CONTRACT = load_contract()
DAYS = {"days": 4385, "years": 12, "months": 2, "rest_days": 5}
MARK = "77416"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


Handler = Callable[[httpx.Request], httpx.Response]


def office(handler: Any, clock: Clock) -> BackOffice:
    client = httpx.AsyncClient(transport=httpx.MockTransport(handler), base_url="http://office/api")
    return BackOffice(client, clock)


def days(retries: int = 1, timeout_seconds: float = 2.0) -> Question:
    return Question(CONTRACT["insuranceDays"], {"person": "x" * 22}, "k" * 32, timeout_seconds, retries)


async def test_arguments_stand_where_the_contract_has_them() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201, json={"status": "registered", "receipt": "5728301944", "place": 0})

    link = office(answer, Clock())
    values = {"campaign": "loan", "person": "x" * 22}
    found = await link.ask(Question(CONTRACT["registerForCampaign"], values, "k" * 32))
    assert isinstance(found, dict)
    assert found["receipt"] == "5728301944"
    assert str(seen[0].url) == "http://office/api/v1/campaigns/loan/registrations"
    assert json.loads(seen[0].content) == {"person": "x" * 22}
    assert seen[0].headers["Idempotency-Key"] == "k" * 32


async def test_a_lost_answer_is_asked_for_again_under_the_same_key() -> None:
    keys: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        if len(keys) == 1:
            raise httpx.ReadError("lost")
        return httpx.Response(201, json={"tracking": "5728301944", "ready_on": "2026-11-24"})

    values = {"person": "x" * 22, "kind": "payslip"}
    await office(answer, Clock()).ask(Question(CONTRACT["requestCertificate"], values, "k" * 32))
    assert keys == ["k" * 32] * 2


@pytest.mark.parametrize("response", [
    httpx.Response(500), httpx.Response(200, text="<html>"), httpx.Response(200, json={"days": "many"}),
    httpx.Response(404, json={"error": "surprise"}), httpx.Response(401, json={"error": "no_token"}),
    httpx.Response(422, json={"error": "malformed"}), httpx.Response(200, json=[]),
])
async def test_whatever_the_contract_has_not_is_an_outage(response: httpx.Response) -> None:
    with pytest.raises(OfficeDownError):
        await office(lambda _request: response, Clock()).ask(days(retries=0))


async def test_a_refusal_is_an_answer_and_asked_once() -> None:
    asked: list[int] = []

    def refuse(_request: httpx.Request) -> httpx.Response:
        asked.append(1)
        return httpx.Response(404, json={"error": "no_person"})

    link = office(refuse, Clock())
    assert await link.ask(days(retries=3)) == Refused("no_person")
    assert (len(asked), link.state) == (1, State.CLOSED)


async def test_a_hanging_office_is_given_up_in_time_and_then_nobody_waits_for_it() -> None:
    clock, asked = Clock(), []

    async def hang(_request: httpx.Request) -> httpx.Response:
        asked.append(1)
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    link = office(hang, clock)
    for _ in range(3):
        with pytest.raises(OfficeDownError):
            await link.ask(days(retries=0, timeout_seconds=0.05))
    assert link.state is State.OPEN
    with pytest.raises(OfficeDownError):
        await link.ask(days())
    assert len(asked) == 3


async def test_one_question_probes_an_office_that_was_down_and_its_answer_lets_the_others_in() -> None:
    clock, up = Clock(), [False]

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=DAYS) if up[0] else httpx.Response(503)

    link = office(answer, clock)
    for _ in range(3):
        with pytest.raises(OfficeDownError):
            await link.ask(days(retries=0))
    clock.now += OPEN_SECONDS
    with pytest.raises(OfficeDownError):
        await link.ask(days(retries=0))
    up[0] = True
    clock.now += OPEN_SECONDS
    assert await link.ask(days()) == DAYS
    assert link.state is State.CLOSED


async def test_no_error_and_no_log_shows_what_was_asked(capsys: pytest.CaptureFixture[str]) -> None:
    values = {"national_id": "0084575948", "pin": MARK}
    question = Question(CONTRACT["checkIdentity"], values, "k" * 32, retries=1)
    with pytest.raises(OfficeDownError) as caught:
        await office(lambda _request: httpx.Response(500), Clock()).ask(question)
    said = capsys.readouterr()
    assert MARK not in str(caught.value) + repr(question) + said.out + said.err


@pytest.fixture
async def main(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    async with database.write() as connection:
        await connection.run_sync(lambda sync: MAIN.create_all(sync, [identity_try, sms_outbox]))
    yield database
    await database.close()


def locks(database: Database, now: list[int]) -> LockBook:
    return LockBook(database, "secret", Identity(tries=3, lock_minutes=30, caller_tries=5), lambda: now[0])


async def test_three_wrong_pins_lock_an_id_from_whatever_telephone_and_across_restarts(main: Database) -> None:
    now = [10**12]
    for number in range(3):
        book = locks(main, now)
        assert await book.begin(book.keys_of("0084575948", f"0912000000{number}"))
    book = locks(main, now)
    assert not await book.begin(book.keys_of("0084575948", "09120000009"))
    assert await book.begin(book.keys_of("9990000018", "09120000009"))
    now[0] += 30 * 60_000
    assert await book.begin(book.keys_of("0084575948", "09120000009"))


async def test_many_at_once_get_no_more_tries_than_one_after_the_other(main: Database) -> None:
    book = locks(main, [10**12])
    tries = [book.begin(book.keys_of("0084575948", "")) for _ in range(8)]
    assert sum(await asyncio.gather(*tries)) == 3


async def test_a_telephone_that_is_wrong_about_many_ids_is_locked_and_a_right_pin_changes_nothing(
    main: Database,
) -> None:
    book = locks(main, [10**12])
    for number in range(5):
        assert await book.begin(book.keys_of(f"999000000{number}", "0912"))
        if number == 1:
            right = book.keys_of("9990000099", "0912")
            assert await book.begin(right)
            await book.forgive(right)
    assert not await book.begin(book.keys_of("9990000018", "0912"))
    assert await book.begin(book.keys_of("9990000018", "0913"))


async def test_an_outage_of_the_office_costs_no_try(main: Database) -> None:
    book = locks(main, [10**12])
    for _ in range(5):
        keys = book.keys_of("0084575948", "0912")
        assert await book.begin(keys)
        await book.take_back(keys)


async def test_tries_are_counted_without_a_database_too(tmp_path: Path) -> None:
    away = Database(f"sqlite+aiosqlite:///{tmp_path / 'missing' / 'main.sqlite'}")
    book = locks(away, [10**12])
    found = [await book.begin(book.keys_of("0084575948", "")) for _ in range(4)]
    await away.close()
    assert found == [True, True, True, False]


def outbox(home: Home, database: Database, now: list[int]) -> Outbox:
    return Outbox(home, database, WebService(url="http://gateway/send", token="t"), lambda: now[0])


async def test_each_sms_is_sent_under_its_own_id_until_the_gateway_has_it(main: Database, tmp_path: Path) -> None:
    sent: list[str] = []
    statuses = iter([503, 200, 200])

    def gateway(request: httpx.Request) -> httpx.Response:
        sent.append(f"{request.headers['Idempotency-Key']} {json.loads(request.content)['to']}")
        return httpx.Response(next(statuses))

    now = [10**12]
    box = outbox(Home(tmp_path), main, now)
    for _ in range(2):
        await box.send_sms("09120000001", "one", "a1")
    await box.send_sms("09120000002", "two", "a2")
    async with httpx.AsyncClient(transport=httpx.MockTransport(gateway)) as client:
        for _ in range(3):
            await box.look(client, "http://gateway/send")
        now[0] += 10_000
        await box.look(client, "http://gateway/send")
    assert sorted(sent) == ["a1 09120000001", "a1 09120000001", "a2 09120000002"]


async def test_an_sms_waits_in_the_spool_while_the_database_is_away(main: Database, tmp_path: Path) -> None:
    home, now = Home(tmp_path), [10**12]
    away = Database(f"sqlite+aiosqlite:///{tmp_path / 'missing' / 'main.sqlite'}")
    for _ in range(2):
        assert await outbox(home, away, now).send_sms("09120000001", "one", "a1")
    await away.close()
    sent: list[str] = []

    def gateway(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers["Idempotency-Key"])
        return httpx.Response(202)

    async with httpx.AsyncClient(transport=httpx.MockTransport(gateway)) as client:
        for _ in range(2):
            await outbox(home, main, now).look(client, "http://gateway/send")
    assert sent == ["a1"]
    assert not list((home.spool / "sms").iterdir())


async def test_without_a_gateway_nothing_is_kept(main: Database, tmp_path: Path) -> None:
    box = Outbox(Home(tmp_path), main, WebService(), lambda: 0)
    assert not await box.send_sms("09120000001", "one", "a1")
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(box.deliver(), 1)


def test_at_least_twelve_services_are_shipped_and_all_are_good(tmp_path: Path) -> None:
    services, faults = load_services(Home(tmp_path), CONTRACT)
    assert faults == []
    assert len(services) >= 12
    assert {service.call.operation for service in services.values()} == set(CONTRACT) - {
        "checkIdentity", "registerMember", "membersRegistrations",
    }


GOOD = (SHIPPED / "employer-debt.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(("before", "after", "line", "words"), [
    ("employerDebt", "employersDebt", "call.operation", "no such operation"),
    ("svc-debt-clear", "svc-nothing", "replies.0.say", "no prompt of this name"),
    ("workshop: $workshop", "works: $workshop", "call.arguments", "needs the argument workshop"),
    ("$workshop", "$shop", "call.arguments.workshop", "nothing of this name is asked"),
    ("identity: true", "identity: false", "call.arguments.person", "identity: true"),
    ("tomans: debt_rials", "tomans: debt", "replies.1.say", "does not always answer debt"),
    ("date: due_on", "number: due_on", "replies.1.say", "only integer can be said so"),
    ("status: clear", "status: free", "replies.0.when.status", "is only clear, owing"),
    ("no_workshop:", "no_shop:", "refusals.no_shop", "never refuses so"),
    ("most: 10", "most: 9", "ask.workshop", "least is above most"),
    ("kind: digits", "kind: digit", "ask.workshop", "digit"),
    ("tomans: debt_rials", "tumans: debt_rials", "replies.1.say", "say a prompt or one of"),
    ("confirm: true", "confirm: true, private: true", "ask.workshop", "not said back"),
    ("most: 10", "most: 10, private: true", "call.arguments.workshop", "only in a request's body"),
])
def test_a_fault_in_a_service_is_named_with_its_file_and_line(
    tmp_path: Path, before: str, after: str, line: str, words: str,
) -> None:
    text = GOOD.replace(before, after)
    if "only in a request" in words:
        text = text.replace(", confirm: true", "")
    path = tmp_path / "employer-debt.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataFileError) as caught:
        load_service(path, Known(load_catalogue(Home(tmp_path)).has, CONTRACT))
    found = [str(fault) for fault in caught.value.faults]
    assert any(f": {line}" in one and words in one for one in found), found
    assert all(one.startswith(f"{path}:") for one in found)


async def test_a_broken_change_keeps_the_last_good_service(tmp_path: Path) -> None:
    home = Home(tmp_path)
    own = home.root / "services" / "own.yaml"
    own.parent.mkdir()
    own.write_text(GOOD, encoding="utf-8")
    book = ServiceBook(home)
    good = await book.find("own")
    own.write_text(GOOD.replace("employerDebt", "nothing"), encoding="utf-8")
    assert await book.find("own") is good is not None
    own.unlink()
    assert await book.find("own") is None
