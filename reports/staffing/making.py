"""Plans and what-ifs made of the site's own ledger, for pages and programs."""

from dataclasses import dataclass

from reports.frame.parameters import ParameterError
from reports.frame.report import Context
from reports.frame.sheets import Sheet
from reports.staffing.asking import PlanQuestion, WhatIfQuestion
from reports.staffing.erlang import Traffic
from reports.staffing.need import Assumptions, Target
from reports.staffing.patience import Patience
from reports.staffing.plan import Choice, choose
from reports.staffing.reading import (
    Learnt,
    Measured,
    NoPatienceError,
    assume,
    learn_from_ledger,
    measure,
)
from reports.staffing.sheets import forecast_sheet, plan_sheet
from reports.staffing.what_if import what_if_sheet

MOST_LOAD = 20_000
USUAL_AHT, USUAL_CALLS = 240.0, 30.0
"""Where a what-if begins when the ledger cannot say."""


class TooMuchTrafficError(ParameterError):
    """More erlangs than can be reckoned with."""

    name = "too-much-traffic"


@dataclass(frozen=True, slots=True)
class MadePlan:
    learnt: Learnt
    assumptions: Assumptions
    choice: Choice
    patience: Patience | None
    """The measured one, where none was given."""
    forecast: Sheet
    plan: Sheet


@dataclass(frozen=True, slots=True)
class MadeWhatIf:
    traffic: Traffic
    assumptions: Assumptions
    sheet: Sheet


async def make_forecast(context: Context, question: PlanQuestion) -> Sheet:
    """Calls of the days asked for, in the reader's language.

    Raises:
        ReportError, StoreError
    """
    async with context.ledger() as ledger:
        learnt = await learn_from_ledger(ledger, question.ahead.queues, context.settings, context.now)
    return forecast_sheet(learnt, question.ahead, context.settings, context.now, context.texts)


async def make_plan(context: Context, question: PlanQuestion) -> MadePlan:
    """Forecast and plan of the days asked for, in the reader's language.

    Raises:
        ReportError, StoreError
    """
    settings, now, queues = context.settings, context.now, question.ahead.queues
    async with context.ledger() as ledger:
        learnt = await learn_from_ledger(ledger, queues, settings, now)
        measured = await measure(ledger, queues, settings, now)
    assumptions = assume(measured, aht=question.aht, patience=question.patience, shrinkage=question.shrinkage,
                         hourly_cost=question.hourly_cost)
    try:
        choice = choose(assumptions, question.model)
    except ValueError as error:
        raise NoPatienceError(str(error)) from error
    patience = None if question.patience else measured.patience
    return MadePlan(
        learnt, assumptions, choice, patience,
        forecast_sheet(learnt, question.ahead, settings, now, context.texts),
        plan_sheet(
            learnt, question.ahead, assumptions, choice, settings, now=now, high=question.high, texts=context.texts,
            patience=patience),
    )


async def make_what_if(context: Context, question: WhatIfQuestion) -> MadeWhatIf:
    """What each number of agents makes of the traffic; what is open is measured, or usual where it cannot be.

    Raises:
        TooMuchTrafficError, ReportError, StoreError
    """
    measured = Measured(None, None)
    if (question.aht is None or question.patience is None) and context.has_ledger:
        async with context.ledger() as ledger:
            measured = await measure(ledger, question.queues, context.settings, context.now)
    if question.patience == 0:
        measured = Measured(measured.aht, None)
    assumptions = assume(
        Measured(measured.aht or USUAL_AHT, measured.patience), aht=question.aht, patience=question.patience or None,
        shrinkage=question.shrinkage, hourly_cost=question.hourly_cost)
    traffic = Traffic(question.calls or USUAL_CALLS, assumptions.aht, question.minutes * 60)
    if traffic.load > MOST_LOAD:
        raise TooMuchTrafficError(load=f"{traffic.load:.0f}", most=str(MOST_LOAD))
    sheet = what_if_sheet(
        traffic, assumptions, Target(0.8, question.threshold), context.settings, context.now, agents=question.agents,
        patience=None if question.patience else measured.patience, texts=context.texts)
    return MadeWhatIf(traffic, assumptions, sheet)
