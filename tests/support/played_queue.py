"""Callers who wait in a queue of the played manager."""

from tests.support.manager import Fields, PlayedManager, event, respond


def wait_in_queue(manager: PlayedManager, queue: str, *callers: tuple[str, int, int]) -> None:
    """These wait, in this order: channel, place (epoch milliseconds) and priority."""
    def status(fields: Fields) -> bytes:
        answer = respond(fields, "Success", "Queue status will follow", "EventList: start")
        for position, (channel, _, priority) in enumerate(callers, 1):
            answer += event("QueueEntry", Queue=queue, Position=str(position), Uniqueid=channel, Wait="9",
                            Priority=str(priority), ActionID=fields["ActionID"])
        return answer + event("QueueStatusComplete", EventList="Complete", ActionID=fields["ActionID"])

    def channels(fields: Fields) -> bytes:
        answer = respond(fields, "Success", "Channel status will follow", "EventList: start")
        for channel, place, _ in callers:
            answer += event("Status", Uniqueid=channel, Variable=f"PASOKH_PLACE={place}", ActionID=fields["ActionID"])
        return answer + event("StatusComplete", EventList="Complete", ActionID=fields["ActionID"])

    manager.answers |= {"queuestatus": status, "status": channels}
