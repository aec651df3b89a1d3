"""Notes for agents, by subject: Markdown files, shipped and the site's own.

`<subject>.<language>.md`; `general` is shown with every subject, and a subject shows those above it too. The site's
file replaces the shipped one of the same name.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt

from foundation.settings import Language

SHIPPED: Final = Path(__file__).parent / "knowledge"
GENERAL: Final = "general"
LARGEST: Final = 100_000
_SUBJECT = re.compile(r"[a-z][a-z0-9-]{0,48}")


@dataclass(frozen=True, slots=True)
class Note:
    subject: str
    html: str
    """Made from Markdown without any HTML of its own."""


def notes_for(subjects: Sequence[str], language: Language, site: Path) -> list[Note]:
    """The notes of these subjects, the nearest first and the general ones last.

    Args:
        subjects: from the top of the tree to the subject itself.
        language: the agent's.
        site: the folder of the site's own files.
    """
    names = [*reversed(subjects), GENERAL]
    found = ((name, _text(name, language, site)) for name in dict.fromkeys(names) if _SUBJECT.fullmatch(name))
    renderer = MarkdownIt("js-default", {"html": False}).disable("image")
    return [Note(name, renderer.render(text)) for name, text in found if text]


def _text(name: str, language: Language, site: Path) -> str:
    for folder in (site, SHIPPED):
        path = folder / f"{name}.{language}.md"
        if path.is_file():
            return path.read_text(encoding="utf-8", errors="replace")[:LARGEST]
    return ""
