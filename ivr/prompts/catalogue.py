"""Which prompts there are: texts of ours, and recordings of the site's own."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import yaml

from foundation.paths import Home
from foundation.settings import LANGUAGES, Language
from foundation.yaml_text import load_yaml
from ivr.speech import GRAMMARS, PAUSE

TEXTS = Path(__file__).parent / "texts.yaml"
NAME = re.compile(r"[a-z][a-z0-9-]{0,48}")
FORMATS = ("alaw", "ulaw")


class CatalogueError(Exception):
    """The catalogue of texts cannot be used; the text names the prompt and the reason."""


@dataclass(frozen=True, order=True)
class Prompt:
    """One sound. Asterisk plays it by `name` in the channel's language, or by `fa/name` in a certain one."""

    language: Language
    name: str

    def path(self, folder: Path, form: str) -> Path:
        return folder / self.language / f"{self.name}.{form}"

    def __str__(self) -> str:
        return f"{self.language}/{self.name}"


@dataclass(frozen=True)
class Missing:
    """A prompt that a caller would not hear."""

    prompt: Prompt

    def __str__(self) -> str:
        return f"prompt {self.prompt} has no sound: run `bin/pasokh prompts build`"


@dataclass(frozen=True)
class Catalogue:
    texts: Mapping[Prompt, str]
    recordings: Mapping[Prompt, Path]
    """The site's own files, checked only when they are converted."""
    parts: Mapping[Prompt, str] = field(default_factory=dict)
    """Parts of spoken numbers and dates: what the synthesiser is given. They follow each other closely."""

    @cached_property
    def prompts(self) -> list[Prompt]:
        return sorted(self.texts.keys() | self.recordings.keys())

    @cached_property
    def names(self) -> frozenset[str]:
        """Names that can be played in every language."""
        languages: dict[str, set[Language]] = {}
        for prompt in self.prompts:
            languages.setdefault(prompt.name, set()).add(prompt.language)
        return frozenset(name for name, found in languages.items() if found.issuperset(LANGUAGES))

    def has(self, reference: str) -> bool:
        """Whether a menu may play `name`, or `fa/name`."""
        language, slash, name = reference.partition("/")
        if not slash:
            return reference in self.names
        return any(str(prompt) == f"{language}/{name}" for prompt in self.prompts)


def recordings_folder(home: Home) -> Path:
    """Where the site puts its studio recordings: `recorded-prompts/LANGUAGE/NAME.wav`."""
    return home.root / "recorded-prompts"


def load_catalogue(home: Home, texts: Path = TEXTS) -> Catalogue:
    """Our texts, what the speech grammar says, and the site's recordings.

    Raises:
        CatalogueError: a text is missing, something in the file has the wrong form, or a name is the grammar's.
    """
    sentences, parts = dict(_texts(texts)), dict(_parts())
    if taken := sorted(sentences.keys() & parts.keys()):
        raise CatalogueError(f"{texts}: {taken[0].name}: the speech grammar has a prompt of this name; choose another")
    spoken = {prompt: GRAMMARS[prompt.language].pronounced(prompt.name) for prompt in parts}
    return Catalogue(sentences | parts, dict(_recordings(recordings_folder(home))), spoken)


def missing(home: Home) -> list[Missing]:
    """Prompts that have no sound yet, for the doctor."""
    return [
        Missing(prompt)
        for prompt in load_catalogue(home).prompts
        if not any(_has_sound(prompt.path(home.prompts, form)) for form in FORMATS)
    ]


def _texts(path: Path) -> Iterator[tuple[Prompt, str]]:
    try:
        content = load_yaml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CatalogueError(f"{path}: cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise CatalogueError(f"{path}: must map each prompt's name to its texts")
    for name, texts in content.items():
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise CatalogueError(f"{path}: {name!r}: a name has lower-case Latin letters, digits and '-'")
        if not isinstance(texts, dict) or set(texts) != set(LANGUAGES):
            raise CatalogueError(f"{path}: {name}: needs a text in each of {', '.join(LANGUAGES)}, and nothing else")
        for language in LANGUAGES:
            text = texts[language]
            if not isinstance(text, str) or not text.strip():
                raise CatalogueError(f"{path}: {name}.{language} = {text!r}: must be a text")
            yield Prompt(language, name), text


def _parts() -> Iterator[tuple[Prompt, str]]:
    for language, grammar in GRAMMARS.items():
        yield from ((Prompt(language, name), text) for name, text in grammar.texts.items() if name != PAUSE)


def _recordings(folder: Path) -> Iterator[tuple[Prompt, Path]]:
    for language in LANGUAGES:
        for path in sorted((folder / language).glob("*.wav")):
            if NAME.fullmatch(path.stem):
                yield Prompt(language, path.stem), path


def _has_sound(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0
