"""How far a long work has come, and how much time it will still take."""

import time
from collections.abc import Callable

Tell = Callable[[str], None]
PAUSE = 20.0
"""Seconds between two lines at least."""


class Progress:
    def __init__(
        self, what: str, whole: int, tell: Tell, clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._what, self._whole, self._tell, self._clock = what, whole, tell, clock
        self._began = self._told = clock()

    @property
    def seconds(self) -> float:
        return self._clock() - self._began

    def reached(self, number: int) -> None:
        """So many are done; a line now and then, and at the end."""
        now = self._clock()
        if now - self._told < PAUSE and number < self._whole:
            return
        self._told = now
        left = (now - self._began) * (self._whole - number) / max(number, 1)
        self._tell(f"{number:,} of {self._whole:,} {self._what}; about {_length(left)} left")


def _length(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
