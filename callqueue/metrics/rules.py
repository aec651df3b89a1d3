"""The three parameters by which a queue is judged; they are stored with every figure."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rules:
    """All in seconds."""

    service_threshold: int = 20
    """T: answered within it is answered in time."""
    short_abandon: int = 5
    """S: hung up within it was hardly a wish to wait."""
    contact_window: int = 86400
    """W: one person's attempts inside it are one contact."""


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Each queue's own rules; those of a queue nobody has set (of an imported log) are the default."""

    by_queue: Mapping[str, Rules] = field(default_factory=dict)
    default: Rules = field(default_factory=Rules)

    def of(self, queue: str) -> Rules:
        return self.by_queue.get(queue, self.default)


def longest_window(rules: Rulebook) -> int:
    """The longest W in seconds: who was silent for so long begins a new contact in any queue."""
    return max(each.contact_window for each in (rules.default, *rules.by_queue.values()))
