"""Journal tables in, stints beside them. Times are seconds after an arbitrary midnight."""

from dataclasses import dataclass

import pytest

from callqueue.journal.events import BadLine
from callqueue.journal.parser import parse_line
from callqueue.ledger.changes import Place
from callqueue.ledger.evidence import GapKind
from callqueue.ledger.fold import Ledger
from callqueue.ledger.stint import Ending, Origin, Outcome, Refusal, Stint

MIDNIGHT = 1_800_000_000


@dataclass(frozen=True)
class Folded:
    ledger: Ledger
    orphans: list[str]

    @property
    def stints(self) -> list[Stint]:
        return list(self.ledger.changes.stints.values())

    def only(self) -> Stint:
        (stint,) = self.stints
        return stint

    def table(self, *columns: str) -> str:
        return "\n".join(" ".join(_cell(stint, column) for column in columns) for stint in self.stints)


def _cell(stint: Stint, column: str) -> str:
    value = getattr(stint, column)
    if value is None:
        return "-"
    return str(value - MIDNIGHT if column in {"entered", "answered", "finished"} else value)


def fold(table: str, ledger: Ledger | None = None) -> Folded:
    """Fold lines written as `seconds callid queue agent event data|data`."""
    ledger, orphans = ledger or Ledger(), []
    for line in table.strip().splitlines():
        seconds, *fields = line.split()
        text = "|".join([str(MIDNIGHT + int(seconds)), *fields])
        event = parse_line(text.encode())
        assert not isinstance(event, BadLine), event
        if not ledger.take(event, Place(1, 0)):
            orphans.append(line.strip())
    return Folded(ledger, orphans)


def rows(table: str) -> str:
    return "\n".join(" ".join(line.split()) for line in table.strip().splitlines())


SCENARIOS = {
    "an answered call that the caller ends": (
        """
        0  c1 medical NONE ENTERQUEUE     |09120000000|1
        12 c1 medical a101 CONNECT        12|x1|3
        52 c1 medical a101 COMPLETECALLER 12|40|1
        """,
        "c1 1 direct answered 12 a101 12 52 40 caller",
    ),
    "an answered call that the agent ends": (
        """
        0  c1 medical NONE ENTERQUEUE    ||1
        3  c1 medical a101 CONNECT       3|x1|3
        10 c1 medical a101 COMPLETEAGENT 3|7|1
        """,
        "c1 1 direct answered 3 a101 3 10 7 agent",
    ),
    "a conversation whose agent's page was gone": (
        """
        0  c1 medical NONE ENTERQUEUE     ||1
        3  c1 medical a101 CONNECT        3|x1|3
        10 c1 medical a101 COMPLETECALLER 3|7|1
        10 c1 medical a101 PAGE_LOST      c1
        """,
        "c1 1 direct answered 3 a101 3 10 7 interrupted",
    ),
    "the same, written the other way round": (
        """
        0  c1 medical NONE ENTERQUEUE     ||1
        3  c1 medical a101 CONNECT        3|x1|3
        10 c1 medical a101 PAGE_LOST      c1
        11 c1 medical a101 COMPLETECALLER 3|8|1
        """,
        "c1 1 direct answered 3 a101 3 10 7 interrupted",
    ),
    "a page that was gone after its caller had been passed on": (
        """
        0  c1 medical NONE ENTERQUEUE    ||1
        3  c1 medical a101 CONNECT       3|x1|3
        10 c1 medical a101 BLINDTRANSFER a102|pasokh-agents|3|7|1
        30 c1 medical a102 PAGE_LOST     c1
        """,
        "c1 1 direct answered 3 a101 3 10 7 transfer",
    ),
    "a caller who gives up": (
        """
        0 c1 medical NONE ENTERQUEUE ||1
        7 c1 medical NONE ABANDON    1|1|7
        """,
        "c1 1 direct abandoned 7 - - 7 - -",
    ),
    "a time-out, then another queue": (
        """
        0  c1 medical  NONE ENTERQUEUE      ||1
        30 c1 medical  NONE EXITWITHTIMEOUT 1|1|30
        31 c1 operator NONE ENTERQUEUE      ||1
        33 c1 operator a102 CONNECT         2|x2|1
        40 c1 operator a102 COMPLETECALLER  2|7|1
        """,
        """
        c1 1 direct   timed_out 30 -    -  30 - -
        c1 2 overflow answered  2  a102 33 40 7 caller
        """,
    ),
    "the time-out line of an old Asterisk has no wait": (
        """
        0  c1 medical NONE ENTERQUEUE      ||1
        30 c1 medical NONE EXITWITHTIMEOUT 1
        """,
        "c1 1 direct timed_out 30 - - 30 - -",
    ),
    "a queue that became empty": (
        """
        0 c1 medical NONE ENTERQUEUE ||1
        4 c1 medical NONE EXITEMPTY  1|1|4
        """,
        "c1 1 direct left_empty 4 - - 4 - -",
    ),
    "withdrawn by us": (
        """
        0 c1 medical NONE ENTERQUEUE ||1
        4 c1 medical NONE WITHDRAW   1|1|4|moved
        """,
        "c1 1 direct withdrawn 4 - - 4 - -",
    ),
    "left by a key": (
        """
        0 c1 medical NONE ENTERQUEUE  ||1
        9 c1 medical NONE EXITWITHKEY 1|1|1|9
        """,
        "c1 1 direct left_by_key 9 - - 9 - -",
    ),
    "a callback asked for after the key": (
        """
        0  c1 medical NONE ENTERQUEUE         ||1
        9  c1 medical NONE EXITWITHKEY        1|1|1|9
        12 c1 medical NONE CALLBACK_REQUESTED p7
        """,
        "c1 1 direct left_for_callback 9 - - 9 - -",
    ),
    "a callback asked for before the key": (
        """
        0  c1 medical NONE ENTERQUEUE         ||1
        8  c1 medical NONE CALLBACK_REQUESTED p7
        9  c1 medical NONE EXITWITHKEY        1|1|1|9
        """,
        "c1 1 direct left_for_callback 9 - - 8 - -",
    ),
    "the agent's announcement outlived the caller": (
        """
        0 c1 medical NONE ENTERQUEUE     ||1
        5 c1 medical a101 CONNECT        5|x1|2
        5 c1 medical a101 COMPLETECALLER 5|0|1
        """,
        "c1 1 direct answered 5 a101 5 5 0 caller",
    ),
    "a dump of the agent is not the end": (
        """
        0  c1 medical NONE ENTERQUEUE    ||1
        5  c1 medical a101 AGENTDUMP
        9  c1 medical a102 CONNECT       9|x2|2
        12 c1 medical a102 COMPLETEAGENT 9|3|1
        """,
        "c1 1 direct answered 9 a102 9 12 3 agent",
    ),
    "a blind transfer, and back into the same queue": (
        """
        0  c1 medical NONE ENTERQUEUE     ||1
        2  c1 medical a101 CONNECT        2|x1|2
        8  c1 medical a101 BLINDTRANSFER  medical|queues|2|6|1
        8  c1 medical NONE ENTERQUEUE     ||1
        20 c1 medical a102 CONNECT        12|x2|2
        30 c1 medical a102 COMPLETECALLER 12|10|1
        """,
        """
        c1 1 direct   answered 2  a101 2  8  6  transfer
        c1 2 transfer answered 12 a102 20 30 10 caller
        """,
    ),
    "re-queued with two open stints in the same queue": (
        """
        0  c1 medical NONE ENTERQUEUE     ||1
        2  c1 medical a101 CONNECT        2|x1|2
        8  c1 medical NONE ENTERQUEUE     ||1
        9  c1 medical a101 BLINDTRANSFER  medical|queues|2|6|1
        20 c1 medical a102 CONNECT        12|x2|2
        30 c1 medical a102 COMPLETECALLER 12|10|1
        """,
        """
        c1 1 direct   answered 2  a101 2  9  6  transfer
        c1 2 transfer answered 12 a102 20 30 10 caller
        """,
    ),
    "two conversations of one caller with the same agent, the first closed late": (
        """
        0  c1 medical NONE ENTERQUEUE     ||1
        2  c1 medical a101 CONNECT        2|x1|2
        8  c1 medical NONE ENTERQUEUE     ||1
        9  c1 medical a101 CONNECT        1|x2|2
        9  c1 medical a101 BLINDTRANSFER  medical|queues|2|6|1
        30 c1 medical a101 COMPLETECALLER 1|21|1
        """,
        """
        c1 1 direct   answered 2 a101 2 9  6  transfer
        c1 2 transfer answered 1 a101 9 30 21 caller
        """,
    ),
    "an attended transfer in each of its widths": (
        """
        0  c1 medical NONE ENTERQUEUE       ||1
        1  c2 medical NONE ENTERQUEUE       ||2
        2  c3 medical NONE ENTERQUEUE       ||3
        5  c1 medical a101 CONNECT          5|x1|1
        5  c2 medical a102 CONNECT          4|x2|1
        5  c3 medical a103 CONNECT          3|x3|1
        15 c1 medical a101 ATTENDEDTRANSFER BRIDGE|b-1|5|10|1
        16 c2 medical a102 ATTENDEDTRANSFER APP|Queue|4|11|2
        17 c3 medical a103 ATTENDEDTRANSFER LINK|PJSIP/a|PJSIP/b|3|12|3
        """,
        """
        c1 1 direct answered 5 a101 5 15 10 transfer
        c2 1 direct answered 4 a102 5 16 11 transfer
        c3 1 direct answered 3 a103 5 17 12 transfer
        """,
    ),
    "the first terminal line wins": (
        """
        0  c1 medical NONE ENTERQUEUE       ||1
        5  c1 medical a101 CONNECT          5|x1|1
        15 c1 medical a101 ATTENDEDTRANSFER BRIDGE|b-1|5|10|1
        15 c1 medical a101 COMPLETEAGENT    5|10|1
        """,
        "c1 1 direct answered 5 a101 5 15 10 transfer",
    ),
    "a masquerade changes the callid while they talk": (
        """
        0  c1 medical NONE ENTERQUEUE     ||1
        5  c1 medical a101 CONNECT        5|x1|1
        25 m9 medical a101 COMPLETECALLER 5|20|1
        """,
        "c1 1 direct answered 5 a101 5 25 20 caller",
    ),
    "a crash: what was open at QUEUESTART was interrupted": (
        """
        0  c1 medical NONE ENTERQUEUE ||1
        1  c2 medical NONE ENTERQUEUE ||2
        5  c1 medical a101 CONNECT    5|x1|1
        20 NONE NONE  NONE QUEUESTART
        """,
        """
        c1 1 direct answered    5  a101 5 20 15 interrupted
        c2 1 direct interrupted 19 -    - 20 -  -
        """,
    ),
    "an orderly stop: our fault, not the callers'": (
        """
        0  c1 medical NONE ENTERQUEUE    ||1
        1  c2 medical NONE ENTERQUEUE    ||2
        5  c1 medical a101 CONNECT       5|x1|1
        9  NONE NONE  NONE STOPPING      operator
        9  c2 medical NONE ABANDON       2|2|8
        9  c1 medical a101 COMPLETEAGENT 5|4|1
        12 NONE NONE  NONE QUEUESTART
        13 c3 medical NONE ENTERQUEUE    ||1
        15 c3 medical NONE ABANDON       1|1|2
        """,
        """
        c1 1 direct answered    5 a101 5 9  4 interrupted
        c2 1 direct interrupted 8 -    - 9  - -
        c3 1 direct abandoned   2 -    - 15 - -
        """,
    ),
    "answered, ended normally, and queued again": (
        """
        0  c1 medical  NONE ENTERQUEUE    ||1
        5  c1 medical  a101 CONNECT       5|x1|1
        9  c1 medical  a101 COMPLETEAGENT 5|4|1
        10 c1 operator NONE ENTERQUEUE    ||1
        12 c1 operator NONE ABANDON       1|1|2
        """,
        """
        c1 1 direct  answered  5 a101 5 9  4 agent
        c1 2 requeue abandoned 2 -    - 12 - -
        """,
    ),
    "still waiting": (
        "0 c1 medical NONE ENTERQUEUE ||1",
        "c1 1 direct waiting - - - - - -",
    ),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_ledger_tells(name: str) -> None:
    table, expected = SCENARIOS[name]
    folded = fold(table)
    columns = ["channel_id", "number", "origin", "outcome", "wait", "agent", "answered", "finished", "talk", "ending"]
    assert folded.table(*columns) == rows(expected)
    assert folded.orphans == []


@pytest.mark.parametrize("name", SCENARIOS)
def test_it_tells_the_same_when_the_service_restarts_between_any_two_lines(name: str) -> None:
    table, _ = SCENARIOS[name]
    stored: dict[tuple[str, int], Stint] = {}
    ledger = Ledger()
    for line in table.strip().splitlines():
        ledger = Ledger(stored.values(), ledger.pending.values(), stopping=ledger.stopping, last_at=ledger.last_at)
        stored |= fold(line, ledger).ledger.changes.stints
    assert stored == fold(table).ledger.changes.stints


def test_the_stint_line_gives_call_caller_origin_promise_and_number() -> None:
    stint = fold("""
        0 c1 medical NONE STINT      L1|09121234567|callback|p7|3
        0 c1 medical NONE ENTERQUEUE ||1
    """).only()
    assert stint == Stint("L1", "c1", 3, "medical", Origin.CALLBACK, MIDNIGHT, Outcome.WAITING, "09121234567", "p7")


def test_a_caller_who_declines_the_callback_goes_on_in_his_place() -> None:
    folded = fold("""
        0  c1 medical NONE STINT       L1||direct||1
        0  c1 medical NONE ENTERQUEUE  ||3
        30 c1 medical NONE EXITWITHKEY 5|2|3|30
        44 c1 medical NONE STINT       L1||requeue||2
        44 c1 medical NONE ENTERQUEUE  ||2
        50 c1 medical a101 CONNECT     6|x1|2
    """)
    assert folded.table("number", "origin", "outcome", "promise") == rows("""
        1 direct  left_by_key -
        2 requeue answered    -
    """)


def test_who_asks_for_a_callback_again_in_one_call_leaves_for_the_last_promise() -> None:
    folded = fold("""
        0  c1 medical NONE STINT              L1||direct||1
        0  c1 medical NONE ENTERQUEUE         ||3
        30 c1 medical NONE EXITWITHKEY        5|2|3|30
        40 c1 medical NONE STINT              L1||requeue||2
        40 c1 medical NONE ENTERQUEUE         ||2
        70 c1 medical NONE EXITWITHKEY        5|1|2|30
        80 c1 medical NONE CALLBACK_REQUESTED cb-1|09121112233|1800000000000|0|fa|queue|L1|
    """)
    assert folded.table("number", "outcome", "promise") == rows("""
        1 left_by_key       -
        2 left_for_callback cb-1
    """)
    assert [event.promise for event in folded.ledger.changes.callbacks] == ["cb-1"]


def test_a_callback_asked_for_without_a_stint_is_evidence_alone() -> None:
    folded = fold("""
        0  c1     medical NONE CALLBACK_REQUESTED cb-1|09121112233|1800000000000|0|fa|menu|c1|
        50 cb-1-1 medical NONE CALLBACK_ATTEMPT   cb-1|1|callback
        70 cb-1-1 medical NONE CALLBACK_RESULT    cb-1|1|busy|17
        99 NONE   medical NONE CALLBACK_CLOSED    cb-1|cancelled|caller
    """)
    assert folded.stints == []
    assert folded.orphans == []
    assert [type(event).__name__ for event in folded.ledger.changes.callbacks] == [
        "CallbackRequested", "CallbackAttempted", "CallbackEnded", "CallbackClosed",
    ]


def test_a_stint_line_whose_entry_never_came_opens_nothing() -> None:
    folded = fold("0 c1 medical NONE STINT L1||direct||1")
    assert folded.stints == []
    assert list(folded.ledger.pending) == ["c1"]


def test_a_refusal_takes_its_facts_from_the_stint_line_and_opens_nothing() -> None:
    folded = fold("""
        0 c1 medical  NONE STINT        L1|0912000|direct||1
        0 c1 medical  NONE REFUSED_FULL L1
        1 c1 operator NONE STINT        L1|0912000|overflow||2
        1 c1 operator NONE ENTERQUEUE   ||1
    """)
    (refused,) = folded.ledger.changes.refusals
    assert (refused.queue, refused.reason, refused.caller, refused.number) == ("medical", Refusal.FULL, "0912000", 1)
    assert folded.table("number", "queue", "origin") == "2 operator overflow"
    assert folded.ledger.pending == {}


def test_equal_lines_in_one_second_all_count() -> None:
    folded = fold("""
        5 NONE medical a101 PAUSE break
        5 NONE medical a101 PAUSE break
    """)
    assert len(folded.ledger.changes.agent_events) == 2


def test_lines_about_an_unknown_stint_are_orphans_and_change_nothing() -> None:
    folded = fold("""
        5 c9 medical a101 CONNECT        5|x|1
        9 c9 medical a101 COMPLETECALLER 5|4|1
        9 c8 medical NONE ABANDON        1|1|9
    """)
    assert len(folded.orphans) == 3
    assert folded.stints == []


def test_a_conversation_whose_connect_was_lost_is_answered_and_declared() -> None:
    folded = fold("""
        0  c1 medical NONE ENTERQUEUE     ||1
        30 c1 medical a101 COMPLETECALLER 10|20|1
    """)
    stint = folded.only()
    assert (stint.outcome, stint.wait, stint.talk, stint.ending) == (Outcome.ANSWERED, 10, 20, Ending.CALLER)
    assert [gap.kind for gap in folded.ledger.changes.gaps] == [GapKind.JOURNAL_LOST]


def test_a_waiting_whose_end_was_lost_is_interrupted_and_declared() -> None:
    folded = fold("""
        0  c1 medical  NONE ENTERQUEUE ||1
        30 c1 operator NONE ENTERQUEUE ||1
    """)
    assert folded.table("queue", "outcome", "origin") == "medical interrupted direct\noperator waiting requeue"
    assert [gap.kind for gap in folded.ledger.changes.gaps] == [GapKind.JOURNAL_LOST]


def test_a_restart_declares_the_time_without_asterisk() -> None:
    folded = fold("""
        5  NONE NONE a101 UNPAUSE
        50 NONE NONE NONE QUEUESTART
    """)
    (gap,) = folded.ledger.changes.gaps
    assert (gap.kind, gap.started, gap.ended) == (GapKind.DOWN, MIDNIGHT + 5, MIDNIGHT + 50)


def test_the_ledger_balances_over_all_scenarios() -> None:
    stints = [stint for table, _ in SCENARIOS.values() for stint in fold(table).stints]
    assert sum(sum(stint.outcome is outcome for stint in stints) for outcome in Outcome) == len(stints)
    assert {stint.outcome for stint in stints} == set(Outcome)
