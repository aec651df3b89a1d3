"""How an answer of the back office is spoken: prompts, and values by the speech grammar."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, time
from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag

from ivr.menu.menu import Part, PromptName
from ivr.self_service.questions import Word
from ivr.speech import Grammar, Phrase, Unit

Answer = Mapping[str, object]
NUMBER = ("integer", "")
TEXT = ("string", "")
DATE = ("string", "date")
TIME = ("string", "time")
Form = tuple[str, str]
"""Type and format of a field in the contract."""


def _field(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", value):
        raise ValueError("use lower-case Latin letters, digits and '_', beginning with a letter")
    return value


FieldName = Annotated[str, AfterValidator(_field)]
"""Of an answer, or of something that was asked."""


class Value(Part):
    """Something said by the speech grammar."""

    def phrase(self, answer: Answer, grammar: Grammar) -> Phrase:
        """Its prompts.

        Raises:
            KeyError, ValueError, TypeError: the answer has no such value, or it cannot be said.
        """
        raise NotImplementedError

    def fields(self) -> Iterator[tuple[str, Form]]:
        """What it takes from the answer, and what form that must have."""
        raise NotImplementedError


class SayNumber(Value):
    number: FieldName

    def phrase(self, answer: Answer, grammar: Grammar) -> Phrase:
        return grammar.number(_whole(answer[self.number]))

    def fields(self) -> Iterator[tuple[str, Form]]:
        yield self.number, NUMBER


class SayRials(Value):
    rials: FieldName

    def phrase(self, answer: Answer, grammar: Grammar) -> Phrase:
        return grammar.rials(_whole(answer[self.rials]))

    def fields(self) -> Iterator[tuple[str, Form]]:
        yield self.rials, NUMBER


class SayTomans(Value):
    """An amount in rials, said in tomans."""

    tomans: FieldName

    def phrase(self, answer: Answer, grammar: Grammar) -> Phrase:
        return grammar.tomans(_whole(answer[self.tomans]))

    def fields(self) -> Iterator[tuple[str, Form]]:
        yield self.tomans, NUMBER


class SayDate(Value):
    date: FieldName

    def phrase(self, answer: Answer, grammar: Grammar) -> Phrase:
        return grammar.date(date.fromisoformat(str(answer[self.date])))

    def fields(self) -> Iterator[tuple[str, Form]]:
        yield self.date, DATE


class SayTime(Value):
    time: FieldName

    def phrase(self, answer: Answer, grammar: Grammar) -> Phrase:
        return grammar.time(time.fromisoformat(str(answer[self.time])))

    def fields(self) -> Iterator[tuple[str, Form]]:
        yield self.time, TIME


class SayDigits(Value):
    """One by one."""

    digits: FieldName

    def phrase(self, answer: Answer, grammar: Grammar) -> Phrase:
        return grammar.digits(str(answer[self.digits]))

    def fields(self) -> Iterator[tuple[str, Form]]:
        yield self.digits, TEXT


class SayPhone(Value):
    phone: FieldName

    def phrase(self, answer: Answer, grammar: Grammar) -> Phrase:
        return grammar.phone(str(answer[self.phone]))

    def fields(self) -> Iterator[tuple[str, Form]]:
        yield self.phone, TEXT


class SayPeriod(Value):
    """Years, months and days; those that are 0 are not said."""

    period: Annotated[Mapping[Literal["year", "month", "day"], FieldName], Field(min_length=1)]

    def phrase(self, answer: Answer, grammar: Grammar) -> Phrase:
        counts = [(_whole(answer[name]), Unit(unit)) for unit, name in self.period.items()]
        return grammar.quantities(*[one for one in counts if one[0]] or [counts[-1]])

    def fields(self) -> Iterator[tuple[str, Form]]:
        yield from ((name, NUMBER) for name in self.period.values())


class SayChoice(Value):
    """A word of the answer, by a prompt for each that it can be."""

    choice: FieldName
    prompts: Annotated[Mapping[Word, PromptName], Field(min_length=1)]

    def phrase(self, answer: Answer, grammar: Grammar) -> Phrase:  # noqa: ARG002 - the form of all
        return (self.prompts[str(answer[self.choice])],)

    def fields(self) -> Iterator[tuple[str, Form]]:
        yield self.choice, TEXT


def _kind(value: object) -> str | None:
    if not isinstance(value, Mapping):
        return "prompt"
    return next((kind for kind in KINDS if kind in value), None)


KINDS = ("number", "rials", "tomans", "date", "time", "digits", "phone", "period", "choice")
Said = Annotated[
    Annotated[PromptName, Tag("prompt")] | Annotated[SayNumber, Tag("number")] | Annotated[SayRials, Tag("rials")]
    | Annotated[SayTomans, Tag("tomans")] | Annotated[SayDate, Tag("date")] | Annotated[SayTime, Tag("time")]
    | Annotated[SayDigits, Tag("digits")] | Annotated[SayPhone, Tag("phone")] | Annotated[SayPeriod, Tag("period")]
    | Annotated[SayChoice, Tag("choice")],
    Discriminator(
        _kind, custom_error_type="no_such_value", custom_error_message=f"say a prompt or one of {', '.join(KINDS)}",
    ),
]


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("a whole number was expected")
    return value
