"""What was said, as the page shows it beside the sound: each side's words in turns. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from recordings.transcripts.transcripts import Side, Word

PAUSE_MS: Final = 1500
"""After so long a pause the same side begins a new paragraph."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    side: Side
    start_ms: int
    words: tuple[Word, ...]


def paragraphs(words: Sequence[Word]) -> list[Paragraph]:
    """In the order of time; a new one with each change of side and after each long pause."""
    groups: list[list[Word]] = []
    for word in sorted(words, key=lambda one: (one.start_ms, one.side)):
        last = groups[-1][-1] if groups else None
        if last is not None and last.side is word.side and word.start_ms - last.end_ms < PAUSE_MS:
            groups[-1].append(word)
        else:
            groups.append([word])
    return [Paragraph(group[0].side, group[0].start_ms, tuple(group)) for group in groups]
