"""The list of calls behind a figure: every other report links to it with the parameters that it is made of."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.stint import Ending
from callqueue.ledger.store import count_stints, read_rings
from callqueue.metrics import Unit
from foundation.calendars import Interval
from foundation.catalogue import Texts
from foundation.provinces import UNKNOWN
from foundation.settings import Settings
from reports.callers.caller_provinces import caller_provinces
from reports.forms.exports import Json, calls_content, calls_csv
from reports.frame.limits import MOST_STINTS, TooManyCallsError, refuse_too_many
from reports.frame.parameters import (
    AGENTS,
    CALLER,
    PROVINCE,
    QUEUES,
    WHOLE_NUMBERS,
    Parameter,
    ParameterError,
    Parameters,
    word,
    words,
)
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Column, Own, Row, Sheet
from reports.frame.tables import Teller, calls_note, calls_table
from reports.menus.menus import MenuCallsQuery, list_menu_calls
from reports.menus.paths import RESULTS
from reports.queues.calls import (
    FIGURES,
    LOST,
    OUTCOMES,
    CallsQuery,
    CallsReport,
    Line,
    RecordingKey,
    find_recordings,
    list_calls,
    shown_number,
)
from reports.queues.queue import refuse_unknown_queues

OUTCOME = word("outcome", OUTCOMES)
RUNG, PASSED_ON = "ring_no_answer", "transfers"
FIGURE = word("figure", (*OUTCOMES, "offered", *FIGURES, RUNG, PASSED_ON))
"""RUNG: stints during which an agent did not pick up; PASSED_ON: answered stints that ended in a transfer."""
MENU = word("menu")
RESULT = word("result", RESULTS)
CALL = words("call")
LONGEST_WAIT = 86_400
"""Seconds: who rings now joined no longer ago."""
FIRST_LINES = 1000
"""Of a time with more calls than are read one by one: five pages."""
MOST_FOR_FIRST = 50_000
"""Stints that are read to find them: a second or two."""
HOUR = 3600
COLUMNS = (
    Column("call_id", "column.call"), Column("entered", "column.entered", moment=True),
    Column("queue", "column.queue"), Column("origin", "column.origin", aside=True),
    Column("caller", "column.caller", phone=True), Column("outcome", "column.outcome"),
    Column("wait", "column.wait", Unit.SECONDS), Column("agent", "column.agent"),
    Column("talk", "column.talk", Unit.SECONDS), Column("hold", "column.hold", Unit.SECONDS),
    Column("finished", "column.finished", moment=True, aside=True), Column("ending", "column.ending", aside=True),
    Column("channel_id", "column.channel_id", aside=True), Column("number", "column.number", Unit.COUNT, aside=True),
)


class NotTogetherError(ParameterError):
    """Two parameters that ask for different kinds of calls."""

    name = "not-together"


async def build(context: Context, parameters: Parameters) -> Sheet:
    """Raises NotTogetherError."""
    if parameters[MENU] is None and parameters[RESULT] is None:
        report = await _of_queues(context, parameters)
    else:
        report = await _of_menus(context, parameters)
    return calls_sheet(report, context.settings, context.texts)


REPORT = Report("calls", Group.LINE, build, (
    QUEUES, OUTCOME, FIGURE, AGENTS, PROVINCE, CALLER, MENU, RESULT, CALL, WHOLE_NUMBERS,
))


def calls_query(parameters: Parameters) -> CallsQuery:
    """Outcomes and `offered` are figures, too."""
    figure, queues = parameters[FIGURE], parameters[QUEUES]
    return CallsQuery(
        parameters.interval, queues[0] if len(queues) == 1 else None,
        figure if figure in OUTCOMES else parameters[OUTCOME],
        figure if figure in FIGURES else None, parameters[CALLER], parameters[WHOLE_NUMBERS],
    )


def calls_sheet(report: CallsReport, settings: Settings, texts: Texts) -> Sheet:
    teller, content = Teller(settings, report, texts), calls_content(report)
    outcomes = {outcome: texts(f"outcome.{outcome}") for outcome in {line.outcome for line in report.lines}}
    return Sheet(
        "calls", "report.calls.title", report.query.interval, report.made, report.zone, COLUMNS,
        [_row(cells, line, teller, outcomes) for line, cells in zip(report.lines, content["calls"], strict=True)],
        notes=(calls_note(report, texts),),
        own=Own(content, lambda _words: calls_csv(report),
                lambda spoken, _width: calls_table(report, spoken)),
    )


async def _of_queues(context: Context, parameters: Parameters) -> CallsReport:
    query, queues = calls_query(parameters), parameters[QUEUES]
    if query.outcome == LOST and queues:
        raise NotTogetherError(one=LOST, other="queue")
    async with context.ledger() as ledger:
        await refuse_unknown_queues(ledger, queues, context.settings)
        lines, more = await _read_lines(ledger, query, parameters, context)
    found = _asked(lines, parameters)
    province = parameters[PROVINCE]
    if province is not None:
        places = await caller_provinces(context, [line.caller for line in found if line.caller])
        found = [line for line in found if places.get(line.caller or "", UNKNOWN) == province]
        found = [replace(line, caller=shown_number(line.caller, query)) for line in found]
    return CallsReport(
        query, context.now, context.zone, tuple(found), more, await _sounds(found, context) if found else {})


async def _read_lines(
    ledger: AsyncConnection, query: CallsQuery, parameters: Parameters, context: Context,
) -> tuple[list[Line], bool]:
    """The lines of the time and figure; of one with too many calls to be read, the first ones, and that there are more.

    Raises:
        TooManyCallsError: even the first ones cannot be told without reading too many.
    """
    try:
        await refuse_too_many(ledger, query.interval)
    except TooManyCallsError:
        told_apart = query.figure is not None or query.caller or parameters[PROVINCE] or parameters[FIGURE] == RUNG
        if told_apart or parameters[CALL]:
            raise
        return await _read_first(ledger, query, parameters, context), True
    return await _read(ledger, query, parameters, context), False


async def _read_first(
    ledger: AsyncConnection, query: CallsQuery, parameters: Parameters, context: Context,
) -> list[Line]:
    """Hour by hour, until there are enough.

    Raises:
        TooManyCallsError: what is asked for is seldom.
    """
    found: list[Line] = []
    read = 0
    for start in range(query.interval.start, query.interval.end, HOUR):
        hour = Interval(start, min(start + HOUR, query.interval.end))
        read += await count_stints(ledger, hour.start, hour.end, limit=MOST_FOR_FIRST)
        found += _asked(await _read(ledger, replace(query, interval=hour), parameters, context), parameters)
        if len(found) >= FIRST_LINES:
            return found[:FIRST_LINES]
        if read >= MOST_FOR_FIRST:
            raise TooManyCallsError(most=str(MOST_STINTS))
    return found


async def _read(
    ledger: AsyncConnection, query: CallsQuery, parameters: Parameters, context: Context,
) -> list[Line]:
    """The lines of the time and figure; with whole numbers where these tell them apart."""
    whole = replace(query, whole_numbers=query.whole_numbers or parameters[PROVINCE] is not None)
    if parameters[FIGURE] != RUNG:
        return await list_calls(ledger, whole, context.settings, context.now)
    time, agents = query.interval, parameters[AGENTS]
    rung = {ring.channel_id for ring in await read_rings(ledger, query.queue, time.start, time.end)
            if not agents or ring.agent in agents}
    before = Interval(time.start - LONGEST_WAIT, time.end)
    lines = await list_calls(ledger, replace(whole, interval=before), context.settings, context.now)
    return [line for line in lines if line.channel_id in rung]


def _asked(lines: list[Line], parameters: Parameters) -> list[Line]:
    queues, agents, calls, figure = (parameters[QUEUES], parameters[AGENTS], parameters[CALL], parameters[FIGURE])
    if figure == RUNG:
        agents = ()
    return [
        line for line in lines
        if (not queues or line.queue in queues) and (not calls or line.call_id in calls)
        and (not agents or line.agent in agents) and (figure != PASSED_ON or line.ending == Ending.TRANSFER)
    ]


async def _sounds(lines: list[Line], context: Context) -> Mapping[RecordingKey, str]:
    if not context.has_main:
        return {}
    async with context.main() as main:
        return await find_recordings(main, lines, context.home.recordings_store)


async def _of_menus(context: Context, parameters: Parameters) -> CallsReport:
    others: tuple[Parameter[Any], ...] = (QUEUES, OUTCOME, FIGURE, CALLER, AGENTS, PROVINCE)
    for other in others:
        if parameters[other]:
            raise NotTogetherError(one="menu", other=other.name)
    wanted = MenuCallsQuery(
        parameters.interval, parameters[MENU], parameters[RESULT] or "entered", parameters[WHOLE_NUMBERS])
    async with context.main() as main:
        lines = await list_menu_calls(main, wanted)
    calls = parameters[CALL]
    query = replace(calls_query(parameters), outcome=None)
    return CallsReport(query, context.now, context.zone,
                       tuple(line for line in lines if not calls or line.call_id in calls))


def _row(cells: Json, line: Line, teller: Teller, outcomes: Mapping[str, str]) -> Row:
    shown = {
        "entered": teller.moment(line.entered, seconds=True),
        "finished": "" if line.finished is None else teller.moment(line.finished, seconds=True),
        "queue": "" if line.queue is None else teller.queue(line.queue),
        "outcome": outcomes[line.outcome], "agent": line.agent or "",
    }
    return Row(cells, shown, links={"": {"call": line.call_id}})
