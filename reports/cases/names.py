"""Titles of what reports about cases count by."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from followups.book.book import CaseBook
from followups.book.causes import Causes
from foundation.catalogue import Texts
from foundation.settings import Language, Settings
from reports.frame.tables import report_texts


@dataclass(frozen=True, slots=True)
class CaseNames:
    book: CaseBook
    causes: Causes
    settings: Settings
    texts: Texts
    zone: ZoneInfo

    @property
    def language(self) -> Language:
        return self.texts.language

    def of(self, dimension: str, name: str | None) -> str:
        """The title; the id itself of what has none, and a word for those without a name."""
        if name is None:
            return self.texts("case.nameless")
        title: str | None = None
        match dimension:
            case "total":
                title = self.texts("column.all")
            case "unit":
                title = self.book.units.by_id[name].titles[self.language] if name in self.book.units.by_id else None
            case "subject":
                title = " › ".join(one.titles[self.language] for one in self.book.subjects.path(name))
            case "province":
                title = self.book.provinces[name].titles[self.language] if name in self.book.provinces else None
            case "cause":
                title = self.causes[name][self.language] if name in self.causes else None
            case "queue":
                title = self.settings.queues[name].title.get(self.language) if name in self.settings.queues else None
        return title or name


def case_names(book: CaseBook, causes: Causes, settings: Settings) -> CaseNames:
    return CaseNames(book, causes, settings, report_texts(settings.site.language), book.zone)
