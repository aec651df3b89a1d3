"""What passports say, in words: in a reader's language, and for programs. The one place where they are told.

People read a formula with the titles of the figures in it, programs the English one with their ids.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from callqueue.metrics import Passport, Rules
from callqueue.metrics.passports import TEXTS as OF_QUEUES
from callqueue.metrics.passports import S, T, W
from followups.surveys.satisfaction import TEXTS as OF_CASES
from foundation.catalogue import Texts, load_catalogue
from foundation.text import NO_FIGURE
from quality.results import TEXTS as OF_EVALUATIONS

FOLDER = Path(__file__).parent.parent
FILES = (OF_QUEUES, OF_CASES, OF_EVALUATIONS, FOLDER / "passports.yaml", FOLDER / "staffing" / "passports.yaml")
"""The catalogue files of all passports."""
TITLES = ("figure", "agents", "ivr", "column")
"""Where in the catalogue a figure's title may stand."""
LENGTHS = ((3600, "length.hours"), (60, "length.minutes"), (1, "length.seconds"))


@dataclass(frozen=True, slots=True)
class Told:
    """A passport as somebody reads it."""

    id: str
    title: str
    unit: str
    formula: str
    parameters: Sequence[str]
    """Each with its name, its letter in the formula, and its length: `service threshold (T): 20 seconds`."""
    evidence: str
    resolution: str
    version: int


@dataclass(frozen=True, slots=True)
class PassportWords:
    """Passports in the language of `texts`; `queue` gives a queue's title."""

    texts: Texts
    queue: Callable[[str], str]

    def tell(self, passport: Passport, rules: Mapping[str, Rules]) -> Told:
        """`rules`: T, S and W of each queue."""
        return Told(
            passport.id, self.title(passport.id), self.texts(f"unit.{passport.unit}"), self.formula(passport),
            [self._parameter(letter, rules) for letter in passport.parameters],
            self.texts(f"evidence.{passport.evidence}"), resolution(passport, self.texts), passport.version,
        )

    def line(self, passport: Passport, rules: Mapping[str, Rules]) -> str:
        """All of it in one line, its id first."""
        told = self.tell(passport, rules)
        return self.texts(
            "passport.line", id=told.id, title=told.title, formula=told.formula, evidence=told.evidence,
            parameters=" · ".join(told.parameters) or NO_FIGURE, resolution=told.resolution, version=told.version)

    def title(self, name: str) -> str:
        """Of a figure; its id, where it has none."""
        key = next((key for family in TITLES if (key := f"{family}.{name}") in self.texts.messages), "")
        return self.texts(key) if key else name

    def formula(self, passport: Passport) -> str:
        return formula(passport, self.texts, lambda name: self.texts("passport.figure", title=self.title(name)))

    def _parameter(self, letter: str, rules: Mapping[str, Rules]) -> str:
        """With each queue's own length where they differ."""
        lengths = {queue: self._length(_rule(each, letter)) for queue, each in rules.items()}
        value = next(iter(lengths.values()), NO_FIGURE)
        if len(set(lengths.values())) > 1:
            value = self.texts("passport.separator").join(
                f"{self.queue(queue)} {length}" for queue, length in lengths.items())
        return self.texts("passport.parameter", title=self.texts(f"rule.{letter}"), letter=letter, value=value)

    def _length(self, seconds: int) -> str:
        """In the largest unit that says it without a rest."""
        size, key = next((size, key) for size, key in LENGTHS if seconds % size == 0 and (seconds or size == 1))
        return self.texts(key, count=seconds // size)


def formula(passport: Passport, texts: Texts, figure: Callable[[str], str]) -> str:
    """`figure` writes a figure that stands in it, given its id."""
    names = texts.messages[passport.formula].fields
    return texts(passport.formula, **{name: figure(name) for name in names})


def resolution(passport: Passport, texts: Texts) -> str:
    """How exact it is; of waits, how many of how many are known to the millisecond."""
    exact, ended = passport.waits or (0, 0)
    fields = texts.messages[f"resolution.{passport.resolution}"].fields
    return texts(f"resolution.{passport.resolution}", **({"exact": exact, "ended": ended} if fields else {}))


@dataclass(frozen=True, slots=True)
class Wording:
    """What programs are told of a passport, always in English."""

    formula: str
    evidence: str
    resolution: str


def wording(passport: Passport) -> Wording:
    """With the figures' ids in the formula."""
    texts = _english()
    return Wording(
        formula(passport, texts, str), texts(f"evidence.{passport.evidence}"), resolution(passport, texts))


@cache  # files of ours, which do not change while a process runs
def _english() -> Texts:
    return load_catalogue(FILES).texts("en")


def _rule(rules: Rules, letter: str) -> int:
    return {T: rules.service_threshold, S: rules.short_abandon, W: rules.contact_window}[letter]
