"""What a caller is written when no call could tell him his result: that it waits for him, never what it is."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from followups.cases.case import Case
from foundation.catalogue import Catalogue, load_catalogue
from foundation.gateway import Email, Sms, enter_email, enter_sms
from foundation.settings import Settings
from foundation.text import digits
from foundation.tracking import grouped

TEXTS = Path(__file__).parent / "telling_texts.yaml"


@dataclass(frozen=True, slots=True)
class ResultMessages:
    """Writes into the outboxes, within the transaction that notes it."""

    catalogue: Catalogue
    line: str
    """What the public dials."""
    sends_sms: bool
    sends_email: bool

    async def enter(self, connection: AsyncConnection, case: Case, now_ms: int) -> str:
        """Have them sent; says which: `sms`, `email`, both, or nothing where no way leads to him."""
        texts, done = self.catalogue.texts(case.language), []
        text = texts("followups.result.text", code=digits(grouped(case.code), case.language),
                     line=digits(self.line, case.language))
        name = f"result-{case.code}-{case.reopened}"
        if self.sends_sms and case.reply_number:
            await enter_sms(connection, Sms(f"{name}-s", case.reply_number, text), now_ms)
            done.append("sms")
        if self.sends_email and case.reply_mailbox:
            subject = texts("followups.result.subject")
            await enter_email(connection, Email(f"{name}-e", case.reply_mailbox, subject, text), now_ms)
            done.append("email")
        return ", ".join(done)


def result_messages(settings: Settings) -> ResultMessages:
    return ResultMessages(
        load_catalogue([TEXTS]), settings.site.number, sends_sms=settings.sms.url is not None,
        sends_email=settings.email.url is not None,
    )
