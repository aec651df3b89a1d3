"""Agents' time from what they did: tables of deeds in, occupancy out."""

from collections.abc import Sequence

from callqueue.ledger.evidence import AgentDeed, AgentEvent, Mark, Marker, Ring
from callqueue.ledger.stint import Stint
from callqueue.metrics import Books, Evidence
from foundation.calendars import Interval
from tests.support.stint_tables import DAY, LATER, RULES, instant, stints_of

NINE = Interval(instant("09:00:00"), instant("10:00:00"))


def _events(table: str) -> list[AgentEvent]:
    found = []
    for line in table.strip().splitlines():
        at, agent, deed, *rest = line.split()
        queue, reason = [None if word == "-" else word for word in [*rest, "-", "-"][:2]]
        found.append(AgentEvent(instant(at), agent, AgentDeed(deed), queue, reason))
    return found


def _books(
    events: str, stints: str = "", intervals: Sequence[Interval] = (NINE,), markers: Sequence[Marker] = (),
) -> Books:
    calls: list[Stint] = stints_of(stints)
    evidence = Evidence(stints=calls, agent_stints=calls, agent_events=_events(events), markers=markers)
    return Books(evidence, intervals, RULES, LATER)


def _occupancy(books: Books, queue: str | None = None) -> tuple[float | None, float | None, float | None]:
    agents = books.figures(None if queue is None else [queue]).agents
    return (agents.occupancy, agents.agent_busy, agents.agent_available)


def test_occupancy_is_work_divided_by_the_time_of_being_ready_for_it() -> None:
    books = _books("""
    09:00:00 a101 login
    09:00:00 a101 added q
    09:20:00 a101 pause - wrap-up
    09:25:00 a101 unpause
    09:40:00 a101 pause - lunch
    10:30:00 a101 logout
    """, "c1 ch1 q direct 09:10:00 answered wait=0 talk=600")
    assert _occupancy(books) == (900 / 2400, 900, 2400)


def test_time_is_cut_at_the_intervals_edges() -> None:
    books = _books("""
    08:00:00 a101 added q
    11:00:00 a101 removed q
    """, "c1 ch1 q direct 08:50:00 answered wait=0 talk=1200")
    assert _occupancy(books) == (600 / 3600, 600, 3600)


def test_an_agent_of_two_queues_is_one_person() -> None:
    books = _books("""
    09:00:00 a101 added q
    09:00:00 a101 added r
    """, """
    c1 ch1 q direct 09:00:00 answered wait=0 talk=1800
    c2 ch2 r direct 09:15:00 answered wait=0 talk=1800
    """)
    assert _occupancy(books) == (2700 / 3600, 2700, 3600)
    assert _occupancy(books, "r") == (2700 / 3600, 2700, 3600)


def test_a_pause_in_one_of_two_queues_leaves_the_agent_ready() -> None:
    books = _books("""
    09:00:00 a101 added q
    09:00:00 a101 added r
    09:30:00 a101 pause q lunch
    09:45:00 a101 pause r lunch
    """)
    assert _occupancy(books) == (0, 0, 2700)


def test_wrap_up_is_work_also_when_declared_in_one_queue_only() -> None:
    books = _books("""
    09:00:00 a101 added q
    09:00:00 a101 added r
    09:10:00 a101 pause q wrap-up
    09:20:00 a101 unpause q
    """)
    assert _occupancy(books) == (600 / 3600, 600, 3600)


def test_who_asks_for_a_break_in_the_middle_of_a_call_is_still_working() -> None:
    books = _books("""
    09:00:00 a101 added q
    09:10:00 a101 pause - lunch
    """, "c1 ch1 q direct 09:05:00 answered wait=0 talk=600")
    assert _occupancy(books) == (600 / 900, 600, 900)


def test_without_any_log_in_there_is_no_figure_rather_than_full_occupancy() -> None:
    assert _occupancy(_books("", "c1 ch1 q direct 09:05:00 answered wait=0 talk=600")) == (None, None, None)


def test_a_start_of_asterisk_ends_sessions_and_the_restored_begin_anew() -> None:
    books = _books("""
    09:00:00 a101 added q
    09:00:00 a102 added q
    09:31:00 a101 restored
    09:31:00 a101 added q
    """, markers=[Marker(instant("09:30:00"), Mark.START)])
    assert _occupancy(books) == (0, 0, 1800 + 1740 + 1800)


def test_an_agents_time_counts_for_the_queues_whose_member_they_were() -> None:
    books = _books("""
    09:00:00 a101 added q
    09:30:00 a101 added r
    09:00:00 a102 added r
    """)
    assert _occupancy(books, "q") == (0, 0, 3600)
    assert _occupancy(books, "r") == (0, 0, 5400)
    assert _occupancy(books) == (0, 0, 7200)


def test_wrap_up_belongs_to_the_stint_before_it_wherever_its_hour_ends() -> None:
    hours = [Interval(instant("08:00:00"), instant("09:00:00")), NINE]
    books = _books("""
    08:00:00 a101 added q
    09:00:30 a101 pause - wrap-up
    09:01:30 a101 unpause
    09:10:00 a101 pause - wrap-up
    09:10:20 a101 unpause
    """, """
    c1 ch1 q direct 08:59:00 answered wait=0 talk=90
    c2 ch2 q direct 09:05:00 answered wait=0 talk=310
    """, hours)
    assert [books.figures(None, n).work.wrap_up for n in (0, 1)] == [60, 10]
    assert books.figures().work.wrap_up == 70
    assert books.figures(None, 0).work.aht == 150


def test_rings_not_picked_up_are_counted_for_each_agent() -> None:
    at = instant("09:00:00")
    rings = [Ring(at, "q", "a101", "c1", 15000), Ring(at, "q", "a102", "c1", 500), Ring(at, "r", "a101", "c2", 1)]
    books = Books(Evidence(rings=rings), [NINE], RULES, LATER)
    assert (books.figures().work.ring_no_answer, books.figures().work.ring_no_answer_time) == (3, 15.501)
    assert books.rings_by_agent(["q"]) == {"a101": (1, 15.0), "a102": (1, 0.5)}


def test_an_agent_who_never_logs_out_is_there_until_now() -> None:
    evidence = Evidence(agent_events=_events("09:00:00 a101 login"))
    books = Books(evidence, [Interval(DAY, DAY + 86400)], RULES, instant("09:10:00"))
    assert _occupancy(books) == (0, 0, 600)
