"""Section about recordings and those who listen to them."""

from typing import Annotated, Literal

from pydantic import Field

from foundation.settings.values import Name, Section

Reach = Literal["none", "queues", "all"]
"""Whose sound: nobody's, that of one's queues, everybody's."""


class Listening(Section):
    supervisor: Reach = "queues"
    manager: Reach = "all"
    agents_own_calls: bool = False
    """Whether agents may hear their own calls, on their page and by telephone."""
    queues: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$")], list[Name]] = {}
    """User to the queues that are his; one who is not named here has those of the agent that he is."""
    again_hours: Annotated[int, Field(ge=1, le=168)] = 12
    """So long after somebody has listened to a recording, he is not asked again why."""
