"""The report of promised calls: each of them, what became of it, and the figures over all."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.metrics import Passport, Unit
from callqueue.metrics.promises import CallbackFigures, Promised
from callqueue.metrics.tally_figures import callback_figures_of
from callqueue.outbound.model import Channel
from callqueue.outbound.store import attempts_of
from callqueue.rollups.make import read_promised
from callqueue.rollups.reading import Reader
from foundation.calendars import Interval, iso
from foundation.catalogue import Texts
from foundation.settings import Settings
from foundation.text import duration_text
from reports.frame.reading import rulebook
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
    rules = rulebook(settings)
    reader = Reader(ledger, rules, now, settings.shared_numbers)
    promises = [each for each in await read_promised(ledger, interval) if queues is None or each.queue in queues]
    idle = await _idle(main, [each.asked.promise for each in promises]) if main else None
    zone, figures = ZoneInfo(settings.site.timezone), await _figures(reader, interval, queues)
    stamped = await _passports(reader, interval)
    sheet = Sheet(
        "callbacks", "report.callbacks.title", interval, now, zone, COLUMNS, (),
        {name: stamped[name] for name in FIGURES},
        more={**asdict(figures), "idle": None if idle is None else _sum(idle)},
    )
    teller = Teller(settings, sheet, texts)
    return replace(
        sheet, rows=[_row(each, teller, zone, idle, whole_numbers=whole_numbers) for each in promises],
        notes=[_idle_note(teller.texts, idle)], further=(_figure_table(sheet, teller),),
        headline=Headline(BESIDE, {name: sheet.more[name] for name in BESIDE}),
    )


async def _figures(
    reader: Reader, interval: Interval, queues: Collection[str] | None,
) -> CallbackFigures:
    parts = await reader.read_promises(interval)
    return callback_figures_of([
        (queue, tally) for part in parts for queue, tally in part.queues.items() if queues is None or queue in queues
    ], reader.rules, reader.now)


async def _passports(reader: Reader, interval: Interval) -> Mapping[str, Passport]:
    """With how exact this report's waits are."""
    (parts,) = await reader.read_calls([interval])
    tallies = [tally for part in parts for tally in part.queues.values()]
    return stamped_passports(*(sum(each.counts[name] for each in tallies) for name in ("waits_exact", "waits_ended")))


async def _idle(main: AsyncConnection, promises: Sequence[str]) -> dict[str, float]:
    """Seconds in which agents were held idle, by promise."""
    found: dict[str, float] = {}
    for attempt in await attempts_of(main, promises):
        found[attempt.outbound_id] = found.get(attempt.outbound_id, 0) + attempt.idle_ms / 1000
    return found


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


def _idle_note(texts: Texts, idle: Mapping[str, float] | None) -> str:
    if idle is None:
        return texts("report.callbacks.idle-unknown")
    return texts("report.callbacks.idle", idle=duration_text(_sum(idle), texts.language))
