"""What an agent's page may have dialled."""

import pytest

from agent_softphone.refusals import NoAgentError, NotDialledError, NoWayOutError
from agent_softphone.web.phone_api import browser_agent, inside_target, outside_number
from callqueue.outbound.refusals import NumberRefusedError
from foundation.settings import Agent, Queue, Settings, Sip, Trunk
from foundation.web.roles import Role, User


def site(proxy: str | None = "192.0.2.9") -> Settings:
    agents = {"a101": Agent(queues={"operator": 0}, device="webrtc"), "a102": Agent(queues={"operator": 0})}
    return Settings(queues={"operator": Queue()}, agents=agents, sip=Sip(trunk=Trunk(proxy=proxy)))


def who(agent: str | None) -> User:
    return User("sara", "Sara", frozenset({Role.AGENT}), agent)


@pytest.mark.parametrize("to", ["a102", "queue-operator", "8001"])
def test_colleagues_queues_and_extensions_are_dialled_as_they_are(to: str) -> None:
    assert inside_target(to, site()) == to


@pytest.mark.parametrize("to", ["nobody", "queue-nothing", "operator"])
def test_a_name_that_is_none_is_refused(to: str) -> None:
    with pytest.raises(NotDialledError):
        inside_target(to, site())


def test_a_number_is_brought_to_the_form_that_is_dialled() -> None:
    assert inside_target("+98 912 345 67 89", site()) is None
    assert outside_number("+98 912 345 67 89", site()) == "09123456789"


@pytest.mark.parametrize("text", ["1420", "09", "0044 20 7946 0000", "0909 123 4567;x"])
def test_what_the_site_does_not_call_is_refused(text: str) -> None:
    with pytest.raises(NumberRefusedError):
        outside_number(text, site())


def test_without_a_gateway_nothing_is_called() -> None:
    with pytest.raises(NoWayOutError):
        outside_number("09123456789", site(None))


def test_only_agents_whose_device_is_the_browser_have_a_phone_there() -> None:
    assert browser_agent(who("a101"), site()) == "a101"
    for agent in ("a102", "a999", None):
        with pytest.raises(NoAgentError):
            browser_agent(who(agent), site())
