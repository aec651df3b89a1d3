"""What a service can ask: each kind of question checks what is typed before anybody else is asked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from persiantools.jdatetime import JalaliDate
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from foundation.identity_numbers import NATIONAL_ID_DIGITS, is_insurance_number, is_national_id
from ivr.menu.menu import Key, Part, Prompts
from ivr.speech import Grammar, Phrase

LONGEST = 20
PIN_LEAST, PIN_MOST = 4, 8
DATE_DIGITS = 8
INSURANCE_DIGITS = 10
RIALS_OF_TOMAN = 10

_JALALI: Any = JalaliDate  # its signatures are not typed


@dataclass(frozen=True, slots=True)
class Wrong:
    """It cannot be that; `prompt` tells the caller."""

    prompt: str


@dataclass(frozen=True, slots=True, repr=False)
class Typed:
    """A good answer; not shown, for it may be a secret."""

    value: str
    """As the back office gets it."""


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from error
    return value


def _scalar(value: object) -> object:
    # YAML reads a word like 1 as a number.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Word = Annotated[str, BeforeValidator(_scalar)]


class Ask(Part):
    """One question; what is typed can be used in the call as `$name`."""

    say: Prompts
    confirm: bool = False
    """Say it back and ask whether it is right."""

    @property
    def longest(self) -> int:
        """How many digits at most; fewer are ended by `#` or a pause."""
        raise NotImplementedError

    @property
    def secret(self) -> bool:
        """Whether what is typed is said back to nobody."""
        return False

    def read(self, keys: str) -> Typed | Wrong:
        """What the keys mean as an answer to this question."""
        if not keys:
            return Wrong("no-input")
        if not re.fullmatch(r"[0-9]+", keys):
            return Wrong("service-digits-only")
        return self._read(keys)

    def spoken(self, typed: Typed, grammar: Grammar) -> Phrase:
        """A good answer said back to him who gave it; nothing of secrets."""
        return () if self.secret else grammar.digits(typed.value)

    def _read(self, keys: str) -> Typed | Wrong:
        raise NotImplementedError


class AskNationalId(Ask):
    kind: Literal["national-id"] = "national-id"

    @property
    def longest(self) -> int:
        return NATIONAL_ID_DIGITS

    def _read(self, keys: str) -> Typed | Wrong:
        return Typed(keys) if is_national_id(keys) else Wrong("service-not-national-id")


class AskInsuranceNumber(Ask):
    kind: Literal["insurance-number"]

    @property
    def longest(self) -> int:
        return INSURANCE_DIGITS

    def _read(self, keys: str) -> Typed | Wrong:
        return Typed(keys) if is_insurance_number(keys) else Wrong("service-not-insurance-number")


class AskPin(Ask):
    """Four to eight digits that nobody else may know."""

    kind: Literal["pin"] = "pin"
    confirm: Literal[False] = False

    @property
    def longest(self) -> int:
        return PIN_MOST

    @property
    def secret(self) -> bool:
        return True

    def _read(self, keys: str) -> Typed | Wrong:
        return Typed(keys) if len(keys) >= PIN_LEAST else Wrong("service-not-pin")


class AskAmount(Ask):
    """Money, typed in tomans and handed on in rials."""

    kind: Literal["amount"]
    least: Annotated[int, Field(ge=0)] = 1
    most: Annotated[int, Field(le=10**14)] = 10**12
    """Both in tomans."""

    @property
    def longest(self) -> int:
        return len(str(self.most))

    def spoken(self, typed: Typed, grammar: Grammar) -> Phrase:
        return grammar.tomans(int(typed.value))

    def _read(self, keys: str) -> Typed | Wrong:
        fits = self.least <= int(keys) <= self.most
        return Typed(str(int(keys) * RIALS_OF_TOMAN)) if fits else Wrong("service-not-amount")


class AskDate(Ask):
    """A Jalali day typed as eight digits, the year first."""

    kind: Literal["date"]

    @property
    def longest(self) -> int:
        return DATE_DIGITS

    def spoken(self, typed: Typed, grammar: Grammar) -> Phrase:
        return grammar.date(date.fromisoformat(typed.value))

    def _read(self, keys: str) -> Typed | Wrong:
        if len(keys) != DATE_DIGITS:
            return Wrong("service-not-date")
        try:
            day: date = _JALALI(int(keys[:4]), int(keys[4:6]), int(keys[6:])).to_gregorian()
        except (ValueError, OverflowError):
            return Wrong("service-not-date")
        return Typed(day.isoformat())


class AskChoice(Ask):
    kind: Literal["choice"]
    choices: Annotated[Mapping[Key, Word], Field(min_length=1)]
    """A key, and the word that it stands for in the call."""

    @property
    def longest(self) -> int:
        return 1

    def spoken(self, typed: Typed, grammar: Grammar) -> Phrase:  # noqa: ARG002 - the form of all
        return ()

    def _read(self, keys: str) -> Typed | Wrong:
        word = self.choices.get(keys)
        return Wrong("wrong-key") if word is None else Typed(word)


class AskDigits(Ask):
    kind: Literal["digits"]
    least: Annotated[int, Field(ge=1, le=LONGEST)]
    most: Annotated[int, Field(ge=1, le=LONGEST)]
    pattern: Annotated[str, AfterValidator(_pattern)] = "[0-9]+"
    private: bool = False

    @property
    def longest(self) -> int:
        return self.most

    @property
    def secret(self) -> bool:
        return self.private

    @model_validator(mode="after")
    def _ordered(self) -> "AskDigits":
        if self.least > self.most:
            raise ValueError("least is above most")
        if self.private and self.confirm:
            raise ValueError("what is private is not said back: take confirm out")
        return self

    def _read(self, keys: str) -> Typed | Wrong:
        fits = self.least <= len(keys) and re.fullmatch(self.pattern, keys)
        return Typed(keys) if fits else Wrong("service-not-valid")


Question = Annotated[
    AskNationalId | AskInsuranceNumber | AskPin | AskAmount | AskDate | AskChoice | AskDigits,
    Field(discriminator="kind"),
]
