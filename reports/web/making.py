"""Makes the sheets for pages and for programs, each from one picture of the store."""

from followups.satisfaction import Dimension as SatisfactionDimension
from followups.surveys import load_surveys
from followups.timeliness import Dimension as KeptDimension
from foundation.calendars import Interval
from reports.faults import WEEK, build_faults_sheet
from reports.followups_kept import build_followups_sheet
from reports.satisfaction import build_satisfaction_sheet
from reports.sheets import Sheet
from reports.web.access import Desk, WrongTimeError


async def faults_sheet(desk: Desk, interval: Interval) -> Sheet:
    """Raises WrongTimeError: longer than a week."""
    if interval.seconds > WEEK:
        raise WrongTimeError(written=desk.names.texts("report.faults.too_long"))
    async with desk.web.database.read() as main:
        return await build_faults_sheet(main, interval, desk.names, now=desk.now)


async def kept_sheet(desk: Desk, interval: Interval, by: KeptDimension) -> Sheet:
    async with desk.web.database.read() as main:
        return await build_followups_sheet(main, interval, by, desk.names, now=desk.now)


async def satisfaction_sheet(desk: Desk, interval: Interval, by: SatisfactionDimension) -> Sheet:
    surveys = load_surveys(desk.web.home.surveys)
    async with desk.web.database.read() as main:
        return await build_satisfaction_sheet(main, interval, by, surveys, desk.names, survey=None, now=desk.now)
