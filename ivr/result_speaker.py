"""Speaks results that callers shall hear, before anybody is called, and removes what nobody may hear any more."""

import asyncio
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from followups.cases.files import CaseFiles
from followups.cases.refusals import FileGoneError
from followups.telling.result_sounds import UNSPOKEN, ResultSounds, ResultTexts, SpokenResult, result_sounds
from followups.vault.vault import SealBrokenError
from foundation.database import Database
from foundation.paths import Home
from foundation.service import back_off
from foundation.settings import Settings
from ivr.prompts.rendering import voice_of
from ivr.prompts.sound import Sound, SoundError, ToolMissingError, read_sound, write_sound

LOOK_SECONDS = 1.0
LONGEST_PART = 500
"""Letters that are spoken in one go: well under the longest prompt."""
_SENTENCE = re.compile(r"(?<=[.!?؟۔…:;؛\n])\s+")

log = structlog.get_logger()


@dataclass
class ResultSpeaker:
    """Of one site."""

    settings: Settings
    """Others may be put in their place; the next result goes by them."""
    texts: ResultTexts
    sounds: ResultSounds
    _names: dict[tuple[str, int], Path] = field(default_factory=dict)

    async def run(self) -> None:
        """For ever; a database that is away is waited for."""
        wait = back_off()
        while True:
            seconds = LOOK_SECONDS
            try:
                await self.look()
                wait = back_off()
            except (SQLAlchemyError, OSError, ToolMissingError) as error:
                seconds = wait()
                log.warning("results are not spoken", error=str(error)[:300], seconds=round(seconds, 1))
            await asyncio.sleep(seconds)

    async def look(self) -> int:
        """Speak what is wanted and not there, remove what is there and not wanted; how many were spoken."""
        wanted = await self.texts.wanted()
        # Each name is a keyed hash: thousands of them are not made anew every second.
        self._names = {one: self._names.get(one) or self.sounds.folder(*one) for one in wanted}
        folders = {folder: one for one, folder in self._names.items()}
        await asyncio.to_thread(_remove_others, self.sounds.home.result_sounds, frozenset(folders))
        made = 0
        for folder, (code, number) in folders.items():
            if not folder.is_dir():
                made += await self._speak(code, number, folder)
        return made

    async def _speak(self, code: str, number: int, folder: Path) -> bool:
        try:
            result = await self.texts.read(code, number)
            if result is None:
                return False
            parts = await asyncio.to_thread(self._parts, result)
        except (SoundError, FileGoneError, SealBrokenError) as error:
            log.error("a result cannot be spoken", error=str(error))  # noqa: TRY400 - the reason is enough
            parts = []
        await asyncio.to_thread(_keep, parts, folder, tuple(self.settings.sip.trunk.codecs))
        return True

    def _parts(self, result: SpokenResult) -> list[Sound]:
        """Raises SoundError: it cannot be made."""
        if result.voice is not None:
            with tempfile.TemporaryDirectory(prefix="pasokh-result-") as folder:
                path = Path(folder) / "voice"
                path.write_bytes(result.voice)
                return [read_sound(_named_by_content(path))]
        voice = voice_of(self.settings, result.language)
        return [voice.say(part) for part in parts_of(result.text)]


def parts_of(text: str, longest: int = LONGEST_PART) -> list[str]:
    """The text in pieces that can be spoken in one go, cut between sentences, else between words."""
    parts = [""]
    for piece in _pieces(text, longest):
        if len(parts[-1]) + 1 + len(piece) <= longest:
            parts[-1] = f"{parts[-1]} {piece}".strip()
        else:
            parts.append(piece)
    return [part for part in parts if part]


def _pieces(text: str, longest: int) -> Iterator[str]:
    for sentence in _SENTENCE.split(text.strip()):
        if len(sentence) <= longest:
            yield sentence
            continue
        for word in sentence.split():
            yield from (word[start:start + longest] for start in range(0, len(word), longest))


def _keep(parts: Sequence[Sound], folder: Path, forms: Sequence[str]) -> None:
    """Whole or not at all, for the owner alone."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = Path(tempfile.mkdtemp(prefix=".half-", dir=folder.parent))
    try:
        for number, sound in enumerate(parts, start=1):
            for form in forms:
                write_sound(sound, half / f"part-{number:02}.{form}", form)
        if not parts:
            (half / UNSPOKEN).touch()
        half.rename(folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)


def _remove_others(root: Path, wanted: frozenset[Path]) -> None:
    for folder in root.iterdir() if root.is_dir() else ():
        if folder not in wanted:
            shutil.rmtree(folder, ignore_errors=True)


def _named_by_content(path: Path) -> Path:
    """Sox tells a format by the file's name."""
    start = path.read_bytes()[:12]
    kind = "wav" if start[:4] == b"RIFF" else "ogg" if start[:4] == b"OggS" else "mp3"
    return path.rename(path.with_suffix(f".{kind}"))


def result_speaker(home: Home, settings: Settings, database: Database) -> ResultSpeaker:
    sounds = result_sounds(home)
    return ResultSpeaker(settings, ResultTexts(database, sounds.vault, CaseFiles(home)), sounds)
