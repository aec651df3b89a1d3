"""What a page that is gone leaves behind, and who of it is brought back."""

import pytest

from agent_softphone.channels import Channel, orphans_of

CALLER = "PJSIP/trunk-00000001"
AGENT = "PJSIP/a101-00000002"
OTHER = "PJSIP/a102-00000003"
SECOND = "PJSIP/a101-00000004"


@pytest.mark.parametrize(("listed", "callers", "legs"), [
    ({CALLER: "one", AGENT: "one"}, (CALLER,), (AGENT,)),
    ({CALLER: "one", AGENT: "one", OTHER: "two", "PJSIP/trunk-00000009": "two"}, (CALLER,), (AGENT,)),
    ({CALLER: "", AGENT: ""}, (), (AGENT,)),
    ({OTHER: "one", AGENT: "one"}, (), (AGENT,)),
    ({CALLER: "one", AGENT: "one", OTHER: "one"}, (), (AGENT,)),
    ({CALLER: "one", AGENT: "one", OTHER: "two", SECOND: "two"}, (CALLER,), (AGENT, SECOND)),
    ({CALLER: "one", OTHER: "one"}, (), ()),
], ids=[
    "a conversation", "a colleague's conversation is left alone", "a telephone that only rings",
    "a colleague is no caller",
    "a third person stays with the caller", "a caller on hold during a consultation", "nothing",
])
def test_only_callers_who_have_nobody_else_are_brought_back(
    listed: dict[str, str], callers: tuple[str, ...], legs: tuple[str, ...],
) -> None:
    left = orphans_of("a101", [Channel(name, bridge) for name, bridge in listed.items()])
    assert (left.callers, left.legs) == (callers, legs)
