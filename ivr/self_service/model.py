"""What a service is: the frozen model of a service file."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from foundation.settings import LANGUAGES, Language
from ivr.menu.menu import Part, Prompts
from ivr.self_service.questions import Question, Word
from ivr.self_service.sentences import Answer, FieldName, Said
from ivr.speech import GRAMMARS, Phrase

Sentence = Annotated[tuple[Said, ...], Field(min_length=1)]


class AnswerError(Exception):
    """The back office answered something that the contract has not, or that cannot be said."""


class CallOffice(Part):
    """What the back office is asked: an operation of docs/back-office.openapi.yaml."""

    operation: str
    arguments: Mapping[FieldName, Word] = Field(default_factory=dict)
    """A fixed text, `$person`, or `$name` of something asked."""
    timeout_seconds: Annotated[float, Field(ge=0.2, le=4)] = 2.0
    """For one attempt; all together never take longer than 4 s."""
    retries: Annotated[int, Field(ge=0, le=3)] = 1


def _each_language(value: object) -> object:
    """One row for all languages stands for itself in each."""
    return dict.fromkeys(LANGUAGES, value) if isinstance(value, list) else value


class Reply(Part):
    """What is said when the answer is such."""

    when: Mapping[FieldName, Word | tuple[Word, ...]] = Field(default_factory=dict)
    say: Annotated[Mapping[Language, Sentence], BeforeValidator(_each_language)]
    sms: Mapping[Language, Annotated[str, Field(max_length=300)]] | None = None
    """Sent to the caller's own number where the site has a gateway; `{field}` puts in what was answered."""

    @model_validator(mode="after")
    def _all_languages(self) -> "Reply":
        for name in ("say", "sms"):
            found = getattr(self, name)
            if found is not None and set(found) != set(LANGUAGES):
                raise ValueError(f"{name}: needs each of {', '.join(LANGUAGES)}")
        return self

    def fits(self, answer: Answer) -> bool:
        return all(
            str(answer.get(name)) in ((wanted,) if isinstance(wanted, str) else wanted)
            for name, wanted in self.when.items()
        )

    def speak(self, answer: Answer, language: Language) -> Phrase:
        """What is said.

        Raises:
            AnswerError: a value is missing or cannot be said.
        """
        grammar = GRAMMARS[language]
        try:
            rows = [(said,) if isinstance(said, str) else said.phrase(answer, grammar) for said in self.say[language]]
        except (KeyError, ValueError, TypeError) as error:
            raise AnswerError(f"an answer that cannot be said: {type(error).__name__}") from error
        return tuple(name for row in rows for name in row)

    def write(self, answer: Answer, language: Language) -> str | None:
        """The text of the SMS that belongs to it, if one does."""
        return self.sms[language].format_map(answer) if self.sms else None


class Service(Part):
    title: Prompts = ()
    """Said first."""
    identity: bool
    """Whether the caller must prove who he is."""
    ask: Mapping[FieldName, Question] = Field(default_factory=dict)
    call: CallOffice
    replies: Annotated[tuple[Reply, ...], Field(min_length=1)]
    """The first that fits the answer is said."""
    refusals: Mapping[Word, Prompts] = Field(default_factory=dict)
    """The back office's words of refusal, and what is said of each."""

    def reply_to(self, answer: Answer) -> Reply:
        """The reply that fits.

        Raises:
            AnswerError: none does.
        """
        for reply in self.replies:
            if reply.fits(answer):
                return reply
        raise AnswerError("no reply of the service fits this answer")
