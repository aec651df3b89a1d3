"""Every way in which a call can go, all at once on one line: the ledger tells what the telephones know."""

import asyncio
import time
from dataclasses import dataclass

import pytest

from bench.sipp import Caller, CallTruth, Keys, Pickup, call
from callqueue.ledger.evidence import Call, Refused, Ring
from callqueue.ledger.stint import Origin, Outcome, Refusal, Stint
from callqueue.ledger.store import count_lost_in_menu, read_lost_in_menu, read_refusals, read_rings
from tests.support.agreement import Witnesses, disagreements, witnesses_of
from tests.support.live_calls import IN_QUEUE, LANGUAGE, served_by, settled_stints, to
from tests.support.live_line import LiveLine, Moment
from tests.support.live_site import KEY_OF, SHORT_ABANDON

pytestmark = pytest.mark.live

ANSWERED = to("insurance", "09120000001")
HANGS_UP_TALKING = to("medical", "09120000002", patience=9)
SHORT = to("idle", "09120000003", patience=IN_QUEUE - 2)
LONG = to("idle", "09120000004", patience=IN_QUEUE + SHORT_ABANDON + 1)
SILENT = Caller("09120000005")
WRONG = Caller("09120000006", (Keys(0.6, "9"), Keys(2.5, "8")))
IN_MENU = Caller("09120000007", patience=1.5)
RINGS = (to("ring", "09120000008"), to("ring", "09120000009"))
TIMED_OUT = to("pensions", "09120000010")
FIRST_IN_FULL = to("full", "09120000011", patience=IN_QUEUE + 6)
SECOND_IN_FULL = Caller("09120000012", (Keys(2.0, "1"), Keys(0.9, KEY_OF["full"])))
EMPTY = to("empty", "09120000013")
WITHHELD = Caller("anonymous", (LANGUAGE, Keys(0.9, KEY_OF["insurance"])))
OPERATOR = Caller("09120000014", (Keys(0.6, "0"),))

CALLERS = (
    ANSWERED, HANGS_UP_TALKING, SHORT, LONG, SILENT, WRONG, IN_MENU, *RINGS, TIMED_OUT, FIRST_IN_FULL, SECOND_IN_FULL,
    EMPTY, WITHHELD, OPERATOR,
)
REACH_NOBODY = {SHORT, LONG, IN_MENU, FIRST_IN_FULL}


@dataclass(frozen=True)
class Traffic:
    """What the telephones know, and what the ledger says."""

    truth: dict[str, Witnesses]
    stints: list[Stint]
    refusals: list[Refused]
    rings: list[Ring]
    lost: list[Call]
    lost_count: int

    def of(self, caller: Caller) -> list[Stint]:
        return [stint for stint in self.stints if stint.caller == caller.number]

    def last(self, caller: Caller) -> Stint:
        return self.of(caller)[-1]


@pytest.fixture(scope="module")
def traffic(line: LiveLine) -> Traffic:
    return asyncio.run(_drive(line))


async def _drive(line: LiveLine) -> Traffic:
    since = line.now()
    phones = (
        line.phone("a101", talk=3), line.phone("a102"), line.phone("a103"), line.phone("a107"),
        line.phone("a105", pickup=Pickup.RING), line.phone("a106", talk=2),
        *(line.phone(agent, talk=2) for agent in ("a104", "a108", "a109")),
    )
    async with line.staffed(*phones) as runs, line.desk() as desk:
        await desk.pause("a103", "break")
        await desk.pause("a107", "break")
        callers = await call(line.target, CALLERS, line.sipp, rate=20)
        served = await served_by(runs)
    await line.quiet()
    return await _ledger(line, since, callers, served)


async def _ledger(line: LiveLine, since: Moment, callers: list[CallTruth], served: list[CallTruth]) -> Traffic:
    truth = witnesses_of(callers, served)

    known = {None if caller is WITHHELD else caller.number for caller in CALLERS if caller is not IN_MENU}
    stints = await settled_stints(line, since, known)
    end = int(time.time()) + 1
    async with line.ledger() as connection:
        refusals = await read_refusals(connection, None, since.at, end)
        rings = await read_rings(connection, None, since.at, end)
        lost = await read_lost_in_menu(connection, since.at, end)
        return Traffic(truth, stints, refusals, rings, lost, await count_lost_in_menu(connection, since.at, end))


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.number)
def test_the_ledger_tells_of_each_call_what_its_telephones_know(traffic: Traffic, caller: Caller) -> None:
    number = None if caller is WITHHELD else caller.number
    stints = [stint for stint in traffic.stints if stint.caller == number]
    assert bool(stints) == (caller is not IN_MENU)
    truth = traffic.truth[caller.number]
    assert (truth.agent is None) == (caller in REACH_NOBODY)
    for stint in stints[-1:]:
        assert disagreements(stint, truth) == []


def test_every_stint_has_one_outcome_and_the_ledger_balances(traffic: Traffic) -> None:
    outcomes = [stint.outcome for stint in traffic.stints]
    assert outcomes.count(Outcome.ANSWERED) == sum(truth.agent is not None for truth in traffic.truth.values())
    assert outcomes.count(Outcome.ABANDONED) == 3
    assert outcomes.count(Outcome.TIMED_OUT) == 1
    assert outcomes.count(Outcome.WAITING) == 0
    assert len(outcomes) == 15


def test_an_agent_who_hangs_up_and_a_caller_who_hangs_up_are_told_apart(traffic: Traffic) -> None:
    assert (traffic.last(ANSWERED).ending, traffic.last(ANSWERED).agent) == ("agent", "a101")
    assert (traffic.last(HANGS_UP_TALKING).ending, traffic.last(HANGS_UP_TALKING).agent) == ("caller", "a102")


def test_short_and_long_abandons_are_told_apart_by_their_wait(traffic: Traffic) -> None:
    short, long = traffic.last(SHORT), traffic.last(LONG)
    assert short.outcome is long.outcome is Outcome.ABANDONED
    assert (short.wait or 0) < SHORT_ABANDON <= (long.wait or 0)


def test_callers_without_keys_or_with_wrong_ones_reach_the_operator(traffic: Traffic) -> None:
    assert [(one.queue, one.origin) for one in traffic.of(SILENT)] == [("operator", Origin.DIRECT)]
    assert [(one.queue, one.origin) for one in traffic.of(WRONG)] == [("operator", Origin.DIRECT)]


def test_a_caller_who_hangs_up_in_the_menu_has_no_stint_and_is_counted_beside(traffic: Traffic) -> None:
    assert traffic.of(IN_MENU) == []
    assert traffic.lost_count == len(traffic.lost) == 1
    began = traffic.truth[IN_MENU.number].caller.invited
    assert abs(traffic.lost[0].started_us / 1e6 - began) < 2


def test_a_ring_that_nobody_answers_is_counted_and_the_next_agent_answers(traffic: Traffic) -> None:
    assert {ring.agent for ring in traffic.rings} == {"a105"}
    assert all(2500 <= ring.ring_ms < 6000 for ring in traffic.rings)
    assert {traffic.last(caller).agent for caller in RINGS} == {"a106"}


def test_a_queue_that_takes_too_long_hands_over_to_the_operator(traffic: Traffic) -> None:
    first, second = traffic.of(TIMED_OUT)
    assert (first.queue, first.outcome, first.origin) == ("pensions", Outcome.TIMED_OUT, Origin.DIRECT)
    assert first.wait is not None
    assert 4 <= first.wait < 8
    assert (second.queue, second.outcome, second.origin) == ("operator", Outcome.ANSWERED, Origin.OVERFLOW)


def test_a_full_queue_and_an_empty_one_refuse_and_the_operator_answers(traffic: Traffic) -> None:
    refused = {(one.caller, one.queue): one.reason for one in traffic.refusals}
    assert refused == {
        (SECOND_IN_FULL.number, "full"): Refusal.FULL, (EMPTY.number, "empty"): Refusal.EMPTY,
    }
    for caller in (SECOND_IN_FULL, EMPTY):
        assert [(one.queue, one.origin) for one in traffic.of(caller)] == [("operator", Origin.OVERFLOW)]


def test_a_withheld_number_is_no_number(traffic: Traffic) -> None:
    assert [one.queue for one in traffic.stints if one.caller is None] == ["insurance"]
