"""The report of repeat callers: who had to call again, and how often, until somebody spoke with them."""

from collections import Counter
from collections.abc import Mapping, Sequence

from callqueue.metrics import Passport, Unit, passports
from callqueue.metrics.contacts import Contact, contact_figures
from callqueue.metrics.passports import BOTH, EXACT, JOURNAL, WAITS, W
from foundation.calendars import iso
from reports.frame.parameters import QUEUES, WHOLE_NUMBERS, Parameters
from reports.frame.people import People, read_people
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Cell, Chart, Column, Headline, Look, Row, Section, Sheet
from reports.queues.calls import CallsQuery, shown_number

MOST_ROWS = 2000
MANY_CALLS = 5
"""From so many calls on, contacts are counted together."""
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
    async with context.ledger() as ledger:
        people = await read_people(
            ledger, parameters.interval, parameters[QUEUES], context.settings, context.now)
    return repeats_sheet(context, parameters, people)


REPORT = Report("repeat-callers", Group.CALLERS, build, (QUEUES, WHOLE_NUMBERS))


def repeats_sheet(context: Context, parameters: Parameters, people: People) -> Sheet:
    figures = contact_figures(people.contacts, people.rules, people.now)
    again = sorted((each for each in people.contacts if each.calls > 1), key=lambda each: (-each.calls, each.entered))
    rows = [_row(each, context, parameters, people) for each in again[:MOST_ROWS]]
    notes = [context.texts("report.paper.more", shown=MOST_ROWS, count=len(again))] if len(again) > MOST_ROWS else []
    return Sheet(
        "repeat-callers", "report.repeat-callers.title", parameters.interval, context.now, context.zone, COLUMNS, rows,
        PASSPORTS, notes, further=(_spread(people, context),),
        headline=Headline(FIGURES, {name: getattr(figures, name) for name in FIGURES}),
        rules={queue: people.rules.of(queue) for queue in parameters[QUEUES] or sorted(context.settings.queues)},
        balanced=people.balanced, balance=people.balance(context.texts), provisional_until=people.provisional_until,
    )


def _row(contact: Contact, context: Context, parameters: Parameters, people: People) -> Row:
    first, last = contact.entries[0], contact.entries[-1]
    state = "final" if contact.final(people.rules, people.now) else "provisional"
    query = CallsQuery(parameters.interval, whole_numbers=parameters[WHOLE_NUMBERS])
    caller = shown_number(first.caller, query)
    zone, teller = context.zone, context.teller
    calls = {
        "call": sorted({entry.call_id for entry in contact.entries}),
        "from": iso(contact.entered, zone), "to": iso(last.entered + 1, zone),
    }
    cells = {
        "caller": caller, "queue": contact.queue, "first": iso(contact.entered, zone), "last": iso(last.entered, zone),
        "contact_calls": contact.calls, "contact_time_to_human": contact.time_to_human, "state": state,
    }
    shown = {
        "queue": teller.queue(contact.queue), "state": context.texts(f"contact.{state}"),
        "first": teller.moment(contact.entered), "last": teller.moment(last.entered),
    }
    return Row(cells, shown, red=contact.spoken is None, links={"contact_calls": calls})


def _spread(people: People, context: Context) -> Section:
    """Contacts by how many calls they made."""
    counted = Counter(min(each.calls, MANY_CALLS) for each in people.contacts)
    spoken = Counter(min(each.calls, MANY_CALLS) for each in people.contacts if each.spoken is not None)
    rows = [_spread_row(calls, counted[calls], spoken[calls], context) for calls in range(1, MANY_CALLS + 1)]
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
