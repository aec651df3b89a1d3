"""The report of repeat callers: who had to call again, and how often, until somebody spoke with them."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.evidence_reading import ready_at
from callqueue.ledger.promise_store import read_requests_named, read_requests_of_calls
from callqueue.ledger.store import read_stints_of_calls
from callqueue.metrics import Passport, Rulebook, Unit, passports
from callqueue.metrics.arithmetic import ratio
from callqueue.metrics.passports import BOTH, EXACT, JOURNAL, WAITS, W
from callqueue.metrics.people_tally import MANY_CALLS, PeopleTally, Repeated, counts_of, most_repeated
from callqueue.rollups.kinds import PEOPLE
from foundation.calendars import iso
from reports.frame.parameters import QUEUES, WHOLE_NUMBERS, Parameters
from reports.frame.people import balance_text
from reports.frame.reading import rulebook
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Cell, Chart, Column, Headline, Look, Row, Section, Sheet
from reports.queues.calls import CallsQuery, shown_number
from reports.queues.queue import refuse_unknown_queues

MOST_ROWS = 2000
FIGURES = ("repeat_rate", "attempts_until_helped", "contacts", "contacts_provisional")
PASSPORTS: Mapping[str, Passport] = {
    **{name: each for name, each in passports().items() if name in FIGURES},
    **{each.id: each for each in (
        Passport("contact_calls", Unit.COUNT, JOURNAL, EXACT, (W,)),
        Passport("contact_time_to_human", Unit.SECONDS, BOTH, WAITS, (W,)),
        Passport("contacts_spoken", Unit.COUNT, BOTH, EXACT, (W,)),
        Passport("contacts_spoken_share", Unit.RATIO, BOTH, EXACT, (W,)),
    )},
}
COLUMNS = (
    Column("caller", "column.caller", phone=True), Column("queue", "column.queue"),
    Column("first", "column.first", moment=True), Column("last", "column.last", moment=True),
    Column("contact_calls", "figure.contact_calls", Unit.COUNT),
    Column("contact_time_to_human", "figure.contact_time_to_human", Unit.SECONDS),
    Column("state", "column.state"),
)


async def build(context: Context, parameters: Parameters) -> Sheet:
    interval, queues = parameters.interval, parameters[QUEUES]
    async with context.ledger() as ledger:
        await refuse_unknown_queues(ledger, queues, context.settings)
        reader = context.reader(ledger)
        parts = await reader.read_whole(PEOPLE, interval)
        again = most_repeated(
            [part.repeats for part in parts], lambda queue: not queues or queue in queues, MOST_ROWS)
        numbers = await _numbers(ledger, again)
    return repeats_sheet(context, parameters, parts, list(zip(again, numbers, strict=True)))


REPORT = Report("repeat-callers", Group.CALLERS, build, (QUEUES, WHOLE_NUMBERS))


async def _numbers(ledger: AsyncConnection, contacts: Sequence[Repeated]) -> list[str | None]:
    """Who each contact is: roll-ups have no numbers. A promise given outside a queue is a contact's beginning, too."""
    calls = sorted({each.calls[0] for each in contacts})
    known: dict[tuple[str, str, int], str | None] = {}
    for one in (*await read_requests_named(ledger, calls), *await read_requests_of_calls(ledger, calls)):
        known[one.call_id or one.promise, one.queue, ready_at(one)] = one.number
    for stint in await read_stints_of_calls(ledger, calls):
        known[stint.call_id, stint.queue, stint.entered] = stint.caller
    return [known.get((each.calls[0], each.queue, each.entered)) for each in contacts]


def repeats_sheet(
    context: Context, parameters: Parameters, parts: Sequence[PeopleTally],
    again: Sequence[tuple[Repeated, str | None]],
) -> Sheet:
    queues, rules = parameters[QUEUES], rulebook(context.settings)
    counts = counts_of((part.queues for part in parts), lambda queue: not queues or queue in queues)
    contacts = counts["known"] + counts["unknown"]
    young = list(_young(parts, queues, rules, context.now))
    figures: dict[str, float | None] = {
        "repeat_rate": ratio(counts["repeated"], contacts), "attempts_until_helped": ratio(counts["calls"], contacts),
        "contacts": contacts, "contacts_provisional": sum(len(ends) for ends in young),
    }
    rows = [_row(each, number, context, parameters, rules) for each, number in again]
    more = counts["repeated"] > len(rows)
    notes = [context.texts("report.repeat-callers.more", shown=len(rows), count=counts["repeated"])] if more else []
    balanced = contacts == sum(counts[f"contacts_{calls}"] for calls in range(1, MANY_CALLS + 1))
    return Sheet(
        "repeat-callers", "report.repeat-callers.title", parameters.interval, context.now, context.zone, COLUMNS, rows,
        PASSPORTS, notes, further=(_spread(counts, context),), headline=Headline(FIGURES, figures),
        rules={queue: rules.of(queue) for queue in queues or sorted(context.settings.queues)}, balanced=balanced,
        balance=balance_text(context, counts["answered"] + counts["unanswered"], balanced=balanced),
        provisional_until=max((int(ends.max()) for ends in young if len(ends)), default=None),
    )


def _young(
    parts: Iterable[PeopleTally], queues: Sequence[str], rules: Rulebook, now: int,
) -> Iterable[NDArray[np.int64]]:
    """When the windows end of contacts that may still change."""
    for part in parts:
        for queue, each in part.queues.items():
            if not queues or queue in queues:
                ends = np.concatenate([each.known, each.unknown]).astype(np.int64) + rules.of(queue).contact_window
                yield ends[ends > now]


def _row(
    contact: Repeated, number: str | None, context: Context, parameters: Parameters, rules: Rulebook,
) -> Row:
    final = context.now >= contact.entered + rules.of(contact.queue).contact_window
    state = "final" if final else "provisional"
    query = CallsQuery(parameters.interval, whole_numbers=parameters[WHOLE_NUMBERS])
    caller = shown_number(number, query)
    zone, teller = context.zone, context.teller
    calls = {
        "call": sorted(contact.calls), "from": iso(contact.entered, zone), "to": iso(contact.last + 1, zone)}
    cells: dict[str, Cell] = {
        "caller": caller, "queue": contact.queue, "first": iso(contact.entered, zone), "last": iso(contact.last, zone),
        "contact_calls": len(contact.calls), "contact_time_to_human": contact.time_to_human, "state": state,
    }
    shown = {
        "queue": teller.queue(contact.queue), "state": context.texts(f"contact.{state}"),
        "first": teller.moment(contact.entered), "last": teller.moment(contact.last),
    }
    return Row(cells, shown, red=contact.time_to_human is None, links={"contact_calls": calls})


def _spread(counts: Mapping[str, int], context: Context) -> Section:
    """Contacts by how many calls they made."""
    rows = [_spread_row(calls, counts[f"contacts_{calls}"], counts[f"spoken_{calls}"], context)
            for calls in range(1, MANY_CALLS + 1)]
    columns: Sequence[Column] = (
        Column("calls", "figure.contact_calls"), Column("contacts", "figure.contacts", Unit.COUNT),
        Column("contacts_spoken", "figure.contacts_spoken", Unit.COUNT),
        Column("contacts_spoken_share", "figure.contacts_spoken_share", Unit.RATIO),
    )
    drawn = Chart(Look.BAR, "calls", ("contacts",), in_order=True)
    return Section("by_calls", "report.repeat-callers.spread", columns, rows, drawn)


def _spread_row(calls: int, contacts: int, spoken: int, context: Context) -> Row:
    number = context.teller.value(calls, Unit.COUNT)
    shown = context.texts("contact.or-more", calls=number) if calls == MANY_CALLS else number
    cells: dict[str, Cell] = {
        "calls": str(calls) if calls < MANY_CALLS else f"{calls}+", "contacts": contacts, "contacts_spoken": spoken,
        "contacts_spoken_share": spoken / contacts if contacts else None,
    }
    return Row(cells, {"calls": shown})
