"""Scenarios as text: a table of stints in, figures out.

Columns are separated by spaces: call, channel, queue, origin, entered (HH:MM:SS of 22 November 2026 in UTC, `+1d`
before it for later days), outcome, and then `name=value` for whatever else a stint has. `answered` and `finished`
follow from `wait` and `talk`.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from callqueue.ledger.stint import Ending, Origin, Outcome, Stint
from callqueue.metrics import Books, Evidence, Rulebook, Rules
from foundation.calendars import Interval

DAY = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp())
RULES = Rulebook({}, Rules(service_threshold=20, short_abandon=5, contact_window=86400))
LATER = DAY + 10 * 86400


def instant(text: str) -> int:
    """Epoch seconds of `08:00:05` or `+1d08:00:05`."""
    days, _, clock = text.rpartition("d")
    hours, minutes, seconds = (int(part) for part in clock.split(":"))
    return DAY + int(days or 0) * 86400 + hours * 3600 + minutes * 60 + seconds


def stints_of(table: str) -> list[Stint]:
    numbers: Counter[str] = Counter()
    return [_stint(line.split(), numbers) for line in table.strip().splitlines() if line.strip()]


def _stint(words: list[str], numbers: Counter[str]) -> Stint:
    call, channel, queue, origin, entered, outcome, *rest = words
    values = dict(word.split("=", 1) for word in rest)
    numbers[channel] += 1
    start = instant(entered)
    given: dict[str, Any] = {name: _value(name, value) for name, value in values.items()}
    return Stint(**_whole(given, start, Outcome(outcome)), call_id=call, channel_id=channel, number=numbers[channel],
                 queue=queue, origin=Origin(origin), entered=start, outcome=Outcome(outcome))


def _value(name: str, text: str) -> Any:
    kinds = {field.name: str(field.type) for field in fields(Stint)}
    if name == "ending":
        return Ending(text)
    if "bool" in kinds[name]:
        return text == "yes"
    return int(text) if "int" in kinds[name] else text


def _whole(given: dict[str, Any], entered: int, outcome: Outcome) -> dict[str, Any]:
    if outcome is Outcome.WAITING:
        return given
    end = entered + given.get("wait", 0)
    if outcome is Outcome.ANSWERED:
        given.setdefault("answered", end)
        given.setdefault("agent", "a101")
        if "talk" in given:
            given.setdefault("finished", end + given["talk"])
    else:
        given.setdefault("finished", end)
    given.setdefault("wait", 0)
    return given


def books_of(
    table: str, now: int = LATER, rules: Rulebook = RULES, intervals: list[Interval] | None = None,
    shared: Collection[str] = (), **evidence: Any,
) -> Books:
    stints = stints_of(table)
    return Books(
        Evidence(stints=stints, **{"agent_stints": [each for each in stints if each.agent], **evidence}),
        intervals or [Interval(DAY, DAY + 86400)], rules, now, shared,
    )


def figures_of(table: str, now: int = LATER, queue: str | None = None, **evidence: Any) -> dict[str, float | None]:
    """Every figure of the table's day."""
    return books_of(table, now, **evidence).figures(None if queue is None else [queue]).values()
