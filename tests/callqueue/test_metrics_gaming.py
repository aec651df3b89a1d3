"""Ways to raise the headline without answering anybody sooner, each tried: what moved must show beside it."""

from callqueue.ledger.evidence import Refused
from callqueue.ledger.promise_store import Asked, Settled
from callqueue.ledger.stint import Refusal
from callqueue.metrics.promises import PromiseEvidence
from tests.support.stint_tables import figures_of, instant

HONEST = """
c1 ch1 q direct 08:00:00 answered  wait=10 talk=60 caller=0901
c2 ch2 q direct 08:01:00 answered  wait=60 talk=60 caller=0902
c3 ch3 q direct 08:02:00 abandoned wait=90         caller=0903
c4 ch4 q direct 08:03:00 answered  wait=15 talk=60 caller=0904
"""
Row = dict[str, float | None]


def _trick(*changes: tuple[str, ...]) -> tuple[Row, Row]:
    """The honest figures, and those after each change: what is replaced, and the lines put in its place."""
    table = HONEST
    for old, *lines in changes:
        assert old in table
        table = table.replace(old, "\n".join(lines))
    return figures_of(HONEST), figures_of(table)


def test_offering_callbacks_early_raises_the_headline_but_shows_them_and_the_people_behind() -> None:
    honest, tricked = _trick(
        ("answered  wait=60 talk=60 caller=0902", "left_for_callback wait=10 caller=0902"),
        ("abandoned wait=90 ", "left_for_callback wait=10 "),
    )
    assert (honest["service_level"], tricked["service_level"]) == (0.5, 1.0)
    assert (honest["left_for_callback"], tricked["left_for_callback"]) == (0, 2)
    assert tricked["service_level_human"] == honest["service_level_human"] == 0.5


def asked(promise: str, clock: str, caller: str, **values: int) -> Asked:
    at = instant(clock)
    return Asked(
        id=at, journal="site", promise=promise, at=at, channel_id=promise, call_id=promise, queue="q", number=caller,
        place_ms=at * 1000, priority=0, language="fa", channel="menu", not_before_ms=values.get("not_before_ms"),
        tracking=None, due_ms=values.get("due_ms"), stint_number=values.get("stint_number"),
    )


def test_promising_calls_in_the_menus_instead_of_a_queue_keeps_these_people_in_the_human_figure() -> None:
    honest = figures_of(HONEST)
    table = "\n".join(line for line in HONEST.strip().splitlines() if "c2" not in line and "c3" not in line)
    promises = PromiseEvidence([asked("cb-2", "08:01:00", "0902"), asked("cb-3", "08:02:00", "0903")])
    tricked = figures_of(table, promises=promises)
    assert (honest["service_level"], tricked["service_level"]) == (0.5, 1.0)
    assert tricked["service_level_human"] == honest["service_level_human"] == 0.5
    assert (tricked["callbacks_promised"], tricked["callbacks_virtual"], tricked["callbacks_pending"]) == (2, 2, 2)
    assert (tricked["offered"], tricked["contacts"]) == (2, 4)


def test_a_promise_that_is_never_kept_shows_as_one() -> None:
    promises = PromiseEvidence(
        [asked("cb-2", "08:01:00", "0902", stint_number=1), asked("cb-3", "08:02:00", "0903")],
        [], [Settled("site", "cb-3", instant("09:00:00"), "q", "", "expired", "dialler")],
    )
    tricked = figures_of(HONEST, promises=promises)
    assert (tricked["callback_kept"], tricked["callbacks_expired"]) == (0.0, 1)
    assert (tricked["callbacks_pending"], tricked["callbacks_pending_over_threshold"]) == (1, 1)


def test_an_overflow_just_before_the_threshold_gains_nothing_but_the_figures_of_others() -> None:
    honest, tricked = _trick((
        "c2 ch2 q direct 08:01:00 answered  wait=60 talk=60 caller=0902",
        "c2 ch2 q direct 08:01:00 timed_out wait=19 caller=0902",
        "c2 ch2 r overflow 08:01:19 timed_out wait=19 caller=0902",
        "c2 ch2 q overflow 08:01:38 answered wait=19 talk=60 caller=0902",
    ))
    assert tricked["service_level"] == honest["service_level"] == 0.5
    assert tricked["service_level_human"] == honest["service_level_human"]
    assert (honest["service_level_answered"], tricked["service_level_answered"]) == (2 / 3, 1.0)
    assert tricked["entries"] == honest["entries"] == 4
    assert (honest["timed_out"], tricked["timed_out"]) == (0, 2)


def test_shortening_the_queue_turns_callers_away_in_sight() -> None:
    table = "\n".join(line for line in HONEST.strip().splitlines() if "c2" not in line and "c3" not in line)
    at = instant("08:01:00")
    refused = [Refused(at, "q", Refusal.FULL, channel, channel) for channel in ("ch2", "ch3")]
    tricked = figures_of(table, refused=refused)
    assert (tricked["service_level"], tricked["refused_full"]) == (1.0, 2)


def test_closing_or_emptying_the_queue_shows_too() -> None:
    refused = [Refused(instant("08:01:00"), "q", each, "x", "x") for each in (Refusal.EMPTY, Refusal.CLOSED)]
    tricked = figures_of(HONEST, refused=refused)
    assert (tricked["refused_empty"], tricked["refused_closed"]) == (1, 1)


def test_a_restart_with_callers_waiting_counts_against_us_and_is_named() -> None:
    honest, tricked = _trick(("abandoned wait=90 ", "interrupted wait=4 "))
    assert tricked["service_level"] == honest["service_level"] == 0.5
    assert (honest["interrupted"], tricked["interrupted"]) == (0, 1)
    assert tricked["short_abandoned"] == 0


def test_hanging_up_callers_within_the_threshold_stays_in_the_denominator() -> None:
    honest, tricked = _trick(
        ("abandoned wait=90 ", "withdrawn wait=4 "), ("answered  wait=60 talk=60", "withdrawn wait=4"),
    )
    assert tricked["service_level"] == honest["service_level"] == 0.5
    assert tricked["withdrawn"] == 2
    assert tricked["service_level_asterisk2"] == 1.0


def test_answering_and_putting_back_does_not_count_as_answered_in_time() -> None:
    _, tricked = _trick((
        "c3 ch3 q direct 08:02:00 abandoned wait=90         caller=0903",
        "c3 ch3 q direct 08:02:00 answered wait=1 talk=1 caller=0903",
        "c3 ch3 q requeue 08:02:02 abandoned wait=88 caller=0903",
    ))
    assert tricked["service_level"] == 0.5


def test_making_people_call_again_shows_as_repeats() -> None:
    honest, tricked = _trick((
        "c3 ch3 q direct 08:02:00 abandoned wait=90         caller=0903",
        "c3 ch3 q direct 08:02:00 abandoned wait=5 caller=0903",
        "c5 ch5 q direct 08:04:00 answered wait=5 talk=9 caller=0903",
    ))
    assert tricked["service_level"] == 0.75
    assert (honest["repeat_rate"], tricked["repeat_rate"]) == (0, 0.25)
    assert tricked["service_level_human"] == 0.5
    assert tricked["short_abandoned"] == 1


def test_phantom_answers_are_told_from_conversations() -> None:
    honest, tricked = _trick(("abandoned wait=90 ", "answered wait=1 talk=0 spoke=no "))
    assert tricked["service_level"] == 0.75
    assert tricked["answered_not_spoken"] == 1
    assert tricked["service_level_human"] == honest["service_level_human"]
