"""Takes in recordings of a studio or of a telephone: each is checked before anything changes."""

import array
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from foundation.paths import Home
from foundation.settings import LANGUAGES, Settings
from ivr.prompts.catalogue import NAME, Catalogue, Prompt, load_catalogue, recordings_folder
from ivr.prompts.rendering import Refused, build, voice_of
from ivr.prompts.sound import CLOSE, FRAME, RATE, SENTENCE, SILENT_BELOW, Sound, SoundError, read_raw, read_sound, sox

ENDINGS = (".wav", ".flac")
QUIETEST = -45.0
"""dBov of speech; what is raised from below it brings its noise along."""
CLIPPED_SHARE = 0.001
"""Of all samples; a good recording has none at full scale."""
FULL = 32_700
SILENCE_SECONDS = 2.0
"""At the start or the end: a longer one is a mistake of the cutting."""
SHORTEST_SHARE, LONGEST_SHARE, SLACK_SECONDS = 0.4, 2.5, 1.0
"""Of the rendered text's length: beyond it something else was recorded, or only a part."""


@dataclass(frozen=True)
class Imported:
    taken: tuple[Prompt, ...]
    refused: tuple[Refused, ...]


def import_folder(home: Home, settings: Settings, folder: Path, *, new_names: bool = False) -> Imported:
    """Take in `LANGUAGE/NAME.wav` and `.flac` of a folder. A refused file changes nothing, and the others are taken.

    `new_names` lets in names that have no text yet, for the site's own menus.

    Raises:
        CatalogueError, ToolMissingError: nothing can be taken in at all.
    """
    catalogue = load_catalogue(home)
    taken: list[Prompt] = []
    refused: list[Refused] = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")):
        try:
            prompt = _prompt_of(folder, path, catalogue, new_names=new_names)
            _check(path, prompt, catalogue, settings)
            _keep(home, prompt, path)
        except SoundError as error:
            refused.append(Refused(path, str(error)))
        else:
            taken.append(prompt)
    return Imported(tuple(taken), (*refused, *_convert(home, settings, taken)))


def import_recording(home: Home, settings: Settings, prompt: Prompt, path: Path) -> None:
    """Take in one recording.

    Raises:
        SoundError: it is refused, and nothing has changed; the text says why.
        CatalogueError, ToolMissingError: nothing can be taken in at all.
    """
    _check(path, prompt, load_catalogue(home), settings)
    _keep(home, prompt, path)
    _convert(home, settings, [prompt])


def _prompt_of(folder: Path, path: Path, catalogue: Catalogue, *, new_names: bool) -> Prompt:
    place = path.relative_to(folder).parts
    if len(place) != 2 or place[0] not in LANGUAGES:
        raise SoundError(f"must lie in a folder {', '.join(f'{name}/' for name in LANGUAGES)} that names its language")
    if path.suffix.lower() not in ENDINGS:
        raise SoundError(f"only {' and '.join(ENDINGS)} files are taken")
    if not NAME.fullmatch(path.stem):
        raise SoundError("a prompt's name has lower-case Latin letters, digits and '-'")
    prompt = Prompt(place[0], path.stem)
    if not new_names and prompt not in catalogue.texts and prompt not in catalogue.recordings:
        raise SoundError("no prompt has this name (`bin/pasokh prompts list --all`); --new takes it all the same")
    return prompt


def _check(path: Path, prompt: Prompt, catalogue: Catalogue, settings: Settings) -> None:
    rate = int(sox("--i", "-r", str(path)))
    if rate < RATE:
        raise SoundError(f"{rate} samples a second; the telephone needs {RATE} or more")
    for fault in _faults(path):
        raise SoundError(fault)
    fit = CLOSE if prompt in catalogue.parts else SENTENCE
    seconds = read_sound(path, fit).seconds
    text = catalogue.parts.get(prompt, catalogue.texts.get(prompt))
    if text is not None:
        wanted = voice_of(settings, prompt.language).say(text, fit).seconds
        shortest, longest = SHORTEST_SHARE * wanted - SLACK_SECONDS, LONGEST_SHARE * wanted + SLACK_SECONDS
        if not max(shortest, 0.0) <= seconds <= longest:
            limits = f"{max(shortest, 0.0):.1f} to {longest:.1f} s"
            raise SoundError(f"{seconds:.1f} s long; its text takes the synthesiser {wanted:.1f} s ({limits})")


def _faults(path: Path) -> Iterator[str]:
    sound = read_raw(path)
    level = sound.speech_level()
    if level == -math.inf:
        yield f"silent: nothing in it is above {SILENT_BELOW:.0f} dB"
        return
    if level < QUIETEST:
        yield f"too quiet: its speech is at {level:.0f} dB; at least {QUIETEST:.0f} is wanted"
    share = clipped_share(path)
    if share > CLIPPED_SHARE:
        yield f"clipped: {share:.1%} of it is at full scale; record it again with less gain"
    before, after = silence_around(sound)
    for where, seconds in (("start", before), ("end", after)):
        if seconds > SILENCE_SECONDS:
            yield f"{seconds:.1f} s of silence at its {where}; {SILENCE_SECONDS:.0f} at most"


def clipped_share(path: Path) -> float:
    """Which part of the samples, of all channels, is at full scale."""
    samples = _samples(sox("-D", "-V1", str(path), "-t", "raw", "-e", "signed-integer", "-b", "16", "-L", "-"))
    return sum(1 for sample in samples if abs(sample) >= FULL) / len(samples) if samples else 0.0


def silence_around(sound: Sound) -> tuple[float, float]:
    """Seconds of silence before the first and after the last frame that is none."""
    frames = [Sound(sound.samples[at : at + 2 * FRAME]) for at in range(0, len(sound.samples), 2 * FRAME)]
    loud = [number for number, frame in enumerate(frames) if frame.speech_level() > -math.inf]
    if not loud:
        return sound.seconds, sound.seconds
    return loud[0] * FRAME / RATE, (len(frames) - 1 - loud[-1]) * FRAME / RATE


def _keep(home: Home, prompt: Prompt, path: Path) -> None:
    target = recordings_folder(home) / prompt.language / f"{prompt.name}.wav"
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f".{target.name}.half")
    sox("-D", "-V1", "-G", str(path), "-t", "wav", "-b", "16", "-e", "signed-integer", str(half), "remix", "-")
    half.replace(target)


def _convert(home: Home, settings: Settings, taken: list[Prompt]) -> tuple[Refused, ...]:
    if not taken:
        return ()
    catalogue = load_catalogue(home)
    part = Catalogue(
        {prompt: catalogue.texts[prompt] for prompt in taken if prompt in catalogue.texts},
        {prompt: catalogue.recordings[prompt] for prompt in taken},
        {prompt: catalogue.parts[prompt] for prompt in taken if prompt in catalogue.parts},
    )
    return build(home, settings, catalogue=part).refused


def _samples(raw: bytes) -> "array.array[int]":
    values = array.array("h", raw[: len(raw) // 2 * 2])
    if sys.byteorder == "big":
        values.byteswap()
    return values
