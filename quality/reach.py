"""Whose sound a person may hear, and in which of his roles: the site's settings decide. Pure.

Auditors see who listened, and hear nothing; administrators administer, and hear nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from foundation.settings import Settings
from foundation.web.roles import Role, User
from recordings.listening.listing import Scope
from recordings.store import Recording

LISTENERS: Final = (Role.SUPERVISOR, Role.MANAGER, Role.AGENT)
"""Roles that may hear anything at all, where the site allows it."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What one role lets one person hear."""

    role: Role
    scope: Scope


def grants_of(user: User, settings: Settings) -> tuple[Grant, ...]:
    """What this person may hear; nothing where it is empty."""
    return tuple(_grants(user, settings))


def grants_for(user: User, settings: Settings, recording: Recording) -> tuple[Grant, ...]:
    """Those that let him hear this recording."""
    return tuple(grant for grant in grants_of(user, settings) if grant.scope.covers(recording))


def _grants(user: User, settings: Settings) -> Iterator[Grant]:
    rules = settings.listening
    for role, reach in ((Role.MANAGER, rules.manager), (Role.SUPERVISOR, rules.supervisor)):
        if not user.may(role) or reach == "none":
            continue
        queues = None if reach == "all" else own_queues(user, settings)
        if queues is None or queues:
            yield Grant(role, Scope(queues))
    if user.may(Role.AGENT) and rules.agents_own_calls and user.agent is not None:
        yield Grant(Role.AGENT, Scope(agent=user.agent))


def own_queues(user: User, settings: Settings) -> frozenset[str]:
    """The queues that the settings call his, else those of the agent that he is."""
    named = settings.listening.queues.get(user.id)
    if named is not None:
        return frozenset(named)
    agent = settings.agents.get(user.agent or "")
    return frozenset(agent.queues) if agent else frozenset()


__all__ = ["LISTENERS", "Grant", "grants_for", "grants_of", "own_queues"]
