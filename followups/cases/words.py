"""How cases are written for people: titles instead of ids, moments in the site's zone and calendar. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from followups.book.book import CaseBook
from followups.cases.case import Case, Event
from followups.cases.lifecycle import WORK
from foundation.calendars import moment_text
from foundation.catalogue import Texts
from foundation.settings import Language
from foundation.text import NO_FIGURE, digits
from foundation.tracking import grouped


@dataclass(frozen=True, slots=True)
class CaseWords:
    book: CaseBook
    t: Texts

    @property
    def language(self) -> Language:
        return self.t.language

    def code(self, code: str) -> str:
        return digits(grouped(code), self.language)

    def subject(self, name: str, *, whole: bool = False) -> str:
        """Its title, `whole` with those above; the id itself of one that is not there any more."""
        path = self.book.subjects.path(name)
        titles = [one.titles[self.language] for one in path]
        return name if not titles else " › ".join(titles) if whole else titles[-1]

    def unit(self, name: str) -> str:
        unit = self.book.units.by_id.get(name)
        return name if unit is None else unit.titles[self.language]

    def province(self, name: str | None) -> str:
        if name is None:
            return NO_FIGURE
        known = self.book.provinces.get(name)
        return name if known is None else known.titles[self.language]

    def moment(self, at_ms: int | None) -> str:
        if at_ms is None:
            return NO_FIGURE
        return moment_text(datetime.fromtimestamp(at_ms / 1000, self.book.zone), self.language)

    def due(self, case: Case) -> str:
        text = self.moment(case.due_ms)
        return self.t("case.provisional", due=text) if case.due_provisional else text

    def is_overdue(self, case: Case) -> bool:
        return case.state in WORK and case.due_ms is not None and case.due_ms < self.book.now_ms()

    def of(self, kind: str, value: str | None) -> str:
        """A word of the catalogue for a state, step, channel, ...; a dash for none."""
        return NO_FIGURE if value is None else self.t(f"case.{kind}.{value}")

    def detail(self, event: Event) -> str:
        """What a line of the history says besides its text: `unit: a → b`."""
        return "; ".join(f"{self._name(key)}: {self._told(key, value)}" for key, value in event.detail.items()
                         if key not in _UNTOLD)

    def refusal(self, name: str, values: Mapping[str, str]) -> str:
        """A refusal as a sentence, with titles and words of this language in it."""
        named = {key: self._named(key, value) for key, value in values.items()}
        return self.t(f"case.refused.{name}", **named)

    def _named(self, key: str, value: str) -> str:
        if key == "unit":
            return self.unit(value)
        kind = {"state": "state", "step": "step", "channel": "channel", "what": "field"}.get(key)
        text = f"case.{kind}.{value.partition(':')[0]}"
        return self.t(text) if kind and text in self.t.messages else value

    def _name(self, key: str) -> str:
        text = {"due_ms": "due", "from": "unit", "to": "unit", "how": "told-by"}.get(key, key.replace("_", "-"))
        return self.t(f"case.field.{text}") if f"case.field.{text}" in self.t.messages else key

    def _told(self, key: str, value: str) -> str:
        mark = ", " if key in _LISTS else " → "
        return mark.join(self._word(key, one) for one in value.split(mark))

    def _word(self, key: str, value: str) -> str:
        if value in {NO_FIGURE, "None"}:
            return NO_FIGURE
        words: dict[str, Callable[[str], str]] = {
            "due_ms": lambda value: self.moment(int(value)), "subject": self.subject, "province": self.province,
            "unit": self.unit, "from": self.unit, "to": self.unit,
        }
        if key in words:
            return words[key](value)
        kind = {"tier": "tier", "channel": "channel", "closing": "closing", "how": "told-by", "kind": "link",
                "why": "why", "outcome": "outcome", "answer": "answer", "heard": "heard", "tries": "try",
                "written": "told-by"}.get(key)
        return self.of(kind, value) if kind and f"case.{kind}.{value}" in self.t.messages else value


_LISTS = frozenset({"tries", "written"})
_UNTOLD = frozenset({"sha256", "due_provisional"})
