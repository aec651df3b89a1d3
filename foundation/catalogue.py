"""What Pasokh says to people in writing: a catalogue of texts, each in every language.

A room keeps its texts in one YAML file beside its code. All languages of a text stand together, so a missing one is
seen where it is missing:

    report.queue.title:
      fa: گزارش صف {queue}
      tr: "{queue} kuyruğu raporu"
      en: Report of queue {queue}
    report.calls.count:
      fa: "{count} تماس"
      tr: "{count} çağrı"
      en: {one: "{count} call", other: "{count} calls"}

`one` and `other` are chosen by the text's `count`. Numbers put into a text get the language's digits and marks.
"""

import string
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from foundation.settings import LANGUAGES, Language
from foundation.text import number_text
from foundation.yaml_text import QuickLoader


class CatalogueError(Exception):
    """The catalogue's files, or a use of them, are wrong: the text says which key and why."""


@dataclass(frozen=True, slots=True)
class Message:
    """One text in one language, for one and for any other number."""

    one: str
    other: str

    @property
    def fields(self) -> frozenset[str]:
        """Names of what is put into it."""
        return _fields(self.one) | _fields(self.other)


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one language: `texts("report.queue.title", queue="pensions")`."""

    language: Language
    messages: Mapping[str, Message]

    def __call__(self, key: str, /, **values: str | float) -> str:
        """The text of `key` with `values` put in.

        Raises:
            CatalogueError: no such text, or it needs a value that was not given.
        """
        try:
            message = self.messages[key]
        except KeyError:
            raise CatalogueError(f"no text {key!r} in the catalogue") from None
        pattern = message.one if values.get("count") == 1 else message.other
        try:
            return pattern.format(**{name: self._written(value) for name, value in values.items()})
        except KeyError as error:
            raise CatalogueError(f"text {key!r} ({self.language}) needs the value {error}") from error

    def _written(self, value: str | float) -> str:
        if isinstance(value, str):
            return value
        return number_text(value, self.language, 0 if isinstance(value, int) else 1)


@dataclass(frozen=True, slots=True)
class Catalogue:
    messages: Mapping[Language, Mapping[str, Message]]

    def texts(self, language: Language) -> Texts:
        return Texts(language, self.messages[language])


def load_catalogue(files: Iterable[Path]) -> Catalogue:
    """Read catalogue files, every text of which must exist in every language with the same values put in.

    Raises:
        CatalogueError: the first thing that is wrong, with its file and key.
    """
    messages: dict[Language, dict[str, Message]] = {language: {} for language in LANGUAGES}
    for file in files:
        for key, languages in _read(file).items():
            if key in messages[LANGUAGES[0]]:
                raise CatalogueError(f"{file}: {key}: this text exists already in another file")
            for language, message in _message_of_each(file, key, languages).items():
                messages[language][key] = message
    return Catalogue(messages)


class _OnlyOnce(QuickLoader):
    """YAML lets the last of two equal keys win silently; here it is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        counted = Counter(self.construct_object(key, deep=deep) for key, _ in node.value)
        twice = [str(key) for key, count in counted.items() if count > 1]
        if twice:
            raise yaml.YAMLError(f"{', '.join(twice)}: written twice")
        return super().construct_mapping(node, deep)


def _read(file: Path) -> dict[str, Any]:
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), _OnlyOnce)  # noqa: S506 - a SafeLoader
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CatalogueError(f"{file}: {error}") from error
    if not isinstance(content, dict):
        raise CatalogueError(f"{file}: must be a mapping of texts")
    return content


def _message_of_each(file: Path, key: str, languages: Any) -> dict[Language, Message]:
    if not isinstance(languages, dict) or set(languages) != set(LANGUAGES):
        raise CatalogueError(f"{file}: {key}: must have exactly the languages {', '.join(LANGUAGES)}")
    found = {language: _message(file, key, languages[language]) for language in LANGUAGES}
    if len({message.fields for message in found.values()}) > 1:
        raise CatalogueError(f"{file}: {key}: its languages put in different values")
    return found


def _message(file: Path, key: str, value: Any) -> Message:
    forms = value if isinstance(value, dict) else {"one": value, "other": value}
    if set(forms) != {"one", "other"} or not all(isinstance(form, str) and form for form in forms.values()):
        raise CatalogueError(f"{file}: {key}: a text is a string, or a mapping with `one` and `other`")
    try:
        message = Message(**forms)
        _ = message.fields
    except ValueError as error:
        raise CatalogueError(f"{file}: {key}: {error}") from error
    return message


def _fields(pattern: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None)
