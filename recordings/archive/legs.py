"""The two legs of a conversation as Asterisk writes them, and when it has finished writing."""

import errno
import fcntl
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SIDES = ("caller", "agent")
_LEGS = r"(?P<call>[\w.-]+)_(?P<channel>[\w.-]+)_(?P<stint>\d+)(?:\.(?P<part>\d+))?"
NAME = re.compile(rf"{_LEGS}-(?P<side>{'|'.join(SIDES)})\.wav")
QUIET_SECONDS = 120
"""On a file system without leases, a leg untouched for so long counts as finished."""


@dataclass(frozen=True)
class Legs:
    """Both sides of one stint's conversation; a side that was never written has no file."""

    folder: Path
    call_id: str
    channel_id: str
    stint: int
    part: int = 0
    """Counts the voices that the caller had on the other side within the stint, from 0."""

    @property
    def name(self) -> str:
        part = f".{self.part}" if self.part else ""
        return f"{self.call_id}_{self.channel_id}_{self.stint}{part}"

    @property
    def caller(self) -> Path:
        return self.folder / f"{self.name}-caller.wav"

    @property
    def agent(self) -> Path:
        return self.folder / f"{self.name}-agent.wav"

    def files(self) -> list[Path]:
        return [path for path in (self.caller, self.agent) if path.exists()]

    def finished(self) -> bool:
        """Whether Asterisk has closed both files."""
        return all(is_closed(path) for path in self.files())


def find_legs(folder: Path) -> Iterator[Legs]:
    """Every stint of which there is a leg, oldest name first; other files are left alone."""
    found = set()
    for path in folder.iterdir():
        match = NAME.fullmatch(path.name)
        if match:
            found.add((match["call"], match["channel"], int(match["stint"]), int(match["part"] or 0)))
    for call_id, channel_id, stint, part in sorted(found):
        yield Legs(folder, call_id, channel_id, stint, part)


def parse_legs(name: str, folder: Path) -> Legs | None:
    """The legs that a recording of this id was made from; None: it was made from none."""
    found = re.fullmatch(_LEGS, name)
    if found is None:
        return None
    return Legs(folder, found["call"], found["channel"], int(found["stint"]), int(found["part"] or 0))


def is_closed(path: Path) -> bool:
    """Whether no process has the file open for writing.

    The kernel grants a read lease only then, so this needs no word from Asterisk and holds after any crash.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        if error.errno == errno.EAGAIN:
            return False
        return time.time() - path.stat().st_mtime > QUIET_SECONDS
    finally:
        os.close(descriptor)
    return True
