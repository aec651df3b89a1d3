"""A story as a sheet: for terminals, as JSON and as CSV."""

import math

from callqueue.metrics import Unit
from foundation.calendars import Interval, iso
from foundation.text import digits, duration_text
from reports.cases.names import CaseNames
from reports.frame.sheets import Column, Row, Sheet
from reports.story.model import Event, Story
from reports.story.words import StoryTeller, shown_caller

COLUMNS = (
    Column("at", "story.at"), Column("lane", "story.lane"), Column("event", "story.event"),
    Column("seconds", "story.length", Unit.SECONDS), Column("note", "story.note"), Column("source", "story.source"),
)


def story_sheet(story: Story, names: CaseNames, teller: StoryTeller, *, now: int, whole_numbers: bool) -> Sheet:
    """Every event a row; instants in ISO 8601 with milliseconds where they are known.

    Args:
        story: the call's.
        names: titles of cases' subjects.
        teller: in the language of the rows.
        now: epoch seconds.
        whole_numbers: show the caller's number whole, not only its last four digits.
    """
    caller = shown_caller(story, whole=whole_numbers)
    end = now if story.ended_ms is None else math.ceil(story.ended_ms / 1000)
    return Sheet(
        "call", "story.short", Interval(story.began_ms // 1000, max(end, story.began_ms // 1000 + 1)), now, names.zone,
        COLUMNS, [_row(event, names, teller, now) for event in story.events], {}, _notes(story, teller, caller),
        more={
            "call_id": story.call_id, "joined": list(story.joined), "caller": caller,
            "began": iso(story.began_ms / 1000, names.zone),
            "ended": None if story.ended_ms is None else iso(story.ended_ms / 1000, names.zone),
            "wait": story.totals.wait, "talk": story.totals.talk, "hold": story.totals.hold,
            "promise": story.promise, "asked_in": story.asked_in, "tells": story.tells,
        },
    )


def _row(event: Event, names: CaseNames, teller: StoryTeller, now: int) -> Row:
    seconds = event.seconds(now * 1000) if event.lasts else None
    cells = {
        "at": iso(event.at_ms / 1000, names.zone), "lane": event.lane.value, "event": event.what.value,
        "seconds": seconds, "note": teller.note(event) or None, "source": event.source.value,
        "queue": event.queue, "agent": event.agent, "name": event.name, "key": event.key, "detail": event.detail,
        "reference": event.reference,
    }
    shown = {
        "at": teller.moment(event.at_ms / 1000, seconds=True), "lane": teller.texts(f"story.lane.{event.lane}"),
        "event": teller.title(event), "note": " ".join(filter(None, (teller.note(event), event.reference))),
        "source": teller.texts(f"story.source.{event.source}"),
        "seconds": "" if seconds is None else duration_text(seconds, teller.language),
    }
    return Row(cells, shown)


def _notes(story: Story, teller: StoryTeller, caller: str | None) -> list[str]:
    texts, totals = teller.texts, story.totals
    about = [
        texts("story.title", call=story.call_id), length_text(story, teller),
        f"{texts('story.caller')}: {digits(caller, teller.language) if caller else texts('story.caller.none')}",
        *(f"{texts(f'story.{name}')}: {teller.length(value)}" for name, value in (
            ("wait", totals.wait), ("talk", totals.talk), ("hold", totals.hold))),
    ]
    if story.joined:
        about.append(f"{texts('story.joined')}: {', '.join(story.joined)}")
    about += [f"{texts(f'story.{name}')}: {value}" for name, value in (
        ("asked_in", story.asked_in), ("tells", story.tells)) if value]
    return about


def length_text(story: Story, teller: StoryTeller) -> str:
    """When it began and how long it was."""
    start = teller.moment(story.began_ms / 1000, seconds=True)
    if story.ended_ms is None:
        return teller.texts("story.about.going", start=start)
    length = teller.length((story.ended_ms - story.began_ms) / 1000)
    return teller.texts("story.about", start=start, length=length)
