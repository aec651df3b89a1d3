"""Starts a line for live tests."""

import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

from foundation.settings.line import Spared
from tests.support.live_line import LiveLine, PortsTakenError

ATTEMPTS = 5
"""To find ports that nobody takes between the look and the start."""


@contextmanager
def running_line(
    model: Path, database: str | None = None, more: Mapping[str, Any] | None = None, *, services: Collection[str] = (),
) -> Iterator[LiveLine]:
    """A line of its own, as a user starts it; `model` is a home with prompts and music, `more` settings.

    Of the services that a line can do without it has those of `services`: each costs seconds of a start.
    """
    # Sockets of unix have short names, so the folder has one too.
    folder = Path(tempfile.mkdtemp(prefix="pasokh-live-", dir="/tmp"))
    try:
        with line_at(folder / "site", model, database, more, services=services) as line:
            yield line
    finally:
        shutil.rmtree(folder)


@contextmanager
def line_at(
    home: Path, model: Path, database: str | None = None, more: Mapping[str, Any] | None = None, *,
    services: Collection[str] = (),
) -> Iterator[LiveLine]:
    """The same in a folder of the caller's choice."""
    without = [name for name in get_args(Spared) if name not in services]
    line = _start(home, model, database, {**(more or {}), "site": {"name": "live", "without": without}})
    try:
        yield line
    finally:
        line.stop()
        line.give_up_ports()


def _start(home: Path, model: Path, database: str | None, more: Mapping[str, Any]) -> LiveLine:
    for name in ("prompts", "recorded-prompts", "music"):
        shutil.copytree(model / name, home / name, dirs_exist_ok=True)
    for attempt in range(ATTEMPTS):
        line = LiveLine.create(home, database, more)
        try:
            line.start()
        except PortsTakenError:
            line.give_up_ports()
            if attempt == ATTEMPTS - 1:
                raise
        except BaseException:
            line.stop()  # whatever of it has started
            raise
        else:
            return line
    raise AssertionError("unreachable")
