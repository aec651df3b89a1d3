"""Makes the sheets for pages and for programs, each from one picture of the store."""

import asyncio

from followups.deadlines.timeliness import Dimension as KeptDimension
from followups.surveys.satisfaction import Dimension as SatisfactionDimension
from followups.surveys.surveys import load_surveys
from foundation.calendars import Interval, calendar_of
from reports.callers.pulse_sheet import build as build_pulse
from reports.callers.satisfaction import build_satisfaction_sheet
from reports.cases.faults import WEEK, build_faults_sheet
from reports.cases.followups_kept import build_followups_sheet
from reports.frame.limits import TooManyCallsError
from reports.frame.parameters import Parameters
from reports.frame.sheets import Sheet
from reports.web.access import Desk, WrongTimeError
from reports.web.asking import context_of


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


async def pulse_sheet(desk: Desk, interval: Interval) -> Sheet | None:
    """What rose or fell among calls; None: there is no ledger yet, or there are more calls than are read one by one."""
    context = context_of(desk.request)
    if not context.has_ledger:
        return None
    parameters = Parameters(interval, None, calendar_of(desk.names.language), {}, ())
    try:
        return await asyncio.to_thread(lambda: asyncio.run(build_pulse(context, parameters)))
    except TooManyCallsError:
        return None
