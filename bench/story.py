"""What happens to simulated callers, in short lines, as Asterisk's events tell it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from foundation.asterisk.ami_protocol import Event

EVENTS = ("QueueCallerJoin", "AgentRingNoAnswer", "AgentConnect", "AgentComplete", "QueueCallerAbandon")


@dataclass
class Story:
    """Tells of the calls of those `numbers`; other calls of the line are nobody's business here."""

    say: Callable[[str], None]
    numbers: set[str] = field(default_factory=set)
    joined: int = 0
    answered: int = 0
    given_up: int = 0

    def on_event(self, event: Event) -> None:
        number = event.get("CallerIDNum")
        if number not in self.numbers:
            return
        match event.name:
            case "QueueCallerJoin":
                self.joined += 1
                self.say(f"{number}  waits in {event.get('Queue')}, place {event.get('Position')}")
            case "AgentRingNoAnswer":
                self.say(f"{number}  {event.get('MemberName')} does not pick up")
            case "AgentConnect":
                self.answered += 1
                self.say(f"{number}  {event.get('MemberName')} answers after {event.get('HoldTime')} s")
            case "AgentComplete":
                self.say(f"{number}  spoke with {event.get('MemberName')} for {event.get('TalkTime')} s")
            case "QueueCallerAbandon":
                self.given_up += 1
                self.say(f"{number}  gave up after {event.get('HoldTime')} s")
            case _:
                pass
