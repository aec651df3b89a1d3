"""How long what is kept of callers and agents stays."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from foundation.settings.values import Name, Section

Kept = Literal["call", "voice_message", "transcript", "desk_note", "sent_message", "work_plan"]
"""Sound of a conversation, sound that a caller left, what was said as text, what an agent typed, SMS and e-mail, and
what was planned for a day."""
Days = Annotated[int, Field(ge=1, le=36_500)]


class RetentionRule(Section):
    """An exception from the days of a kind, for a queue or a subject or one subject in one queue."""

    kind: Kept
    queue: Name | None = None
    subject: Name | None = None
    """Of a case of the call, or the agent's own word for it."""
    days: Days | None
    """null: it stays until somebody deletes it."""

    def takes_all_of(self, other: "RetentionRule") -> bool:
        """Whether nothing that `other` speaks of gets past this one."""
        return self.kind == other.kind and self.queue in {None, other.queue} and self.subject in {None, other.subject}


class Retention(Section):
    """What is older goes, every day, unless it is held (docs/privacy.md)."""

    days: dict[Kept, Days | None] = {}
    """By kind; a kind that is not named stays until somebody deletes it."""
    rules: list[RetentionRule] = []
    """The first that fits decides; where none does, the kind's days."""
    at: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] = "03:30"
    """When, by the site's clock."""

    @model_validator(mode="after")
    def _every_rule_is_reached(self) -> "Retention":
        for number, rule in enumerate(self.rules):
            if rule.queue is None and rule.subject is None:
                raise ValueError(f"rules.{number}: names neither queue nor subject; write it as days.{rule.kind}")
            if rule.kind == "work_plan":
                raise ValueError(f"rules.{number}: a plan is of no queue and no subject; write it as days.work_plan")
            for earlier, before in enumerate(self.rules[:number]):
                if before.takes_all_of(rule):
                    raise ValueError(f"rules.{number}: never reached: rules.{earlier} takes it all; put it first")
        return self

    def check_queues(self, queues: Mapping[str, object]) -> None:
        """Refuse a queue that is not there: a slip would keep or delete the wrong things.

        Raises:
            ValueError: there is none of that name.
        """
        for number, rule in enumerate(self.rules):
            if rule.queue is not None and rule.queue not in queues:
                raise ValueError(f"retention.rules.{number}.queue: there is no queue {rule.queue!r} under queues")
