"""A site's folder with sound in it, for tests of what becomes of sound; and a service that dies wherever one says."""

import io
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml
from prometheus_client import CollectorRegistry
from sqlalchemy import select

from foundation.database import MAIN, Database
from foundation.paths import CHECKOUT, Home
from foundation.settings import Settings, load_settings
from recordings.archive.archiver import Archiver
from recordings.archive.kept_file import Codec
from recordings.archive.legs import Legs
from recordings.archive.repacking import Repacker
from recordings.service import Archivist
from recordings.sound import Samples, Sides, decode, read_sound
from recordings.store import Recording
from recordings.tables import recording
from recordings.wav import RATE, wav_bytes
from tests.support.stores import make_tables

CALL = "pasokh-1795310642.0"


def beeps(hertz: int, seconds: float = 1.0) -> Samples:
    """A tone for the first third of each second."""
    at = np.arange(int(seconds * RATE)) / RATE
    return np.asarray(9000 * np.sin(2 * np.pi * hertz * at) * (at % 1 < 0.3), np.int16)


def packed(codec: Codec, *sides: Samples) -> bytes:
    """A file of these sides, made by the library alone."""
    both = np.stack(sides, axis=1)
    if codec is Codec.WAV:
        return wav_bytes(both)
    file = io.BytesIO()
    soundfile.write(file, both, RATE, format="OGG" if codec is Codec.OPUS else "FLAC",
                    subtype="OPUS" if codec is Codec.OPUS else "PCM_16")
    return file.getvalue()


@dataclass
class SoundStore:
    """A site and its main store."""

    home: Home
    database: Database
    policy: dict[str, Any] = field(default_factory=dict)

    @classmethod
    async def make(cls, folder: Path, database: Database) -> "SoundStore":
        home = Home(folder)
        home.make()
        home.voice_spool.mkdir()
        await make_tables(database, MAIN)
        store = cls(home, database)
        store.follow()
        return store

    def follow(self, **policy: Any) -> None:
        """Set the site's policy of recordings."""
        self.policy = policy
        content = yaml.safe_load((CHECKOUT / "foundation" / "site.yaml").read_text(encoding="utf-8"))
        self.home.settings_file.write_text(yaml.safe_dump(content | {"recordings": policy}), encoding="utf-8")

    @property
    def settings(self) -> Settings:
        return load_settings(self.home)

    def speak(self, number: int = 0, *, caller: Samples | None = None, agent: Samples | None = None) -> Legs:
        """Leave the legs of a call as Asterisk does."""
        call = f"pasokh-179531064{number}.0"
        legs = Legs(self.home.recordings_raw, call, call, 1)
        legs.caller.write_bytes(packed(Codec.WAV, beeps(440) if caller is None else caller))
        legs.agent.write_bytes(packed(Codec.WAV, beeps(880) if agent is None else agent))
        return legs

    def archivist(self) -> Archivist:
        return Archivist(self.home, self.database, CollectorRegistry())

    def repacker(self) -> Repacker:
        return Repacker(self.home, self.settings, self.database)

    def archiver(self) -> Archiver:
        return Archiver(
            self.home, self.settings.recordings, self.database, self.repacker(), CollectorRegistry())

    async def serve(self) -> None:
        """What the service does from its start until nothing is left to do."""
        archiver = self.archiver()
        await archiver.clean_up()
        await self.archivist().look()
        while await archiver.archive_some():
            pass

    async def rows(self) -> list[Recording]:
        async with self.database.read() as connection:
            found = (await connection.execute(select(recording).order_by(recording.c.id))).mappings()
            return [Recording(**row) for row in found]

    async def row(self) -> Recording:
        [row] = await self.rows()
        return row

    async def sides(self, row: Recording) -> Sides:
        return decode(await read_sound(self.home, self.settings, row))

    def files(self) -> list[str]:
        """Names of all files in the store, whole or not."""
        return sorted(path.name for path in self.home.recordings_store.rglob("*") if path.is_file())


class KilledError(BaseException):
    """The process is gone; nothing that it would have done afterwards happens."""


@dataclass
class Fate:
    """Kills at the step of this number, counted from 0; steps are what outlasts a process: writes, moves, commits."""

    at: int
    steps: int = 0

    def step(self) -> None:
        if self.steps == self.at:
            self.steps += 1
            raise KilledError
        self.steps += 1

    @property
    def struck(self) -> bool:
        return self.steps > self.at

    @contextmanager
    def reigns(self) -> Iterator[None]:
        """Within the block, every step is counted, and the one of this fate is not taken."""
        with pytest.MonkeyPatch.context() as patch:
            for name in ("fsync", "replace", "unlink"):
                patch.setattr(os, name, self._before(getattr(os, name)))
            patch.setattr(Database, "write", self._around(Database.write))
            yield

    def _before(self, deed: Any) -> Any:
        def doing(*arguments: Any, **named: Any) -> Any:
            self.step()
            return deed(*arguments, **named)
        return doing

    def _around(self, write: Any) -> Any:
        @asynccontextmanager
        async def writing(database: Database) -> AsyncIterator[Any]:
            async with write(database) as connection:
                yield connection
                self.step()
            self.step()
        return writing
