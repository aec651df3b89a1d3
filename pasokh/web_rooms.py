"""The rooms that have pages."""

import agent_softphone.web
import agent_softphone.web.desk_room
import agent_softphone.web.supervisor_room
import callqueue.web
import followups.web
import quality.web
import reports.web
from foundation.web.rooms import WebRoom


def web_rooms() -> tuple[WebRoom, ...]:
    """In the order in which their pages are looked through; the web's own room comes by itself."""
    rooms = (agent_softphone.web.room(), callqueue.web.room(), followups.web.room(), reports.web.room())
    desk, floor = agent_softphone.web.desk_room.desk_room(), agent_softphone.web.supervisor_room.supervisor_room()
    return (desk, floor, *rooms, quality.web.room())
