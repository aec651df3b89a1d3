"""What the people of a unit are told when a case falls due or comes up to them: by SMS and e-mail, once each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from followups.book.book import CaseBook
from followups.cases.case import Case
from followups.deadlines.escalation import NextNotice
from foundation.calendars import day_text
from foundation.catalogue import Texts, load_catalogue
from foundation.gateway import Email, Sms, enter_email, enter_sms
from foundation.settings import Settings
from foundation.settings.service import Notify
from foundation.tracking import grouped

TEXTS = Path(__file__).parent / "notice_texts.yaml"


def unknown_notified(book: CaseBook, settings: Settings) -> list[str]:
    """Units that `followups.notify` names and that are not there: their messages would go to nobody."""
    return [f"followups.notify.{unit}" for unit in settings.followups.notify if unit not in book.units.by_id]


@dataclass(frozen=True, slots=True)
class NoticeMessages:
    """Writes messages into the outboxes, within the transaction that gives the notice."""

    book: CaseBook
    texts: Texts
    notify: Mapping[str, Notify]
    zone: ZoneInfo
    sends_sms: bool
    sends_email: bool

    async def enter(
        self, connection: AsyncConnection, case: Case, from_unit: str, notice: NextNotice, now_ms: int,
    ) -> int:
        """Have them sent to those of the unit that has the case now; returns how many."""
        told = self.notify.get(case.unit)
        if told is None:
            return 0
        subject, text = self._written(case, from_unit, notice)
        stem = f"fu-{case.code}-{case.reopened}-{notice.kind.value}-{notice.number}"
        numbers = told.sms if self.sends_sms else []
        for place, number in enumerate(numbers):
            await enter_sms(connection, Sms(f"{stem}-s{place}", number, text), now_ms)
        addresses = told.email if self.sends_email else []
        for place, address in enumerate(addresses):
            await enter_email(connection, Email(f"{stem}-e{place}", address, subject, text), now_ms)
        return len(numbers) + len(addresses)

    def _written(self, case: Case, from_unit: str, notice: NextNotice) -> tuple[str, str]:
        language = self.texts.language
        due = datetime.fromtimestamp((case.due_ms or 0) / 1000, self.zone)
        values = {
            "code": grouped(case.code), "day": day_text(due.date(), language),
            "subject": self.book.subject(case.subject).titles[language],
            "unit": self._title(case.unit), "from_unit": self._title(from_unit),
        }
        key = f"followups.{notice.kind.value}"
        return self.texts(f"{key}.subject"), self.texts(f"{key}.text", **values)

    def _title(self, unit: str) -> str:
        known = self.book.units.by_id.get(unit)
        return known.titles[self.texts.language] if known else unit


def notice_messages(book: CaseBook, settings: Settings) -> NoticeMessages:
    texts = load_catalogue([TEXTS]).texts(settings.site.language)
    return NoticeMessages(
        book, texts, settings.followups.notify, ZoneInfo(settings.site.timezone),
        sends_sms=settings.sms.url is not None, sends_email=settings.email.url is not None,
    )
