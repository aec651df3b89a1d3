"""The report of first-contact resolution: whom one conversation was enough for."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from callqueue.metrics import Passport, Unit
from callqueue.metrics.arithmetic import ratio
from callqueue.metrics.contacts import Contact
from callqueue.metrics.entries import Entry
from callqueue.metrics.passports import BOTH, EXACT, JOURNAL, W
from foundation.calendars import Interval, Step, iso, split
from reports.frame.parameters import QUEUES, STEP, Parameters
from reports.frame.people import read_people
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Chart, Column, Headline, Look, Row, Section, Sheet
from reports.frame.spans import beginning
from reports.queues.queue import refuse_unknown_queues

DAYS = 7
AGAIN = DAYS * 86_400
"""Seconds after a contact's first joining in which a further call on its subject counts."""
PASSPORTS: Mapping[str, Passport] = {each.id: each for each in (
    Passport("first_contact_resolution", Unit.RATIO, "fcr_resolved ÷ fcr_contacts; who never spoke with anybody is not"
             " resolved, so hanging up on callers does not raise it", BOTH, EXACT, (W,)),
    Passport("fcr_contacts", Unit.COUNT, "contacts by a number that is one person's, booked to the queue and moment"
             " first entered = fcr_resolved + fcr_returned + fcr_not_spoken", JOURNAL, EXACT, (W,)),
    Passport("fcr_resolved", Unit.COUNT, "contacts that spoke with a person, and after that conversation began made no"
             f" further call on the same subject inside {DAYS} days of first entering; a call's subject is the queue"
             " it first entered", BOTH, EXACT, (W,)),
    Passport("fcr_returned", Unit.COUNT, "contacts that spoke with a person, and called again so", BOTH, EXACT, (W,)),
    Passport("fcr_not_spoken", Unit.COUNT, "contacts that spoke with nobody inside W", BOTH, EXACT, (W,)),
    Passport("fcr_untraceable", Unit.COUNT, "contacts beside these: withheld and shared numbers, whose further calls"
             " nobody can know", JOURNAL, EXACT, (W,)),
    Passport("fcr_provisional", Unit.COUNT, f"fcr_contacts whose {DAYS} days have not passed: they may still change",
             JOURNAL, EXACT, (W,)),
)}


@dataclass(frozen=True, slots=True)
class Judged:
    """A contact, and whether the person called again on the same subject."""

    contact: Contact
    is_traceable: bool
    returned: bool
    is_final: bool

    @property
    def spoke(self) -> bool:
        return self.contact.spoken is not None


def judge(
    contacts: Iterable[Contact], entries: Iterable[Entry], shared: Collection[str], now: float,
) -> list[Judged]:
    """Pure.

    Args:
        contacts: to be judged.
        entries: all of the same people until `AGAIN` after the last contact.
        shared: numbers behind which many people stand.
        now: epoch seconds.
    """
    calls: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for entry in sorted(entries, key=lambda one: one.entered):
        if entry.caller:
            calls[entry.caller, entry.queue].append(entry.entered)
    return [_judged(each, calls, shared, now) for each in contacts]


def _judged(
    contact: Contact, calls: Mapping[tuple[str, str], Sequence[int]], shared: Collection[str], now: float,
) -> Judged:
    caller, until = contact.entries[0].caller, contact.entered + AGAIN
    mine = calls.get((caller or "", contact.queue), ())
    after = contact.spoken if contact.spoken is not None else contact.entered
    again = bisect_right(mine, until - 1) - bisect_right(mine, after)
    return Judged(contact, bool(caller) and caller not in shared, again > 0, now >= until)


def resolution_figures(judged: Iterable[Judged]) -> dict[str, float | None]:
    """Every figure by its id. Pure."""
    known = list(judged)
    ours = [each for each in known if each.is_traceable]
    resolved = sum(each.spoke and not each.returned for each in ours)
    return {
        "first_contact_resolution": ratio(resolved, len(ours)), "fcr_contacts": len(ours), "fcr_resolved": resolved,
        "fcr_returned": sum(each.spoke and each.returned for each in ours),
        "fcr_not_spoken": sum(not each.spoke for each in ours), "fcr_untraceable": len(known) - len(ours),
        "fcr_provisional": sum(not each.is_final for each in ours),
    }


async def build(context: Context, parameters: Parameters) -> Sheet:
    interval = parameters.interval
    async with context.ledger() as ledger:
        await refuse_unknown_queues(ledger, parameters[QUEUES], context.settings)
        people = await read_people(
            ledger, Interval(interval.start, interval.end + AGAIN), (), context.settings, context.now)
    ours = [each for each in people.contacts
            if interval.holds(each.entered) and (not parameters[QUEUES] or each.queue in parameters[QUEUES])]
    judged = judge(ours, people.entries, context.settings.shared_numbers, context.now)
    sheet = resolution_sheet(context, parameters, judged)
    return replace(sheet, rules={queue: people.rules.of(queue) for queue in sorted({each.queue for each in ours})})


REPORT = Report("first-contact-resolution", Group.CALLERS, build, (QUEUES, STEP), "-30d")


def resolution_sheet(context: Context, parameters: Parameters, judged: Sequence[Judged]) -> Sheet:
    step = Step.DAY if parameters[STEP] is Step.NONE else parameters[STEP]
    whole = resolution_figures(judged)
    rows = [
        Row({"from": iso(piece.start, context.zone),
             **resolution_figures(each for each in judged if piece.holds(each.contact.entered))},
            {"from": beginning(piece.start, step, context)})
        for piece in split(parameters.interval, step, context.zone, parameters.calendar)
    ]
    rows.append(Row({"from": iso(parameters.interval.start, context.zone), **whole},
                    {"from": context.texts("column.all")}, bold=True, total=True))
    young = [each.contact.entered + AGAIN for each in judged if not each.is_final]
    balanced = whole["fcr_contacts"] == sum(whole[name] or 0 for name in (
        "fcr_resolved", "fcr_returned", "fcr_not_spoken"))
    return Sheet(
        "first-contact-resolution", "report.first-contact-resolution.title", parameters.interval, context.now,
        context.zone, (Column("from", "column.time", moment=True), *_columns()), rows, PASSPORTS,
        (context.texts("report.first-contact-resolution.subject"),), {"by": step.value},
        Chart(Look.LINE, "from", ("first_contact_resolution", "fcr_contacts", "fcr_returned")),
        (_queues(judged, context),), Headline(tuple(PASSPORTS), whole), balanced=balanced,
        balance=context.texts(
            f"report.first-contact-resolution.{'balanced' if balanced else 'unbalanced'}",
            count=int(whole["fcr_contacts"] or 0)),
        provisional_until=max(young, default=None),
    )


def _columns() -> Iterable[Column]:
    for name, passport in PASSPORTS.items():
        yield Column(name, f"figure.{name}", passport.unit)


def _queues(judged: Sequence[Judged], context: Context) -> Section:
    found: defaultdict[str, list[Judged]] = defaultdict(list)
    for each in judged:
        found[each.contact.queue].append(each)
    rows = [Row({"queue": queue, **resolution_figures(mine)}, {"queue": context.teller.queue(queue)})
            for queue, mine in sorted(found.items())]
    return Section("queues", "report.first-contact-resolution.queues", (Column("queue", "column.queue"), *_columns()),
                   rows, Chart(Look.BAR, "queue", ("first_contact_resolution", "fcr_returned")))
