"""Why the web pages do not do what was asked: one class each, with a name that stays the same on the wire."""

from typing import ClassVar


class WebRefusalError(Exception):
    """`name` is stable; its text for people is `web.refused.<name>` in the catalogue, with `values` put in."""

    name: ClassVar[str]
    status: ClassVar[int] = 409

    def __init__(self, **values: str | int) -> None:
        super().__init__(f"{self.name}: {', '.join(f'{key} {value}' for key, value in values.items())}".rstrip(": "))
        self.values = values


class NotSignedInError(WebRefusalError):
    name = "not-signed-in"
    status = 401


class NotPermittedError(WebRefusalError):
    """Signed in, but none of the user's roles may do this."""

    name = "not-permitted"
    status = 403


class ForeignFormError(WebRefusalError):
    """The request does not come from one of our own pages, or from one that is too old."""

    name = "foreign-form"
    status = 403


class MustChangePasswordError(WebRefusalError):
    name = "must-change-password"
    status = 403


class WrongSignInError(WebRefusalError):
    """One answer for a wrong name, a wrong password and a locked account."""

    name = "wrong-sign-in"
    status = 401


class OpenIdRefusedError(WebRefusalError):
    """The provider's answer opens nothing here: it is not for us, too old, or of one who is no user."""

    name = "openid-refused"
    status = 403


class OpenIdAwayError(WebRefusalError):
    name = "openid-away"
    status = 502


class TooManyTriesError(WebRefusalError):
    name = "too-many-tries"
    status = 429


class WrongPasswordError(WebRefusalError):
    """At a change of one's own password."""

    name = "wrong-password"
    status = 400


class WeakPasswordError(WebRefusalError):
    name = "weak-password"
    status = 400


class NameTakenError(WebRefusalError):
    name = "name-taken"


class BadNameError(WebRefusalError):
    name = "bad-name"
    status = 400


class NoSuchUserError(WebRefusalError):
    name = "no-such-user"
    status = 404


class NoSuchTokenError(WebRefusalError):
    name = "no-such-token"
    status = 404


class NoSuchAgentError(WebRefusalError):
    name = "no-such-agent"
    status = 400


class AgentTakenError(WebRefusalError):
    """Another user is this agent."""

    name = "agent-taken"


class LastAdministratorError(WebRefusalError):
    """Nobody could administer the users afterwards."""

    name = "last-administrator"


class RolesNotHeldError(WebRefusalError):
    """A token cannot do what its owner may not."""

    name = "roles-not-held"
    status = 400
