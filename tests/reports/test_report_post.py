"""Reports that are sent by mail: when they are due, and that each due time has one mail, whatever is killed."""

import asyncio
import io
import os
import signal
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import select

from foundation.calendars import Calendar
from foundation.database import Database, Store, store_url
from foundation.paths import CHECKOUT, Home
from foundation.settings import Queue, Settings, load_secrets, load_settings
from foundation.web.certificate import web_certificate
from foundation.web.tables import audit
from pasokh.migrations import migrate
from reports.forms.files import Form
from reports.post.book import (
    NewSchedule,
    Schedule,
    add_schedule,
    list_schedules,
    remove_schedule,
)
from reports.post.days import WEEKDAYS, Every, When, WhenError, next_due, read_when
from reports.post.sending import Post
from reports.post.sending import mail_server as smtp_of
from tests.support.mail_server import MailServer, mail_server

TEHRAN = ZoneInfo("Asia/Tehran")
CHIEF = "chief@example.test"


def at(text: str, zone: ZoneInfo = TEHRAN) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


def shown(instant: int, zone: ZoneInfo = TEHRAN) -> str:
    return datetime.fromtimestamp(instant, zone).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize(("when", "calendar", "after", "due"), [
    ("daily 08:00", Calendar.JALALI, "2026-11-22T07:59", "2026-11-22T08:00"),
    ("daily 08:00", Calendar.JALALI, "2026-11-22T08:00", "2026-11-23T08:00"),
    ("weekly saturday ۰۸:۳۰", Calendar.JALALI, "2026-11-22T09:00", "2026-11-28T08:30"),
    ("monthly 1 06:00", Calendar.JALALI, "2026-11-22T06:00", "2026-12-22T06:00"),  # 1405-10-01
    ("monthly 1 06:00", Calendar.GREGORIAN, "2026-11-22T06:00", "2026-12-01T06:00"),
    ("monthly 31 23:00", Calendar.JALALI, "2026-11-22T06:00", "2026-12-21T23:00"),  # Azar has 30 days
    ("monthly 31 23:00", Calendar.GREGORIAN, "2027-02-10T06:00", "2027-02-28T23:00"),
    ("monthly 30 00:00", Calendar.JALALI, "2027-03-01T00:00", "2027-03-20T00:00"),  # Esfand of 1405 has 29
])
def test_a_report_is_due_at_the_sites_hour_by_its_calendar(when: str, calendar: Calendar, after: str, due: str) -> None:
    assert shown(next_due(read_when(when), at(after), TEHRAN, calendar)) == due


@pytest.mark.parametrize("text", ["", "daily", "daily 25:00", "weekly 08:00", "weekly caturday 08:00", "monthly 0 8:00",
                                  "monthly 32 08:00", "hourly", "daily 08:00 daily 09:00"])
def test_a_time_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(WhenError):
        read_when(text)


@given(
    when=st.builds(When, st.sampled_from(Every), st.times(), st.integers(0, 6), st.integers(1, 31)),
    calendar=st.sampled_from(Calendar), after=st.integers(1_700_000_000, 1_900_000_000),
    zone=st.sampled_from([TEHRAN, ZoneInfo("Europe/Istanbul"), ZoneInfo("Europe/Berlin")]),
)
def test_due_times_follow_one_another_and_are_read_as_they_are_written(
    when: When, calendar: Calendar, after: int, zone: ZoneInfo,
) -> None:
    when = read_when(str(When(when.every, when.at, when.weekday, when.day)))
    assert str(read_when(str(when))) == str(when)
    first = next_due(when, after, zone, calendar)
    second = next_due(when, first, zone, calendar)
    longest = {Every.DAY: 1, Every.WEEK: 7, Every.MONTH: 31}[when.every]
    assert after < first < second <= first + longest * 86_400 + 3_600
    if when.every is Every.WEEK:
        assert WEEKDAYS[datetime.fromtimestamp(first, zone).weekday()] == WEEKDAYS[when.weekday]


@asynccontextmanager
async def site(folder: Path, server: MailServer, smtp: str = "security: none") -> AsyncIterator["PostSite"]:
    home = Home(folder / "home")
    home.make()
    home.settings_file.write_text(
        "site: {language: fa}\nqueues: {operator: {}}\n"
        f"smtp: {{server: 127.0.0.1, port: {server.port}, sender: line@example.test, {smtp}}}\n", encoding="utf-8")
    settings = load_settings(home)
    await migrate(home, settings)
    database = Database(store_url(home, settings, Store.MAIN))
    try:
        yield PostSite(home, settings, database)
    finally:
        await database.close()


class PostSite:
    def __init__(self, home: Home, settings: Settings, database: Database) -> None:
        self.home, self.settings, self.database = home, settings, database
        self.now = at("2026-11-22T10:00") * 1000

    def post(self) -> Post:
        send = smtp_of(self.settings.smtp, load_secrets(self.home, self.settings))
        return Post(self.home, self.settings, self.database, lambda: self.now, send)

    async def add(self, when: str = "daily 08:00", report: str = "queue", form: Form = Form.XLSX) -> Schedule:
        what = NewSchedule(report, "period=yesterday", read_when(when), Calendar.JALALI, form, "fa", (CHIEF,))
        async with self.database.write() as connection:
            return await add_schedule(connection, what, TEHRAN, self.now, "test")

    async def told(self) -> list[tuple[str, str]]:
        """State and trouble of each schedule's last mail."""
        async with self.database.read() as connection:
            return [(last.state, last.trouble or "") for _, last in await list_schedules(connection) if last]


async def test_a_report_is_sent_once_for_each_time_it_was_due_with_its_file(tmp_path: Path) -> None:
    async with mail_server() as server, site(tmp_path, server) as made:
        await made.add()
        assert await made.post().look() == 0
        made.now += 3 * 86_400_000
        assert [await made.post().look(), await made.post().look()] == [3, 0]
        first, _, last = server.letters
        assert [letter["To"] for letter in server.letters] == [CHIEF] * 3
        assert len({letter["Message-ID"] for letter in server.letters}) == 3
        assert first["Subject"] == "گزارش صف‌ها: ۱۴۰۵/۰۹/۰۱ ۰۰:۰۰ تا ۱۴۰۵/۰۹/۰۲ ۰۰:۰۰"
        text, file = last.iter_parts()
        assert "سطح خدمت" in text.get_content()
        assert file.get_filename() == "queue_2026-11-24.xlsx"
        assert load_workbook(io.BytesIO(file.get_content())).worksheets[0].sheet_view.rightToLeft
        async with made.database.read() as connection:
            acts = (await connection.execute(select(audit.c.action))).scalars().all()
        assert acts == ["report.schedule-added", *["report.sent"] * 3]


async def test_what_the_server_does_not_take_now_is_tried_again_and_what_it_never_takes_is_told(tmp_path: Path) -> None:
    answers = iter(["451 later", "250 OK", "250 OK", "550 nobody of that name"])
    async with mail_server() as server, site(tmp_path, server) as made:
        server.at = lambda step: next(answers) if step == "RCPT" else "250 OK"
        await made.add()
        made.now += 86_400_000
        assert await made.post().look() == 0
        [(state, trouble)] = await made.told()
        assert (state, "451" in trouble) == ("waiting", True)
        assert await made.post().look() == 0, "before its time"
        made.now += 3_600_000
        assert await made.post().look() == 1
        made.now += 86_400_000
        assert await made.post().look() == 1
        made.now += 86_400_000
        assert await made.post().look() == 0
        [(state, trouble)] = await made.told()
        assert (state, "550" in trouble) == ("refused", True)


async def test_a_server_that_is_away_loses_nothing_and_a_schedule_that_is_removed_sends_nothing(tmp_path: Path) -> None:
    async with mail_server() as server, site(tmp_path, server) as made:
        schedule = await made.add()
    async with site(tmp_path, server) as made:
        made.now += 86_400_000
        assert await made.post().look() == 0
        assert [state for state, _ in await made.told()] == ["waiting"]
        async with made.database.write() as connection:
            await remove_schedule(connection, schedule.id, made.now, "test")
        made.now += 10 * 86_400_000
        assert await made.post().look() == 0
        assert await made.told() == []


async def test_the_server_is_spoken_to_in_private_and_gets_the_sites_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = Home(tmp_path / "mail")
    own.make()
    made_for = web_certificate(own, Settings(queues={"operator": Queue()}))
    monkeypatch.setenv("SSL_CERT_FILE", str(made_for.authority))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made_for.chain, made_for.key)
    async with mail_server(context, "grey-heron") as server, site(tmp_path, server, "username: line") as made:
        await made.add()
        made.now += 86_400_000
        assert await made.post().look() == 0
        assert [(state, "535" in trouble) for state, trouble in await made.told()] == [("waiting", True)]
        secrets = made.home.secrets_file.read_text(encoding="utf-8")
        made.home.secrets_file.write_text(secrets.replace("smtp: ''", "smtp: grey-heron"), encoding="utf-8")
        made.now += 3_600_000
        assert await made.post().look() == 1
        assert server.signed_in == ["line"]
        assert [one["To"] for one in server.letters] == [CHIEF]


@pytest.mark.timeout(900)  # three processes, each of which reads all reports' code, on a machine that may be busy
async def test_killed_at_any_step_every_due_time_has_one_mail(tmp_path: Path) -> None:
    async with mail_server() as server, site(tmp_path, server) as made:
        made.now = (int(datetime.now(tz=TEHRAN).timestamp()) - 2 * 86_400) * 1000
        hour = datetime.now(tz=TEHRAN) - timedelta(hours=1)
        await made.add(f"daily {hour:%H:%M}", form=Form.CSV)
        kills = ["DATA", "RCPT"]
        child: asyncio.subprocess.Process | None = None

        def at_step(step: str) -> str:
            if kills and kills[0] == step and child is not None:
                kills.pop(0)
                os.kill(child.pid, signal.SIGKILL)
            return "250 OK"

        server.at = at_step
        ends = []
        for _ in range(3):
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "pasokh", "report", "schedule", "run", cwd=CHECKOUT,
                env={**os.environ, "PASOKH_HOME": str(made.home.root)},
                stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
            )
            _, errors = await child.communicate()
            ends.append(child.returncode)
        assert ends == [-signal.SIGKILL, -signal.SIGKILL, 0], errors
        dues = {letter["Message-ID"] for letter in server.letters}
        assert len(dues) == 2, "two days, two due times"
        assert {state for state, _ in await made.told()} == {"sent"}
        made.now = int(datetime.now(tz=TEHRAN).timestamp() * 1000)
        assert await made.post().look() == 0
