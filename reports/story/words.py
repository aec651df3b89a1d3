"""A story's events in the words of the reader."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import followups
from callqueue.metrics import Unit
from foundation.catalogue import Texts, load_catalogue
from foundation.settings import Language, Settings
from foundation.text import digits
from reports import tables
from reports.cases.names import CaseNames
from reports.frame.tables import Teller
from reports.story.model import Event, Story, What

TEXTS = Path(__file__).parent / "texts.yaml"
LAST_DIGITS = 4
DETAIL: dict[What, str] = {
    What.MENU: "story.menu", What.ACTION: "story.did", What.LEFT_MENUS: "story.left", What.WAITED: "outcome",
    What.REFUSED: "outcome", What.TALKED: "story.ending", What.CALLED_OUT: "story.attempt",
    What.CALLBACK_TRIED: "story.attempt", What.CALLBACK_CLOSED: "story.settled", What.CASE: "case.state",
    What.RESULT_HEARD: "story.heard", What.MASKED: "story.mask", What.GAP: "gap",
}
"""Where in the catalogue the words for an event's `detail` are."""
NAME: dict[What, str] = {What.ACTION: "story.action", What.CALLED_OUT: "story.purpose"}
DIRECT = "direct"


@lru_cache
def story_texts(language: Language) -> Texts:
    """What a terminal needs; pages have the same in their own catalogue."""
    files = [Path(tables.__file__).parent / "texts.yaml", Path(followups.__file__).parent / "texts.yaml", TEXTS]
    return load_catalogue(files).texts(language)


def shown_caller(story: Story, *, whole: bool) -> str | None:
    """The caller's number, of which only the last digits are shown to who does not need it."""
    if story.caller is None or whole:
        return story.caller
    return f"…{story.caller[-LAST_DIGITS:]}"


class StoryTeller(Teller):
    """Writes events; what the catalogue has no word for stands as the records have it."""

    def __init__(self, settings: Settings, names: CaseNames, texts: Texts) -> None:
        super().__init__(settings, names, texts)
        self._agents = {agent: one.name or agent for agent, one in settings.agents.items()}
        self._names = names

    def agent(self, agent: str | None) -> str:
        return self._agents.get(agent or "", agent or "–")

    def title(self, event: Event) -> str:
        """One sentence."""
        name = event.name or "–"
        if event.what in NAME:
            name = self.word(NAME[event.what], name)
        elif event.what is What.CASE:
            name = self._names.of("subject", event.name)
        elif event.what is What.CONSULTED:
            name = self.agent(event.name)
        return self.texts(
            f"story.what.{event.what}", name=name, key=digits(event.key or "–", self.language),
            queue=self.queue(event.queue) if event.queue else "–", agent=self.agent(event.agent),
        )

    def note(self, event: Event) -> str:
        """What else is known of it; empty when the sentence says it all."""
        return " · ".join(part for part in self._notes(event) if part)

    def _notes(self, event: Event) -> Iterator[str]:
        if event.what is What.MENU and event.key:
            yield self.texts("story.key", key=digits(event.key, self.language))
        if event.detail == "damaged":
            yield self.texts("story.damaged")
        elif event.detail is not None:
            yield self.word(DETAIL.get(event.what, ""), event.detail)
        match event.what:
            case What.WAITED:
                yield "" if event.more == DIRECT else self.word("story.origin", event.more or "")
            case What.LEFT_MENUS:
                yield self.queue(event.queue) if event.queue else ""
            case What.CALLBACK_ASKED:
                yield self.word("story.channel", event.name or "")
            case What.RECORDED | What.MESSAGE:
                yield self.texts("story.transcript", count=int(event.more)) if event.more else ""
            case What.SURVEYED:
                yield digits(event.more, self.language) if event.more else self.texts("story.no_answers")
            case _:
                yield event.more or ""

    def word(self, family: str, word: str) -> str:
        key = f"{family}.{word}"
        return self.texts(key) if key in self.texts.messages else word

    def length(self, seconds: float | None) -> str:
        return self.value(seconds, Unit.SECONDS)
