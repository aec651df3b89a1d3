"""The service `followups`: watches the deadlines of cases, has results told, and brings callers' answers and e-mails on
their way.

Each task that fails is begun again alone, after a pause; the others go on. On SIGHUP the site's settings are read anew
and every open deadline is reckoned by them; so it is at every start and after every midnight, when a day that was
still to come has become certain.
"""

import asyncio
import signal
from collections.abc import Callable
from datetime import UTC, date, datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from callqueue.service import Task, keep_running
from followups.cases.bus import CaseBus, case_publisher, read_owed
from followups.cases.message_intake import message_intake
from followups.cases.office import case_office, present_ms
from followups.deadlines.escalation import EscalationRule
from followups.deadlines.keeper import DeadlineKeeper
from followups.deadlines.notice_messages import notice_messages
from followups.surveys.spool import SurveySpool
from followups.telling.teller import Told, teller
from foundation.database import Database, Store, store_url
from foundation.gateway import EmailOutbox
from foundation.paths import Home
from foundation.service import alive, back_off
from foundation.settings import Settings, SettingsError, load_settings

LOOK_SECONDS = 10.0
DELIVER_SECONDS = 1.0
TELL_SECONDS = 1.0
NOTHING = Told(0, 0, 0)

log = structlog.get_logger()


async def serve(home: Home, settings: Settings) -> None:
    """Run until asked to stop."""
    database = Database(store_url(home, settings, Store.MAIN))
    publisher = case_publisher(settings)
    watch = DeadlineWatch(home, settings, database, CaseBus(publisher), present_ms)
    spool, emails = SurveySpool(home), EmailOutbox(database, settings.email, present_ms)
    try:
        async with alive() as stop, asyncio.TaskGroup() as group:
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, watch.on_new_settings)
            work: dict[str, Task] = {
                "deadlines": watch.run, "bus": publisher.run,
                "surveys": lambda: deliver_surveys(spool, database),
                "messages": message_intake(home, lambda: watch.settings, database, present_ms).run,
                "results": ResultWatch(home, watch, database, present_ms).run,
            }
            if settings.email.url is not None:
                work["e-mails"] = emails.deliver
            tasks = [group.create_task(keep_running(name, task), name=name) for name, task in work.items()]
            await stop.wait()
            for task in tasks:
                task.cancel()
    finally:
        await database.close()


class DeadlineWatch:
    """Looks at the deadlines every few seconds."""

    def __init__(
        self, home: Home, settings: Settings, database: Database, bus: CaseBus, now_ms: Callable[[], int],
    ) -> None:
        self._home, self.settings, self._database, self._bus, self._now_ms = home, settings, database, bus, now_ms
        self._renew = asyncio.Event()
        self._reckoned_on: date | None = None

    def on_new_settings(self) -> None:
        """SIGHUP: wrong settings are refused, and the present ones stay."""
        try:
            self.settings = load_settings(self._home)
        except SettingsError as error:
            log.error("settings refused", faults=str(error))  # noqa: TRY400
            return
        self._reckoned_on = None
        self._renew.set()

    async def run(self) -> None:
        """Watch for ever; a database that is away is waited for."""
        wait = back_off()
        keeper = deadline_keeper(self._home, self.settings, self._database, self._now_ms)
        self._renew.clear()
        while True:
            try:
                await self.look(keeper)
                wait = back_off()
                seconds = LOOK_SECONDS
            except (SQLAlchemyError, OSError) as error:
                seconds = wait()
                log.warning("deadlines wait", error=str(error)[:300], seconds=round(seconds, 1))
            if await self._renewed(seconds):
                keeper = deadline_keeper(self._home, self.settings, self._database, self._now_ms)

    async def look(self, keeper: DeadlineKeeper) -> None:
        """Once: reckon anew where a day has passed, give what is due, show what is owed."""
        today = datetime.fromtimestamp(self._now_ms() / 1000, UTC).astimezone(keeper.book.zone).date()
        if today != self._reckoned_on:
            for moved in await keeper.reckon_anew():
                log.info("deadline moved", case=moved.code, due_ms=moved.due_ms, provisional=moved.provisional)
            self._reckoned_on = today
        given = await keeper.look()
        for one in given:
            log.info("notice given", case=one.code, kind=one.notice.kind.value, unit=one.unit, from_unit=one.from_unit)
        async with self._database.read() as connection:
            owed = await read_owed(connection, self._now_ms())
        now = self._now_ms()
        self._bus.show(owed, [(one, now) for one in given])

    async def _renewed(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._renew.wait()
        except TimeoutError:
            return False
        self._renew.clear()
        return True


class ResultWatch:
    """Has results told, and takes in what callers say of them."""

    def __init__(self, home: Home, watch: DeadlineWatch, database: Database, now_ms: Callable[[], int]) -> None:
        self._home, self._watch, self._database, self._now_ms = home, watch, database, now_ms

    async def run(self) -> None:
        """For ever; a database that is away is waited for."""
        wait, made, settings = back_off(), None, self._watch.settings
        while True:
            seconds = TELL_SECONDS
            try:
                if made is None or settings is not self._watch.settings:
                    settings = self._watch.settings
                    made = teller(self._home, settings, self._database, self._now_ms)
                told = await made.look()
                if told != NOTHING:
                    log.info("results", ordered=told.ordered, settled=told.settled, withdrawn=told.withdrawn)
                wait = back_off()
            except (SQLAlchemyError, OSError) as error:
                seconds = wait()
                log.warning("results wait", error=str(error)[:300], seconds=round(seconds, 1))
            await asyncio.sleep(seconds)


def deadline_keeper(
    home: Home, settings: Settings, database: Database, now_ms: Callable[[], int] = present_ms,
) -> DeadlineKeeper:
    """The keeper of a site by its settings.

    Raises:
        DataFileError: subjects or units of the site are wrong.
    """
    office = case_office(home, settings, database, now_ms)
    rule = EscalationRule(settings.followups.warn_days, settings.followups.escalate_days)
    return DeadlineKeeper(
        database, office.clock.changes, office.book, rule, notice_messages(office.book, settings), now_ms)


async def deliver_surveys(spool: SurveySpool, database: Database) -> None:
    """Bring answers to the database for ever; one that is away is waited for, and calls go on."""
    wait = back_off()
    while True:
        seconds = DELIVER_SECONDS
        try:
            await spool.deliver(database)
            wait = back_off()
        except (SQLAlchemyError, OSError) as error:
            seconds = wait()
            log.warning("answers wait for the database", error=str(error)[:300], seconds=round(seconds, 1))
        await asyncio.sleep(seconds)
