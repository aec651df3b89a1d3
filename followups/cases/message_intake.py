"""Makes cases of voice messages by itself, in boxes that have a subject: the code that the caller heard is a promise.

The message stays where it is, to be heard; the case links to it and to its sound.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from followups.cases.actor import Actor
from followups.cases.case import LinkKind
from followups.cases.message_cases import About, message_wish
from followups.cases.office import case_office
from followups.cases.opening import Opening
from followups.cases.refusals import CaseRefusalError
from followups.cases.store import linked_references
from foundation.catalogue import Texts, load_catalogue
from foundation.database import Database
from foundation.paths import Home
from foundation.service import back_off
from foundation.settings import Box, Settings
from recordings.messages.messages import Message, MessageState, Wanted, messages
from recordings.messages.spoken import Kind

BOX: Final = Actor("box")
LOOK_SECONDS = 2.0
DAY_MS = 86_400_000
FIRST_LOOK_DAYS = 30
"""How far back messages are looked for at a start."""
OVERLAP_MS = DAY_MS
"""A message may come into the database so long after it was spoken."""

log = structlog.get_logger()


@dataclass
class MessageIntake:
    """One for the service; what was refused once is not asked again."""

    opening: Callable[[], Opening]
    boxes: Callable[[], Mapping[str, Box]]
    """By the settings as they are at each look."""
    texts: Texts
    now_ms: Callable[[], int]
    _since_ms: int | None = None
    _refused: set[str] = field(default_factory=set)

    async def run(self) -> None:
        """Look for ever; a database that is away is waited for."""
        wait = back_off()
        while True:
            seconds = LOOK_SECONDS
            try:
                await self.look()
                wait = back_off()
            except (SQLAlchemyError, OSError) as error:
                seconds = wait()
                log.warning("messages wait for the database", error=type(error).__name__)
            await asyncio.sleep(seconds)

    async def look(self) -> int:
        """Open a case of each message that has none; returns how many."""
        subjects = {name: box.subject for name, box in self.boxes().items() if box.subject is not None}
        if not subjects:
            return 0
        began, opening = self.now_ms(), self.opening()
        since = began - FIRST_LOOK_DAYS * DAY_MS if self._since_ms is None else self._since_ms
        waiting = await self._waiting(opening, subjects, since)
        opened = 0
        for message in waiting:
            opened += await self._open(opening, message, subjects[message.box])
        self._since_ms = began - OVERLAP_MS
        return opened

    async def _waiting(self, opening: Opening, subjects: Mapping[str, str], since_ms: int) -> list[Message]:
        async with opening.database.read() as connection:
            found = [
                message for box in subjects
                for message in await messages(connection, Wanted(box=box, since_ms=since_ms))
                if message.kind == Kind.VOICE_MESSAGE and message.state != MessageState.CLOSED
            ]
            known = await linked_references(connection, LinkKind.VOICE_MESSAGE, [message.id for message in found])
        return [message for message in found if message.id not in known and message.id not in self._refused]

    async def _open(self, opening: Opening, message: Message, subject: str) -> bool:
        title = self.boxes()[message.box].title.get(self.texts.language, message.box)
        summary = self.texts("case.from-box", box=title, seconds=round(message.duration_ms / 1000))
        try:
            case = await opening.open(message_wish(message, About(subject, summary), self.texts.language), BOX)
        except CaseRefusalError as error:
            self._refused.add(message.id)
            log.warning("no case of a message", message=message.id, box=message.box, reason=str(error))
            return False
        log.info("case of a message", message=message.id, case=case.code, subject=subject)
        return True


def message_intake(
    home: Home, settings: Callable[[], Settings], database: Database, now_ms: Callable[[], int],
) -> MessageIntake:
    """The intake of a site."""
    texts = load_catalogue([Path(__file__).parent / "texts.yaml"]).texts(settings().site.language)
    return MessageIntake(
        lambda: case_office(home, settings(), database, now_ms).opening, lambda: settings().boxes, texts, now_ms,
    )
