"""Offsets of ports that one site of the tests has for itself, among all test runs on this machine."""

import fcntl
import os
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

OFFSETS = range(10000, 12900, 50)
"""Below the ports that a kernel gives to outgoing connections, above a site without offset, and narrow enough that no
site's ports for sound reach another's SIP port."""


class NoOffsetError(Exception):
    """All are in use."""


@dataclass(frozen=True)
class OffsetLease:
    """Holds `number` until it is given back, or until this process ends, however it ends."""

    number: int
    descriptor: int

    def give_back(self) -> None:
        os.close(self.descriptor)


def lease_offset(
    chance: random.Random, is_free: Callable[[int], bool], *, folder: Path | None = None,
) -> OffsetLease:
    """One that no other test has, and of which `is_free` says that nobody else on this machine listens there.

    Leases are locks in `folder`; None: the one that all test runs of this user share.

    Raises:
        NoOffsetError: there is none.
    """
    folder = folder or Path(tempfile.gettempdir()) / f"pasokh-test-ports-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for number in chance.sample(OFFSETS, len(OFFSETS)):
        descriptor = os.open(folder / str(number), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if _lock(descriptor) and is_free(number):
            return OffsetLease(number, descriptor)
        os.close(descriptor)
    raise NoOffsetError(f"other programs listen at ports of every offset of {OFFSETS}")


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
