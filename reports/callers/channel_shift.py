"""The report of channel shift: how requests ended, with the menus alone or with whom, by month and province."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from callqueue.metrics import Passport, Unit
from callqueue.metrics.passports import EXACT, JOURNAL
from foundation.calendars import Interval, Step, iso, split
from foundation.provinces import UNKNOWN
from reports.callers.caller_provinces import caller_provinces
from reports.callers.provinces_sheet import province_title
from reports.callers.request_reading import read_requests
from reports.callers.requests import End, Request, tally_requests
from reports.frame.parameters import PROVINCE, STEP, Parameters
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Cell, Chart, Column, Headline, Look, Row, Section, Sheet
from reports.frame.spans import beginning

EVIDENCE = f"CEL and {JOURNAL}; steps of the menus; voice messages; cases"
FORMULAS = {
    End.FOLLOWUP: "requests that a case carries on: one is linked to the call, to a recording of it, or to a message"
                  " left in it",
    End.AGENT: "of the others, those whose caller spoke with a person: in the call, or in one that kept a promise given"
               " in it",
    End.VOICE_MESSAGE: "of the others, those that left a voice message",
    End.PROMISED: "of the others, those that were promised a call which has not reached them",
    End.SELF_SERVICE: "of the others, those that an announcement or a service of the menus told or helped, and that"
                      " ended without a queue (`contained` of the path report)",
    End.UNSERVED: "of the others, those whose call is over: gave up waiting, refused, timed out, lost in the menus",
    End.OPEN: "of the others, those whose call goes on",
}
PASSPORTS: Mapping[str, Passport] = {each.id: each for each in (
    Passport("requests", Unit.COUNT, "calls that came to the line from outside, each once however many menus, queues"
             " and agents it saw, booked to its beginning; who calls again makes a new request; calls that we make are"
             " none = " + " + ".join(f"requests_{end}" for end in End), EVIDENCE, EXACT),
    *(Passport(f"requests_{end}", Unit.COUNT, formula, EVIDENCE, EXACT) for end, formula in FORMULAS.items()),
    *(Passport(f"share_{end}", Unit.RATIO, f"requests_{end} ÷ (requests − requests_open)", EVIDENCE, EXACT)
      for end in End if end is not End.OPEN),
)}
ASKED_FOR = (End.SELF_SERVICE, End.AGENT, End.VOICE_MESSAGE, End.FOLLOWUP, End.PROMISED, End.UNSERVED)
"""In the order of a headline."""
SHARES = tuple(f"share_{end}" for end in ASKED_FOR)
SHOWN = ("requests", *SHARES)


async def build(context: Context, parameters: Parameters) -> Sheet:
    requests = await read_requests(context, parameters.interval)
    provinces = await caller_provinces(context, {each.caller for each in requests if each.caller})
    wanted = parameters[PROVINCE]
    placed = [(each, provinces.get(each.caller or "", UNKNOWN)) for each in requests]
    return shift_sheet(context, parameters, [one for one in placed if wanted in {None, one[1]}])


REPORT = Report("channel-shift", Group.CALLERS, build, (STEP, PROVINCE), "-30d")
Placed = Sequence[tuple[Request, str]]
"""Requests, each with its caller's province."""


def shift_sheet(context: Context, parameters: Parameters, placed: Placed) -> Sheet:
    step = Step.MONTH if parameters[STEP] is Step.NONE else parameters[STEP]
    pieces = split(parameters.interval, step, context.zone, parameters.calendar)
    by_piece = _by_piece(placed, pieces)
    whole = tally_requests(each for each, _ in placed).figures()
    rows = [_row({"from": iso(piece.start, context.zone)}, {"from": beginning(piece.start, step, context)}, mine)
            for piece, mine in zip(pieces, by_piece, strict=True)]
    rows.append(_row({"from": iso(parameters.interval.start, context.zone)}, {"from": context.texts("column.all")},
                     placed, total=True))
    balanced = len(placed) == sum(map(len, by_piece))
    return Sheet(
        "channel-shift", "report.channel-shift.title", parameters.interval, context.now, context.zone,
        (Column("from", "column.time", moment=True), *_columns()), rows, PASSPORTS,
        (context.texts("report.channel-shift.later"),), {"by": step.value}, Chart(Look.LINE, "from", SHARES),
        (_provinces(placed, context), _months(pieces, by_piece, step, context)),
        Headline(SHARES, {name: whole[name] for name in SHARES}), balanced=balanced,
        balance=context.texts("report.channel-shift.balanced" if balanced else "report.channel-shift.unbalanced",
                              count=len(placed)),
    )


def _by_piece(placed: Placed, pieces: Sequence[Interval]) -> list[Placed]:
    return [[one for one in placed if piece.holds(one[0].at)] for piece in pieces]


def _columns() -> Iterable[Column]:
    for name in (*SHOWN, *(name for name in PASSPORTS if name not in SHOWN)):
        yield Column(name, f"figure.{name}", PASSPORTS[name].unit, aside=name not in SHOWN)


def _row(names: Mapping[str, Cell], shown: Mapping[str, str], placed: Placed, *, total: bool = False) -> Row:
    figures = tally_requests(each for each, _ in placed).figures()
    return Row({**names, **figures}, shown, bold=total, total=total)


def _provinces(placed: Placed, context: Context) -> Section:
    rows = [_row({"province": name}, {"province": province_title(name, context)}, mine)
            for name, mine in _by_province(placed)]
    return Section("provinces", "report.channel-shift.provinces", (Column("province", "column.province"), *_columns()),
                   rows, Chart(Look.BAR, "province", SHARES))


def _months(pieces: Sequence[Interval], by_piece: Sequence[Placed], step: Step, context: Context) -> Section:
    """Every province in every month."""
    rows = [
        _row({"province": name, "from": iso(piece.start, context.zone)},
             {"province": province_title(name, context), "from": beginning(piece.start, step, context)}, mine)
        for piece, placed in zip(pieces, by_piece, strict=True) for name, mine in _by_province(placed)
    ]
    columns = (Column("province", "column.province"), Column("from", "column.time", moment=True), *_columns())
    return Section("months", "report.channel-shift.months", columns, rows,
                   Chart(Look.HEAT, "from", (*SHARES, "requests"), "province"))


def _by_province(placed: Placed) -> list[tuple[str, Placed]]:
    found: defaultdict[str, list[tuple[Request, str]]] = defaultdict(list)
    for one in placed:
        found[one[1]].append(one)
    return sorted(found.items(), key=lambda each: (-len(each[1]), each[0]))
