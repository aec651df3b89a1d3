"""A keeper of deadlines over a case office whose clock stands."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from followups.cases.office import case_office
from followups.deadlines.escalation import EscalationRule
from followups.deadlines.keeper import DeadlineKeeper
from followups.deadlines.notice_messages import notice_messages
from foundation.settings import Settings
from tests.support.case_site import CaseSite

TEHRAN = ZoneInfo("Asia/Tehran")


def keeper(site: CaseSite, **more: Any) -> DeadlineKeeper:
    """By the site's settings, with `more` of them."""
    settings = Settings.model_validate({**site.settings.model_dump(mode="json"), **more})
    office = case_office(site.home, settings, site.database, site.clock)
    return DeadlineKeeper(site.database, office.clock.changes, office.book, EscalationRule(),
                          notice_messages(office.book, settings), site.clock)


def at(text: str) -> int:
    """A moment in Tehran, in epoch milliseconds."""
    return round(datetime.fromisoformat(text).replace(tzinfo=TEHRAN).timestamp() * 1000)
