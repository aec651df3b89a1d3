from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

import callqueue
from callqueue.callbacks.desk import CallbackDesk, new_promise_id
from callqueue.outbound.model import AttemptOutcome, Channel, Result, State
from callqueue.outbound.refusals import (
    AlreadyClosedError,
    AlreadyPromisedError,
    DoNotCallError,
    ForeignNumberError,
    NoSuchCallError,
    NoSuchQueueError,
    NumberRefusedError,
    OutboundRefusalError,
    PurposeTakenError,
    TimeNotPossibleError,
    TooManyRequestsError,
)
from callqueue.outbound.store import CALL, calls_where
from foundation.catalogue import load_catalogue
from foundation.database import Database
from foundation.settings import LANGUAGES
from tests.support.outbound_site import CODES, MINUTE_MS, CallingSite, Clock, make_tables, request_of, site_settings


@pytest.fixture
async def site(database_url: str) -> AsyncIterator[CallingSite]:
    database = Database(database_url)
    await make_tables(database)
    yield CallingSite(database, site_settings(requests_per_number=3), Clock())
    await database.close()


async def test_a_promise_keeps_the_place_of_first_joining(site: CallingSite) -> None:
    joined = site.clock() - 7 * MINUTE_MS
    promise = await site.promised(place_ms=joined, channel=Channel.QUEUE, priority=2)
    assert (promise.place_ms, promise.priority, promise.state) == (joined, 2, State.OPEN)
    assert await site.desk.find(promise.id) == promise
    assert await site.desk.list("operator", State.OPEN) == [promise]


async def test_asked_outside_a_queue_the_place_is_the_instant_of_asking(site: CallingSite) -> None:
    assert (await site.promised()).place_ms == site.clock()


async def test_one_promise_stands_for_a_number_and_queue_however_it_is_written(site: CallingSite) -> None:
    promise = await site.promised("09121234567")
    with pytest.raises(AlreadyPromisedError) as refusal:
        await site.promised("+98 912 123 4567")
    assert refusal.value.promise == promise
    await site.promised("09121234567", queue="medical")


async def test_too_many_wishes_for_one_number_are_refused_until_time_has_passed(site: CallingSite) -> None:
    for _ in range(3):
        promise = await site.promised()
        await site.desk.cancel(promise.id, "phone")
    with pytest.raises(TooManyRequestsError):
        await site.promised()
    await site.promised("09121234568")
    site.clock.forward(24 * 60 + 1)
    await site.promised()


async def test_refused_wishes_change_nothing(site: CallingSite) -> None:
    for request, refusal in (
        (request_of("+905321234567"), ForeignNumberError), (request_of(queue="nowhere"), NoSuchQueueError),
        (request_of(not_before_ms=site.clock() - 5 * MINUTE_MS), TimeNotPossibleError),
        (request_of(not_before_ms=site.clock() + 8 * 24 * 60 * MINUTE_MS), TimeNotPossibleError),
    ):
        with pytest.raises(refusal):
            await site.desk.promise(request)
    assert await site.desk.list() == []


async def test_a_promise_for_a_time_is_not_due_before_it_and_says_when(site: CallingSite) -> None:
    wished = site.clock() + 90 * MINUTE_MS
    promise = await site.promised(not_before_ms=wished)
    assert promise.due_ms == wished + 15 * MINUTE_MS
    assert (await site.worker().line()).due == ()
    site.clock.forward(90)
    assert (await site.worker().line()).due == (promise,)


async def test_the_promised_time_is_the_estimate_with_a_margin_in_whole_five_minutes(site: CallingSite) -> None:
    asked: list[tuple[str, int, int]] = []

    async def estimate(queue: str, place_ms: int, before: int) -> float:
        asked.append((queue, place_ms, before))
        return 130.0

    desk = CallbackDesk(site.database, site.settings, now_ms=site.clock, estimate=estimate, area_codes=CODES)
    await desk.promise(request_of())
    second = await desk.promise(request_of("09121234568", place_ms=site.clock() + 1))
    assert asked == [("operator", site.clock(), 0), ("operator", site.clock() + 1, 1)]
    assert second.due_ms == site.clock() + 20 * MINUTE_MS


async def test_without_evidence_no_time_is_promised(site: CallingSite) -> None:
    assert (await site.promised()).due_ms is None


async def test_a_promise_is_cancelled_by_id_by_code_or_by_number(site: CallingSite) -> None:
    by_id = await site.promised()
    by_code = await site.promised("09121234568", tracking="123456782")
    await site.promised("09121234569")
    await site.promised("09121234569", queue="medical")
    assert [each.result for each in await site.desk.cancel(by_id.id, "web")] == [Result.CANCELLED]
    assert [each.id for each in await site.desk.cancel("123456782", "web")] == [by_code.id]
    assert [each.queue for each in await site.desk.cancel("+989121234569", "phone", "medical")] == ["medical"]
    assert [each.closed_by for each in await site.desk.cancel("9121234569", "phone")] == ["phone"]
    with pytest.raises(AlreadyClosedError):
        await site.desk.cancel(by_id.id, "web")
    with pytest.raises(NoSuchCallError):
        await site.desk.cancel("cb-nothing", "web")
    assert await site.desk.list(state=State.OPEN) == []


async def test_of_several_promises_to_a_number_the_open_one_is_found(site: CallingSite) -> None:
    first = await site.promised()
    await site.desk.cancel(first.id, "phone")
    site.clock.forward(1)
    second = await site.promised()
    assert await site.desk.find("+989121234567") == second
    assert await site.desk.find("cb-nothing") is None


async def test_a_promise_of_the_journal_is_adopted_once(site: CallingSite) -> None:
    request = request_of(id="cb-journal", asked_ms=site.clock() - 1000, place_ms=site.clock() - 60_000)
    adopted = await site.desk.adopt(request)
    assert (adopted.id, adopted.place_ms) == ("cb-journal", site.clock() - 60_000)
    await site.desk.cancel("cb-journal", "phone")
    assert (await site.desk.adopt(request)).result is Result.CANCELLED
    assert len(await site.desk.list()) == 1


async def test_of_a_journals_promises_only_the_unknown_are_adopted(site: CallingSite) -> None:
    known = await site.promised()
    requests = [request_of(id=known.id), *(request_of(f"0912123457{last}", id=f"cb-{last}") for last in range(3))]
    assert await site.desk.adopt_unknown(requests) == 3
    assert await site.desk.adopt_unknown(requests) == 0
    assert len(await site.desk.list(state=State.OPEN)) == 4


async def test_a_second_promise_of_the_journal_is_merged_at_the_earlier_place(site: CallingSite) -> None:
    first = await site.promised(place_ms=site.clock())
    request = request_of(id="cb-second", place_ms=site.clock() - 60_000, priority=1)
    for _ in range(2):
        await site.desk.adopt(request)
    found = await site.desk.find(first.id)
    assert found is not None
    assert (found.state, found.place_ms, found.priority) == (State.OPEN, site.clock() - 60_000, 1)
    merged = await site.desk.find("cb-second")
    assert merged is not None
    assert (merged.result, merged.reference) == (Result.MERGED, first.id)


async def test_a_promise_to_a_number_that_may_not_be_called_is_closed_with_the_reason(site: CallingSite) -> None:
    adopted = await site.desk.adopt(request_of("+905321234567", id="cb-abroad"))
    assert (adopted.state, adopted.result) == (State.CLOSED, Result.REFUSED)
    assert [call.id for call in await site.upkeep().untold()] == ["cb-abroad"]


async def test_a_promise_for_a_queue_that_is_gone_is_kept_by_the_default_queue(site: CallingSite) -> None:
    adopted = await site.desk.adopt(request_of(id="cb-gone", queue="closed-last-year"))
    assert (adopted.queue, adopted.state) == ("operator", State.OPEN)


async def test_closings_are_numbered_without_gaps(site: CallingSite) -> None:
    for last in range(5):
        promise = await site.promised(f"0912123456{last}")
        await site.desk.cancel(promise.id, "phone")
    async with site.database.read() as connection:
        found = await calls_where(connection, order=(CALL.closing,))
    assert [call.closing for call in found] == [1, 2, 3, 4, 5]


def test_ids_fit_a_channel_and_the_journal_and_do_not_repeat() -> None:
    ids = {new_promise_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(each.replace("-", "").isalnum() and each.isascii() for each in ids)


def test_refusals_and_results_have_texts_in_every_language() -> None:
    catalogue = load_catalogue([Path(callqueue.__path__[0]) / "outbound.yaml"])
    refusals = [*OutboundRefusalError.__subclasses__(), *NumberRefusedError.__subclasses__()]
    for language in LANGUAGES:
        texts = catalogue.texts(language)
        names = {refusal.name for refusal in refusals} | {DoNotCallError.name, PurposeTakenError.name}
        assert all(f"outbound.refused.{name}" in texts.messages for name in names)
        words = {"result": Result, "state": State, "outcome": AttemptOutcome}
        keys = [f"outbound.{kind}.{word}" for kind, values in words.items() for word in values]
        assert all(key in texts.messages for key in keys)


async def test_what_is_asked_for_again_after_it_was_settled_is_a_new_promise(site: CallingSite) -> None:
    first = await site.promised()
    await site.upkeep().close(first.id, Result.HELPED_OTHERWISE, "dialler")
    second = await site.promised()
    assert second.id != first.id
    assert replace(second, id=first.id).state is State.OPEN
