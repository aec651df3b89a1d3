"""Who may do what: the roles, and a person who has some of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from foundation.settings import Language


class Role(StrEnum):
    """None contains another: an administrator who shall read reports is a manager too."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    PARTNER = "partner"
    """Another organisation's service desk: opens follow-ups by the interface, and sees those alone."""
    SCREEN = "screen"
    """No person: a screen on a wall, that sees the wallboard alone."""


@dataclass(frozen=True, slots=True)
class User:
    """A signed-in person, or a program with a token."""

    id: str
    """What is typed at sign-in, and what stands in the audit log."""
    name: str
    """For people to read."""
    roles: frozenset[Role]
    agent: str | None = None
    """The agent of site.yaml that this person is."""
    language: Language | None = None
    must_change: bool = False
    """Whether the password was given by another, and must be replaced first."""
    token: str | None = None
    """The token's id, when a program asks."""

    def may(self, *roles: Role) -> bool:
        """Whether one of `roles` is among the user's; without any, every user may."""
        return not roles or not self.roles.isdisjoint(roles)

    @property
    def actor(self) -> str:
        """How the audit log names who did it."""
        return f"{self.id} (token {self.token})" if self.token else self.id


def roles_text(roles: Iterable[Role]) -> str:
    """As the database keeps them."""
    return ",".join(role.value for role in Role if role in set(roles))


def read_roles(text: str) -> frozenset[Role]:
    """Names that are no role any more are left out."""
    known = {role.value for role in Role}
    return frozenset(Role(name) for name in text.split(",") if name in known)
