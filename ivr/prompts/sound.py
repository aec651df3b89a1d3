"""Makes telephone sound: text or a recording in, headerless G.711 of even loudness out."""

import array
import math
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

RATE = 8000
"""Samples a second, the telephone's."""
FULL_SCALE = 32768.0
SPEECH_LEVEL = -22.0
"""dBov of active speech. Networks plan for -26 (ITU-T P.56, G.111); callers on a street need a little more."""
SILENT_BELOW = -50.0
"""dBov; a frame below it is a pause."""
LONGEST_SECONDS = 120.0
TOOL_SECONDS = 60
FRAME = RATE // 50
SOX_FORMATS = {"alaw": "al", "ulaw": "ul"}
RAW = ("-t", "raw", "-r", str(RATE), "-e", "signed-integer", "-b", "16", "-c", "1", "-L")
TRIM = ("silence", "1", "0.02", "0.3%", "reverse", "silence", "1", "0.02", "0.3%", "reverse")


class SoundError(Exception):
    """A sound cannot be used; the text says why."""


class ToolMissingError(Exception):
    """A program that makes sound is not installed."""


@dataclass(frozen=True)
class Fit:
    """How a sound stands among its neighbours: seconds of silence around it, and how short it may be."""

    before: float
    after: float
    shortest: float


SENTENCE = Fit(before=0.10, after=0.20, shortest=0.3)
"""A start that lets the media path open, and an end that keeps two prompts apart."""
CLOSE = Fit(before=0.01, after=0.04, shortest=0.15)
"""A part of a number, which its neighbours continue."""


@dataclass(frozen=True)
class Sound:
    """16-bit signed samples at RATE, one channel."""

    samples: bytes

    @property
    def seconds(self) -> float:
        return len(self.samples) / 2 / RATE

    def speech_level(self) -> float:
        """Level in dBov of the frames that are no pauses; minus infinity when there are none."""
        values = array.array("h", self.samples)
        if sys.byteorder == "big":
            values.byteswap()
        powers = [_power(values[start : start + FRAME]) for start in range(0, len(values), FRAME)]
        floor = 10 ** (SILENT_BELOW / 10)
        active = [power for power in powers if power > floor]
        return 10 * math.log10(sum(active) / len(active)) if active else -math.inf

    def check(self, fit: Fit = SENTENCE) -> None:
        """Refuse what a caller could not hear.

        Raises:
            SoundError: it is silent, too short or too long.
        """
        if not fit.shortest <= self.seconds <= LONGEST_SECONDS:
            limits = f"{fit.shortest} to {LONGEST_SECONDS:.0f} s"
            raise SoundError(f"{self.seconds:.2f} s of sound without the silence around it; it must last {limits}")
        if self.speech_level() == -math.inf:
            raise SoundError(f"silent: nothing in it is above {SILENT_BELOW:.0f} dB")


def speak(text: str, voice: str, words_per_minute: int, target: Path) -> None:
    """Write `text` as a WAV file, spoken by espeak-ng."""
    speed = ("-s", str(words_per_minute))
    _run(["espeak-ng", "-v", voice, *speed, "-b", "1", "--stdin", "-w", str(target)], text.encode())


def speak_with_piper(text: str, model: Path, target: Path) -> None:
    """Write `text` as a WAV file, spoken by the program piper with the voice `model` (an .onnx file)."""
    _run(["piper", "--model", str(model), "--output_file", str(target)], f"{text}\n".encode())


def tone(target: Path, frequency: int = 1000, seconds: float = 0.35) -> None:
    """Write the beep before a recording as a WAV file."""
    _run(["sox", "-n", "-r", str(RATE), "-c", "1", str(target), "synth", str(seconds), "sine", str(frequency)])


def silence(seconds: float) -> Sound:
    return Sound(bytes(2 * round(seconds * RATE)))


def read_sound(path: Path, fit: Fit = SENTENCE) -> Sound:
    """Any sound file that sox reads, as one telephone channel without the silence around it.

    Raises:
        SoundError: sox cannot read it, or it is silent, too short or too long.
    """
    sound = Sound(_run(["sox", "-D", "-V1", "-G", str(path), *RAW, "-", "remix", "-", "highpass", "120", *TRIM]))
    sound.check(fit)
    return sound


def read_raw(path: Path) -> Sound:
    """Any sound file that sox reads, as one telephone channel with everything that is in it.

    Raises:
        SoundError: sox cannot read it.
    """
    return Sound(sox("-D", "-V1", "-G", str(path), *RAW, "-", "remix", "-"))


def sox(*words: str) -> bytes:
    """What sox writes to its standard output.

    Raises:
        SoundError: it refuses; the text holds its own words.
    """
    return _run(["sox", *words])


def write_sound(sound: Sound, target: Path, form: str, fit: Fit = SENTENCE) -> None:
    """Write a headerless `alaw` or `ulaw` file at SPEECH_LEVEL, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f".{target.name}.half")
    level = sound.speech_level()
    gain = 0.0 if level == -math.inf else SPEECH_LEVEL - level
    effects = ["gain", "-l", f"{gain:.2f}", "pad", str(fit.before), str(fit.after)]
    _run(["sox", "-D", "-V1", *RAW, "-", "-t", SOX_FORMATS[form], str(half), *effects], sound.samples)
    half.replace(target)


def _power(frame: "array.array[int]") -> float:
    return math.fsum((value / FULL_SCALE) ** 2 for value in frame) / len(frame)


def _run(command: list[str], given: bytes = b"") -> bytes:
    tool = command[0]
    try:
        done = subprocess.run(command, input=given, capture_output=True, check=True, timeout=TOOL_SECONDS)
    except FileNotFoundError as error:
        raise ToolMissingError(f"{tool} is not installed, or not on PATH: install the package {tool}") from error
    except subprocess.TimeoutExpired as error:
        raise SoundError(f"{tool} did not end within {TOOL_SECONDS} s") from error
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode(errors="replace").strip() or f"exit code {error.returncode}"
        raise SoundError(f"{tool}: {reason}") from error
    return done.stdout
