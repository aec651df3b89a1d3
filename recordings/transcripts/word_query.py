"""What is searched for in transcripts, and where in a transcript it stands. Pure: no database."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from foundation.search_words import Token, forms_of, tokens
from recordings.transcripts.transcripts import Side, Word, said_by

AROUND = 7
"""Words shown before and behind what was found."""
MOST_TERMS = 20
_PART = re.compile(r'"([^"]*)"?|([^"]+)')
_QUOTES = str.maketrans(dict.fromkeys("«»“”„‟", '"'))


@dataclass(frozen=True, slots=True)
class Term:
    """One word, or a phrase of words side by side."""

    forms: tuple[str, ...]
    begins: bool = False
    """Whether the last word may go on: `insur*`."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a snippet."""

    text: str
    found: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was said; milliseconds from the recording's beginning."""

    side: Side
    start_ms: int
    end_ms: int
    """Of the words that were found, without those around them."""
    snippet: tuple[Piece, ...]

    @property
    def text(self) -> str:
        return " ".join(piece.text for piece in self.snippet)


def parse_query(text: str) -> tuple[Term, ...]:
    """The terms of `pension "bank account" insur*`, all of which must be said; none where no letter or digit is."""
    found: dict[Term, None] = {}
    for quoted, plain in _PART.findall(text.translate(_QUOTES)):
        for term in [phrase(quoted)] if quoted else _single(plain.split()):
            if term is not None:
                found[term] = None
    return tuple(found)[:MOST_TERMS]


def find_places(terms: Sequence[Term], words: Sequence[Word], side: Side | None = None) -> list[Place]:
    """Where the terms were said, in the order of time; empty unless each was (by this side, where one is named)."""
    places: list[tuple[Side, int, int]] = []
    by_side = {each: said_by(words, each) for each in Side if side in {None, each}}
    said = {each: tokens([one.word for one in by_side[each]]) for each in by_side}
    for term in terms:
        found = [(each, *span) for each in by_side for span in spans(term, said[each])]
        if not found:
            return []
        places += found
    shown = [place for each in by_side for place in _places(each, by_side[each], places)]
    return sorted(shown, key=lambda place: (place.start_ms, place.side))


def phrase(text: str) -> Term | None:
    """Words side by side, of which the last one may go on: `bank acc*`; None: no letter and no digit."""
    words = text.split()
    found = tokens(words)
    return Term(tuple(token.form for token in found), begins=words[-1].endswith("*")) if found else None


def spans(term: Term, said: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """First and last word of each place where the term is."""
    length = len(term.forms)
    for start in range(len(said) - length + 1):
        here = said[start : start + length]
        if all(_is(form, token, begins=term.begins and number == length - 1)
               for number, (form, token) in enumerate(zip(term.forms, here, strict=True))):
            yield here[0].first, here[-1].last


def _single(words: Sequence[str]) -> Iterator[Term]:
    for token in tokens(words):
        yield Term((token.form,), begins=words[token.last].endswith("*"))


def _is(form: str, token: Token, *, begins: bool) -> bool:
    forms = forms_of(token.form)
    return form in forms or (begins and any(each.startswith(form) for each in forms))


def _places(side: Side, words: Sequence[Word], found: Sequence[tuple[Side, int, int]]) -> Iterator[Place]:
    """Spans whose snippets would touch are one place."""
    mine = sorted((first, last) for each, first, last in found if each is side)
    group: list[tuple[int, int]] = []
    for span in mine:
        if group and span[0] - max(last for _, last in group) > 2 * AROUND:
            yield _place(side, words, group)
            group = []
        group.append(span)
    if group:
        yield _place(side, words, group)


def _place(side: Side, words: Sequence[Word], group: Sequence[tuple[int, int]]) -> Place:
    first, last = group[0][0], max(end for _, end in group)
    found = {number for start, end in group for number in range(start, end + 1)}
    shown = range(max(first - AROUND, 0), min(last + AROUND + 1, len(words)))
    return Place(side, words[first].start_ms, words[last].end_ms, tuple(_pieces(words, shown, found)))


def _pieces(words: Sequence[Word], shown: range, found: set[int]) -> Iterator[Piece]:
    texts: list[str] = []
    for number in shown:
        if texts and (number in found) != (number - 1 in found):
            yield Piece(" ".join(texts), number - 1 in found)
            texts = []
        texts.append(words[number].word)
    if texts:
        yield Piece(" ".join(texts), shown[-1] in found)
