"""Scenario tables: stints in, figures out. T = 20 s, S = 5 s, W = 24 h."""

import pytest

from callqueue.ledger.evidence import Call, Refused
from callqueue.ledger.stint import Refusal
from callqueue.metrics import Rulebook, Rules, figure_ids, passports
from foundation.calendars import Interval
from tests.support.stint_tables import DAY, books_of, figures_of, instant

MORNING = """
c1 ch1 pensions direct 08:00:00 answered    wait=10 talk=120 caller=09120000001
c2 ch2 pensions direct 08:01:00 answered    wait=20 talk=60  caller=09120000002
c3 ch3 pensions direct 08:02:00 answered    wait=21 talk=30  caller=09120000003
c4 ch4 pensions direct 08:03:00 abandoned   wait=5           caller=09120000004
c5 ch5 pensions direct 08:04:00 abandoned   wait=6           caller=09120000005
c6 ch6 pensions direct 08:05:00 timed_out   wait=900         caller=09120000006
c7 ch7 pensions direct 08:06:00 left_by_key wait=30          caller=09120000007
"""


def test_the_headline_divides_those_answered_in_time_by_all_who_really_waited() -> None:
    figures = figures_of(MORNING)
    assert (figures["entries"], figures["short_abandoned"], figures["answered_within_threshold"]) == (7, 1, 2)
    assert figures["service_level"] == 2 / 6
    assert figures["abandonment_rate"] == 1 / 6


def test_the_levels_of_others_stand_beside_it_and_flatter() -> None:
    figures = figures_of(MORNING)
    assert figures["service_level_answered"] == 2 / 3
    assert figures["service_level_asterisk2"] == (2 + 2) / (3 + 3)


def test_a_caller_who_hangs_up_in_five_seconds_is_a_short_abandon_and_in_six_is_not() -> None:
    assert figures_of("c1 ch1 q direct 08:00:00 abandoned wait=5")["short_abandoned"] == 1
    assert figures_of("c1 ch1 q direct 08:00:00 abandoned wait=6")["short_abandoned"] == 0


def test_milliseconds_decide_where_cel_has_spoken() -> None:
    assert figures_of("c1 ch1 q direct 08:00:00 answered wait=20 wait_ms=20001 talk=9")["service_level"] == 0
    assert figures_of("c1 ch1 q direct 08:00:00 answered wait=21 wait_ms=20000 talk=9")["service_level"] == 1


def test_the_ledger_balances_with_every_outcome() -> None:
    outcomes = ("answered", "abandoned", "timed_out", "left_by_key", "left_empty", "left_for_callback", "withdrawn",
                "interrupted", "waiting")
    figures = figures_of("\n".join(f"c{n} ch{n} q direct 08:00:0{n} {name}" for n, name in enumerate(outcomes)))
    assert figures["offered"] == 9
    assert [figures[name] for name in outcomes] == [1] * 9
    assert figures["balance"] == 0


def test_nothing_offered_gives_no_ratio_rather_than_zero_or_all() -> None:
    figures = figures_of("")
    ratios = [name for name, passport in passports().items() if passport.unit not in ("count", "seconds")]
    assert {figures[name] for name in ratios} == {None}
    assert [figures[name] for name in ("asa", "wait_p50", "wait_max", "aht", "hold", "time_to_human")] == [None] * 6
    assert (figures["offered"], figures["entries"], figures["balance"]) == (0, 0, 0)


def test_every_figure_has_its_passport_and_every_passport_its_figure() -> None:
    assert figure_ids() == list(passports())
    assert list(figures_of(MORNING)) == list(passports())


def test_percentiles_are_waits_that_somebody_really_had() -> None:
    figures = figures_of(MORNING)
    assert [figures[name] for name in ("wait_p50", "wait_p90", "wait_p95", "wait_max")] == [20, 21, 21, 21]
    assert figures["asa"] == 17


@pytest.mark.parametrize(("waited", "counted"), [(20, 0), (21, 1)])
def test_a_waiting_caller_counts_once_older_than_the_threshold(waited: int, counted: int) -> None:
    figures = figures_of("c1 ch1 q direct 08:00:00 waiting", now=instant("08:00:00") + waited)
    assert figures["service_level_denominator"] == counted
    assert figures["service_level"] == (0 if counted else None)
    assert figures["waiting"] == 1


def test_each_queue_is_judged_by_its_own_threshold() -> None:
    table = """
    c1 ch1 fast direct 08:00:00 answered wait=15 talk=5
    c2 ch2 slow direct 08:00:00 answered wait=15 talk=5
    """
    rules = Rulebook({"fast": Rules(service_threshold=10), "slow": Rules(service_threshold=60)})
    books = books_of(table, rules=rules)
    assert [books.figures([queue]).service.service_level for queue in ("fast", "slow")] == [0, 1]
    assert books.figures().service.service_level == 0.5


# Entries


def test_an_overflow_does_not_start_the_clock_anew() -> None:
    figures = figures_of("""
    c1 ch1 medical  direct   08:00:00 timed_out wait=19
    c1 ch1 operator overflow 08:00:19 answered  wait=3 talk=60
    """)
    assert (figures["offered"], figures["entries"], figures["entries_answered"]) == (2, 1, 1)
    assert (figures["service_level"], figures["wait_max"]) == (0, 22)
    assert figures["service_level_answered"] == 1


def test_an_entry_is_booked_to_the_queue_and_hour_first_entered() -> None:
    hours = [Interval(DAY + 8 * 3600, DAY + 9 * 3600), Interval(DAY + 9 * 3600, DAY + 10 * 3600)]
    books = books_of("""
    c1 ch1 medical  direct   08:59:50 timed_out wait=15
    c1 ch1 operator overflow 09:00:05 answered  wait=1 talk=60
    """, intervals=hours)
    assert books.figures(["medical"], 0).entries.answered_within_threshold == 1
    assert books.figures(["operator"], 1).entries.entries == 0
    assert books.figures(["operator"], 1).ledger.answered == 1


def test_a_call_put_back_into_the_queue_is_judged_by_its_last_stint() -> None:
    figures = figures_of("""
    c1 ch1 q direct  08:00:00 answered  wait=2 talk=10
    c1 ch1 q requeue 08:00:12 abandoned wait=30
    """)
    assert (figures["entries"], figures["entries_abandoned"], figures["service_level"]) == (1, 1, 0)


def test_transfers_callbacks_and_follow_ups_are_offered_but_no_entries() -> None:
    figures = figures_of("""
    c1 ch1 q direct   08:00:00 answered  wait=2 talk=10 ending=transfer
    c1 ch1 r transfer 08:00:12 timed_out wait=30
    c1 ch1 s overflow 08:00:42 answered  wait=5 talk=10
    c2 ch2 q callback 09:00:00 answered  wait=1 talk=10
    c3 ch3 q followup 10:00:00 answered  wait=1 talk=10
    """)
    assert (figures["offered"], figures["entries"], figures["answered"]) == (5, 1, 4)
    assert figures["transfer_rate"] == 1 / 4


def test_an_overflow_whose_beginning_is_lost_is_still_somebody() -> None:
    assert figures_of("c1 ch1 q overflow 08:00:00 answered wait=3 talk=9")["entries"] == 1


def test_two_callers_in_one_call_each_have_a_clock() -> None:
    figures = figures_of("""
    c1 ch1 q direct   08:00:00 timed_out wait=10
    c1 ch2 q direct   08:00:05 timed_out wait=10
    c1 ch1 r overflow 08:00:10 answered  wait=5 talk=9
    c1 ch2 r overflow 08:00:15 answered  wait=50 talk=9
    """)
    assert (figures["entries"], figures["answered_within_threshold"], figures["wait_max"]) == (2, 1, 60)


def test_what_never_became_a_stint_is_counted_beside_the_ledger() -> None:
    at = instant("08:00:00")
    refused = [Refused(at, "q", reason, f"x{n}", f"x{n}") for n, reason in enumerate([*Refusal, Refusal.FULL])]
    lost = [Call("m1", "PJSIP/trunk-1", at * 1_000_000)]
    figures = figures_of("", refused=refused, lost_in_menu=lost)
    beside = ("refused_full", "refused_empty", "refused_closed", "lost_in_menu")
    assert [figures[name] for name in beside] == [2, 1, 1, 1]
    assert figures["offered"] == 0


def test_without_the_second_record_nothing_is_said_about_the_menu() -> None:
    assert figures_of("")["lost_in_menu"] is None


def test_an_answer_without_a_conversation_is_shown() -> None:
    figures = figures_of("c1 ch1 q direct 08:00:00 answered wait=3 talk=0 spoke=no caller=0912")
    assert (figures["answered"], figures["answered_not_spoken"], figures["service_level_human"]) == (1, 1, 0)


# Contacts


def test_attempts_of_one_number_inside_the_window_are_one_contact() -> None:
    figures = figures_of("""
    c1 ch1 q direct 08:00:00 abandoned wait=60 caller=0912
    c2 ch2 r direct 08:05:00 abandoned wait=60 caller=0912
    c3 ch3 q direct 08:10:00 answered  wait=8 talk=60 caller=0912
    c4 ch4 q direct 08:10:00 answered  wait=8 talk=60 caller=0935
    """)
    assert (figures["entries"], figures["contacts"]) == (4, 2)
    assert figures["service_level"] == 0.5
    assert figures["service_level_human"] == 0.5
    assert (figures["repeat_rate"], figures["attempts_until_helped"]) == (0.5, 2)
    assert (figures["time_to_human"], figures["time_to_human_p50"], figures["time_to_human_p90"]) == (308, 8, 608)


def test_a_new_contact_begins_when_the_window_has_passed() -> None:
    table = """
    c1 ch1 q direct 08:00:00    abandoned wait=60 caller=0912
    c2 ch2 q direct +1d07:59:59 abandoned wait=60 caller=0912
    c3 ch3 q direct +1d08:00:00 answered  wait=3 talk=9 caller=0912
    """
    books = books_of(table, intervals=[Interval(DAY, DAY + 86400), Interval(DAY + 86400, DAY + 2 * 86400)])
    assert [books.figures(None, n).contacts.contacts for n in (0, 1)] == [1, 1]
    assert [books.figures(None, n).contacts.service_level_human for n in (0, 1)] == [0, 1]


def test_withheld_and_shared_numbers_are_each_call_its_own() -> None:
    table = """
    c1 ch1 q direct 08:00:00 abandoned wait=60
    c2 ch2 q direct 08:05:00 answered  wait=8 talk=60
    """
    assert figures_of(table)["contacts"] == 2
    shared = table.replace("wait=60", "wait=60 caller=021").replace("talk=60", "talk=60 caller=021")
    assert figures_of(shared)["contacts"] == 1
    assert figures_of(shared, shared=["021"])["contacts"] == 2


def test_a_contact_is_provisional_until_its_window_has_passed() -> None:
    table = "c1 ch1 q direct 08:00:00 abandoned wait=60 caller=0912"
    assert figures_of(table, now=instant("+1d07:59:59"))["contacts_provisional"] == 1
    assert figures_of(table, now=instant("+1d08:00:00"))["contacts_provisional"] == 0


def test_the_wait_for_a_callback_is_part_of_the_way_to_a_person() -> None:
    figures = figures_of("""
    c1 ch1 q direct   08:00:00 left_for_callback wait=10 caller=0912 promise=p1
    c2 ch2 q callback 08:30:00 answered wait=5 talk=60 caller=0912 promise=p1
    """)
    assert (figures["service_level"], figures["service_level_human"], figures["time_to_human"]) == (None, 0, 1805)
    assert figures["left_for_callback"] == 1


def test_a_callback_to_a_withheld_number_finds_its_person_by_the_promise() -> None:
    figures = figures_of("""
    c1 ch1 q direct   08:00:00 left_for_callback wait=3 promise=p1
    c2 ch2 q callback 08:00:10 answered wait=5 talk=60 promise=p1
    """)
    assert (figures["contacts"], figures["service_level_human"]) == (1, 1)


@pytest.mark.parametrize(("age", "level"), [(20, None), (21, 0)])
def test_a_pending_callback_counts_once_it_is_older_than_the_threshold(age: int, level: float | None) -> None:
    table = "c1 ch1 q direct 08:00:00 left_for_callback wait=10 caller=0912"
    assert figures_of(table, now=instant("08:00:00") + age)["service_level_human"] == level


def test_a_person_with_short_abandons_alone_is_left_out() -> None:
    figures = figures_of("""
    c1 ch1 q direct 08:00:00 abandoned wait=3 caller=0912
    c2 ch2 q direct 08:05:00 abandoned wait=2 caller=0912
    """)
    assert (figures["contacts"], figures["service_level_human"]) == (1, None)


def test_a_follow_ups_call_with_news_is_not_help() -> None:
    figures = figures_of("""
    c1 ch1 q direct   08:00:00 abandoned wait=60 caller=0912
    c2 ch2 q followup 08:01:10 answered wait=5 talk=60 caller=0912
    """)
    assert (figures["service_level_human"], figures["time_to_human"]) == (0, None)


def test_time_to_human_keeps_milliseconds_without_noise() -> None:
    figures = figures_of("c1 ch1 q direct 08:00:00 answered wait=12 wait_ms=12345 talk=9 spoke=yes caller=0912")
    assert (figures["time_to_human"], figures["asa"]) == (12.345, 12.345)


# Work


def test_handling_time_adds_talk_hold_and_the_pause_that_followed() -> None:
    figures = figures_of("c1 ch1 q direct 08:00:00 answered wait=10 talk=100 talk_ms=80500 hold_ms=19500")
    assert (figures["talk"], figures["hold"], figures["wrap_up"], figures["aht"]) == (80.5, 19.5, 0, 100)


def test_without_the_second_record_hold_is_unknown_and_inside_talk() -> None:
    figures = figures_of("c1 ch1 q direct 08:00:00 answered wait=10 talk=100")
    assert (figures["talk"], figures["hold"], figures["aht"]) == (100, None, 100)


def test_a_conversation_that_lasts_still_is_not_in_the_handling_time() -> None:
    figures = figures_of("""
    c1 ch1 q direct 08:00:00 answered wait=10 talk=100
    c2 ch2 q direct 08:00:00 answered wait=10
    """)
    assert (figures["answered"], figures["aht"]) == (2, 100)
