"""The report of channel shift: how requests ended, with the menus alone or with whom, by month and province."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.metrics import Passport, Unit
from callqueue.metrics.passports import EXACT
from followups.cases.caller_provinces import known_provinces
from foundation.calendars import Interval, Step, iso, split
from foundation.numbered import told_of
from foundation.provinces import UNKNOWN, load_provinces
from reports.callers.caller_provinces import caller_provinces
from reports.callers.provinces_sheet import province_title
from reports.callers.request_days import KeptDays, first_of, standing
from reports.callers.request_reading import read_requests
from reports.callers.request_tally import ByProvince, add_day
from reports.callers.requests import End, RequestTally
from reports.frame.limits import refuse_too_many
from reports.frame.made_days import between
from reports.frame.parameters import PROVINCE, STEP, Parameters
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Cell, Chart, Column, Headline, Look, Row, Section, Sheet
from reports.frame.spans import beginning

EVIDENCE = "all_channels"
PASSPORTS: Mapping[str, Passport] = {each.id: each for each in (
    Passport("requests", Unit.COUNT, EVIDENCE, EXACT),
    *(Passport(f"requests_{end}", Unit.COUNT, EVIDENCE, EXACT) for end in End),
    *(Passport(f"share_{end}", Unit.RATIO, EVIDENCE, EXACT) for end in End if end is not End.OPEN),
)}
ASKED_FOR = (End.SELF_SERVICE, End.AGENT, End.VOICE_MESSAGE, End.FOLLOWUP, End.PROMISED, End.UNSERVED)
"""In the order of a headline."""
SHARES = tuple(f"share_{end}" for end in ASKED_FOR)
SHOWN = ("requests", *SHARES)


@dataclass(slots=True)
class Requests:
    """How the requests of a time ended, by their callers' provinces; and of each piece of it."""

    pieces: Sequence[Interval]
    """In order, side by side."""
    whole: ByProvince = field(default_factory=dict)
    by_piece: list[ByProvince] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.by_piece = [{} for _ in self.pieces]

    def add(self, at: float, province: str, ends: Mapping[End, int]) -> None:
        """Of a moment, or of a day that lies within a piece and begins then."""
        place = bisect_right(self.pieces, at, key=lambda piece: piece.start) - 1
        within = place >= 0 and self.pieces[place].holds(at)
        for into in (self.whole, self.by_piece[place]) if within else (self.whole,):
            of_province = into.setdefault(province, Counter())
            for end, count in ends.items():
                of_province[end] += count


async def build(context: Context, parameters: Parameters) -> Sheet:
    step = Step.MONTH if parameters[STEP] is Step.NONE else parameters[STEP]
    pieces = split(parameters.interval, step, context.zone, parameters.calendar)
    requests = Requests(pieces)
    await count_requests(context, parameters.interval, requests)
    if wanted := parameters[PROVINCE]:
        for found in (requests.whole, *requests.by_piece):
            for province in found.keys() - {wanted}:
                del found[province]
    return shift_sheet(context, parameters, step, requests)


REPORT = Report("channel-shift", Group.CALLERS, build, (STEP, PROVINCE), "-30d")


async def count_requests(
    context: Context, interval: Interval, into: Requests, *, from_days: bool = True,
) -> None:
    """Days that are made as they are, the rest call by call; the same either way.

    Raises:
        TooManyCallsError: there are too many that would have to be read one by one.
    """
    async with AsyncExitStack() as stores:
        main = await stores.enter_async_context(context.main()) if context.has_main else None
        ledger = await stores.enter_async_context(context.ledger())
        days: Sequence[Interval] = ()
        if main is not None and from_days:
            kept = KeptDays(main, await standing(main, ledger))
            days = kept.within(into.pieces, context.zone)
            await _count_days(kept, days, into)
        times = _since(await first_of(main, ledger), between(interval, days))
        await refuse_too_many(ledger, *times)
        await _count_calls(context, ledger, main, times, into)


def _since(first: float | None, times: Iterable[Interval]) -> list[Interval]:
    """Without the time before there was any evidence: it may be years."""
    return [] if first is None else [
        Interval(max(time.start, int(first)), time.end) for time in times if first < time.end]


async def _count_days(kept: KeptDays, days: Sequence[Interval], into: Requests) -> None:
    if not days:
        return
    codes, told = load_provinces(), told_of(await known_provinces(kept.main))
    for interval, day in await kept.read(days):
        found: ByProvince = {}
        add_day(found, day, codes, told)
        for province, ends in found.items():
            into.add(interval.start, province, ends)


async def _count_calls(
    context: Context, ledger: AsyncConnection, main: AsyncConnection | None, times: Iterable[Interval], into: Requests,
) -> None:
    for time in times:
        requests = await read_requests(ledger, main, time)
        provinces = await caller_provinces(context, {each.caller for each in requests if each.caller})
        for each in requests:
            into.add(each.at, provinces.get(each.caller or "", UNKNOWN), {each.end: 1})


def shift_sheet(context: Context, parameters: Parameters, step: Step, requests: Requests) -> Sheet:
    pieces, by_piece = requests.pieces, requests.by_piece
    whole = _figures(requests.whole)
    rows = [_row({"from": iso(piece.start, context.zone)}, {"from": beginning(piece.start, step, context)},
                 _figures(mine))
            for piece, mine in zip(pieces, by_piece, strict=True)]
    rows.append(_row({"from": iso(parameters.interval.start, context.zone)}, {"from": context.texts("column.all")},
                     whole, total=True))
    count = _count(requests.whole)
    balanced = count == sum(map(_count, by_piece))
    return Sheet(
        "channel-shift", "report.channel-shift.title", parameters.interval, context.now, context.zone,
        (Column("from", "column.time", moment=True), *_columns()), rows, PASSPORTS,
        (context.texts("report.channel-shift.later"),), {"by": step.value}, Chart(Look.LINE, "from", SHARES),
        (_provinces(requests.whole, context), _months(pieces, by_piece, step, context)),
        Headline(SHARES, {name: whole[name] for name in SHARES}), balanced=balanced,
        balance=context.texts("report.channel-shift.balanced" if balanced else "report.channel-shift.unbalanced",
                              count=count),
    )


def _count(found: ByProvince) -> int:
    return sum(ends.total() for ends in found.values())


def _figures(found: ByProvince) -> Mapping[str, float | None]:
    together: Counter[End] = Counter()
    for ends in found.values():
        together.update(ends)
    return RequestTally(together).figures()


def _columns() -> Iterable[Column]:
    for name in (*SHOWN, *(name for name in PASSPORTS if name not in SHOWN)):
        yield Column(name, f"figure.{name}", PASSPORTS[name].unit, aside=name not in SHOWN)


def _row(
    names: Mapping[str, Cell], shown: Mapping[str, str], figures: Mapping[str, float | None], *, total: bool = False,
) -> Row:
    return Row({**names, **figures}, shown, bold=total, total=total)


def _provinces(whole: ByProvince, context: Context) -> Section:
    rows = [_row({"province": name}, {"province": province_title(name, context)}, RequestTally(ends).figures())
            for name, ends in _most_first(whole)]
    return Section("provinces", "report.channel-shift.provinces", (Column("province", "column.province"), *_columns()),
                   rows, Chart(Look.BAR, "province", SHARES))


def _months(pieces: Sequence[Interval], by_piece: Sequence[ByProvince], step: Step, context: Context) -> Section:
    """Every province in every month."""
    rows = [
        _row({"province": name, "from": iso(piece.start, context.zone)},
             {"province": province_title(name, context), "from": beginning(piece.start, step, context)},
             RequestTally(ends).figures())
        for piece, found in zip(pieces, by_piece, strict=True) for name, ends in _most_first(found)
    ]
    columns = (Column("province", "column.province"), Column("from", "column.time", moment=True), *_columns())
    return Section("months", "report.channel-shift.months", columns, rows,
                   Chart(Look.HEAT, "from", (*SHARES, "requests"), "province"))


def _most_first(found: ByProvince) -> list[tuple[str, Counter[End]]]:
    return sorted(found.items(), key=lambda each: (-each[1].total(), each[0]))
