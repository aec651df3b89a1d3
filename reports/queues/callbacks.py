"""The report of promised calls: each of them, what became of it, and the figures over all."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.promise_store import read_promise_names, read_settled
from callqueue.metrics import Passport, Unit
from callqueue.metrics.promises import MERGED, CallbackFigures, Promised
from callqueue.metrics.tally import PromisesTally
from callqueue.metrics.tally_figures import callback_figures_of
from callqueue.outbound.model import Channel
from callqueue.outbound.store import idle_since
from callqueue.rollups.kinds import PROMISES
from callqueue.rollups.make import read_promised
from callqueue.rollups.reading import Reader
from callqueue.rollups.store import PromisesPart
from foundation.calendars import Interval, Step, iso, split
from foundation.catalogue import Texts
from foundation.settings import Settings
from foundation.text import duration_text
from reports.frame.reading import reader_of
from reports.frame.sheets import Column, Headline, Row, Section, Sheet
from reports.frame.tables import Teller
from reports.queues.queue import stamped_passports

COLUMNS = (
    Column("promise", "column.promise"), Column("asked", "column.asked"), Column("queue", "column.queue"),
    Column("channel", "column.channel"), Column("caller", "column.caller", phone=True), Column("due", "column.due"),
    Column("attempts", "column.attempts", Unit.COUNT), Column("result", "column.outcome"),
    Column("reached", "column.reached"), Column("passed_by", "column.passed", Unit.COUNT),
    Column("idle", "column.idle", Unit.SECONDS),
)
FIGURES = tuple(CallbackFigures.__dataclass_fields__)
BESIDE = (
    "callback_kept", "callback_in_time", "callbacks_promised", "callbacks_kept", "callbacks_pending",
    "callbacks_unreachable", "callbacks_expired", "callback_inversions",
)
"""The headline, and what must stand beside it."""
OPEN = "open"
MOST_ROWS = 2000
DAY = 86_400
"""Seconds by which an attempt may be older than its promise's line in the journal, and more."""


async def build_callbacks_sheet(
    ledger: AsyncConnection, main: AsyncConnection | None, interval: Interval, settings: Settings, *, now: int,
    queues: Collection[str] | None = None, whole_numbers: bool = False, texts: Texts | None = None,
) -> Sheet:
    """Promises given in the interval.

    Args:
        ledger: its store.
        main: the main store, which knows how long agents were held idle; None where it is not here.
        interval: of asking.
        settings: the site's.
        now: epoch seconds.
        queues: whose; None: all.
        whole_numbers: show numbers whole, not only their last digits.
        texts: in the language of the one who asks; None: the site's.
    """
    zone = ZoneInfo(settings.site.timezone)
    reader = reader_of(ledger, settings, now)
    days = split(interval, Step.DAY, zone)
    tallies = [_of(parts, queues) for parts in await reader.read_kind(PROMISES, days)]
    figures = callback_figures_of([each for mine in tallies for each in mine], reader.rules, now)
    listed = await _newest(ledger, days, tallies, queues)
    idle = await _idle(main, ledger, interval, queues) if main else None
    stamped = await _passports(reader, interval)
    sheet = Sheet(
        "callbacks", "report.callbacks.title", interval, now, zone, COLUMNS, (),
        {name: stamped[name] for name in FIGURES},
        more={**asdict(figures), "idle": None if idle is None else _sum(idle)},
    )
    teller = Teller(settings, sheet, texts)
    return replace(
        sheet, rows=[_row(each, teller, zone, idle, whole_numbers=whole_numbers) for each in listed],
        notes=[_idle_note(teller.texts, idle), *_more_note(teller.texts, len(listed), figures.callbacks_promised)],
        further=(_figure_table(sheet, teller),),
        headline=Headline(BESIDE, {name: sheet.more[name] for name in BESIDE}),
    )


def _of(parts: Iterable[PromisesPart], queues: Collection[str] | None) -> list[tuple[str, PromisesTally]]:
    return [(queue, tally) for part in parts for queue, tally in part.queues.items()
            if queues is None or queue in queues]


async def _newest(
    ledger: AsyncConnection, days: Sequence[Interval], tallies: Sequence[Sequence[tuple[str, PromisesTally]]],
    queues: Collection[str] | None,
) -> list[Promised]:
    """The last promises, in the order of asking, `MOST_ROWS` at most; days without any are not looked at."""
    found: list[Promised] = []
    for day, mine in reversed(list(zip(days, tallies, strict=True))):
        if len(found) >= MOST_ROWS:
            break
        if any(tally.counts["promised"] for _, tally in mine):
            passed = {promise: count for _, tally in mine for promise, count in tally.passed.items()}
            found[:0] = [each for each in await read_promised(ledger, day, passed)
                         if queues is None or each.queue in queues]
    return found[-MOST_ROWS:]


async def _passports(reader: Reader, interval: Interval) -> Mapping[str, Passport]:
    """With how exact this report's waits are."""
    (parts,) = await reader.read_calls([interval])
    tallies = [tally for part in parts for tally in part.queues.values()]
    return stamped_passports(*(sum(each.counts[name] for each in tallies) for name in ("waits_exact", "waits_ended")))


async def _idle(
    main: AsyncConnection, ledger: AsyncConnection, interval: Interval, queues: Collection[str] | None,
) -> dict[str, float]:
    """Seconds in which agents were held idle, by promise; where they were."""
    held = await idle_since(main, (interval.start - DAY) * 1000)
    names = await read_promise_names(ledger, interval.start, interval.end, queues) if held else []
    mine = {name for name in names if name in held}
    merged = {each.promise for each in await read_settled(ledger, mine) if each.result == MERGED}
    return {name: held[name] / 1000 for name in sorted(mine - merged)}


def _sum(idle: Mapping[str, float]) -> float:
    return sum(idle.values())


def _row(
    each: Promised, teller: Teller, zone: ZoneInfo, idle: Mapping[str, float] | None, *, whole_numbers: bool,
) -> Row:
    one, result = each.asked, each.result or OPEN
    due = None if one.due_ms is None else one.due_ms // 1000
    cells: dict[str, str | float | None] = {
        "promise": one.promise, "asked": iso(one.at, zone), "queue": one.queue, "channel": one.channel or None,
        "caller": one.number if whole_numbers or one.number is None else f"…{one.number[-4:]}",
        "due": None if due is None else iso(due, zone),
        "attempts": each.attempts, "result": result,
        "reached": None if each.reached_at is None else iso(int(each.reached_at), zone),
        "passed_by": each.passed_by, "idle": None if idle is None else idle.get(one.promise, 0.0),
    }
    shown = {
        "asked": teller.moment(one.at, seconds=True), "queue": teller.queue(one.queue),
        "result": teller.texts(f"callback.{result}"), "due": "" if due is None else teller.moment(due),
        "reached": "" if each.reached_at is None else teller.moment(each.reached_at, seconds=True),
    }
    if one.channel in set(Channel):
        shown["channel"] = teller.texts(f"callback.by.{one.channel}")
    return Row(cells, shown, red=each.kept and one.due_ms is not None and not each.in_time,
               links={"promise": {"call": one.call_id}} if one.channel_id else {})


def _figure_table(sheet: Sheet, teller: Teller) -> Section:
    rows = [
        Row({"figure": name, "value": sheet.more[name]}, {"figure": teller.texts(f"figure.{name}")},
            units={"value": sheet.passports[name].unit}) for name in FIGURES
    ]
    columns = (Column("figure", "column.figure"), Column("value", "column.value", Unit.NUMBER))
    return Section("figures", "report.figures.title", columns, rows)


def _more_note(texts: Texts, shown: int, count: int) -> Iterable[str]:
    if shown < count:
        yield texts("report.callbacks.more", shown=shown, count=count)


def _idle_note(texts: Texts, idle: Mapping[str, float] | None) -> str:
    if idle is None:
        return texts("report.callbacks.idle-unknown")
    return texts("report.callbacks.idle", idle=duration_text(_sum(idle), texts.language))
