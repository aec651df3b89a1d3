"""An agent's telephone that says back at once what it hears, so one recording shows how far apart its two sides lie."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.dialogues import Target
from bench.sipp import free_address
from bench.tones import LOUD, alaw
from tests.support.raw_phone import FRAME, RATE, ended, linear_of
from tests.support.tone_phone import RTP_PORT, TonePhone

MARKS_MS = (300, 410, 350, 530, 290, 470, 610, 380, 250, 560, 330, 520)
"""From one mark to the next: no two stretches of them are alike."""
MARK_MS = 60
FURTHEST_MS = 800
WINDOW_MS = 2500
STEP_MS = 250
ALIKE = 0.5
"""How much alike both sides must be (correlation) to be one sound and its echo."""


def write_marks(path: Path) -> Path:
    """Short beeps at uneven distances, as raw A-law to be repeated."""
    at = list(accumulate(MARKS_MS))
    samples = np.zeros(at[-1] * RATE // 1000)
    beep = LOUD * np.sin(2 * np.pi * 1000 * np.arange(MARK_MS * RATE // 1000) / RATE)
    for begin in at[:-1]:
        samples[begin * RATE // 1000 :][: len(beep)] = beep
    path.write_bytes(bytes(alaw(int(sample)) for sample in samples))
    return path


class EchoPhone(TonePhone):
    quieter = 1
    """Its echo is so many times quieter than what it hears: two phones can be told apart."""
    first_packet = 0
    """It begins to number its packets there, as every telephone begins somewhere."""

    async def speak(self) -> None:
        return

    async def hear(self) -> None:
        loop, number = asyncio.get_running_loop(), self.first_packet
        while True:
            packet = self._newest(await loop.sock_recv(self._rtp, 2048))
            if packet[1] & 0x7F != 8 or not any(one.answered and not one.ended for one in self.lines):
                continue
            number += 1
            sound = packet[12:] if self.quieter == 1 else _quieter(packet[12:], self.quieter)
            header = b"\x80\x08" + (number % 65536).to_bytes(2, "big") + (number * FRAME).to_bytes(4, "big") + b"echo"
            await loop.sock_sendto(self._rtp, header + sound, self._media)

    def _newest(self, packet: bytes) -> bytes:
        """What came while this process had no turn is lost, like sound that comes too late at any telephone: said all
        at once, it would lie behind for the rest of the call.
        """
        while True:
            try:
                packet = self._rtp.recv(2048)
            except BlockingIOError:
                return packet


def _quieter(packet: bytes, times: int) -> bytes:
    return bytes(alaw(sample // times) for sample in linear_of(packet))


@dataclass(frozen=True)
class Echo:
    """What both sides of a stretch of a recording have in common."""

    at_ms: int
    lag_ms: int
    """The agent's side lies so far behind the caller's."""
    gain: float
    """The agent's side is so much louder (or, below 1, quieter)."""


def echoes(caller: Sequence[int], agent: Sequence[int]) -> Iterator[Echo]:
    """Each stretch of a recording in which the agent's side is an echo of the caller's."""
    left, right = (_loudness(side) for side in (caller, agent))
    for start in range(FURTHEST_MS, len(left) - WINDOW_MS - FURTHEST_MS, STEP_MS):
        said = left[start : start + WINDOW_MS]
        around = right[start - FURTHEST_MS : start + WINDOW_MS + FURTHEST_MS]
        scores = np.array([_alike(said, around[n : n + WINDOW_MS]) for n in range(2 * FURTHEST_MS + 1)])
        best = int(scores.argmax())
        if scores[best] > ALIKE:
            echoed = around[best : best + WINDOW_MS]
            yield Echo(start, best - FURTHEST_MS, float(np.linalg.norm(echoed) / np.linalg.norm(said)))


def silent_together(caller: Sequence[int], agent: Sequence[int], longer_than_ms: int = 500) -> list[tuple[int, int]]:
    """From which to which place (ms) both sides are without any sound at all; a telephone's silence is never that."""
    loud = (_loudness(caller) > 0) | (_loudness(agent) > 0)
    edges = [-1, *np.flatnonzero(loud).tolist(), len(loud)]
    return [(before + 1, after) for before, after in pairwise(edges) if after - before - 1 > longer_than_ms]


def shift_of_marks(before: Sequence[int], after: Sequence[int], after_begins_ms: int) -> int:
    """By how many ms the marks of a later part of a recording lie off where those before it would have gone on."""
    period = sum(MARKS_MS)
    rounds = [_round(_loudness(part), begin, period) for part, begin in ((before, 0), (after, after_begins_ms))]
    alike = np.fft.irfft(np.conj(np.fft.rfft(rounds[0])) * np.fft.rfft(rounds[1]), period)
    best = int(alike.argmax())
    return best if best <= period // 2 else best - period


def _round(loudness: "npt.NDArray[np.float64]", begin: int, period: int) -> "npt.NDArray[np.float64]":
    """All rounds of the marks laid over one another."""
    places = (np.arange(len(loudness)) + begin) % period
    laid = np.bincount(places, loudness, period) / np.maximum(np.bincount(places, minlength=period), 1)
    return np.asarray(laid - laid.mean())


def _loudness(samples: Sequence[int]) -> "npt.NDArray[np.float64]":
    """Of each millisecond."""
    whole = np.abs(np.asarray(samples[: len(samples) // 8 * 8], np.float64))
    return np.asarray(whole.reshape(-1, 8).mean(axis=1))


def _alike(one: "npt.NDArray[np.float64]", other: "npt.NDArray[np.float64]") -> float:
    spread = one.std() * other.std()
    return float(((one - one.mean()) * (other - other.mean())).mean() / spread) if spread else 0.0


@asynccontextmanager
async def echo_phone(
    target: Target, account: tuple[str, str], quieter: int = 1, first_packet: int = 0,
) -> AsyncIterator[EchoPhone]:
    """A registered telephone; its calls are hung up at the end of the block."""
    address = free_address()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtp:
        rtp.setblocking(False)
        rtp.bind((address, RTP_PORT))
        phone = EchoPhone(target, account, 0, address, rtp)
        phone.quieter, phone.first_packet = quieter, first_packet
        tasks = [asyncio.create_task(work, name=account[0]) for work in (phone.listen(), phone.hear())]
        try:
            await phone.register(3600)
            yield phone
            for line in phone.lines:
                if line.answered is not None:
                    await phone.hang_up(line)
            await phone.register(0)
        finally:
            await ended(*tasks)
            phone.close()
