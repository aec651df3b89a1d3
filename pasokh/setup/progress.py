"""What a person sees while a step runs: its name, and how far it is."""

import time
from typing import TextIO

DOTS = 10


class Progress:
    """One line for one step: percent on a terminal, a dot for every tenth elsewhere."""

    def __init__(self, title: str, stream: TextIO) -> None:
        self._title = title
        self._stream = stream
        self._terminal = stream.isatty()
        self._began = time.monotonic()
        self._shown = 0
        self._write(f"{title} " if not self._terminal else f"{title} ...")

    def show(self, fraction: float) -> None:
        """`fraction` of the step is done, from 0 to 1; going back is not shown."""
        steps = int(min(max(fraction, 0.0), 1.0) * (100 if self._terminal else DOTS))
        if steps <= self._shown:
            return
        self._write(f"\r{self._title} ... {steps} %" if self._terminal else "." * (steps - self._shown))
        self._shown = steps

    def done(self) -> None:
        self._end(f"done ({time.monotonic() - self._began:.0f} s)")

    def failed(self) -> None:
        self._end("FAILED")

    def _end(self, word: str) -> None:
        self._write(f"\r{self._title} ... {word}    \n" if self._terminal else f" {word}\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
