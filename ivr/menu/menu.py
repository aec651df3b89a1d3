"""What a menu is: frozen models of the menu files.

An action says what a key does; `do` names its kind. New kinds join the union `Action`, and `menu.walk` says what they
mean.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from foundation.settings import LANGUAGES, Language
from ivr.conditions import Condition, Hours
from ivr.spoken.words import Phrases, Words, word_fault

KEYS = "0123456789*#"


Collected = TypeVar("Collected", tuple[object, ...], dict[str, object])


def _text(value: object) -> object:
    # YAML reads a key 1 as a number.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _key(value: str) -> str:
    if len(value) != 1 or value not in KEYS:
        raise ValueError(f"a telephone has the keys {' '.join(KEYS)} (write * and # in quotes)")
    return value


def _name(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,48}", value):
        raise ValueError("use lower-case Latin letters, digits and '-', beginning with a letter, 49 at most")
    return value


def _prompt(value: str) -> str:
    language, slash, name = value.rpartition("/")
    if slash and language not in LANGUAGES:
        raise ValueError(f"{language!r} is none of the languages {', '.join(LANGUAGES)}")
    _name(name)
    return value


def _some(value: Collected) -> Collected:
    # Not pydantic's min_length: it would count only the valid ones, and name a second fault beside the first.
    if not value:
        raise ValueError("must name at least one")
    return value


Key = Annotated[str, BeforeValidator(_text), AfterValidator(_key)]
Name = Annotated[str, AfterValidator(_name)]
PromptName = Annotated[str, AfterValidator(_prompt)]
"""Spoken in the caller's language; `fa/welcome` is always Persian."""
Prompts = tuple[PromptName, ...]


def _several(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


def _ends(value: tuple["Part", ...]) -> tuple["Part", ...]:
    if getattr(value[-1], "when", None) is not None:
        raise ValueError("the last alternative must always fit: give it no `when`")
    return value


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Alternative(Part):
    """An action; where several are listed, the first that fits is taken."""

    when: Condition | None = None


class GoMenu(Alternative):
    """On to another menu."""

    do: Literal["menu"]
    menu: Name


class ChooseLanguage(Alternative):
    """From here on in this language."""

    do: Literal["language"]
    language: Language
    menu: Name


class EnterQueue(Alternative):
    do: Literal["queue"]
    queue: Name
    priority: Annotated[int, Field(ge=0, le=1000)] = 0
    """Higher is served first."""


class Operator(Alternative):
    """To the site's default queue."""

    do: Literal["operator"] = "operator"


class Back(Alternative):
    """To the menu before this one; the first menu begins again."""

    do: Literal["back"]


class Repeat(Alternative):
    do: Literal["repeat"]


class Announce(Alternative):
    """Say something, then this menu again."""

    do: Literal["announce"]
    say: Annotated[Prompts, AfterValidator(_some)]


class Goodbye(Alternative):
    do: Literal["goodbye"]


Escape = Annotated[GoMenu | EnterQueue | Operator | Goodbye, Field(discriminator="do")]
"""Where a caller goes whom a menu cannot help: onwards, never round and round."""
Onwards = Annotated[
    tuple[Escape, ...], BeforeValidator(_several), AfterValidator(_some), AfterValidator(_ends),
]
"""Alternatives; the last one always fits."""


class Handled(Alternative):
    """Carried out by a module of its own in ivr/actions, named as its `do`."""

    then: Onwards | None = None
    """After it has helped; nothing: this menu again."""
    otherwise: Onwards = (Operator(),)
    """When it could not be done."""


class ServiceAction(Handled):
    """Self-service: asks, looks it up, says the answer."""

    do: Literal["service"]
    service: Name


class VoiceMessageAction(Handled):
    """Take a message into a box."""

    do: Literal["voice_message"]
    box: Name


class CallbackAction(Handled):
    """Promise a call by the queue's agents; where no calls can go out, note the number for them."""

    do: Literal["callback"]
    queue: Name
    choose_time: bool = False
    """Whether the caller may choose when: as soon as possible, in an hour, tomorrow morning."""


class TransferAction(Handled):
    """To a queue as a transfer, or to an internal number."""

    do: Literal["transfer"]
    queue: Name | None = None
    number: Annotated[str, BeforeValidator(_text), Field(pattern=r"^[a-z0-9][a-z0-9-]{0,38}$")] | None = None

    @model_validator(mode="after")
    def _one(self) -> "TransferAction":
        if (self.queue is None) == (self.number is None):
            raise ValueError("name a queue or a number, one of them")
        return self


class FollowupAction(Handled):
    """Tell a caller what became of his case, and its result."""

    do: Literal["followup"]


class CaseAction(Handled):
    """Open a case on a subject, by keys alone."""

    do: Literal["case"]
    subject: Name


Action = Annotated[
    GoMenu | ChooseLanguage | EnterQueue | Operator | Back | Repeat | Announce | Goodbye
    | ServiceAction | VoiceMessageAction | CallbackAction | TransferAction | FollowupAction | CaseAction,
    Field(discriminator="do"),
]
Choices = Annotated[tuple[Action, ...], BeforeValidator(_several), AfterValidator(_some)]
"""Alternatives; where none fits, it is as if the key were not there."""
LastResort = Annotated[
    GoMenu | EnterQueue | Operator | Goodbye | VoiceMessageAction | CallbackAction, Field(discriminator="do"),
]
LastResorts = Annotated[
    tuple[LastResort, ...], BeforeValidator(_several), AfterValidator(_some), AfterValidator(_ends),
]


class Menu(Part):
    say: Annotated[Prompts, AfterValidator(_some)]
    keys: Annotated[dict[Key, Choices], AfterValidator(_some)]
    wait_seconds: Annotated[float, Field(ge=1, le=30)] = 5
    """After the prompts, for a key."""
    retries: Annotated[int, Field(ge=0, le=9)] = 2
    """How often it is said again after a wrong key or none."""
    otherwise: LastResorts = (Operator(),)
    speech: dict[Key, dict[Language, Phrases]] = {}
    """What a caller may say instead of pressing a key."""

    @field_validator("speech")
    @classmethod
    def _clear(cls, words: Words, info: ValidationInfo) -> Words:
        unknown = sorted(set(words) - set(info.data.get("keys", words)))
        if unknown:
            raise ValueError(f"this menu has no key {' '.join(unknown)}")
        for fault in filter(None, (word_fault(words, language) for language in LANGUAGES)):
            raise ValueError(fault)
        return words


class Start(Alternative):
    menu: Name


def _starts(value: object) -> object:
    return [{"menu": value}] if isinstance(value, str) else _several(value)


class CallRules(Part):
    """What holds for the whole call."""

    start: Annotated[tuple[Start, ...], BeforeValidator(_starts), AfterValidator(_some), AfterValidator(_ends)]
    """The first menu, or alternatives of it."""
    total_seconds: Annotated[int, Field(ge=30, le=3600)] = 300
    """A caller who is still in the menus after it goes to the operator."""
    busy: Name | None = None
    """The menu of callers for whom the site has no line left; none: they are told so. It leads to no queue."""
    before_queue: Prompts = ("please-wait",)
    no_input: Prompts = ("no-input",)
    wrong_key: Prompts = ("wrong-key",)
    goodbye: Prompts = ("goodbye",)


class MenuFile(Part):
    """One file; exactly one of them has `call`."""

    call: CallRules | None = None
    hours: dict[Name, Hours] = {}
    """Opening hours, for conditions."""
    menus: dict[Name, Menu] = {}


class Tree(BaseModel):
    """All menu files together, checked."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    call: CallRules
    menus: Mapping[str, Menu] = MappingProxyType({})
    hours: Mapping[str, Hours] = MappingProxyType({})
    default_queue: str

    @property
    def conditions(self) -> Iterator[Condition]:
        """Every condition that stands anywhere."""
        for alternative in self.alternatives:
            if alternative.when is not None:
                yield alternative.when

    @property
    def alternatives(self) -> Iterator[Alternative]:
        yield from self.call.start
        for menu in self.menus.values():
            for action in (*menu.otherwise, *(action for choices in menu.keys.values() for action in choices)):
                yield action
                if isinstance(action, Handled):
                    yield from (*(action.then or ()), *action.otherwise)
