"""Section about supervisors: who may join a conversation, whether the agent is told, how long a manager takes calls."""

from typing import Annotated, Literal

from pydantic import Field

from foundation.settings.values import Section

Overseer = Literal["supervisor", "manager", "administrator"]
"""Roles that may be given a right over others' conversations."""


class Supervision(Section):
    announced: bool = True
    """An agent hears from us when somebody begins to listen, to whisper or to join."""
    listen: list[Overseer] = ["supervisor", "administrator"]
    whisper: list[Overseer] = ["supervisor", "administrator"]
    barge: list[Overseer] = ["supervisor", "administrator"]
    shift_minutes: Annotated[int, Field(ge=5, le=480)] = 60
    """How long a supervisor or manager takes calls; then he is logged out by itself."""
