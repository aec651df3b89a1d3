"""The rooms that have pages."""

import followups.web
import reports.web
from foundation.web.rooms import WebRoom


def web_rooms() -> tuple[WebRoom, ...]:
    """In the order in which their pages are looked through; the web's own room comes by itself."""
    return (followups.web.room(), reports.web.room())
