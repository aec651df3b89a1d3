"""app_queue behind the played manager: members with pauses, and the journal lines that they would leave."""

from dataclasses import dataclass, field, replace

from tests.support.manager import Fields, PlayedManager, event, respond


@dataclass(frozen=True)
class PlayedMember:
    name: str
    interface: str
    penalty: int = 0
    paused: bool = False
    reason: str = ""
    device: int = 1


@dataclass
class PlayedQueues:
    """Answers queue actions as app_queue does (seen on Asterisk 22) and tells of them by events."""

    manager: PlayedManager
    queues: tuple[str, ...]
    members: dict[tuple[str, str], PlayedMember] = field(default_factory=dict)
    """Queue and interface to member."""
    journal: list[str] = field(default_factory=list)
    channels: list[bytes] = field(default_factory=list)
    """CoreShowChannel events without an ActionID."""
    waiting: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for action in ("QueueAdd", "QueueRemove", "QueuePause", "QueuePenalty", "QueueLog", "QueueStatus"):
            self.manager.answers[action.lower()] = getattr(self, f"on_{action.lower()}")
        self.manager.answers["coreshowchannels"] = self.on_coreshowchannels

    def forget(self) -> None:
        """As after a restart of Asterisk."""
        self.members.clear()
        self.journal.append("QUEUESTART")

    def on_queueadd(self, fields: Fields) -> bytes:
        key = fields["Queue"], fields["Interface"]
        if key in self.members:
            return respond(fields, "Error", "Unable to add interface: Already there")
        paused = fields.get("Paused") == "true"
        self.members[key] = PlayedMember(fields["MemberName"], fields["Interface"], int(fields["Penalty"]), paused)
        self._line(fields["Queue"], fields["MemberName"], "ADDMEMBER", "PAUSED" if paused else "")
        return respond(fields, "Success", "Added interface to queue") + self._told("QueueMemberAdded", key)

    def on_queueremove(self, fields: Fields) -> bytes:
        key = fields["Queue"], fields["Interface"]
        if key not in self.members:
            return respond(fields, "Error", "Unable to remove interface: Not there")
        told = self._told("QueueMemberRemoved", key)
        self._line(fields["Queue"], self.members.pop(key).name, "REMOVEMEMBER", "")
        return respond(fields, "Success", "Removed interface from queue") + told

    def on_queuepause(self, fields: Fields) -> bytes:
        keys = [key for key in self.members if key[1] == fields["Interface"]]
        if not keys:
            return respond(fields, "Error", "Interface not found")
        paused, told = fields["Paused"] == "true", b""
        for key in keys:
            self.members[key] = replace(self.members[key], paused=paused, reason=fields.get("Reason", ""))
            self._line(key[0], self.members[key].name, "PAUSE" if paused else "UNPAUSE", fields.get("Reason", ""))
            told += self._told("QueueMemberPause", key)
        return respond(fields, "Success", "Interface paused successfully") + told

    def on_queuepenalty(self, fields: Fields) -> bytes:
        key = fields["Queue"], fields["Interface"]
        self.members[key] = replace(self.members[key], penalty=int(fields["Penalty"]))
        return respond(fields, "Success", "Interface penalty set successfully") + self._told("QueueMemberPenalty", key)

    def on_queuelog(self, fields: Fields) -> bytes:
        self._line(fields["Queue"], fields["Interface"], fields["Event"], fields["Message"])
        return respond(fields, "Success", "Event added successfully")

    def on_queuestatus(self, fields: Fields) -> bytes:
        own, answer = fields["ActionID"], respond(fields, "Success", "Queue status will follow", "EventList: start")
        for queue in self.queues:
            answer += event("QueueParams", Queue=queue, ActionID=own)
            for (name, interface), member in self.members.items():
                if name == queue and fields.get("Member", interface) == interface:
                    answer += event("QueueMember", **self._headers((name, interface)), Name=member.name, ActionID=own)
            for entry in self.waiting:
                if entry["Queue"] == queue:
                    answer += event("QueueEntry", **entry, ActionID=own)
        return answer + event("QueueStatusComplete", ActionID=own, EventList="Complete")

    def on_coreshowchannels(self, fields: Fields) -> bytes:
        own, answer = fields["ActionID"], respond(fields, "Success", "Channels will follow", "EventList: start")
        for channel in self.channels:
            answer += channel[:-2] + f"ActionID: {own}\r\n\r\n".encode()
        return answer + event("CoreShowChannelsComplete", ActionID=own, EventList="Complete")

    def states(self, interface: str) -> dict[str, str]:
        """Queue to `free`, or the reason of the pause."""
        return {
            queue: member.reason if member.paused else "free"
            for (queue, name), member in self.members.items() if name == interface
        }

    def _told(self, name: str, key: tuple[str, str]) -> bytes:
        return event(name, **self._headers(key), MemberName=self.members[key].name)

    def _headers(self, key: tuple[str, str]) -> dict[str, str]:
        member = self.members[key]
        return {
            "Queue": key[0], "Interface": member.interface, "Penalty": str(member.penalty), "LoginTime": "1700000000",
            "Status": str(member.device), "Paused": "1" if member.paused else "0", "PausedReason": member.reason,
            "LastPause": "1700000001",
        }

    def _line(self, queue: str, agent: str, name: str, data: str) -> None:
        self.journal.append(f"{queue}|{agent}|{name}|{data}")
