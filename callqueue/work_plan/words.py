"""What columns, activities and reasons of a plan's file may be called: by their names, or as people read them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from callqueue.work_plan.plan import Activity
from callqueue.work_plan.refusals import PlanFault
from foundation.catalogue import Catalogue, Texts, load_catalogue
from foundation.search_words import fold
from foundation.settings import LANGUAGES, Language, Settings

FOLDER = Path(__file__).parent
NEEDED = ("agent", "day", "from", "to", "activity")
COLUMNS = (*NEEDED, "reason")
IGNORED = ("name", "note")
"""Columns for people, that are not kept."""


TEXTS = (FOLDER / "texts.yaml", FOLDER / "plan.yaml")
LONGEST_SHOWN = 60


@cache  # files of ours, which do not change while a process runs
def plan_catalogue() -> Catalogue:
    return load_catalogue(TEXTS)


def plan_texts(language: Language) -> Texts:
    """Of plans, and of pauses' reasons."""
    return plan_catalogue().texts(language)


def fault_text(fault: PlanFault, texts: Texts) -> str:
    """What is wrong and what to do, without the line: `from = '8': this is no time of day; ...`."""
    value = repr(fault.value[:LONGEST_SHOWN]) if fault.value else ""
    place = " = ".join(part for part in (fault.column, value) if part)
    told = texts(f"plan.fault.{fault.name}", **fault.values)
    return f"{place}: {told}" if place else told


@dataclass(frozen=True, slots=True)
class PlanWords:
    """Each by what may be written for it, folded (`foundation.search_words.fold`)."""

    columns: Mapping[str, str]
    activities: Mapping[str, Activity]
    reasons: Mapping[str, str]

    @classmethod
    def of(cls, settings: Settings) -> "PlanWords":
        """In all languages; a name of the site's own wins over a title."""
        catalogue = plan_catalogue()
        return cls(
            _spellings((*COLUMNS, *IGNORED), "plan.column", catalogue),
            {word: Activity(name) for word, name in _spellings(tuple(Activity), "plan.activity", catalogue).items()},
            _spellings(settings.pause_reasons, "agent.pause", catalogue),
        )


def _spellings(names: Sequence[str], prefix: str, catalogue: Catalogue) -> dict[str, str]:
    titles = {
        fold(catalogue.messages[language][f"{prefix}.{name}"].other): str(name)
        for language in LANGUAGES for name in names if f"{prefix}.{name}" in catalogue.messages[language]
    }
    return titles | {fold(name): str(name) for name in names}
