"""`bin/pasokh recordings retention`: what would go and when, and the round itself."""

import asyncio
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from foundation.calendars import MomentError, moment_text, parse_moment
from foundation.data_file import DataFileError
from pasokh.keeping import keeping, now_in_ms
from pasokh.refusal import RefusedError
from pasokh.site import Site, open_site
from recordings.keeping.retention import Round, Sentence, UnknownSubjectError

DAY_MS = 86_400_000
LOOK_AHEAD_DAYS = 30


@dataclass(frozen=True, slots=True)
class Summary:
    """The things of one kind that go by one rule."""

    kind: str
    rule: str
    now: int
    """How many would go at this moment."""
    later: int
    """Between now and the end of what was asked for."""
    held: int
    bytes: int
    """Of those that would go."""
    first_due_ms: int


def retention(
    *,
    run: Annotated[bool, typer.Option("--run", help="Delete what is due; otherwise it is only told.")] = False,
    until: Annotated[str | None, typer.Option("--until", help="Look ahead to this moment, not 30 days.")] = None,
    each: Annotated[bool, typer.Option("--each", help="Every single thing, as lines of JSON.")] = False,
) -> None:
    """Tell what would be deleted by site.yaml's `retention`, and when; with --run, delete what is due now."""
    site = open_site()
    try:
        if run:
            done = asyncio.run(_run(site))
            print(f"{done.deleted} deleted, each with a certificate in the audit log; {done.held} kept by a hold")
            return
        found = asyncio.run(_look(site, _until(site, until)))
    except (UnknownSubjectError, DataFileError) as error:
        raise RefusedError(str(error)) from error
    if each:
        for one in found:
            print(json.dumps(_line(one), ensure_ascii=False))
        return
    _show(site, summaries(found, now_in_ms()))


async def _run(site: Site) -> Round:
    async with keeping(site.home, site.settings) as rooms:
        return await rooms.run_retention()


async def _look(site: Site, until_ms: int) -> list[Sentence]:
    async with keeping(site.home, site.settings) as rooms:
        return [one async for one in rooms.keeper().sentences(until_ms)]


def summaries(found: Iterable[Sentence], now_ms: int) -> list[Summary]:
    """By kind and rule, in the order in which they were found."""
    groups: dict[tuple[str, str], list[Sentence]] = {}
    for one in found:
        groups.setdefault((one.thing.kind, one.rule), []).append(one)
    return [_summary(kind, rule, group, now_ms) for (kind, rule), group in groups.items()]


def _summary(kind: str, rule: str, group: Sequence[Sentence], now_ms: int) -> Summary:
    free = [one for one in group if one.hold is None]
    now = sum(one.goes_by(now_ms) for one in free)
    return Summary(
        kind, rule, now, len(free) - now, len(group) - len(free), sum(one.thing.bytes for one in free),
        min(one.due_ms or 0 for one in group),
    )


def _show(site: Site, found: Sequence[Summary]) -> None:
    if not site.settings.retention.days and not site.settings.retention.rules:
        print("site.yaml names no days under `retention`: nothing is ever deleted by itself")
        return
    table = Table("kind", "by", "due now", "due later", "held", "size", "the first is due", box=None)
    zone, language = ZoneInfo(site.settings.site.timezone), site.settings.site.language
    for one in found:
        first = moment_text(datetime.fromtimestamp(one.first_due_ms / 1000, zone), language)
        table.add_row(one.kind, one.rule, *map(str, (one.now, one.later, one.held)), f"{one.bytes / 1e6:.1f} MB", first)
    Console(width=None if sys.stdout.isatty() else 200).print(table)
    if sum(one.now for one in found):
        print("`bin/pasokh recordings retention --run` deletes what is due now; the service does so every day at "
              f"{site.settings.retention.at}")


def _line(one: Sentence) -> dict[str, object]:
    due = None if one.due_ms is None else datetime.fromtimestamp(one.due_ms / 1000, UTC).isoformat()
    held = one.hold.id if one.hold else None
    return {"kind": one.thing.kind, "id": one.thing.id, "rule": one.rule, "due": due, "hold": held,
            "bytes": one.thing.bytes}


def _until(site: Site, text: str | None) -> int:
    if text is None:
        return now_in_ms() + LOOK_AHEAD_DAYS * DAY_MS
    zone = ZoneInfo(site.settings.site.timezone)
    try:
        return round(parse_moment(text, zone, datetime.now(zone)).timestamp() * 1000)
    except MomentError as error:
        raise RefusedError(f"--until {text}: {error}") from error
