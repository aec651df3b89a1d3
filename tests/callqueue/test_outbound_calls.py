from collections.abc import AsyncIterator
from typing import Any

import pytest

from callqueue.outbound.model import AttemptOutcome, OutboundRequest, Result, State
from callqueue.outbound.refusals import AlreadyClosedError, ClaimLostError, DoNotCallError, PurposeTakenError
from callqueue.outbound.worker import LEASE_MS, Line
from foundation.database import Database
from tests.support.outbound_site import CallingSite, Clock, make_tables, site_settings


def everybody(line: Line) -> list[str]:
    return [call.id for call in line.due]


def result_call(number: str = "09121234567", reference: str = "case-7", **more: Any) -> OutboundRequest:
    return OutboundRequest(more.pop("purpose", "result"), reference, number, "fa", **more)


@pytest.fixture
async def site(database_url: str) -> AsyncIterator[CallingSite]:
    database = Database(database_url)
    await make_tables(database)
    yield CallingSite(database, site_settings(), Clock())
    await database.close()


async def test_a_room_places_a_call_and_reads_its_result_behind_a_bookmark(site: CallingSite) -> None:
    call_id = await site.outbound.place(result_call())
    assert await site.outbound.results_since(0, "result") == []
    worker = site.worker()
    for outcome in (AttemptOutcome.BUSY, AttemptOutcome.REACHED):
        assert [call.id for call in await worker.claim(everybody)] == [call_id]
        attempt = await worker.begin_attempt(call_id)
        assert await worker.mark_dialled(attempt)
        await worker.record(attempt.channel_id, outcome, cause=17)
        site.clock.forward(10)
    (found,) = await site.outbound.results_since(0, "result")
    assert (found.call.result, found.call.reference) == (Result.REACHED, "case-7")
    assert [(each.channel_id, each.outcome) for each in found.attempts] == [
        (f"{call_id}-1", "busy"), (f"{call_id}-2", "reached")]
    assert await site.outbound.results_since(found.call.closing or 0, "result") == []
    assert await site.outbound.results_since(0, "another") == []


async def test_placing_the_same_again_gives_the_same_call_until_it_is_settled(site: CallingSite) -> None:
    first = await site.outbound.place(result_call())
    assert await site.outbound.place(result_call()) == first
    assert await site.outbound.place(result_call(reference="case-8")) != first
    await site.outbound.cancel(first, "room")
    assert await site.outbound.place(result_call()) != first
    with pytest.raises(AlreadyClosedError):
        await site.outbound.cancel(first, "room")


async def test_two_matters_of_one_person_are_two_calls_also_with_agents(site: CallingSite) -> None:
    first = await site.outbound.place(result_call(queue="operator"))
    assert await site.outbound.place(result_call(reference="case-8", queue="operator")) != first


async def test_callbacks_are_promised_not_placed(site: CallingSite) -> None:
    with pytest.raises(PurposeTakenError):
        await site.outbound.place(result_call(purpose="callback"))


async def test_who_wants_no_calls_gets_none_save_the_one_he_asked_for(site: CallingSite) -> None:
    placed = await site.outbound.place(result_call())
    promise = await site.promised()
    await site.outbound.add_do_not_call("+989121234567", "a101", "said so")
    (entry,) = await site.outbound.do_not_call()
    assert (entry.number, entry.by) == ("09121234567", "a101")
    with pytest.raises(DoNotCallError):
        await site.outbound.place(result_call(reference="case-8"))
    found = await site.outbound.find(placed)
    assert found is not None
    assert found.call.result is Result.REFUSED
    assert [call.id for call in await site.worker().claim(everybody)] == [promise.id]
    assert await site.outbound.remove_do_not_call("09121234567")
    assert not await site.outbound.remove_do_not_call("09121234567")
    await site.outbound.place(result_call(reference="case-8"))


async def test_at_night_the_public_is_not_called_and_a_callback_is(site: CallingSite) -> None:
    site.clock.forward(12 * 60)
    placed = await site.outbound.place(result_call())
    promise = await site.promised()
    assert [call.id for call in await site.worker().claim(everybody)] == [promise.id]
    found = await site.outbound.find(placed)
    assert found is not None
    assert found.call.next_attempt_ms == site.clock() + 9 * 60 * 60_000
    assert await site.worker("other").claim(everybody) == []


async def test_a_number_that_the_site_has_barred_since_is_not_dialled(site: CallingSite) -> None:
    promise = await site.promised()
    site.settings = site_settings(numbers={"refused": ["0912"]})
    assert await site.worker().claim(everybody) == []
    found = await site.desk.find(promise.id)
    assert found is not None
    assert found.result is Result.REFUSED


async def test_a_call_that_was_cancelled_after_the_claim_is_not_dialled(site: CallingSite) -> None:
    promise = await site.promised()
    worker = site.worker()
    await worker.claim(everybody)
    attempt = await worker.begin_attempt(promise.id)
    await site.desk.cancel(promise.id, "web")
    assert not await worker.mark_dialled(attempt)
    assert await site.upkeep().adopt([]) == []
    assert (await worker.line()).in_flight == ()


async def test_a_call_that_was_cancelled_while_it_rings_counts_until_it_has_ended(site: CallingSite) -> None:
    promise = await site.promised()
    worker = site.worker()
    await worker.claim(everybody)
    attempt = await worker.begin_attempt(promise.id)
    assert await worker.mark_dialled(attempt)
    await site.desk.cancel(promise.id, "web")
    assert [call.id for call in (await worker.line()).in_flight] == [promise.id]
    assert (await worker.record(attempt.channel_id, AttemptOutcome.NO_ANSWER)).result is Result.CANCELLED
    assert (await worker.line()).in_flight == ()


async def test_a_call_that_was_cancelled_while_it_rings_is_adopted_like_others(site: CallingSite) -> None:
    promise = await site.promised()
    worker = site.worker()
    await worker.claim(everybody)
    attempt = await worker.begin_attempt(promise.id)
    await worker.mark_dialled(attempt)
    await site.desk.cancel(promise.id, "web")
    (adopted,) = await site.upkeep().adopt([])
    assert adopted.attempt.channel_id == attempt.channel_id


async def test_a_worker_that_was_too_slow_must_not_dial(site: CallingSite) -> None:
    promise = await site.promised()
    slow, quick = site.worker("slow"), site.worker("quick")
    await slow.claim(everybody)
    attempt = await slow.begin_attempt(promise.id)
    site.clock.ms += LEASE_MS + 1
    (adopted,) = await site.upkeep("quick").adopt([])
    assert adopted.attempt.channel_id == attempt.channel_id
    assert not await slow.mark_dialled(attempt)
    with pytest.raises(ClaimLostError):
        await slow.begin_attempt(promise.id)
    await quick.record(attempt.channel_id, AttemptOutcome.UNCERTAIN)
    late = await slow.record(attempt.channel_id, AttemptOutcome.REACHED)
    assert (late.state, late.attempts) == (State.OPEN, 1)


async def test_a_renewed_claim_is_not_adopted(site: CallingSite) -> None:
    promise = await site.promised()
    worker = site.worker()
    await worker.claim(everybody)
    attempt = await worker.begin_attempt(promise.id)
    await worker.mark_dialled(attempt)
    site.clock.ms += LEASE_MS - 1
    await worker.renew([promise.id])
    site.clock.ms += LEASE_MS - 1
    assert await site.upkeep("other").adopt([]) == []
    assert await site.upkeep().adopt([promise.id]) == []


async def test_a_claim_without_an_attempt_goes_back_to_the_line(site: CallingSite) -> None:
    promise = await site.promised()
    await site.worker().claim(everybody)
    assert await site.upkeep().adopt([]) == []
    assert [call.id for call in (await site.worker().line()).due] == [promise.id]
    await site.worker().claim(everybody)
    assert await site.worker().release(promise.id)
    assert not await site.worker().release(promise.id)


async def test_notes_of_the_way_are_kept_until_the_end(site: CallingSite) -> None:
    promise = await site.promised()
    worker = site.worker()
    await worker.claim(everybody)
    attempt = await worker.begin_attempt(promise.id)
    await worker.mark_dialled(attempt)
    assert await worker.note(attempt.channel_id, answered_ms=5, confirmed_ms=6)
    assert await worker.note(attempt.channel_id, joined_ms=7)
    await worker.record(attempt.channel_id, AttemptOutcome.REACHED, idle_ms=8)
    found = await site.outbound.find(promise.id)
    assert found is not None
    (kept,) = found.attempts
    assert (kept.answered_ms, kept.confirmed_ms, kept.joined_ms, kept.idle_ms) == (5, 6, 7, 8)
    assert not await worker.note(attempt.channel_id, joined_ms=9)


async def test_what_was_owed_for_too_long_is_closed_as_expired(site: CallingSite) -> None:
    promise = await site.promised()
    later = await site.promised("09121234568", not_before_ms=site.clock() + 20 * 60 * 60_000)
    site.clock.forward(24 * 60 + 1)
    assert [call.id for call in await site.upkeep().expire()] == [promise.id]
    assert [call.id for call in (await site.worker().line()).due] == [later.id]


async def test_every_closing_is_to_be_told_of_until_it_was(site: CallingSite) -> None:
    calls = [await site.promised(f"0912123456{last}") for last in range(3)]
    for call in calls:
        await site.desk.cancel(call.id, "phone")
    upkeep = site.upkeep()
    await upkeep.told(calls[0].id)
    assert [call.id for call in await upkeep.untold()] == [call.id for call in calls[1:]]
