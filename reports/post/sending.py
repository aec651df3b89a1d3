"""Sends reports by mail when they are due: one mail for each due time, whatever is killed in between.

What is due is written down in one transaction with the next due time, so none is missed and none is there twice. A mail
that was sent but not yet noted as sent when we were killed is sent again under the same Message-ID, by which mailboxes
know it as the same.
"""

import asyncio
import fcntl
import os
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.encoders import encode_base64
from email.header import Header
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime
from typing import cast
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import SQLAlchemyError

from foundation.data_file import DataFileError
from foundation.database import Database
from foundation.paths import Home
from foundation.settings import Secrets, Settings, Smtp
from foundation.web.audit_log import Act, record
from reports.catalog import find_report
from reports.forms.files import FILES, File, write_file
from reports.forms.paper import PaperError
from reports.frame.parameters import ParameterError
from reports.frame.report import Context, make_sheet
from reports.frame.sheets import Sheet, sheet_notes, sheet_title
from reports.frame.stores import StoreError
from reports.frame.tables import Teller, report_texts
from reports.post.book import REFUSED, SENT, WAITING, Mail, mails_to_send, mark_due, note_mail
from reports.queues.queue import ReportError

LOOK_SECONDS = 5.0
SEND_SECONDS = 30.0
FIRST_WAIT_MS, LONGEST_WAIT_MS = 30_000, 3_600_000
MOST_TRIES = 40
"""More than a day of tries."""
ACTOR = "service:web"

log = structlog.get_logger()
Send = Callable[[Message], None]


class Post:
    """The worker; `send` gives a mail to the server, and raises OSError (smtplib's errors are) when it is not taken."""

    def __init__(
        self, home: Home, settings: Settings, database: Database, now_ms: Callable[[], int], send: Send,
    ) -> None:
        self._home, self._settings, self._database = home, settings, database
        self._now_ms, self._send = now_ms, send
        self._zone = ZoneInfo(settings.site.timezone)

    async def run(self) -> None:
        """For ever; without a mail server there is nothing to do."""
        while self._settings.smtp.server:
            try:
                await self.look()
            except (SQLAlchemyError, OSError) as error:
                log.warning("reports wait to be sent", error=type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> int:
        """Send everything whose time has come, once; how many were sent. Nothing while another process does it."""
        with _alone(self._home) as mine:
            if not mine:
                return 0
            async with self._database.write() as connection:
                await mark_due(connection, self._zone, self._now_ms())
            async with self._database.read() as connection:
                mails = await mails_to_send(connection, self._now_ms())
            return sum([await self._post(mail) for mail in mails])

    async def _post(self, mail: Mail) -> bool:
        try:
            letter = await asyncio.to_thread(self._write, mail)
            await asyncio.to_thread(self._send, letter)
        except (ParameterError, ReportError, PaperError, DataFileError) as error:
            await self._note(mail, REFUSED, f"{error}")
            return False
        except (StoreError, OSError, UnicodeError) as error:
            over = _for_good(error) or mail.tries + 1 >= MOST_TRIES
            await self._note(mail, REFUSED if over else WAITING, _told(error))
            return False
        await self._note(mail, SENT)
        return True

    async def _note(self, mail: Mail, state: str, trouble: str | None = None) -> None:
        now, wait = self._now_ms(), min(FIRST_WAIT_MS * 2 ** min(mail.tries, 16), LONGEST_WAIT_MS)
        what = mail.schedule.what
        async with self._database.write() as connection:
            await note_mail(connection, mail, state, now, next_ms=now + wait, trouble=trouble)
            if state == SENT:
                detail = {"report": what.report, "query": what.query, "to": list(what.recipients)}
                await record(connection, Act(ACTOR, "report.sent", mail.schedule.id, detail), now)
        if trouble:
            log.warning("a report was not sent", schedule=mail.schedule.id, state=state, reason=trouble)

    def _write(self, mail: Mail) -> Message:
        """The mail with its file, as of the due time. In a thread, with a loop of its own."""
        what = mail.schedule.what
        context = Context(self._home, self._settings, report_texts(what.language), mail.due)
        report = find_report(what.report)
        sheet = asyncio.run(make_sheet(report, context, report.read(what.pairs, context)))
        return letter_of(mail, sheet, write_file(sheet, what.form, self._settings, context.texts), self._settings)


def letter_of(mail: Mail, sheet: Sheet, file: File, settings: Settings) -> Message:
    """The mail: what is most important in words, the report as a file."""
    what, texts = mail.schedule.what, report_texts(mail.schedule.what.language)
    teller = Teller(settings, sheet, texts)
    # The newer email.message.EmailMessage loses blanks where it folds a Persian subject; this one takes a Header,
    # though its type says otherwise.
    letter = MIMEMultipart()
    letter["Subject"] = cast("str", Header(sheet_title(sheet, teller), "utf-8"))
    letter["From"] = settings.smtp.sender or ""
    letter["To"] = ", ".join(what.recipients)
    letter["Date"] = format_datetime(datetime.fromtimestamp(mail.due, UTC))
    letter["Message-ID"] = message_id(mail, settings.smtp)
    letter["Auto-Submitted"] = "auto-generated"
    lines = [sheet_title(sheet, teller), texts("report.made", moment=teller.moment(sheet.made), zone=sheet.zone.key)]
    if sheet.headline:
        lines += ["", *(
            f"{texts(f'figure.{name}')}: {teller.value(sheet.headline.values[name], sheet.passports[name].unit)}"
            for name in sheet.headline.figures
        )]
    lines += ["", *(line for line in (sheet.balance, *sheet_notes(sheet, teller), texts("report.mail.definitions"))
                    if line)]
    letter.attach(MIMEText("\n".join(lines) + "\n", "plain", "utf-8"))
    kind, _, exact = FILES[what.form].partition("/")
    part = MIMEBase(kind, exact)
    part.set_payload(file.content)
    encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=file.name)
    letter.attach(part)
    return letter


def message_id(mail: Mail, smtp: Smtp) -> str:
    """Always the same for the same schedule and due time."""
    domain = (smtp.sender or "pasokh.invalid").rpartition("@")[2]
    return f"<report.{mail.schedule.id}.{mail.due_ms}@{domain}>"


def mail_server(smtp: Smtp, secrets: Secrets) -> Send:
    """Gives mails to the site's server."""
    def send(letter: Message) -> None:
        with signed_in_server(smtp, secrets) as server:
            refused = server.send_message(letter)
        if refused:
            log.warning("some will not get a report", refused=len(refused))

    return send


@contextmanager
def signed_in_server(smtp: Smtp, secrets: Secrets, seconds: float = SEND_SECONDS) -> Iterator[smtplib.SMTP]:
    """The site's server, ready to take a mail; it may be silent so long at each step.

    Raises:
        OSError: it does not answer, or refuses us (smtplib's errors are OSErrors).
        UnicodeError: the name or password has letters that no sign-in can carry.
    """
    with _connection(smtp, seconds) as server:
        server.ehlo_or_helo_if_needed()
        if smtp.security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if smtp.username:
            server.login(smtp.username, secrets.smtp)
        yield server


def _connection(smtp: Smtp, seconds: float) -> smtplib.SMTP:
    host = smtp.server or ""
    if smtp.security == "tls":
        return smtplib.SMTP_SSL(host, smtp.port, timeout=seconds, context=ssl.create_default_context())
    return smtplib.SMTP(host, smtp.port, timeout=seconds)


def _for_good(error: Exception) -> bool:
    """Whether the server will not take it at any other time either."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return False
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500


def _told(error: Exception) -> str:
    """Without what the server says about addresses at length."""
    return f"{type(error).__name__}: {error}"[:500]


@contextmanager
def _alone(home: Home) -> Iterator[bool]:
    """Whether no other process of this site is sending; a killed one lets go by itself."""
    descriptor = os.open(home.root / "reports.lock", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(descriptor)
