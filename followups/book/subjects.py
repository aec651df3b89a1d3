"""What cases are about: the tree of subjects, each with its deadline and the units that answer for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from followups.book.units import Unit, Units
from followups.cases.case import Tier
from followups.deadlines.deadline import DeadlineRule
from foundation.data_file import DataFileError, Fault, Place, Source, read_source
from foundation.search_words import search_forms
from foundation.settings import LANGUAGES, Language
from foundation.settings.values import Name

SHIPPED = Path(__file__).parent / "subjects.yaml"
LONGEST_ID = 40


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Subject(_Part):
    title: dict[Language, str]
    deadline: Name | None = None
    begins: Tier | None = None
    units: dict[Tier, Name] = {}
    words: dict[Language, list[str]] = {}
    retired: bool = False
    under: Name | None = None
    below: dict[Name, "_Subject"] = {}


class SubjectsFile(_Part):
    deadlines: dict[Name, DeadlineRule] = {}
    subjects: dict[Name, _Subject] = {}


@dataclass(frozen=True, slots=True)
class Subject:
    id: str
    titles: Mapping[Language, str]
    parent: str | None
    deadline_name: str
    deadline: DeadlineRule
    begins: Tier
    units: Mapping[Tier, str]
    """Unit of each tier; of the tier `province` a kind of offices."""
    retired: bool = False
    words: Mapping[Language, Sequence[str]] = field(default_factory=dict)
    """What callers say who mean it."""


@dataclass(frozen=True, slots=True)
class Subjects:
    by_id: Mapping[str, Subject]

    def open_ones(self) -> list[Subject]:
        """Those that new cases may have, each behind the one it stands under."""
        return [subject for subject in self.by_id.values() if not subject.retired]

    def path(self, subject_id: str) -> list[Subject]:
        """From the top of the tree to the subject itself."""
        found: list[Subject] = []
        at: str | None = subject_id
        while at is not None and at in self.by_id:
            found.insert(0, self.by_id[at])
            at = self.by_id[at].parent
        return found


@dataclass(frozen=True, slots=True)
class _Read:
    """A subject where it was read, with what it has from above."""

    source: Source[SubjectsFile]
    place: Place
    subject: _Subject
    parent: str | None
    above: tuple[_Subject, ...] = field(default=())


def load_subjects(units: Units, site: Path | None = None) -> Subjects:
    """The shipped subjects, those replaced that the site's file names again, and the site's others.

    Raises:
        DataFileError: with every fault.
    """
    files = [SHIPPED, *([site] if site is not None and site.exists() else [])]
    sources = [read_source(path, SubjectsFile) for path in files]
    rules = {name: rule for source in sources for name, rule in source.file.deadlines.items()}
    read, faults = _gather(sources)
    found: dict[str, Subject] = {}
    for name, one in read.items():
        problems = list(_faults(name, one, rules, units))
        faults += problems
        if not problems:
            found[name] = _subject(name, one, rules)
    if faults:
        raise DataFileError(faults)
    return Subjects(_in_order(found))


def _gather(sources: Sequence[Source[SubjectsFile]]) -> tuple[dict[str, _Read], list[Fault]]:
    read: dict[str, _Read] = {}
    faults: list[Fault] = []
    for source in sources:
        here: set[str] = set()
        for name, one in _walk(source, ("subjects",), source.file.subjects, None, ()):
            if name in here:
                faults.append(source.fault(one.place, "this subject is here twice"))
            here.add(name)
            if one.subject.under is not None:
                upper = read.get(one.subject.under)
                if upper is None:
                    reason = "there is no such subject, in a file read before or above in this one"
                    faults.append(source.fault((*one.place, "under"), reason, one.subject.under))
                    continue
                one = _Read(source, one.place, one.subject, one.subject.under, (*upper.above, upper.subject))  # noqa: PLW2901
            read[name] = one
    return read, faults


def _walk(
    source: Source[SubjectsFile], place: Place, subjects: Mapping[str, _Subject], parent: str | None,
    above: tuple[_Subject, ...],
) -> Iterator[tuple[str, _Read]]:
    for name, subject in subjects.items():
        here = (*place, name)
        yield name, _Read(source, here, subject, parent, above)
        yield from _walk(source, (*here, "below"), subject.below, name, (*above, subject))


def _faults(name: str, one: _Read, rules: Mapping[str, DeadlineRule], units: Units) -> Iterator[Fault]:
    source, place = one.source, one.place
    if missing := [language for language in LANGUAGES if not one.subject.title.get(language, "").strip()]:
        yield source.fault((*place, "title"), f"has no text in {', '.join(missing)}")
    if len(name) > LONGEST_ID:
        yield source.fault(place, f"the name is longer than {LONGEST_ID} letters")
    deadline, begins, named = _inherited(one)
    if deadline not in rules:
        reason = f"there is no such deadline; there are {', '.join(rules)}" if deadline else "has no deadline"
        yield source.fault((*place, "deadline"), reason, deadline or "")
    if begins is None:
        yield source.fault((*place, "begins"), "says no tier, and neither does one above")
    elif begins not in named:
        yield source.fault((*place, "begins"), f"has no unit of the tier {begins.value} under `units`")
    elif set(named) == {Tier.PROVINCE}:
        yield source.fault((*place, "units"), "needs a unit for callers whose province is not known")
    for tier, unit in one.subject.units.items():
        yield from _unit_faults(source, (*place, "units", tier.value), tier, unit, units)
    yield from _word_faults(source, (*place, "words"), one.subject.words)


def _word_faults(
    source: Source[SubjectsFile], place: Place, words: Mapping[Language, Sequence[str]],
) -> Iterator[Fault]:
    for language, texts in words.items():
        for text in texts:
            if not search_forms(text):
                yield source.fault((*place, language), "has no letter and no digit", text)


def _unit_faults(source: Source[SubjectsFile], place: Place, tier: Tier, unit: str, units: Units) -> Iterator[Fault]:
    if tier is Tier.PROVINCE:
        if unit not in units.kinds:
            yield source.fault(place, f"is no kind of offices; there are {', '.join(sorted(units.kinds))}", unit)
    elif unit not in units.by_id:
        yield source.fault(place, "there is no such unit in units.yaml", unit)
    elif units.by_id[unit].tier is not tier:
        yield source.fault(place, f"this unit has the tier {units.by_id[unit].tier.value}", unit)


def _inherited(one: _Read) -> tuple[str | None, Tier | None, dict[Tier, str]]:
    """Deadline, first tier and units, with what the subject does not say from those above."""
    deadline: str | None = None
    begins: Tier | None = None
    units: dict[Tier, str] = {}
    for subject in (*one.above, one.subject):
        deadline = subject.deadline or deadline
        begins = subject.begins or begins
        units |= subject.units
    return deadline, begins, units


def _subject(name: str, one: _Read, rules: Mapping[str, DeadlineRule]) -> Subject:
    deadline, begins, units = _inherited(one)
    retired = one.subject.retired or any(upper.retired for upper in one.above)
    if deadline is None or begins is None:
        raise ValueError(f"{name}: checked before")
    return Subject(
        name, one.subject.title, one.parent, deadline, rules[deadline], begins, units, retired, one.subject.words)


def _in_order(found: Mapping[str, Subject]) -> dict[str, Subject]:
    """Each behind the one it stands under, and otherwise as they were read."""
    def under(parent: str | None) -> Iterator[Subject]:
        for subject in found.values():
            if subject.parent == parent:
                yield subject
                yield from under(subject.id)

    return {subject.id: subject for subject in under(None)}


def responsible_unit(subject: Subject, province: str | None, units: Units, tier: Tier | None = None) -> Unit:
    """The unit that answers at `tier` (without it, first), and where it has none there, one of a tier above.

    A provincial office is found by the caller's province; where that is not known, the specialists see to the case
    first, and an escalation goes past the provinces to headquarters.
    """
    tiers = list(Tier)
    above = tiers[tiers.index(tier or subject.begins):]
    order = above if tier else [subject.begins, Tier.SPECIALIST, *above]
    for each in (*order, *reversed(tiers)):
        unit = _unit_at(subject, each, province, units)
        if unit is not None:
            return unit
    raise ValueError(f"subject {subject.id}: no unit answers for it; subjects.yaml is checked for this")


def _unit_at(subject: Subject, tier: Tier, province: str | None, units: Units) -> Unit | None:
    name = subject.units.get(tier)
    if name is None:
        return None
    return units.office(name, province) if tier is Tier.PROVINCE else units.by_id[name]
