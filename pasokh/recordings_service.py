"""The service `recordings`, with the daily round of deletion; it also ends what a crash interrupted."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import SQLAlchemyError

import recordings.service
from foundation.data_file import DataFileError
from foundation.paths import Home
from foundation.settings import Settings
from foundation.settings.changes import read_applied
from pasokh.erasing import Eraser
from pasokh.keeping import keeping
from pasokh.refusal import RefusedError
from recordings.keeping.retention import UnknownSubjectError

LOOK_SECONDS = 30.0

log = structlog.get_logger()


async def serve(home: Home, settings: Settings) -> None:
    """Run until asked to stop."""
    daily = asyncio.create_task(keep_daily(home, settings), name="retention")
    try:
        await recordings.service.serve(home, settings)
    finally:
        daily.cancel()
        await asyncio.gather(daily, return_exceptions=True)


async def keep_daily(
    home: Home, settings: Settings, now: Callable[[ZoneInfo], datetime] = datetime.now,
) -> None:
    """Go round once a day at the hour that the settings name, and at the start for what was missed."""
    done = None
    while True:
        current = read_applied(home) or settings
        last = last_time(current.retention.at, now(ZoneInfo(current.site.timezone)))
        if (done is None or last > done) and await _go_round(home, current):
            done = last
        await asyncio.sleep(LOOK_SECONDS)


def last_time(at: str, now: datetime) -> datetime:
    """The latest moment, up to now, at which a round was due."""
    hour, minute = map(int, at.split(":"))
    today = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return today if today <= now else today - timedelta(days=1)


async def _go_round(home: Home, settings: Settings) -> bool:
    try:
        async with keeping(home, settings) as site:
            eraser = Eraser.of(site)
            if await eraser.resume():
                await eraser.tell_backups()
            done = await site.run_retention()
    except UnknownSubjectError as error:
        log.error("nothing is deleted", error=str(error))  # noqa: TRY400 - the reason is enough
        return True
    except (RefusedError, SQLAlchemyError, DataFileError, OSError) as error:
        log.warning("the daily deletion waits", error=str(error)[:300])
        return False
    if done.deleted or done.held:
        log.info("what had had its time is deleted", deleted=done.deleted, held=done.held)
    return True
