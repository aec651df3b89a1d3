"""Scorecards as the shipped file and the site's own have them: sections of weighted questions, with versions."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from foundation.data_file import DataFileError, Fault, Source, read_source
from foundation.settings import LANGUAGES, Language
from foundation.settings.values import Name

SHIPPED: Final = Path(__file__).parent / "scorecards.yaml"
Titles = dict[Language, str]


class Kind(StrEnum):
    YES_NO = "yes_no"
    SCALE = "scale"
    """1 to `highest`."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Question(_Part):
    title: Titles
    kind: Kind
    weight: Annotated[float, Field(ge=0, le=1000)] = 1
    highest: Annotated[int, Field(ge=2, le=10)] = 5
    may_skip: bool = False
    fatal: bool = False
    hint: Titles = {}


class _Section(_Part):
    title: Titles
    questions: Annotated[dict[Name, _Question], Field(min_length=1)]


class _Card(_Part):
    version: Annotated[int, Field(ge=1, le=10_000)]
    title: Titles
    queues: tuple[Name, ...] = ()
    sections: Annotated[dict[Name, _Section], Field(min_length=1)]


class ScorecardsFile(_Part):
    scorecards: dict[Name, _Card] = {}


@dataclass(frozen=True, slots=True)
class Question:
    id: str
    titles: Mapping[Language, str]
    kind: Kind
    weight: float
    """Its part of the score, against the others' weights."""
    highest: int = 5
    """Of a scale; the lowest is 1."""
    may_skip: bool = False
    """Whether it may be answered "does not apply"."""
    fatal: bool = False
    """A no makes the whole score 0."""
    hints: Mapping[Language, str] | None = None

    @property
    def choices(self) -> tuple[str, ...]:
        """What may be answered: `yes`, `no`, `1` to the highest, `na`."""
        own = ("yes", "no") if self.kind is Kind.YES_NO else tuple(map(str, range(1, self.highest + 1)))
        return (*own, "na") if self.may_skip else own


@dataclass(frozen=True, slots=True)
class Section:
    id: str
    titles: Mapping[Language, str]
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Scorecard:
    id: str
    version: int
    titles: Mapping[Language, str]
    queues: tuple[str, ...]
    """Empty: for every queue."""
    sections: tuple[Section, ...]

    @property
    def questions(self) -> tuple[Question, ...]:
        return tuple(question for section in self.sections for question in section.questions)

    def is_for(self, queue: str | None) -> bool:
        return not self.queues or queue in self.queues


def load_scorecards(site: Path | None = None) -> Mapping[str, Scorecard]:
    """The shipped cards, those replaced that the site's file names again, and the site's others.

    Raises:
        DataFileError: with every fault.
    """
    files = [SHIPPED, *([site] if site is not None and site.exists() else [])]
    sources = [read_source(path, ScorecardsFile) for path in files]
    faults = [fault for source in sources for fault in _faults(source)]
    if faults:
        raise DataFileError(faults)
    return {name: _card(name, card) for source in sources for name, card in source.file.scorecards.items()}


def card_content(card: Scorecard) -> str:
    """The whole card as it is kept beside what was judged by it."""
    content = {
        "id": card.id, "version": card.version, "title": dict(card.titles), "queues": list(card.queues),
        "sections": {section.id: _section_content(section) for section in card.sections},
    }
    return json.dumps(content, ensure_ascii=False, sort_keys=False)


def card_of(content: str) -> Scorecard:
    """The reverse of `card_content`."""
    found = json.loads(content)
    card = _Card.model_validate({key: value for key, value in found.items() if key != "id"})
    return _card(found["id"], card)


def card_digest(card: Scorecard) -> str:
    return hashlib.sha256(card_content(card).encode()).hexdigest()


def _section_content(section: Section) -> dict[str, Any]:
    return {"title": dict(section.titles), "questions": {one.id: _question_content(one) for one in section.questions}}


def _question_content(one: Question) -> dict[str, Any]:
    return {
        "title": dict(one.titles), "kind": one.kind.value, "weight": one.weight, "highest": one.highest,
        "may_skip": one.may_skip, "fatal": one.fatal, "hint": dict(one.hints or {}),
    }


def _card(name: str, card: _Card) -> Scorecard:
    sections = tuple(
        Section(key, section.title, tuple(_question(name, one) for name, one in section.questions.items()))
        for key, section in card.sections.items()
    )
    return Scorecard(name, card.version, card.title, card.queues, sections)


def _question(name: str, one: _Question) -> Question:
    return Question(name, one.title, one.kind, one.weight, one.highest, one.may_skip, one.fatal, one.hint or None)


def _faults(source: Source[ScorecardsFile]) -> Iterator[Fault]:
    for name, card in source.file.scorecards.items():
        place = ("scorecards", name)
        yield from _missing(source, (*place, "title"), card.title)
        yield from _section_faults(source, place, card)
        if not sum(question.weight for section in card.sections.values() for question in section.questions.values()):
            yield source.fault((*place, "sections"), "no question has a weight: nothing could be scored")


def _section_faults(source: Source[ScorecardsFile], place: tuple[str, ...], card: _Card) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for key, section in card.sections.items():
        here = (*place, "sections", key)
        yield from _missing(source, (*here, "title"), section.title)
        for name, question in section.questions.items():
            inner = (*here, "questions", name)
            yield from _missing(source, (*inner, "title"), question.title)
            if question.hint:
                yield from _missing(source, (*inner, "hint"), question.hint)
            if name in seen:
                yield source.fault(inner, f"this question stands in the section {seen[name]} too; give it another name")
            if question.fatal and question.kind is not Kind.YES_NO:
                yield source.fault((*inner, "fatal"), "only a question of kind yes_no can fail the whole conversation")
            seen[name] = key


def _missing(source: Source[ScorecardsFile], place: tuple[str, ...], titles: Titles) -> Iterator[Fault]:
    if missing := [language for language in LANGUAGES if not titles.get(language, "").strip()]:
        yield source.fault(place, f"has no text in {', '.join(missing)}")


__all__ = ["Kind", "Question", "Scorecard", "Section", "card_content", "card_digest", "card_of", "load_scorecards"]
