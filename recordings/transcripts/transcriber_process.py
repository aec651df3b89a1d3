"""The pool's end of a process that listens."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from foundation.paths import CHECKOUT, Home
from foundation.settings import Settings
from recordings.store import Recording
from recordings.transcripts.transcripts import Word, words_of

LONGEST_LINE = 1 << 24
"""Bytes of one answer: the words between two silences."""
ENDING_SECONDS = 60.0
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class TranscriberEndedError(Exception):
    """The process ended while it listened; the text says how."""


class NoTranscriberError(Exception):
    """The process, or its model, cannot be begun, whatever the recording; the text says how it ended."""


class TranscriptFailedError(Exception):
    """The recording cannot be listened to; the text says why."""


@dataclass
class Transcriber:
    """Begins the process when it is first needed."""

    home: Home
    settings: Settings
    idle: bool = True
    """Whether it runs only when nothing else wants the processor."""
    _process: Process | None = None

    async def listen(self, recording: Recording, model: str) -> list[Word]:
        """What is said in the recording.

        Raises:
            TranscriptFailedError, TranscriberEndedError, NoTranscriberError
        """
        process = self._process or await self._begin()
        await _send(process, {"path": recording.path, "model": model})
        try:
            await self._answer(process)
        except TranscriberEndedError as error:
            raise NoTranscriberError(f"{model}: {error}") from error
        words: list[Word] = []
        while True:
            answer = await self._answer(process)
            if "failed" in answer:
                raise TranscriptFailedError(answer["failed"])
            if "done" in answer:
                return words
            words += words_of(answer["words"])

    async def end(self) -> None:
        """Free its memory; the next recording begins another one."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.wait()

    async def _begin(self) -> Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "recordings.transcripts.transcriber", stdin=PIPE, stdout=PIPE, limit=LONGEST_LINE,
            env=os.environ | ONE_THREAD, cwd=CHECKOUT,
        )
        self._process = process
        site = {
            "home": str(self.home.root), "settings": self.settings.model_dump(mode="json"), "parent": os.getpid(),
            "idle": self.idle,
        }
        await _send(process, site)
        return process

    async def _answer(self, process: Process) -> dict[str, Any]:
        if process.stdout is None:
            raise AssertionError("it was begun with a pipe")
        line = await process.stdout.readline()
        if not line.endswith(b"\n"):
            # Killing one that is ending anyway would take its return code from who waits for it.
            with suppress(TimeoutError):
                async with asyncio.timeout(ENDING_SECONDS):
                    await process.wait()
            await self.end()
            raise TranscriberEndedError(f"it ended with {process.returncode}")
        answer: dict[str, Any] = json.loads(line)
        return answer


async def _send(process: Process, message: dict[str, Any]) -> None:
    if process.stdin is None:
        raise AssertionError("it was begun with a pipe")
    process.stdin.write(json.dumps(message).encode() + b"\n")
    try:
        await process.stdin.drain()
    except ConnectionError:
        return  # it has ended; whoever waits for its answer is told
