"""The folder of the launcher's tools: its lock, its log, and the commands that steps run."""

import fcntl
import os
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

TAIL_LINES = 15


class SetupError(Exception):
    """A step could not be done; the text says what to do. `code` is the launcher's exit code."""

    code = 1


class HandNeededError(SetupError):
    """Something that only an administrator can do."""

    code = 2


class CommandError(SetupError):
    """A command failed; `tail` is the end of what it said."""

    def __init__(self, command: Sequence[str], code: int, tail: str, log: Path) -> None:
        super().__init__(f"`{' '.join(command[:4])} ...` failed with exit code {code}:\n{tail}\nAll of it: {log}")
        self.tail = tail


@dataclass
class Workbench:
    """Where steps work while one launcher holds the lock."""

    tools: Path
    stream: TextIO
    held: list[int] = field(default_factory=list)
    """Locks that commands inherit: one that outlives its launcher keeps others away until it has ended."""

    @property
    def log(self) -> Path:
        return self.tools / "setup.log"

    def run(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> str:
        """Run a command with its output in the log, and return that output.

        Raises:
            CommandError: it ended with another exit code than 0.
        """
        tail: deque[str] = deque(maxlen=2000)
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"\n{time.strftime('%Y-%m-%d %H:%M:%S')} $ {' '.join(command)}\n")
            log.flush()
            with subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, pass_fds=self.held,
                env={**os.environ, **(environment or {})}, text=True, encoding="utf-8", errors="replace",
            ) as process:
                for line in process.stdout or ():
                    log.write(line)
                    tail.append(line)
                    if on_line:
                        on_line(line)
        if process.returncode:
            end = "".join(list(tail)[-TAIL_LINES:]).rstrip()
            raise CommandError(command, process.returncode, end, self.log)
        return "".join(tail)

    @contextmanager
    def lock(self, path: Path, what: str) -> Iterator[None]:
        """Hold the lock file at `path`; says so when another holds it, and waits."""
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            self._wait_for(descriptor, what)
            self.held.append(descriptor)
            try:
                yield
            finally:
                self.held.remove(descriptor)
        finally:
            os.close(descriptor)

    def _wait_for(self, descriptor: int, what: str) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Another launcher is at work on {what}; waiting for it.", file=self.stream, flush=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
