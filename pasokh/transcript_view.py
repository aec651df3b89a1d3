"""Transcripts and what was found in them, for people at a terminal and for programs."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from foundation.calendars import moment_text
from recordings.transcripts.search import Hit
from recordings.transcripts.transcripts import Side, Word
from recordings.transcripts.word_query import Place


def print_hit(console: Console, hit: Hit, zone: ZoneInfo) -> None:
    """One recording, and each place in it with its words."""
    one = hit.recording
    when = moment_text(datetime.fromtimestamp(one.started_ms / 1000, UTC).astimezone(zone), "en")
    facts = [when, one.kind, *(fact for fact in (one.queue, one.agent) if fact), one.id]
    console.print(Text(" · ".join(facts), style="bold"))
    for place in hit.places:
        line = Text(f"  {clock(place.start_ms)}  {place.side.name.lower():6}  ")
        for number, piece in enumerate(place.snippet):
            line.append(" " if number else "").append(piece.text, style="reverse" if piece.found else "")
        console.print(line, soft_wrap=True)


def hit_record(hit: Hit) -> dict[str, object]:
    one = hit.recording
    return {
        "recording": one.id, "call": one.call_id, "kind": one.kind, "started_ms": one.started_ms, "queue": one.queue,
        "agent": one.agent, "language": hit.language, "places": [_place_record(place) for place in hit.places],
    }


def _place_record(place: Place) -> dict[str, object]:
    return {
        "side": place.side.name.lower(), "start_ms": place.start_ms, "end_ms": place.end_ms, "text": place.text,
        "found": [piece.text for piece in place.snippet if piece.found],
    }


def word_record(word: Word) -> dict[str, object]:
    return {
        "side": word.side.name.lower(), "start_ms": word.start_ms, "end_ms": word.end_ms, "word": word.word,
        "confidence": word.confidence,
    }


def turns(words: Sequence[Word]) -> Iterator[tuple[Side, int, str]]:
    """What one side said until the other one spoke."""
    turn: list[Word] = []
    for word in words:
        if turn and word.side is not turn[0].side:
            yield turn[0].side, turn[0].start_ms, " ".join(one.word for one in turn)
            turn = []
        turn.append(word)
    if turn:
        yield turn[0].side, turn[0].start_ms, " ".join(one.word for one in turn)


def clock(ms: int) -> str:
    minutes, seconds = divmod(ms // 1000, 60)
    return f"{minutes:3}:{seconds:02}"
