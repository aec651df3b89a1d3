"""Joining an agent's conversation: whom, by which channel, and what Asterisk is given. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from callqueue.cel.conversations import owner_of
from foundation.asterisk.ami import Event
from foundation.asterisk.variables import Variable
from foundation.settings import Supervision

CONTEXT: Final = "pasokh-supervise"
RING_MS: Final = 30_000
_UP: Final = "6"
"""Asterisk's state of a channel that was answered."""
_CHANNEL = re.compile(r"PJSIP/[a-z][a-z0-9-]*-[0-9a-f]+")
_WORD = re.compile(r"[A-Za-z0-9._-]{1,150}")
_USER = re.compile(r"[A-Za-z0-9._@-]{1,80}")


class Mode(StrEnum):
    LISTEN = "listen"
    WHISPER = "whisper"
    """The agent hears the supervisor; the caller does not."""
    BARGE = "barge"
    """Both hear him."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """An agent's leg of a conversation, as Asterisk lists it."""

    agent: str
    channel: str
    call_id: str


def permitted(rules: Supervision, mode: Mode, roles: Iterable[str]) -> bool:
    """Whether one of `roles` may do so on this site."""
    allowed = {Mode.LISTEN: rules.listen, Mode.WHISPER: rules.whisper, Mode.BARGE: rules.barge}[mode]
    return not set(allowed).isdisjoint(roles)


def conversation_of(agent: str, channels: Iterable[Event]) -> Conversation | None:
    """Where the agent speaks now; of two lines the one from a queue, then the one in which he is with somebody."""
    own = [
        event for event in channels
        if owner_of(event.get("Channel")) == agent and event.get("ChannelState") == _UP and event.get("BridgeId")
    ]
    if not own:
        return None
    best = max(own, key=lambda event: event.get("Application") == "AppQueue")
    return Conversation(agent, best.get("Channel"), best.get("Linkedid") or best.get("Uniqueid"))


def originate_fields(
    own_telephone: str, spied: Conversation, mode: Mode, who: str, *, announced: bool,
) -> Mapping[str, Any]:
    """Fields of AMI's Originate that rings the supervisor and leads him into the conversation.

    Raises:
        ValueError: a value is not of the form that the dialplan takes.
    """
    variables = {
        Variable.SPIED: _checked(_CHANNEL, spied.channel), Variable.SPIED_AGENT: _checked(_WORD, spied.agent),
        Variable.SPIED_CALL: _checked(_WORD, spied.call_id), Variable.SUPERVISOR: _checked(_USER, who),
        Variable.ANNOUNCED: "1" if announced else "0",
    }
    return {
        "Channel": f"PJSIP/{own_telephone}", "Context": CONTEXT, "Exten": mode.value, "Priority": "1",
        "CallerID": f"{mode.value} <{spied.agent}>", "Timeout": str(RING_MS), "Async": "true",
        "Variable": ",".join(f"{name.value}={value}" for name, value in variables.items()),
    }


def _checked(form: re.Pattern[str], value: str) -> str:
    if not form.fullmatch(value):
        raise ValueError(f"{value[:60]!r} does not look like {form.pattern}")
    return value
