"""Who speaks when on the two channels of a call, and what follows: silence, cross-talk, hold, talk ratio. Pure.

A frame of 20 ms counts as speech when its level (root mean square) is well above the channel's own background: the
energy detector of the textbooks (L. R. Rabiner and M. R. Sambur, "An algorithm for determining the endpoints of
isolated utterances", 1975), without their zero crossings, which a telephone's band does not carry well.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import mul
from typing import Final

import numpy as np
import numpy.typing as npt

RATE: Final = 8000
FRAME_MS: Final = 20
FRAME: Final = RATE * FRAME_MS // 1000
FULL_SCALE: Final = 32768.0
QUIETEST_DB: Final = -50.0
"""Nothing below this level is speech, however quiet the background."""
LOUDEST_THRESHOLD_DB: Final = -35.0
"""Everything above this level is sound that somebody hears, however loud the background."""
ABOVE_BACKGROUND_DB: Final = 10.0
NO_SOUND_DB: Final = -96.0
PAUSE_FRAMES: Final = 15
"""Shorter pauses (300 ms) belong to the speech around them."""
BURST_FRAMES: Final = 4
"""Shorter sounds (80 ms) are clicks."""
HOLD_FRAMES: Final = 150
"""So long (3 s) without any packet of the agent's telephone, amid his conversation, is hold."""

Samples = npt.NDArray[np.int16]
CALLER: Final = 0
AGENT: Final = 1


@dataclass(frozen=True, slots=True)
class Turn:
    """One stretch of speech."""

    channel: int
    """0 caller, 1 agent."""
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Measures:
    """All times in milliseconds, multiples of a frame's 20."""

    duration_ms: int
    caller_talk_ms: int
    agent_talk_ms: int
    cross_talk_ms: int
    """Both speak."""
    silence_ms: int
    """Neither speaks, and the caller is not on hold."""
    longest_silence_ms: int
    hold_ms: int
    turns: tuple[Turn, ...] = ()
    """By their beginnings."""

    @property
    def talk_ratio(self) -> float | None:
        """The agent's part of all speech, 0 to 1; None where nobody speaks."""
        spoken = self.caller_talk_ms + self.agent_talk_ms
        return self.agent_talk_ms / spoken if spoken else None


def measure(caller: Samples, agent: Samples) -> Measures:
    """Of both sides' samples (16-bit, 8 kHz); the shorter side ends in silence."""
    frames = max(_frame_count(caller), _frame_count(agent))
    levels = [_padded(frame_levels(side), frames) for side in (caller, agent)]
    speech = [speech_frames(side) for side in levels]
    held = hold_frames(levels[AGENT], speech[AGENT])
    quiet = [not (one or other or hold) for one, other, hold in zip(speech[CALLER], speech[AGENT], held, strict=True)]
    turns = [Turn(side, start, end) for side in (CALLER, AGENT) for start, end in _stretches(speech[side])]
    return Measures(
        duration_ms=frames * FRAME_MS,
        caller_talk_ms=sum(speech[CALLER]) * FRAME_MS,
        agent_talk_ms=sum(speech[AGENT]) * FRAME_MS,
        cross_talk_ms=sum(map(mul, speech[CALLER], speech[AGENT])) * FRAME_MS,
        silence_ms=sum(quiet) * FRAME_MS,
        longest_silence_ms=max((end - start for start, end in _stretches(quiet)), default=0),
        hold_ms=sum(held) * FRAME_MS,
        turns=tuple(sorted(turns, key=lambda turn: (turn.start_ms, turn.channel))),
    )


def frame_levels(samples: Samples) -> list[float]:
    """The level of each whole frame in dB below full scale (0 dB: a square wave of the highest value)."""
    frames = samples[: _frame_count(samples) * FRAME].astype(np.float64).reshape(-1, FRAME)
    power = np.maximum((frames**2).mean(axis=1) / FULL_SCALE**2, 10 ** (NO_SOUND_DB / 10))
    return [float(level) for level in 10 * np.log10(power)]


def speech_frames(levels: Sequence[float]) -> list[bool]:
    """Which frames are speech: above the threshold, pauses filled, clicks left out."""
    threshold = speech_threshold(levels)
    loud = [level > threshold for level in levels]
    return _without_short(_without_short(loud, False, PAUSE_FRAMES), True, BURST_FRAMES)  # noqa: FBT003


def speech_threshold(levels: Sequence[float]) -> float:
    """The background's level, which a tenth of the frames with any sound do not reach, and `ABOVE_BACKGROUND_DB`."""
    sounding = sorted(level for level in levels if level > NO_SOUND_DB + 1)
    background = sounding[len(sounding) // 10] if sounding else NO_SOUND_DB
    return min(max(background + ABOVE_BACKGROUND_DB, QUIETEST_DB), LOUDEST_THRESHOLD_DB)


def hold_frames(agent_levels: Sequence[float], agent_speech: Sequence[bool]) -> list[bool]:
    """Frames in which the agent's telephone sent nothing at all, for long, between his first and his last word.

    A microphone always brings some noise; a telephone that holds a call sends no packet, of which Asterisk makes zeros.
    """
    spoken = [number for number, speaks in enumerate(agent_speech) if speaks]
    first, last = (spoken[0], spoken[-1]) if spoken else (0, 0)
    nothing = [first < number < last and level < NO_SOUND_DB + 1 for number, level in enumerate(agent_levels)]
    return _without_short(nothing, True, HOLD_FRAMES)  # noqa: FBT003


def _frame_count(samples: Samples) -> int:
    return len(samples) // FRAME


def _padded(levels: list[float], frames: int) -> list[float]:
    return levels + [NO_SOUND_DB] * (frames - len(levels))


def _without_short(flags: Sequence[bool], value: bool, shortest: int) -> list[bool]:  # noqa: FBT001
    """Runs of `value` that are shorter than `shortest` become the other value; quiet edges stay what they are."""
    runs = [(flag, len(list(run))) for flag, run in groupby(flags)]
    found: list[bool] = []
    for number, (flag, length) in enumerate(runs):
        at_edge = number in {0, len(runs) - 1} and not value
        kept = flag != value or length >= shortest or at_edge
        found += [flag if kept else not flag] * length
    return found


def _stretches(flags: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Beginning and end in milliseconds of each run of true frames."""
    at = 0
    for flag, run in groupby(flags):
        length = len(list(run))
        if flag:
            yield at * FRAME_MS, (at + length) * FRAME_MS
        at += length


__all__ = ["AGENT", "CALLER", "Measures", "Turn", "measure"]
