"""Renders the prompts that changed; stopped at any moment, it goes on where it was."""

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from foundation.paths import Home
from foundation.settings import LANGUAGES, Language, Settings
from ivr.prompts.catalogue import Catalogue, load_catalogue
from ivr.prompts.sound import (
    CLOSE,
    SENTENCE,
    Fit,
    Sound,
    SoundError,
    read_sound,
    silence,
    speak,
    speak_with_piper,
    tone,
    write_sound,
)
from ivr.speech import PAUSE

RENDERING = "1"
"""Change it when the same text shall sound different, so that every site renders anew."""
WORKERS = 2
BEEP = "beep"
PAUSE_SECONDS = 0.25
"""Between groups of digits."""
VOICES: dict[Language, tuple[str, int]] = {"fa": ("fa", 140), "tr": ("tr", 145), "en": ("en-us", 150)}
"""espeak-ng's voice and its words a minute: slow enough for an older caller on a bad line."""

Progress = Callable[[int, int, str], None]
"""Done, all, and the name of what was done."""


class VoiceError(SoundError):
    """A voice of the settings cannot be used."""


@dataclass(frozen=True)
class Refused:
    """A recording that cannot be used; the sound that was there stays."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True)
class Built:
    made: tuple[str, ...]
    """Names of the prompts that were rendered or converted."""
    kept: int
    """How many were as they should be."""
    refused: tuple[Refused, ...]


@dataclass(frozen=True)
class Voice:
    """Who speaks a language's texts: espeak-ng, or Piper where the site gives a voice file."""

    language: Language
    model: Path | None = None

    def mark(self) -> object:
        if self.model is None:
            return VOICES[self.language]
        found = self.model.stat()
        return str(self.model), found.st_size, found.st_mtime_ns

    def say(self, text: str, fit: Fit = SENTENCE) -> Sound:
        """The text, spoken.

        Raises:
            SoundError, ToolMissingError: it cannot be.
        """
        with tempfile.TemporaryDirectory(prefix="pasokh-prompt-") as folder:
            wav = Path(folder) / "sound.wav"
            if self.model is None:
                speak(text, *VOICES[self.language], wav)
            else:
                speak_with_piper(text, self.model, wav)
            return read_sound(wav, fit)


def voice_of(settings: Settings, language: Language) -> Voice:
    """Who speaks `language` at this site.

    Raises:
        VoiceError: the settings name a voice that is not there.
    """
    model = settings.prompts.piper_voice.get(language)
    if model is None:
        return Voice(language)
    for path in (model, Path(f"{model}.json")):
        if not path.is_file():
            raise VoiceError(f"prompts.piper_voice.{language} = {str(model)!r}: there is no file {path}")
    return Voice(language, model)


@dataclass(frozen=True)
class Job:
    """One sound to have: its place without the format's ending, and what it is made from."""

    name: str
    target: Path
    stamp: Path
    forms: tuple[str, ...]
    text: str | None = None
    language: Language | None = None
    recording: Path | None = None
    fit: Fit = SENTENCE
    voice: Voice | None = None

    def mark(self) -> str:
        """What the sound depends on; equal marks mean equal sound."""
        voice = self.voice.mark() if self.voice else None
        source = self.recording.read_bytes() if self.recording else repr((self.text, voice, self.fit)).encode()
        return hashlib.sha256(RENDERING.encode() + source).hexdigest()

    def is_fresh(self) -> bool:
        return self.exists() and _read(self.stamp) == self.mark()

    def exists(self) -> bool:
        return all(self.file(form).exists() for form in self.forms)

    def file(self, form: str) -> Path:
        return self.target.with_name(f"{self.target.name}.{form}")

    def run(self) -> None:
        """Make the sound in every format.

        Raises:
            SoundError: it cannot be made.
        """
        mark = self.mark()
        sound = read_sound(self.recording, self.fit) if self.recording else self._render()
        for form in self.forms:
            write_sound(sound, self.file(form), form, self.fit)
        self.stamp.parent.mkdir(parents=True, exist_ok=True)
        self.stamp.write_text(mark)

    def _render(self) -> Sound:
        if self.name == PAUSE:
            return silence(PAUSE_SECONDS)
        if self.text is not None and self.voice is not None:
            return self.voice.say(self.text, self.fit)
        with tempfile.TemporaryDirectory(prefix="pasokh-prompt-") as folder:
            wav = Path(folder) / "sound.wav"
            tone(wav)
            return read_sound(wav, self.fit)


def build(
    home: Home, settings: Settings, progress: Progress | None = None, catalogue: Catalogue | None = None,
) -> Built:
    """Make every prompt that is not there yet or whose text, voice or recording has changed.

    `catalogue` is the site's own unless another is given.

    Raises:
        CatalogueError: the texts cannot be used.
        ToolMissingError: espeak-ng or sox is not installed.
        SoundError: a text cannot be rendered.
    """
    jobs = list(_jobs(home, settings, catalogue or load_catalogue(home)))
    stale = [job for job in jobs if not job.is_fresh()]
    made: list[str] = []
    refused: list[Refused] = []
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="prompt") as pool:
        for done, (job, problem) in enumerate(pool.map(_attempt, stale), start=1):
            refused += [problem] if problem else []
            made += [] if problem else [job.name]
            if progress:
                progress(done, len(stale), job.name)
    return Built(tuple(made), len(jobs) - len(stale), tuple(refused))


def _jobs(home: Home, settings: Settings, catalogue: Catalogue) -> Iterator[Job]:
    forms = tuple(settings.sip.trunk.codecs)
    stamps = home.prompts / ".stamps"
    for signal in (BEEP, PAUSE):
        yield Job(signal, home.prompts / signal, stamps / signal, forms)
    voices = {language: voice_of(settings, language) for language in LANGUAGES}
    for prompt in catalogue.prompts:
        place = Path(prompt.language) / prompt.name
        yield Job(
            name=str(prompt),
            target=home.prompts / place,
            stamp=stamps / place,
            forms=forms,
            text=catalogue.parts.get(prompt, catalogue.texts.get(prompt)),
            language=prompt.language,
            recording=catalogue.recordings.get(prompt),
            fit=CLOSE if prompt in catalogue.parts else SENTENCE,
            voice=voices[prompt.language],
        )


def _attempt(job: Job) -> tuple[Job, Refused | None]:
    try:
        job.run()
    except SoundError as error:
        if job.recording is None:
            raise SoundError(f"prompt {job.name}: {error}") from error
        if job.text is not None and not job.exists():
            replace(job, recording=None).run()
        return job, Refused(job.recording, str(error))
    return job, None


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""
