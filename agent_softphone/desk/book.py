"""What may become of a call, per queue: shipped, and the site's own over it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from foundation.data_file import DataFileError, Fault, Source, read_source
from foundation.settings import LANGUAGES, Language
from foundation.settings.values import Name

SHIPPED = Path(__file__).parent / "dispositions.yaml"
LONGEST_ID = 40


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Disposition(_Part):
    title: dict[Language, str]
    retired: bool = False


class _Queue(_Part):
    required: bool | None = None
    dispositions: list[Name] | None = None


class DeskFile(_Part):
    numbers: Literal["whole", "masked"] | None = None
    required: bool | None = None
    queues: dict[Name, _Queue] = {}
    without_queue: _Queue | None = None
    dispositions: dict[Name, _Disposition] = {}


@dataclass(frozen=True, slots=True)
class Disposition:
    id: str
    titles: Mapping[Language, str]
    retired: bool = False


@dataclass(frozen=True, slots=True)
class QueueRule:
    required: bool
    offered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeskBook:
    """The rules of a site's desks."""

    whole_numbers: bool
    default: QueueRule
    queues: Mapping[str, QueueRule]
    """The empty name: of calls that came by no queue."""
    by_id: Mapping[str, Disposition]

    def rule(self, queue: str) -> QueueRule:
        return self.queues.get(queue, self.default)

    def offered(self, queue: str) -> Sequence[Disposition]:
        """What an agent chooses from after a call of this queue."""
        return [self.by_id[name] for name in self.rule(queue).offered]

    def title(self, name: str, language: Language) -> str:
        """The id itself of one that is not there any more."""
        known = self.by_id.get(name)
        return known.titles[language] if known else name


def load_desk_book(site: Path | None = None) -> DeskBook:
    """The shipped rules, with the site's own over them.

    Raises:
        DataFileError: with every fault.
    """
    files = [SHIPPED, *([site] if site is not None and site.exists() else [])]
    sources = [read_source(path, DeskFile) for path in files]
    found = {
        name: Disposition(name, one.title, one.retired)
        for source in sources for name, one in source.file.dispositions.items()
    }
    faults = [fault for source in sources for fault in _faults(source, found)]
    if faults:
        raise DataFileError(faults)
    offered = tuple(name for name, one in found.items() if not one.retired)
    last = {"numbers": "whole", "required": True}
    for source in sources:
        last |= source.file.model_dump(include={"numbers", "required"}, exclude_none=True)
    default = QueueRule(bool(last["required"]), offered)
    queues = {name: _rule(queue, default) for source in sources for name, queue in _queues(source.file)}
    return DeskBook(last["numbers"] == "whole", default, queues, found)


def _queues(file: DeskFile) -> Iterator[tuple[str, _Queue]]:
    yield from file.queues.items()
    if file.without_queue is not None:
        yield "", file.without_queue


def _rule(queue: _Queue, default: QueueRule) -> QueueRule:
    return QueueRule(
        default.required if queue.required is None else queue.required,
        default.offered if queue.dispositions is None else tuple(queue.dispositions),
    )


def _faults(source: Source[DeskFile], known: Mapping[str, Disposition]) -> Iterator[Fault]:
    for name, one in source.file.dispositions.items():
        place = ("dispositions", name)
        if missing := [language for language in LANGUAGES if not one.title.get(language, "").strip()]:
            yield source.fault((*place, "title"), f"has no text in {', '.join(missing)}")
        if len(name) > LONGEST_ID:
            yield source.fault(place, f"the name is longer than {LONGEST_ID} letters")
    for name, queue in _queues(source.file):
        where = ("queues", name) if name else ("without_queue",)
        for wanted in queue.dispositions or ():
            if wanted not in known:
                yield source.fault((*where, "dispositions"), "there is no such disposition", wanted)
        if queue.dispositions == []:
            yield source.fault((*where, "dispositions"), "is empty: leave it out to offer all")
