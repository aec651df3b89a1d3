"""Random interleavings of workers, crashes, the public and the clock: what must hold however they fall."""

import asyncio
import itertools
import random
from collections.abc import Coroutine
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from callqueue.outbound.model import Attempt, AttemptOutcome, OutboundCall, Result, State
from callqueue.outbound.refusals import AlreadyClosedError, AlreadyPromisedError, TooManyRequestsError
from callqueue.outbound.store import attempts_of, calls_where
from callqueue.outbound.worker import LEASE_MS
from foundation.database import Database
from tests.support.dialling_world import SLOTS, Dialled, Dialler, Life, World
from tests.support.outbound_site import MINUTE_MS, CallingSite, Clock, empty_tables, make_tables, site_settings

Value = TypeVar("Value")
NAMES = ("node-a", "node-b")
WAYS = st.sampled_from([None, None, None, *AttemptOutcome])
WHO = st.sampled_from([0, 1])
STEPS = st.sampled_from([8, 8, *range(1, 8)])
"""From the claim to the record there are six; the crash comes after so many."""


class Machine(RuleBasedStateMachine):
    """Two workers on one store; `url` is set by the test."""

    url = ""
    promises: Bundle[str] = Bundle("promises")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.site = CallingSite(Database(self.url), site_settings(requests_per_number=100), Clock())
        self.world = World()
        self.diallers = [Dialler(self.site, self.world, name) for name in NAMES]
        self.given: set[str] = set()
        self.run(make_tables(self.site.database))
        self.run(empty_tables(self.site.database))

    def run(self, work: Coroutine[Any, Any, Value]) -> Value:
        return self.runner.run(work)

    @rule(target=promises, last=st.integers(0, 5), earlier=st.integers(0, 600))
    def promise(self, last: int, earlier: int) -> Any:
        self.site.clock.ms += 1000
        try:
            kept = self.run(self.site.promised(f"0912123456{last}", place_ms=self.site.clock() - earlier * 1000))
        except (AlreadyPromisedError, TooManyRequestsError):
            return multiple()
        self.given.add(kept.id)
        return kept.id

    @rule(promise=promises)
    def cancel(self, promise: str) -> None:
        try:
            self.run(self.site.desk.cancel(promise, "web"))
        except AlreadyClosedError:
            return

    @rule(who=WHO, steps=STEPS, way=WAYS)
    def dial(self, who: int, steps: int, way: AttemptOutcome | None) -> None:
        """Claim what may be dialled, and bring it so far; the public does something about it."""
        dialler = self.diallers[who]
        before = self.run(dialler.line()).due
        claimed = self.run(dialler.claim())
        assert [call.id for call in claimed] == [call.id for call in before][:len(claimed)], "not in order of places"
        for call in claimed:
            self.run(dialler.go_on(call.id, steps))
            if dialled := self.world.channels.get(f"{call.id}-{call.attempts + 1}"):
                self.world.go_on(dialled, way)

    @precondition(lambda self: any(dialler.tasks for dialler in self.diallers))
    @rule(data=st.data(), steps=STEPS)
    def go_on(self, data: st.DataObject, steps: int) -> None:
        who = data.draw(st.sampled_from([dialler for dialler in self.diallers if dialler.tasks]))
        self.run(who.go_on(data.draw(st.sampled_from(sorted(who.tasks))), steps))

    @rule(who=WHO)
    def kill_worker(self, who: int) -> None:
        self.diallers[who].crash()

    @rule(who=WHO)
    def adopt(self, who: int) -> None:
        self.run(self.diallers[who].adopt())

    @precondition(lambda self: any(dialled.alive for dialled in self.world.channels.values()))
    @rule(data=st.data(), way=WAYS)
    def public(self, data: st.DataObject, way: AttemptOutcome | None) -> None:
        living = [dialled for dialled in self.world.channels.values() if dialled.alive]
        self.world.go_on(data.draw(st.sampled_from(living)), way)

    @rule()
    def kill_asterisk(self) -> None:
        self.world.crash()

    @rule(seconds=st.sampled_from([1, 20, LEASE_MS // 1000 + 1, 400]))
    def time_passes(self, seconds: int) -> None:
        self.site.clock.ms += seconds * 1000

    @invariant()
    def everything_holds(self) -> None:
        calls, attempts = self.run(self.look())
        assert {call.id for call in calls} == self.given, "a promise is lost"
        for call in calls:
            own = [attempt for attempt in attempts if attempt.outbound_id == call.id]
            check_call(call, own)
            assert self.world.reached.get(call.id, 0) <= 1 or call.state is not State.OPEN
        assert len([call for call in calls if call.state is State.DIALLING]) <= SLOTS, "more calls out than slots"
        assert len([dialled for dialled in self.world.channels.values() if dialled.alive]) <= SLOTS

    async def look(self) -> tuple[list[OutboundCall], list[Attempt]]:
        async with self.site.database.read() as connection:
            calls = await calls_where(connection)
            return calls, await attempts_of(connection, [call.id for call in calls])

    def teardown(self) -> None:
        """From wherever this run has come to, every promise comes to its end."""
        try:
            self.run(self.settle())
            calls, _ = self.run(self.look())
            assert all(call.state is State.CLOSED and call.result for call in calls), "a promise is never settled"
            assert sorted(call.closing or 0 for call in calls) == list(range(1, len(calls) + 1))
        finally:
            self.run(self.site.database.close())
            self.runner.close()

    async def settle(self) -> None:
        dialler = self.diallers[0]
        for _ in range(100):
            calls, _ = await self.look()
            if all(call.state is State.CLOSED for call in calls):
                return
            await dialler.adopt()
            await dialler.claim()
            for call_id in list(dialler.tasks):
                await dialler.go_on(call_id, 5)
                for dialled in self.world.channels.values():
                    while dialled.alive:
                        self.world.go_on(dialled, None)
                await dialler.go_on(call_id, 5)
            self.site.clock.ms += 6 * MINUTE_MS


def check_call(call: OutboundCall, attempts: list[Attempt]) -> None:
    assert [attempt.n for attempt in attempts] == list(range(1, call.attempts + 1))
    assert [attempt.channel_id for attempt in attempts] == [f"{call.id}-{attempt.n}" for attempt in attempts]
    live = [attempt for attempt in attempts if attempt.ended_ms is None]
    assert live in ([], attempts[-1:])
    assert all(attempt.outcome is not None for attempt in attempts if attempt.ended_ms is not None)
    if call.state is State.OPEN:
        assert not live
        assert call.claimed_by is None
        assert AttemptOutcome.REACHED not in {attempt.outcome for attempt in attempts}
    if call.state is State.CLOSED:
        assert call.result is not None
        assert call.result is not Result.REACHED or attempts[-1].outcome is AttemptOutcome.REACHED


LIVES = (None, *(life for life in Life if life is not Life.ENDED))


async def test_a_worker_killed_after_any_step_leaves_what_another_can_go_on_from(database_url: str) -> None:
    """At every life of the call that it dialled, taken up by its successor or, after the lease, by another worker."""
    site, world = CallingSite(Database(database_url), site_settings(requests_per_number=1000), Clock()), World()
    await make_tables(site.database)
    for steps, asterisk_dies, successor in itertools.product(range(7), (False, True), NAMES):
        for life in LIVES if steps >= 4 else LIVES[:1]:
            await _killed(site, world, steps, life, (successor, asterisk_dies))
    await site.database.close()


async def _killed(site: CallingSite, world: World, steps: int, life: Life | None, then: tuple[str, bool]) -> None:
    successor, asterisk_dies = then
    promise = await site.promised()
    first, second = Dialler(site, world, NAMES[0]), Dialler(site, world, successor)
    await first.claim()
    await first.go_on(promise.id, min(steps, 4))
    dialled = world.channels.get(f"{promise.id}-1")
    if dialled is not None:
        _bring(world, dialled, life)
    await first.go_on(promise.id, max(0, steps - 4))
    first.crash()
    if asterisk_dies:
        world.crash()
    site.clock.ms += 0 if successor == NAMES[0] else LEASE_MS + 1
    for _ in range(200):
        await second.adopt()
        living = [each for each in world.channels.values() if each.alive]
        assert [each.channel_id for each in living] == [f"{call_id}-{task.attempt.n}" for call_id, task
                                                        in second.tasks.items() if task.attempt and living]
        for each in living:
            world.go_on(each, None)
        await second.claim()
        for call_id in list(second.tasks):
            await second.step(call_id)
        site.clock.ms += 15_000
        found = await site.desk.find(promise.id)
        if found is not None and found.state is State.CLOSED:
            break
    assert found is not None
    assert found.result is Result.REACHED
    assert world.reached[promise.id] == 1


def _bring(world: World, dialled: Dialled, life: Life | None) -> None:
    """As far as this life; None: the public does not pick up."""
    if life is None:
        world.go_on(dialled, AttemptOutcome.NO_ANSWER)
    while life is not None and dialled.life is not life:
        world.go_on(dialled, None)


def test_whatever_is_killed_no_promise_is_lost_and_none_is_dialled_twice_at_once(
    database_url: str,
) -> None:
    examples = 8 if database_url.startswith("sqlite") else 3

    class OnThisStore(Machine):
        url = database_url

    run_state_machine_as_test(OnThisStore, settings=settings(
        max_examples=examples, stateful_step_count=50, deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    ))


async def test_workers_that_work_at_the_same_time_keep_the_same_rules(database_url: str) -> None:
    chance = random.Random(1420)  # noqa: S311 - no secret
    database = Database(database_url)
    site, world = CallingSite(database, site_settings(), Clock()), World()
    await make_tables(database)
    promised = {(await site.promised(f"091212345{last:02}", place_ms=site.clock() - last)).id for last in range(8)}
    most = 0

    async def work(dialler: Dialler) -> None:
        nonlocal most
        while any(call.state is not State.CLOSED for call in await site.desk.list()):
            await dialler.adopt()
            await dialler.claim()
            for call_id in list(dialler.tasks):
                await dialler.step(call_id)
            for dialled in list(world.channels.values()):
                if dialled.alive and chance.random() < 0.5:
                    world.go_on(dialled, chance.choice([None, None, None, AttemptOutcome.NO_ANSWER]))
            most = max(most, len([dialled for dialled in world.channels.values() if dialled.alive]))
            if chance.random() < 0.1:
                dialler.crash()
            site.clock.ms += 5000

    async with asyncio.timeout(120), asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(work(Dialler(site, world, f"node-{number}")))
    calls = await site.desk.list()
    assert {call.id for call in calls} == promised
    assert 0 < most <= SLOTS
    assert {call.result for call in calls} <= {Result.REACHED, Result.UNREACHABLE, Result.EXPIRED}
    await database.close()
