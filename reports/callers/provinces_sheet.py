"""The report of provinces: who called from where, how they were served, and what follow-ups came of it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from callqueue.metrics import Passport, Rulebook, Unit, passports
from callqueue.metrics.arithmetic import ratio
from callqueue.metrics.passports import EXACT
from callqueue.metrics.places_tally import PlacesTally, place_figures, placed
from callqueue.rollups.kinds import PLACES
from followups.cases.caller_provinces import known_provinces
from followups.faults.faults import Dimension
from followups.faults.store import count_over_times
from foundation.calendars import iso
from foundation.numbered import told_of
from foundation.provinces import UNKNOWN, load_provinces
from reports.frame.parameters import PROVINCE, QUEUES, Parameters
from reports.frame.people import balance_text
from reports.frame.reading import rulebook
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Cell, Chart, Column, Link, Look, Row, Sheet
from reports.queues.queue import refuse_unknown_queues

SHARED = (
    "entries", "entries_answered", "entries_abandoned", "short_abandoned", "entries_left_for_callback",
    "service_level", "service_level_human", "abandonment_rate", "asa", "contacts", "repeat_rate",
)
"""Figures that are those of the queue report, of the callers of one province."""
OWN = (
    Passport("province_share", Unit.RATIO, "journal_and_followups", EXACT),
    Passport("province_cases", Unit.COUNT, "cases", EXACT),
)
PASSPORTS: Mapping[str, Passport] = {
    **{name: each for name, each in passports().items() if name in SHARED}, **{each.id: each for each in OWN},
}


async def build(context: Context, parameters: Parameters) -> Sheet:
    interval, queues, codes = parameters.interval, parameters[QUEUES], load_provinces()
    cases: Counter[str] = Counter()
    told: Mapping[str, str] = {}
    if context.has_main:
        async with context.main() as main:
            [opened] = await count_over_times(main, [interval], Dimension.PROVINCE, context.names.book)
            for province, count in opened.items():
                cases[province or UNKNOWN] += count
            told = await known_provinces(main)
    async with context.ledger() as ledger:
        await refuse_unknown_queues(ledger, queues, context.settings)
        reader = context.reader(ledger)
        parts = await reader.read_whole(PLACES, interval)
    tally = placed(parts, lambda code: codes.get(code, UNKNOWN), told_of(told))
    return _sheet(context, parameters, tally, cases)


REPORT = Report("provinces", Group.CALLERS, build, (QUEUES, PROVINCE))


def _sheet(context: Context, parameters: Parameters, tally: PlacesTally, cases: Mapping[str, int]) -> Sheet:
    queues, wanted, rules = parameters[QUEUES], parameters[PROVINCE], rulebook(context.settings)

    def figures_of(province: str | None) -> dict[str, float | None]:
        found = place_figures(tally, queues, province, rules, context.now)
        of_cases = sum(cases.values()) if province is None else cases.get(province, 0)
        return {**found, "province_cases": of_cases}

    whole = figures_of(None)
    places = {name: figures_of(name) for name in sorted({*cases, *(place for _, place in tally.counts.keys)})}
    places = {name: each for name, each in places.items()
              if each["entries"] or each["contacts"] or each["province_cases"]}
    row = _Writer(context, parameters, whole).row
    names = sorted(places, key=lambda one: (-(places[one]["entries"] or 0), one))
    rows = [row(name, places[name]) for name in names if wanted in (None, name)]
    if wanted is None:
        rows.append(row(None, whole))
    balanced = whole["entries"] == sum(each["entries"] or 0 for each in places.values())
    offered = int((whole["stints_answered"] or 0) + (whole["stints_unanswered"] or 0))
    unknown = ratio(places.get(UNKNOWN, {}).get("entries") or 0, whole["entries"] or 0)
    return Sheet(
        "provinces", "report.provinces.title", parameters.interval, context.now, context.zone,
        [Column("province", "column.province"), *_columns()], rows, PASSPORTS,
        (context.texts("report.provinces.known", share=context.teller.value(unknown, Unit.RATIO)),),
        chart=Chart(Look.BAR, "province", ("entries", "service_level", "repeat_rate", "province_cases")),
        rules={queue: rules.of(queue) for queue in queues or sorted(context.settings.queues)},
        balanced=balanced, balance=balance_text(context, offered, balanced=balanced),
        provisional_until=_provisional_until(tally, queues, rules, context.now),
    )


def _provisional_until(tally: PlacesTally, queues: Sequence[str], rules: Rulebook, now: int) -> int | None:
    """When the window of the last contact that may still change is over."""
    ends = [last + rules.of(queue).contact_window
            for queue, last in tally.last.items() if not queues or queue in queues]
    return max((end for end in ends if end > now), default=None)


def _columns() -> Iterable[Column]:
    for name, passport in PASSPORTS.items():
        yield Column(name, f"figure.{name}", passport.unit)


@dataclass(frozen=True, slots=True)
class _Writer:
    context: Context
    parameters: Parameters
    whole: Mapping[str, float | None]

    def row(self, name: str | None, figures: Mapping[str, float | None]) -> Row:
        """Of one province; None: of all."""
        share = ratio(figures["entries"] or 0, self.whole["entries"] or 0)
        found: dict[str, Cell] = {**figures, "province_share": share}
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
