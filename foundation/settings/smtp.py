"""Section about the mail server that sends reports."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from foundation.settings.values import Section

Mailbox = Annotated[str, Field(pattern=r"^[^@\s<>,;\"]+@[^@\s<>,;\"]+$", max_length=254)]


class Smtp(Section):
    """Its password is `smtp` in the home's secrets."""

    server: Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$")] | None = None
    """Host name or address; without it no reports are sent."""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is encrypted; none: only for a server on this machine."""
    username: Annotated[str, Field(min_length=1, max_length=254)] | None = None
    """Without one nobody signs in."""
    sender: Mailbox | None = None
    """Whom the mails are from."""

    @model_validator(mode="after")
    def _whole(self) -> "Smtp":
        if self.server and not self.sender:
            raise ValueError("smtp.sender: a mail needs a sender; write one like reports@example.org")
        if self.username and self.security == "none":
            raise ValueError("smtp.security: none would send the password of smtp.username in the clear; write "
                             "starttls or tls")
        return self
