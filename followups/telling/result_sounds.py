"""Results as sound: which must be spoken, and where they lie. They are made before anybody is called, never during.

A result's folder has `part-01`, `part-02`, ... in the trunk's formats, or `unspoken` where no sound could be made of
it. It appears whole or not at all, is the owner's alone, and goes when the case is closed or opened again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from followups.cases.case import Attachment, Case
from followups.cases.files import CaseFiles
from followups.cases.lifecycle import State
from followups.cases.store import COLUMNS, attachments_of, case_of, sealed_ids
from followups.cases.tables import CASE
from followups.vault.keys import key_source
from followups.vault.sealed_text import put_back
from followups.vault.vault import SHOWN_DIGITS, Vault
from foundation.database import Database
from foundation.paths import Home
from foundation.settings import Language

UNSPOKEN = "unspoken"
PART = "part-*"
VOICE_NAME = "result-voice.wav"
"""Of the file with a specialist's voice, when he said it by telephone."""
SPOKEN_OF = (State.RESOLVED, State.TOLD)
"""Whose result somebody may still hear."""


@dataclass(frozen=True, slots=True)
class SpokenResult:
    """One result that must be there as sound."""

    code: str
    round: int
    language: Language
    text: str
    """National IDs by their last digits only."""
    voice: bytes | None = None
    """A specialist's own voice, as it was kept; None: the text is spoken."""


@dataclass(frozen=True, slots=True)
class ResultSounds:
    """The sounds of one site."""

    home: Home
    vault: Vault

    def folder(self, code: str, number: int) -> Path:
        """Of the result's sound; the name says nothing without the site's key."""
        return self.home.result_sounds / self.vault.fingerprint(f"result:{code}:{number}")[:40]

    def is_settled(self, case: Case) -> bool:
        """Whether the sound has been made, or is known to be impossible."""
        return self.folder(case.code, case.reopened).is_dir()

    def parts(self, case: Case) -> tuple[str, ...]:
        """What Asterisk plays, one after the other; nothing where there is no sound (yet)."""
        found = {path.with_suffix("") for path in self.folder(case.code, case.reopened).glob(PART)}
        return tuple(str(path) for path in sorted(found))


def result_sounds(home: Home) -> ResultSounds:
    return ResultSounds(home, Vault(key_source(home)))


@dataclass(frozen=True, slots=True)
class ResultTexts:
    """Reads what must be spoken."""

    database: Database
    vault: Vault
    files: CaseFiles

    async def wanted(self) -> Sequence[tuple[str, int]]:
        """Code and round of every result that somebody may still hear, the oldest first."""
        open_ones = CASE.c.state.in_([state.value for state in SPOKEN_OF]) & CASE.c.result.is_not(None)
        query = select(CASE.c.code, CASE.c.reopened).where(open_ones).order_by(CASE.c.resolved_ms)
        async with self.database.read() as connection:
            return [(row.code, row.reopened) for row in await connection.execute(query)]

    async def read(self, code: str, number: int) -> SpokenResult | None:
        """What is to be spoken; None: it is not that result any more.

        Raises:
            FileGoneError: the recorded voice is not there any more.
        """
        async with self.database.read() as connection:
            row = (await connection.execute(select(*COLUMNS).where(CASE.c.code == code))).mappings().one_or_none()
            case = case_of(row) if row is not None else None
            if case is None or case.reopened != number or case.result is None or case.state not in SPOKEN_OF:
                return None
            ids = {n: self.vault.open(one)[-SHOWN_DIGITS:] for n, one in (await sealed_ids(connection, code)).items()}
            files = await attachments_of(connection, code)
        voice = voice_of(case, files)
        text = put_back(case.result, lambda n: " ".join(ids.get(n, "")))
        return SpokenResult(case.code, number, case.language, text, self.files.read(voice.sha256) if voice else None)


def voice_of(case: Case, files: Sequence[Attachment]) -> Attachment | None:
    """The specialist's voice that says this result: the file that the result names, or the last one said by telephone.

    What was said before the case was opened again is of an older result.
    """
    if case.result_recording is not None:
        return next((one for one in files if one.id == case.result_recording), None)
    said = [one for one in files if one.name == VOICE_NAME and one.media_type.startswith("audio/")
            and one.added_ms >= case.clock_ms]
    return max(said, key=lambda one: (one.added_ms, one.id), default=None)
