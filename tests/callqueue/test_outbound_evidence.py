import pytest
from sqlalchemy import insert

from callqueue.journal.status import SourceStatus
from callqueue.ledger.promise_store import AttemptEvidence, Tried, read_attempt_evidence
from callqueue.ledger.promise_tables import CALLBACK_ATTEMPT
from callqueue.ledger.stint import Origin, Outcome
from callqueue.ledger.tables import CALL, STINT
from callqueue.outbound.evidence import (
    FAR_MS,
    is_complete,
    judge,
    outcome_of_cause,
    read_helped,
    read_passed_over,
    read_to_the_end,
)
from callqueue.outbound.model import Attempt, Channel, OutboundCall, State
from foundation.database import Database

NOW = 1_795_336_200
ID = "cb-a-1"


def tried(outcome: str | None = None) -> Tried:
    return Tried("s", ID, "cb-a", 1, "operator", "callback", NOW, outcome, None, None)


def evidence(outcome: str | None = None, **more: object) -> AttemptEvidence:
    return AttemptEvidence(ID, tried(outcome), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("found", "outcome"), [
    (None, "uncertain"),
    (evidence(), "uncertain"),
    (evidence("busy"), "busy"),
    (evidence("a word of tomorrow", dialled=True, over=True, cause=17), "busy"),
    (evidence(dialled=True, over=True, cause=19), "no_answer"),
    (evidence(dialled=True, over=True, cause=1), "unreachable"),
    (evidence(dialled=True, over=True, picked_up_us=1, cause=16), "not_confirmed"),
    (evidence(dialled=True), "interrupted"),
    (evidence(dialled=True, picked_up_us=1), "interrupted"),
    (evidence(dialled=True, over=True, joined=1, answered=2, waited=Outcome.ANSWERED), "reached"),
    (evidence(dialled=True, joined=1, answered=2, waited=Outcome.ANSWERED), "reached"),
    (evidence(dialled=True, over=True, joined=1, waited=Outcome.ABANDONED), "gave_up"),
    (evidence(dialled=True, over=True, joined=1, waited=Outcome.TIMED_OUT), "interrupted"),
    (evidence(dialled=True, joined=1, waited=Outcome.INTERRUPTED), "interrupted"),
    (evidence(dialled=True, over=True, joined=1, waited=Outcome.WAITING), "interrupted"),
    (AttemptEvidence(ID, dialled=True, over=True, cause=17), "busy"),
])
def test_the_records_say_what_became_of_an_attempt(found: AttemptEvidence | None, outcome: str) -> None:
    verdict = judge(found, alive=False, complete=True)
    assert verdict is not None
    assert verdict.outcome == outcome
    assert judge(found, alive=True, complete=True) is None


def test_nothing_is_uncertain_before_the_records_have_been_read_to_their_ends() -> None:
    for found in (None, evidence(), evidence(dialled=True), evidence(joined=1, waited=Outcome.WAITING)):
        assert judge(found, alive=False, complete=False) is None
    assert judge(evidence("busy"), alive=False, complete=False) is not None


@pytest.mark.parametrize(("cause", "outcome"), [
    (17, "busy"), (19, "no_answer"), (18, "no_answer"), (16, "no_answer"), (None, "no_answer"), (21, "no_answer"),
    (1, "unreachable"), (34, "unreachable"), (38, "unreachable"), (28, "unreachable"), (0, "unreachable"),
])
def test_a_cause_tells_why_nobody_picked_up(cause: int | None, outcome: str) -> None:
    assert outcome_of_cause(cause) == outcome


def source(kind: str, behind: int, *, journal: str = "pasokh", live: bool = True) -> SourceStatus:
    return SourceStatus(kind, journal, "/x", 100, 100 + behind, 5, 0, NOW, live)


def test_the_records_are_complete_when_both_have_been_read_to_their_ends() -> None:
    done = source("journal", 700, live=False)
    assert read_to_the_end([done, source("journal", 0), source("cel", 0)], "pasokh")
    assert not read_to_the_end([source("journal", 0), source("cel", 9)], "pasokh")
    assert not read_to_the_end([source("journal", 0)], "pasokh")
    assert not read_to_the_end([source("journal", 0), source("cel", 0)], "another")


def test_an_attempt_of_another_node_is_uncertain_only_when_no_call_lasts_so_long() -> None:
    read = [source("journal", 0), source("cel", 0)]
    attempt = Attempt(ID, "cb-a", 1, "pasokh", claimed_ms=NOW * 1000, dialled_ms=NOW * 1000)
    assert is_complete(read, attempt, "pasokh", NOW * 1000 + 1)
    assert not is_complete(read, attempt, "another", NOW * 1000 + FAR_MS)
    assert is_complete([], attempt, "another", NOW * 1000 + FAR_MS + 1)


# -- what the ledger knows

@pytest.fixture
def ledger(ledger_database: Database) -> Database:
    return ledger_database


def promise(number: str = "09121234567", *, asked: int = NOW, place: int = NOW - 100) -> OutboundCall:
    return OutboundCall(
        f"cb-{number}", "callback", number, "fa", Channel.QUEUE, place * 1000, asked * 1000, State.OPEN, asked * 1000,
        queue="operator",
    )


async def stint(
    ledger: Database, channel: str, entered: int, answered: int | None, *, caller: str | None = None,
    queue: str = "operator", origin: Origin = Origin.DIRECT,
) -> None:
    async with ledger.write() as connection:
        await connection.execute(insert(STINT).values(
            journal="s", channel_id=channel, number=1, call_id=channel, queue=queue, origin=origin, entered=entered,
            outcome=Outcome.ANSWERED if answered else Outcome.ABANDONED, caller=caller, answered=answered,
            finished=NOW + 500, reconciled=False, source_id=1, offset=0))


async def test_a_promise_is_passed_over_by_a_later_caller_who_was_answered_since(ledger: Database) -> None:
    async def passed() -> bool:
        async with ledger.read() as connection:
            return bool(await read_passed_over(connection, [promise()], (NOW + 1000) * 1000))

    await stint(ledger, "joined earlier", NOW - 200, NOW + 10)
    await stint(ledger, "answered before it was asked", NOW - 50, NOW - 10)
    await stint(ledger, "another queue", NOW - 50, NOW + 10, queue="medical")
    await stint(ledger, "hung up", NOW - 50, None)
    await stint(ledger, "came back himself", NOW + 20, NOW + 30, origin=Origin.CALLBACK)
    assert not await passed()
    await stint(ledger, "later", NOW - 50, NOW + 40)
    assert await passed()


async def test_who_called_again_and_was_answered_there_is_helped_otherwise(ledger: Database) -> None:
    people = [promise(f"0912123456{last}") for last in range(6)]
    await stint(ledger, "s-1", NOW + 10, NOW + 20, caller="+989121234561")
    await stint(ledger, "s-2", NOW + 10, None, caller="09121234562")
    await stint(ledger, "s-3", NOW + 10, NOW + 20, caller="09121234563", queue="medical")
    await stint(ledger, "s-4", NOW - 20, NOW - 10, caller="09121234564")
    await stint(ledger, "cb-5-1", NOW + 10, NOW + 20, caller="09121234565", origin=Origin.CALLBACK)
    async with ledger.read() as connection:
        assert await read_helped(connection, people) == {people[1].id: "s-1"}


async def test_both_records_are_put_together(ledger: Database) -> None:
    await stint(ledger, ID, NOW + 10, NOW + 20)
    async with ledger.write() as connection:
        await connection.execute(insert(CALLBACK_ATTEMPT).values(
            journal="s", channel_id=ID, promise="cb-a", number=1, queue="operator", purpose="callback", at=NOW))
        await connection.execute(insert(CALL).values(
            call_id=ID, channel="PJSIP/trunk-1", started_us=1, ended_us=None, queued=True, interrupted=False,
            picked_up_us=7, cause=None))
    async with ledger.read() as connection:
        found = await read_attempt_evidence(connection, [ID, "cb-b-1"])
    assert set(found) == {ID}
    assert (found[ID].dialled, found[ID].over, found[ID].picked_up_us, found[ID].answered) == (
        True, False, 7, NOW + 20)
