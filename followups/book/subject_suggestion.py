"""Suggests what a voice message is about, from its words, and says which of them led to it. Pure.

Each subject has words in subjects.yaml. What counts of one that was said is how many words it is long times how sure
the recogniser was of them (0 to 1); said twice, it counts once. A subject's score is the sum of its own, and half of
what those above it have: of «واریز مستمری», «مستمری» speaks for pensions, «واریز» for their payment, and the finer
subject wins.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from followups.book.subjects import Subject, Subjects
from foundation.search_words import Token, tokens
from foundation.settings import Language
from recordings.transcripts.transcripts import Side, Word, said_by
from recordings.transcripts.word_query import Term, phrase, spans

ENOUGH: Final = 0.5
"""A score below is a guess: one word of which the recogniser was not half sure."""
FROM_ABOVE: Final = 0.5
"""Share of the words of the subjects above that speaks for a subject."""


@dataclass(frozen=True, slots=True)
class Clue:
    """Something that was said, and of which subject it is."""

    words: str
    """As they were understood."""
    subject: str
    start_ms: int
    score: float


@dataclass(frozen=True, slots=True)
class Suggestion:
    subject: str
    score: float
    clues: tuple[Clue, ...]
    """What led to it, in the order of time: its own words, and those of the subjects above."""


def suggest_subject(words: Sequence[Word], language: Language, subjects: Subjects) -> Suggestion | None:
    """The subject with the highest score; of equal ones the one above them. None: nothing speaks clearly for one.

    Only what the caller said counts, and only subjects that take new cases.
    """
    said = said_by(words, Side.CALLER)
    cut = tokens([word.word for word in said])
    found = {one.id: _clues(one, language, said, cut) for one in subjects.open_ones()}
    scores = {name: _score(name, found, subjects) for name, clues in found.items() if clues}
    best = _best(scores, subjects)
    if best is None:
        return None
    clues = [clue for one in subjects.path(best) for clue in found.get(one.id, ())]
    return Suggestion(best, scores.get(best, 0.0), tuple(sorted(clues, key=lambda clue: (clue.start_ms, clue.subject))))


def _clues(subject: Subject, language: Language, said: Sequence[Word], cut: Sequence[Token]) -> list[Clue]:
    """The subject's words that were said; of those that stand within each other the longest alone."""
    found = sorted(set(_places(subject.words.get(language, ()), said, cut)), key=lambda one: (one[0] - one[1], one[0]))
    kept: list[tuple[int, int]] = []
    for first, last in found:
        if not any(start <= first and last <= end for start, end in kept):
            kept.append((first, last))
    return [_clue(subject, said[first : last + 1]) for first, last in kept]


def _places(texts: Sequence[str], said: Sequence[Word], cut: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """First and last word of each text that was said, where the recogniser was surest of it."""
    for term in filter(None, map(_term, texts)):
        places = list(spans(term, cut))
        if places:
            yield max(places, key=lambda place: _sureness(said[place[0] : place[1] + 1]))


@lru_cache(maxsize=4096)
def _term(text: str) -> Term | None:
    # Every message is held against the same few hundred words.
    return phrase(text)


def _clue(subject: Subject, words: Sequence[Word]) -> Clue:
    return Clue(
        " ".join(one.word for one in words), subject.id, words[0].start_ms, len(words) * _sureness(words))


def _sureness(words: Sequence[Word]) -> float:
    return min(word.confidence for word in words) / 100


def _score(name: str, found: Mapping[str, Sequence[Clue]], subjects: Subjects) -> float:
    own = sum(clue.score for clue in found[name])
    above = [one.id for one in subjects.path(name)[:-1]]
    return own + FROM_ABOVE * sum(clue.score for one in above for clue in found.get(one, ()))


def _best(scores: Mapping[str, float], subjects: Subjects) -> str | None:
    highest = max(scores.values(), default=0.0)
    if highest < ENOUGH:
        return None
    first, *others = [name for name, score in scores.items() if score == highest]
    common = [one.id for one in subjects.path(first)]
    for other in others:
        path = {one.id for one in subjects.path(other)}
        common = [name for name in common if name in path]
    return common[-1] if common else None
