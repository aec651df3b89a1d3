"""The report of provinces: who called from where, how they were served, and what follow-ups came of it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from callqueue.metrics import Passport, Unit, passports
from callqueue.metrics.arithmetic import ratio
from callqueue.metrics.contacts import Contact, contact_figures
from callqueue.metrics.entries import Entry
from callqueue.metrics.passports import EXACT, JOURNAL
from callqueue.metrics.service import count_entries, service_figures
from callqueue.metrics.waits import wait_figures
from followups.faults.store import read_opened
from foundation.calendars import iso
from foundation.provinces import UNKNOWN
from reports.callers.caller_provinces import caller_provinces
from reports.frame.parameters import PROVINCE, QUEUES, Parameters
from reports.frame.people import People, read_people
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Cell, Chart, Column, Link, Look, Row, Sheet

SHARED = (
    "entries", "entries_answered", "entries_abandoned", "short_abandoned", "entries_left_for_callback",
    "service_level", "service_level_human", "abandonment_rate", "asa", "contacts", "repeat_rate",
)
"""Figures that are those of the queue report, of the callers of one province."""
OWN = (
    Passport("province_share", Unit.RATIO, "entries of the province ÷ all entries; a caller's province is that of his"
             " fixed line's area code, else where his follow-ups say he lives, else unknown",
             f"{JOURNAL}; follow-ups", EXACT),
    Passport("province_cases", Unit.COUNT, "cases opened in the time with this province, whatever they were opened by;"
             " duplicates are left out", "cases (main store)", EXACT),
)
PASSPORTS: Mapping[str, Passport] = {
    **{name: each for name, each in passports().items() if name in SHARED}, **{each.id: each for each in OWN},
}


@dataclass(slots=True)
class _Place:
    entries: list[Entry] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    cases: int = 0


async def build(context: Context, parameters: Parameters) -> Sheet:
    async with context.ledger() as ledger:
        people = await read_people(
            ledger, parameters.interval, parameters[QUEUES], context.settings, context.now)
    numbers = [entry.caller for entry in people.entries if entry.caller]
    found = await caller_provinces(context, numbers)
    cases: Counter[str] = Counter()
    if context.has_main:
        async with context.main() as main:
            opened = await read_opened(main, parameters.interval, context.names.book)
        cases = Counter(each.province or UNKNOWN for each in opened)
    return _sheet(context, parameters, people, found, cases)


REPORT = Report("provinces", Group.CALLERS, build, (QUEUES, PROVINCE))


def _sheet(
    context: Context, parameters: Parameters, people: People, provinces: Mapping[str, str], cases: Mapping[str, int],
) -> Sheet:
    places: defaultdict[str, _Place] = defaultdict(_Place)
    for entry in people.entries:
        places[provinces.get(entry.caller or "", UNKNOWN)].entries.append(entry)
    for contact in people.contacts:
        places[provinces.get(contact.entries[0].caller or "", UNKNOWN)].contacts.append(contact)
    for name, count in cases.items():
        places[name].cases = count
    wanted, names = parameters[PROVINCE], sorted(places, key=lambda one: (-len(places[one].entries), one))
    row = _Writer(context, parameters, people).row
    rows = [row(name, places[name]) for name in names if wanted in (None, name)]
    if wanted is None:
        rows.append(row(None, _Place(list(people.entries), list(people.contacts), sum(cases.values()))))
    columns = [Column("province", "column.province"), *_columns()]
    return Sheet(
        "provinces", "report.provinces.title", parameters.interval, context.now, context.zone, columns, rows, PASSPORTS,
        (context.texts("report.provinces.known", share=_share(places[UNKNOWN].entries, people.entries, context)),),
        chart=Chart(Look.BAR, "province", ("entries", "service_level", "repeat_rate", "province_cases")),
        rules={queue: people.rules.of(queue) for queue in parameters[QUEUES] or sorted(context.settings.queues)},
        balanced=people.balanced, balance=people.balance(context.texts), provisional_until=people.provisional_until,
    )


def _columns() -> Iterable[Column]:
    for name, passport in PASSPORTS.items():
        yield Column(name, f"figure.{name}", passport.unit)


@dataclass(frozen=True, slots=True)
class _Writer:
    context: Context
    parameters: Parameters
    people: People

    def row(self, name: str | None, place: _Place) -> Row:
        """Of one province; None: of all."""
        people = self.people
        counts = count_entries(place.entries, people.rules, people.now)
        served = service_figures(counts, (), people.rules, people.now)
        contacts = contact_figures(place.contacts, people.rules, people.now)
        found: dict[str, Cell] = {
            **asdict(counts), **asdict(contacts), "service_level": served.service_level,
            "abandonment_rate": served.abandonment_rate, "asa": wait_figures(place.entries, people.now).asa,
            "province_cases": place.cases, "province_share": ratio(counts.entries, len(people.entries)),
        }
        shown = self.context.texts("column.all") if name is None else province_title(name, self.context)
        return Row({"province": name, **{figure: found[figure] for figure in PASSPORTS}}, {"province": shown},
                   bold=name is None, total=name is None, links=self._links(name))

    def _links(self, name: str | None) -> Mapping[str, Link]:
        interval, zone, queues = self.parameters.interval, self.context.zone, self.parameters[QUEUES]
        link: dict[str, str | Sequence[str]] = {"from": iso(interval.start, zone), "to": iso(interval.end, zone)}
        if queues:
            link["queue"] = queues
        if name:
            link["province"] = name
        return {figure: {**link, "figure": figure} for figure in SHARED if PASSPORTS[figure].unit is Unit.COUNT}


def province_title(name: str, context: Context) -> str:
    """Of `unknown`, too."""
    return context.texts("report.provinces.unknown") if name == UNKNOWN else context.names.of("province", name)


def _share(part: Sequence[Entry], whole: Sequence[Entry], context: Context) -> str:
    return context.teller.value(len(part) / len(whole) if whole else None, Unit.RATIO)
