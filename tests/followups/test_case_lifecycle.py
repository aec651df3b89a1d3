"""Whatever is done to a case in whatever order: the rules hold, and the history tells all of it."""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from followups.cases.case import Case, Deed, Event, ToldBy
from followups.cases.lifecycle import LIVE, WORK, Closing, State, Step, after, closings_from, steps_from
from followups.cases.refusals import ChangedMeanwhileError, NotAMemberError, NotInThisStateError, SameUnitError
from tests.support.case_site import SARA, case_site

STATE_AFTER = {
    Deed.OPENED: State.OPEN, Deed.ASSIGNED: State.ASSIGNED, Deed.HANDED_OVER: State.OPEN,
    Deed.WAITING_FOR_UNIT: State.WAITING_UNIT, Deed.WAITING_FOR_CALLER: State.WAITING_CALLER,
    Deed.RESUMED: State.ASSIGNED, Deed.RESOLVED: State.RESOLVED, Deed.TOLD: State.TOLD, Deed.CLOSED: State.CLOSED,
    Deed.REOPENED: State.REOPENED,
}

STEPS = """
            assign   hand_over wait_unit    wait_caller    resume   resolve  tell close  reopen
open        assigned open      -            -              -        resolved -    closed -
assigned    assigned open      waiting_unit waiting_caller -        resolved -    closed -
waiting_unit assigned open     -            waiting_caller assigned resolved -    closed -
waiting_caller assigned open   waiting_unit -              assigned resolved -    closed -
resolved    -        -         -            -              -        -        told closed reopened
told        -        -         -            -              -        -        -    closed reopened
closed      -        -         -            -              -        -        -    -      reopened
reopened    assigned open      -            -              -        resolved -    closed -
"""


def test_the_steps_between_the_states() -> None:
    names, *rows = STEPS.strip().splitlines()
    for row in rows:
        state, *goals = row.split()
        for step, goal in zip(names.split(), goals, strict=True):
            assert after(State(state), Step(step)) == (None if goal == "-" else State(goal)), (state, step)
    assert len(rows) == len(State)


@pytest.mark.parametrize(("state", "closings"), [
    (State.OPEN, {Closing.WITHDRAWN, Closing.DUPLICATE}),
    (State.RESOLVED, {Closing.UNREACHABLE, Closing.NOBODY_TO_TELL, Closing.WITHDRAWN, Closing.DUPLICATE}),
    (State.TOLD, {Closing.SOLVED, Closing.WITHDRAWN, Closing.DUPLICATE}),
    (State.CLOSED, set()),
])
def test_why_a_case_may_be_closed(state: State, closings: set[Closing]) -> None:
    assert set(closings_from(state)) == closings


def test_every_state_leads_on_and_only_closed_ones_are_not_live() -> None:
    assert all(steps_from(state) for state in State)
    assert set(State) - LIVE == {State.CLOSED}
    assert WORK < LIVE


class OneCase(RuleBasedStateMachine):
    """Asks for everything at any time; what is refused must have changed nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.history: list[Event] = []

    @initialize()
    def open(self) -> None:
        self.site = self.runner.run(self.stack.enter_async_context(case_site(Path(self.folder))))
        self.runner.run(self.site.with_member("insured-desk", "omid"))
        self.case: Case = self.runner.run(self.site.opened())

    @rule(
        step=st.sampled_from(["assign", "wait_unit", "wait_caller", "resume", "resolve", "tell", "reopen"]),
        old=st.integers(0, 1),
    )
    def step(self, step: str, old: int) -> None:
        self.ask(step, self.case.version - old)

    @rule(unit=st.sampled_from(["insured-desk", "pensions-desk"]))
    def hand_over(self, unit: str) -> None:
        self.ask("hand_over", self.case.version, unit)

    @rule(closing=st.sampled_from(Closing))
    def close(self, closing: Closing) -> None:
        self.ask("close", self.case.version, closing)

    @rule(days=st.integers(1, 20))
    def time_goes_on(self, days: int) -> None:
        self.site.clock.now += days * 86_400_000

    @rule()
    def note(self) -> None:
        self.runner.run(self.site.office.desk.note(self.case.code, "a word", SARA))

    def ask(self, step: str, version: int, what: str = "") -> None:
        desk, code = self.site.office.desk, self.case.code
        wishes = {
            "assign": lambda: desk.assign(code, "omid", SARA, reason="why", version=version),
            "hand_over": lambda: desk.hand_over(code, what, "why", SARA, version=version),
            "wait_unit": lambda: desk.wait_for_unit(code, "why", SARA, version=version),
            "wait_caller": lambda: desk.wait_for_caller(code, "why", SARA, version=version),
            "resume": lambda: desk.resume(code, SARA, version=version),
            "resolve": lambda: desk.resolve(code, "a result", SARA, version=version),
            "tell": lambda: desk.tell(code, ToldBy.CALL, SARA, version=version),
            "close": lambda: desk.close(code, Closing(what), SARA, reason="why", version=version),
            "reopen": lambda: desk.reopen(code, "why", SARA, version=version),
        }
        goal = after(self.case.state, Step(step))
        try:
            found = self.runner.run(wishes[step]())
        except ChangedMeanwhileError:
            assert version != self.case.version
        except NotInThisStateError:
            assert goal is None or (step == "close" and Closing(what) not in closings_from(self.case.state))
        except (SameUnitError, NotAMemberError):
            assert step in {"hand_over", "assign"}
        else:
            assert found.state is goal
            assert found.version == self.case.version + 1
            self.case = found

    @invariant()
    def the_history_tells_all_of_it(self) -> None:
        if not hasattr(self, "case"):
            return
        view = self.runner.run(self.site.office.reading.view(self.case.code, SARA))
        assert view.case == self.case
        assert list(view.events[:len(self.history)]) == self.history
        self.history = list(view.events)
        told = [STATE_AFTER[event.deed] for event in view.events if event.deed in STATE_AFTER]
        assert told[-1] is self.case.state
        assert len(told) == self.case.version
        assert [event.at_ms for event in view.events] == sorted(event.at_ms for event in view.events)

    @invariant()
    def its_facts_fit_its_state(self) -> None:
        if not hasattr(self, "case"):
            return
        case = self.case
        assert (case.result is not None) == (case.resolved_ms is not None)
        assert case.state not in WORK or (case.result, case.told_ms, case.closed_ms) == (None, None, None)
        assert case.state not in {State.RESOLVED, State.TOLD} or case.result is not None
        assert (case.state is State.CLOSED) == (case.closing is not None) == (case.closed_ms is not None)
        assert case.due_ms is not None
        assert case.due_ms > case.clock_ms

    def teardown(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()


TestOneCase = pytest.mark.filterwarnings("ignore::ResourceWarning")(OneCase.TestCase)
TestOneCase.settings = settings(
    max_examples=8, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck),
)
