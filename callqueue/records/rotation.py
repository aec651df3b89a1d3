"""Beginning a new file of a durable record, while Asterisk writes to it or while nobody does."""

import asyncio
import os
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from foundation.asterisk.install import AsteriskMissingError, find_asterisk
from foundation.asterisk.run import console
from foundation.paths import Home
from recordings.archive.legs import is_closed

LOOK_SECONDS = 0.1
LIMIT_SECONDS = 180.0
NEW_FILE = {
    "journal": "{at}|NONE|NONE|NONE|ROTATED|pasokh\n",
    "cel": '"{at}.000000","ROTATED","pasokh-rotated","pasokh-rotated","","","","","",""\n',
}
"""A line that says nothing: without one, nobody knows that the file before has come to its end."""


class NotRotatedError(Exception):
    """A file is still being written to; the text names it."""


def rotation(home: Home, kind: str) -> Callable[[Path], Awaitable[None]]:
    """How the record of that kind gets a new file."""

    async def rotate(live: Path) -> None:
        old = await asyncio.to_thread(_inode, live)
        if old is not None:
            if kind == "journal" and not await asyncio.to_thread(is_closed, live):
                await _ask_asterisk(home)
            else:
                await asyncio.to_thread(_rename, live)
            await _wait_until_done(live, old)
        await asyncio.to_thread(_append, live, NEW_FILE[kind].format(at=int(time.time())))

    return rotate


async def _ask_asterisk(home: Home) -> None:
    try:
        asterisk = find_asterisk()
    except AsteriskMissingError as error:
        raise NotRotatedError(f"{home.queue_log}: somebody writes to it, and there is no Asterisk to ask") from error
    await console(home, asterisk, "logger rotate")


async def _wait_until_done(live: Path, inode: int) -> None:
    limit = time.monotonic() + LIMIT_SECONDS
    while not _is_done(live, inode):
        if time.monotonic() > limit:
            raise NotRotatedError(f"{live}: could not be rotated in {LIMIT_SECONDS:.0f} s; is Asterisk well?")
        await asyncio.sleep(LOOK_SECONDS)


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def _rename(live: Path) -> None:
    live.rename(live.with_name(f"{live.name}.{_next_number(live)}"))


def _is_done(live: Path, inode: int) -> bool:
    if _inode(live) == inode:
        return False
    return all(is_closed(path) for path in live.parent.glob(f"{live.name}*") if path.stat().st_ino == inode)


def _next_number(live: Path) -> int:
    """Asterisk counts upwards too: the higher, the newer."""
    found = (re.fullmatch(rf"{re.escape(live.name)}\.([0-9]{{1,6}})", path.name) for path in live.parent.iterdir())
    return max((int(one[1]) for one in found if one), default=-1) + 1


def _append(path: Path, line: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


__all__ = ["NotRotatedError", "rotation"]
