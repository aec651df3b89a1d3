"""The surveys, as `surveys.yaml` and the site's own file have them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from foundation.data_file import DataFileError, Fault, Source, read_source
from foundation.settings import LANGUAGES, Language
from foundation.settings.values import Name

SHIPPED = Path(__file__).parent / "surveys.yaml"
MOST_QUESTIONS = 3


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Question(_Part):
    ask: Name
    keys: Annotated[int, Field(ge=2, le=5)] = 5
    good: tuple[Annotated[int, Field(ge=1, le=5)], ...]


class _Survey(_Part):
    title: dict[Language, str]
    invitation: Name | None = None
    thanks: Name | None = None
    questions: Annotated[dict[Name, _Question], Field(min_length=1, max_length=MOST_QUESTIONS)]


class SurveysFile(_Part):
    surveys: dict[Name, _Survey] = {}


@dataclass(frozen=True, slots=True)
class Question:
    id: str
    prompt: str
    keys: int
    """The highest; the lowest is 1."""
    good: frozenset[int]

    def takes(self, key: str) -> bool:
        return key.isascii() and key.isdigit() and 1 <= int(key) <= self.keys


@dataclass(frozen=True, slots=True)
class Survey:
    id: str
    titles: Mapping[Language, str]
    invitation: str | None
    thanks: str | None
    questions: tuple[Question, ...]

    @property
    def prompts(self) -> list[str]:
        """Everything that it says."""
        asked = [question.prompt for question in self.questions]
        return [prompt for prompt in (self.invitation, *asked, self.thanks) if prompt is not None]


def load_surveys(site: Path | None = None) -> Mapping[str, Survey]:
    """The shipped surveys, those replaced that the site's file names again, and the site's others.

    Raises:
        DataFileError: with every fault.
    """
    files = [SHIPPED, *([site] if site is not None and site.exists() else [])]
    sources = [read_source(path, SurveysFile) for path in files]
    faults = [fault for source in sources for fault in _faults(source)]
    if faults:
        raise DataFileError(faults)
    return {name: _survey(name, survey) for source in sources for name, survey in source.file.surveys.items()}


def _survey(name: str, survey: _Survey) -> Survey:
    questions = (Question(key, one.ask, one.keys, frozenset(one.good)) for key, one in survey.questions.items())
    return Survey(name, survey.title, survey.invitation, survey.thanks, tuple(questions))


def _faults(source: Source[SurveysFile]) -> Iterator[Fault]:
    for name, survey in source.file.surveys.items():
        if missing := [language for language in LANGUAGES if not survey.title.get(language, "").strip()]:
            yield source.fault(("surveys", name, "title"), f"has no text in {', '.join(missing)}")
        for key, question in survey.questions.items():
            beyond = [str(good) for good in question.good if good > question.keys]
            if beyond or not question.good:
                reason = f"must be keys from 1 to {question.keys}, at least one"
                yield source.fault(("surveys", name, "questions", key, "good"), reason, ", ".join(beyond))
