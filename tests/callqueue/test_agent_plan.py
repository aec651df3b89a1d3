import pytest

from callqueue.agents.plan import Add, Pause, Remove, SetPenalty, Step, Unpause, plan
from callqueue.agents.sessions import Session
from callqueue.floor.state import Member
from foundation.settings import Agent

AGENT = Agent(queues={"insurance": 0, "medical": 5})
FREE = Session("a101", 10, 10)
LUNCH = Session("a101", 10, 10, "lunch", 20)
WRAP_UP = Session("a101", 10, 10, "wrap-up", 20, wrap_up_until=100)


def members(reason: str | None = None, **penalties: int) -> dict[str, Member]:
    return {
        queue: Member("PJSIP/a101", penalty, paused=reason is not None, reason=reason or "")
        for queue, penalty in penalties.items()
    }


@pytest.mark.parametrize(("session", "found", "now", "steps"), [
    (FREE, {}, 50, [Add("insurance", 0, paused=False), Add("medical", 5, paused=False)]),
    (FREE, members(insurance=0, medical=5), 50, []),
    (FREE, members(insurance=0, medical=1), 50, [SetPenalty("medical", 5)]),
    (FREE, members(insurance=0, medical=5, pensions=0), 50, [Remove("pensions")]),
    (FREE, members("lunch", insurance=0, medical=5), 50, [Unpause()]),
    (None, members(insurance=0, medical=5), 50, [Remove("insurance"), Remove("medical")]),
    (None, {}, 50, []),
    (LUNCH, {}, 50, [Add("insurance", 0, paused=True), Add("medical", 5, paused=True), Pause("lunch")]),
    (LUNCH, members("lunch", insurance=0, medical=5), 50, []),
    (LUNCH, members("wrap-up", insurance=0, medical=5), 50, [Pause("lunch")]),
    (LUNCH, members("lunch", insurance=0), 50, [Add("medical", 5, paused=True), Pause("lunch")]),
    (WRAP_UP, members(insurance=0, medical=5), 99, [Pause("wrap-up")]),
    (WRAP_UP, members("wrap-up", insurance=0, medical=5), 100, [Unpause()]),
    (WRAP_UP, {}, 100, [Add("insurance", 0, paused=False), Add("medical", 5, paused=False)]),
])
def test_the_plan_closes_the_difference(
    session: Session | None, found: dict[str, Member], now: float, steps: list[Step],
) -> None:
    assert plan(session, AGENT, found, now) == steps


def test_an_agent_who_is_no_longer_in_the_settings_is_taken_out() -> None:
    assert plan(FREE, None, members(insurance=0), 50) == [Remove("insurance")]
