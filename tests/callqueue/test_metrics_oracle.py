"""The same figures counted again, slowly and differently, over arbitrary days."""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from callqueue.ledger.evidence import AgentDeed, AgentEvent
from callqueue.ledger.stint import Origin, Outcome, Stint
from callqueue.metrics import Books, Evidence, Rulebook, Rules, Unit, passports
from callqueue.metrics.arithmetic import nearest_rank
from callqueue.metrics.spans import Span, join, overlap, seconds, seconds_within
from foundation.calendars import Interval

LENGTH = 4000
NOW = LENGTH + 500
QUEUES = ("q", "r")
RULES = Rulebook({"q": Rules(20, 5, 700), "r": Rules(60, 2, 300)})
WHOLE = Interval(0, LENGTH)
PIECES = [Interval(start, start + 1000) for start in range(0, LENGTH, 1000)]
PATIENCE = settings(max_examples=30, deadline=None)


@st.composite
def _calls(draw: st.DrawFn) -> list[Stint]:
    stints: list[Stint] = []
    for call in range(draw(st.integers(0, 12))):
        at = draw(st.integers(0, LENGTH + 200))
        caller = draw(st.sampled_from([None, "1", "2", "3"]))
        for number in range(1, draw(st.integers(1, 3)) + 1):
            wait = draw(st.integers(0, 80))
            outcome = draw(st.sampled_from(Outcome))
            origin = Origin.DIRECT if number == 1 else draw(st.sampled_from([Origin.OVERFLOW, Origin.REQUEUE]))
            waiting = outcome is Outcome.WAITING
            answered = at + wait if outcome is Outcome.ANSWERED else None
            stints.append(Stint(
                call_id=f"c{call}", channel_id=f"ch{call}", number=number, queue=draw(st.sampled_from(QUEUES)),
                origin=origin, entered=at, outcome=outcome, caller=caller, wait=None if waiting else wait,
                answered=answered, agent="a" if answered is not None else None,
                finished=None if waiting else at + wait, talk=0 if answered is not None else None,
                spoke=draw(st.booleans()) if answered is not None else None,
            ))
            at += wait
            if waiting:
                break
    return stints


def _books(stints: list[Stint], intervals: list[Interval]) -> Books:
    return Books(Evidence(stints=stints), intervals, RULES, NOW)


def _journeys(stints: list[Stint]) -> list[list[Stint]]:
    """In these days every call is one entry."""
    journeys = [[stint for stint in stints if stint.call_id == call] for call in {stint.call_id for stint in stints}]
    return [journey for journey in journeys if WHOLE.holds(journey[0].entered)]


def _waited(journey: list[Stint]) -> int:
    last = journey[-1]
    end = NOW if last.outcome is Outcome.WAITING else last.entered + (last.wait or 0)
    return end - journey[0].entered


@PATIENCE
@given(_calls())
def test_the_headline_equals_a_count_by_hand(stints: list[Stint]) -> None:
    good = left_out = 0
    journeys = _journeys(stints)
    for journey in journeys:
        rules = RULES.of(journey[0].queue)
        outcome, waited = journey[-1].outcome, _waited(journey)
        good += outcome is Outcome.ANSWERED and waited <= rules.service_threshold
        left_out += (
            (outcome is Outcome.ABANDONED and waited <= rules.short_abandon)
            or outcome is Outcome.LEFT_FOR_CALLBACK
            or (outcome is Outcome.WAITING and waited <= rules.service_threshold)
        )
    figures = _books(stints, [WHOLE]).figures()
    expected = good / (len(journeys) - left_out) if len(journeys) > left_out else None
    assert (figures.entries.entries, figures.service.service_level) == (len(journeys), expected)


@PATIENCE
@given(_calls())
def test_every_row_and_every_total_balances(stints: list[Stint]) -> None:
    books = _books(stints, PIECES)
    rows = [books.figures([queue], index) for queue in QUEUES for index in range(len(PIECES))]
    assert {row.ledger.balance for row in [*rows, books.figures()]} == {0}
    by_hand = Counter(stint.outcome.value for stint in stints if WHOLE.holds(stint.entered))
    assert all(getattr(books.figures().ledger, outcome.value) == by_hand[outcome.value] for outcome in Outcome)


@PATIENCE
@given(_calls())
def test_as_many_calls_stand_behind_each_count_as_it_says(stints: list[Stint]) -> None:
    books = _books(stints, [WHOLE])
    values = books.figures().values()
    for name in ("offered", "stints_answered_within_threshold", "answered_not_spoken", *Outcome):
        assert len(books.behind(name)) == values[name], name
    for name in ("entries", "short_abandoned", "answered_within_threshold", "service_level_denominator"):
        assert len({stint.call_id for stint in books.behind(name)}) == values[name], name


@PATIENCE
@given(_calls())
def test_hours_and_queues_sum_to_the_day(stints: list[Stint]) -> None:
    pieces, whole = _books(stints, PIECES), _books(stints, [WHOLE])
    rows = [pieces.figures([queue], index) for queue in QUEUES for index in range(len(PIECES))]

    counts = [name for name, passport in passports().items() if passport.unit is Unit.COUNT and name != "lost_in_menu"]
    values = [row.values() for row in rows]
    for name in counts:
        assert sum(row[name] or 0 for row in values) == whole.figures().values()[name], name
    assert pieces.figures() == whole.figures()


@PATIENCE
@given(_calls())
def test_contacts_equal_a_slow_walk_through_each_numbers_calls(stints: list[Stint]) -> None:
    starts: list[tuple[Stint, list[Stint]]] = []
    firsts = sorted((stint for stint in stints if stint.number == 1), key=lambda each: (each.entered, each.channel_id))
    for stint in firsts:
        mine = [begun for begun, _ in starts if begun.caller == stint.caller and stint.caller is not None]
        last = mine[-1] if mine else None
        if last is None or stint.entered - last.entered >= RULES.of(last.queue).contact_window:
            starts.append((stint, [stint]))
        else:
            next(attempts for begun, attempts in reversed(starts) if begun is last).append(stint)
    inside = [attempts for begun, attempts in starts if WHOLE.holds(begun.entered)]
    figures = _books(stints, [WHOLE]).figures().contacts
    assert figures.contacts == len(inside)
    calls = [len({each.call_id for each in attempts}) for attempts in inside]
    assert figures.attempts_until_helped == (sum(calls) / len(calls) if calls else None)


@given(st.lists(st.integers(0, 100), max_size=60), st.integers(1, 100))
def test_a_percentile_is_the_smallest_value_with_enough_values_at_or_below_it(values: list[int], percent: int) -> None:
    ordered = sorted(values)
    enough = [
        value for value in ordered
        if Fraction(sum(other <= value for other in ordered), len(ordered)) >= Fraction(percent, 100)
    ]
    assert nearest_rank(ordered, percent) == (enough[0] if enough else None)


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8)


def _seconds_in(spans: Sequence[Span]) -> set[int]:
    return {second for start, end in spans for second in range(int(start), int(end))}


@given(SPANS, SPANS)
def test_spans_join_and_overlap_like_sets_of_seconds(left: list[Span], right: list[tuple[int, int]]) -> None:
    assert seconds(join(left)) == len(_seconds_in(left))
    assert seconds(overlap(join(left), join(right))) == len(_seconds_in(left) & _seconds_in(right))
    for start, end in right:
        assert seconds_within(join(left), start, end) == len(_seconds_in(left) & set(range(start, end)))


Deed = tuple[int, AgentDeed, str, str]
DEEDS = st.lists(st.tuples(
    st.integers(0, 300),
    st.sampled_from([AgentDeed.ADDED, AgentDeed.REMOVED, AgentDeed.PAUSE, AgentDeed.UNPAUSE]),
    st.sampled_from(QUEUES), st.sampled_from(["wrap-up", "lunch"]),
), max_size=12)


@PATIENCE
@given(DEEDS, SPANS)
def test_occupancy_equals_a_count_second_by_second(deeds: list[Deed], talks: list[Span]) -> None:
    deeds = sorted(deeds, key=lambda deed: deed[0])
    talks = [(start * 5, end * 5) for start, end in talks if start < end]
    events = [AgentEvent(at, "a", deed, queue, reason) for at, deed, queue, reason in deeds]
    stints = [
        Stint(f"c{n}", f"ch{n}", 1, "q", Origin.DIRECT, int(start), Outcome.ANSWERED, wait=0, agent="a",
              answered=int(start), finished=int(end), talk=int(end - start))
        for n, (start, end) in enumerate(talks)
    ]
    busy = available = 0
    for second in range(50, 250):
        here, work = _second(second, deeds, talks)
        available += here
        busy += work
    evidence = Evidence(agent_events=events, agent_stints=stints)
    agents = Books(evidence, [Interval(50, 250)], RULES, 300).figures().agents
    assert (agents.agent_busy, agents.agent_available) == ((busy, available) if available else (None, None))
    assert agents.occupancy is None or 0 <= agents.occupancy <= 1


def _second(second: int, deeds: list[Deed], talks: list[Span]) -> tuple[bool, bool]:
    """Whether the agent was available in this second, and whether at work."""
    member: set[str] = set()
    paused: dict[str, str] = {}
    for at, deed, queue, reason in deeds:
        if at > second:
            break
        match deed:
            case AgentDeed.ADDED:
                member.add(queue)
                paused.pop(queue, None)
            case AgentDeed.REMOVED:
                member.discard(queue)
                paused.pop(queue, None)
            case AgentDeed.PAUSE:
                paused[queue] = reason
            case _:
                paused.pop(queue, None)
    everywhere = bool(paused) and member <= paused.keys()
    wrapping = "wrap-up" in paused.values()
    talking = any(start <= second < end for start, end in talks)
    if not member:
        return (False, False)
    return (not everywhere or wrapping or talking, wrapping or talking)
