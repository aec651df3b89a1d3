"""Reports about promises, cases and what callers say, as the frame knows them."""

from contextlib import AsyncExitStack

from followups.deadlines.timeliness import Dimension as KeptDimension
from followups.faults.faults import Dimension as FaultDimension
from followups.surveys.satisfaction import Dimension as SatisfactionDimension
from followups.surveys.surveys import load_surveys
from foundation.calendars import Step
from reports.callers.satisfaction import build_satisfaction_sheet
from reports.cases.faults import WEEK, build_fault_times_sheet, build_faults_sheet
from reports.cases.followups_kept import build_followups_sheet
from reports.frame.parameters import (
    QUEUES,
    STEP,
    WHOLE_NUMBERS,
    ParameterError,
    Parameters,
    WrongChoiceError,
    flag,
    one_of,
    word,
)
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Sheet
from reports.queues.callbacks import build_callbacks_sheet
from reports.queues.queue import refuse_unknown_queues

KEPT_BY = one_of("by", KeptDimension, KeptDimension.UNIT)
SATISFACTION_BY = one_of("by", SatisfactionDimension, SatisfactionDimension.QUEUE)
FAULTS_BY = one_of("by", FaultDimension, FaultDimension.SUBJECT)
SURVEY = word("survey")
EVERYTHING = flag("all")


class TooLongError(ParameterError):
    """Earlier weeks would overlap the time itself."""

    name = "longer-than-a-week"


async def build_callbacks(context: Context, parameters: Parameters) -> Sheet:
    queues = parameters[QUEUES]
    async with AsyncExitStack() as stores:
        ledger = await stores.enter_async_context(context.ledger())
        await refuse_unknown_queues(ledger, queues, context.settings)
        main = await stores.enter_async_context(context.main()) if context.has_main else None
        return await build_callbacks_sheet(
            ledger, main, parameters.interval, context.settings, now=context.now, queues=queues or None,
            whole_numbers=parameters[WHOLE_NUMBERS], texts=context.texts)


async def build_followups(context: Context, parameters: Parameters) -> Sheet:
    async with context.main() as main:
        return await build_followups_sheet(
            main, parameters.interval, parameters[KEPT_BY], context.names, now=context.now)


async def build_satisfaction(context: Context, parameters: Parameters) -> Sheet:
    """Raises WrongChoiceError: no such survey."""
    surveys, survey = load_surveys(context.home.surveys), parameters[SURVEY]
    if survey is not None and survey not in surveys:
        raise WrongChoiceError(parameter=SURVEY.name, written=survey, choices=", ".join(surveys))
    async with context.main() as main:
        return await build_satisfaction_sheet(
            main, parameters.interval, parameters[SATISFACTION_BY], surveys, context.names, survey=survey,
            now=context.now)


async def build_faults(context: Context, parameters: Parameters) -> Sheet:
    """What rose; by a step, cases over time instead.

    Raises:
        TooLongError: what rose in more than a week.
    """
    if parameters[STEP] is not Step.NONE:
        async with context.main() as main:
            return await build_fault_times_sheet(
                main, parameters.interval, parameters[STEP], parameters[FAULTS_BY], context.names, now=context.now,
                calendar=parameters.calendar)
    if parameters.interval.seconds > WEEK:
        raise TooLongError
    async with context.main() as main:
        return await build_faults_sheet(
            main, parameters.interval, context.names, now=context.now, everything=parameters[EVERYTHING])


REPORTS = (
    Report("callbacks", Group.LINE, build_callbacks, (QUEUES, WHOLE_NUMBERS)),
    Report("followups", Group.CASES, build_followups, (KEPT_BY,), "-30d"),
    Report("satisfaction", Group.CASES, build_satisfaction, (SATISFACTION_BY, SURVEY), "-30d"),
    Report("faults", Group.CASES, build_faults, (STEP, FAULTS_BY, EVERYTHING)),
)
