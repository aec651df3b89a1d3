"""Promised calls in figures: kept, in time, merged, waited for outside a queue, passed over."""

from callqueue.ledger.promise_store import Asked, Settled, Tried
from callqueue.metrics.promises import PromiseEvidence
from tests.support.stint_tables import books_of, figures_of, instant

BACK = """
c1       ch1    q direct   08:00:00 left_for_callback wait=60 caller=0901 promise=cb-1
c2       ch2    q direct   08:02:00 answered          wait=30 talk=60 caller=0902
cb-1-2   cb-1-2 q callback 08:10:00 answered          wait=5  talk=60 caller=0901 promise=cb-1
"""


def asked(promise: str, clock: str, caller: str, place: str, *, due: str = "", stint: int | None = 1) -> Asked:
    at = instant(clock)
    return Asked(
        id=at, journal="site", promise=promise, at=at, channel_id="ch1", call_id="c1", queue="q", number=caller,
        place_ms=instant(place) * 1000, priority=0, language="fa", channel="queue", not_before_ms=None, tracking=None,
        due_ms=instant(due) * 1000 if due else None, stint_number=stint,
    )


def settled(promise: str, clock: str, result: str) -> Settled:
    return Settled("site", promise, instant(clock), "q", "", result, "dialler")


def tried(promise: str, number: int) -> Tried:
    return Tried("site", f"{promise}-{number}", promise, number, "q", "callback", instant("08:05:00"), None, None, None)


FIRST = asked("cb-1", "08:01:00", "0901", "08:00:00", due="08:10:05")
STORY = PromiseEvidence([FIRST], [tried("cb-1", 1), tried("cb-1", 2)], [settled("cb-1", "08:10:05", "reached")])


def test_a_kept_promise_is_kept_in_time_and_its_waiting_counts_from_first_joining() -> None:
    figures = figures_of(BACK, promises=STORY)
    assert (figures["callbacks_promised"], figures["callback_kept"], figures["callback_in_time"]) == (1, 1.0, 1.0)
    assert (figures["callback_attempts"], figures["callback_attempts_mean"]) == (2, 2.0)
    assert figures["time_to_human"] == (605 + 30) / 2
    assert figures["service_level_human"] == 0.0
    assert figures["callbacks_virtual"] == 0


def test_one_second_later_than_told_is_not_in_time() -> None:
    late = asked("cb-1", "08:01:00", "0901", "08:00:00", due="08:10:04")
    figures = figures_of(BACK, promises=PromiseEvidence([late], [], STORY.settled))
    assert (figures["callback_kept"], figures["callback_in_time"]) == (1.0, 0.0)


def test_who_joined_later_and_was_answered_first_is_an_inversion() -> None:
    assert figures_of(BACK, promises=STORY)["callback_inversions"] == 1
    assert figures_of(BACK.replace("08:02:00", "07:59:00"), promises=STORY)["callback_inversions"] == 0


def test_a_promise_merged_into_another_is_that_one() -> None:
    second = asked("cb-9", "08:03:00", "0901", "08:03:00", stint=None)
    merged = PromiseEvidence([FIRST, second], [], [*STORY.settled, settled("cb-9", "08:03:01", "merged")])
    figures = figures_of(BACK, promises=merged)
    assert (figures["callbacks_promised"], figures["callbacks_virtual"]) == (1, 0)


def test_a_call_asked_for_in_a_menu_is_a_contact_but_no_stint() -> None:
    table = "cb-5-1 cb-5-1 q callback 09:00:30 answered wait=0 talk=60 caller=0905 promise=cb-5"
    virtual = asked("cb-5", "09:00:00", "0905", "09:00:00", stint=None)
    story = PromiseEvidence([virtual], [tried("cb-5", 1)], [settled("cb-5", "09:00:30", "reached")])
    figures = figures_of(table, promises=story)
    assert (figures["offered"], figures["entries"], figures["contacts"], figures["callbacks_virtual"]) == (1, 0, 1, 1)
    assert (figures["time_to_human"], figures["service_level_human"]) == (30, 0.0)


def test_every_promise_has_one_end_or_is_pending() -> None:
    results = ["reached", "cancelled", "helped_otherwise", "unreachable", "wrong_person", "expired", "refused"]
    promises = [asked(f"cb-{n}", f"08:0{n}:00", f"090{n}", f"08:0{n}:00", stint=None) for n in range(8)]
    ends = [settled(f"cb-{n}", "09:00:00", result) for n, result in enumerate(results)]
    story = PromiseEvidence(promises, [], ends)
    figures = figures_of("c9 ch9 r direct 08:00:00 answered wait=1 talk=9", promises=story)
    parts = ("kept", "cancelled", "helped_otherwise", "unreachable", "wrong_person", "expired", "refused", "pending")
    assert [figures[f"callbacks_{part}"] for part in parts] == [1] * 8
    assert figures["callbacks_promised"] == 8


def test_the_promises_behind_the_figures_can_be_listed() -> None:
    [found] = books_of(BACK, promises=STORY).promises(["q"])
    assert (found.asked.promise, found.attempts, found.passed_by) == ("cb-1", 2, 1)
    assert (found.kept, found.in_time) == (True, True)
