"""Holds services against the contract and the prompts: every fault with its file and line."""

import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from foundation.data_file import Fault, Place, Source
from foundation.settings import LANGUAGES
from ivr.self_service.contract import Operation
from ivr.self_service.contract import Place as Where
from ivr.self_service.model import Reply, Service
from ivr.self_service.questions import AskChoice
from ivr.self_service.sentences import SayChoice, Value

PERSON = "person"
ASKED_AGAIN = "no_person"
"""A proof that has run out: the caller is asked anew, whatever the service."""


@dataclass(frozen=True)
class Known:
    """What services may name."""

    has_prompt: Callable[[str], bool]
    operations: Mapping[str, Operation]


def faults_of(source: Source[Service], known: Known) -> list[Fault]:
    """Everything that is wrong with one service."""
    return list(_faults(source, known))


def _faults(source: Source[Service], known: Known) -> Iterator[Fault]:
    service = source.file
    yield from _check_prompts(source, ("title",), service.title, known)
    for name, question in service.ask.items():
        yield from _check_prompts(source, ("ask", name, "say"), question.say, known)
        if name == PERSON:
            yield source.fault(("ask", name), "$person is the proved caller; choose another name")
    for word, prompts in service.refusals.items():
        yield from _check_prompts(source, ("refusals", word), prompts, known)
    for index, reply in enumerate(service.replies):
        yield from _check_spoken(source, ("replies", str(index), "say"), reply, known)
    operation = known.operations.get(service.call.operation)
    if operation is None:
        yield source.fault(
            ("call", "operation"), "the back office's contract has no such operation", repr(service.call.operation),
        )
        return
    yield from _check_arguments(source, operation)
    yield from _check_replies(source, operation)
    yield from _check_refusals(source, operation)


def _check_arguments(source: Source[Service], operation: Operation) -> Iterator[Fault]:
    given, place = source.file.call.arguments, ("call", "arguments")
    for name, argument in operation.arguments.items():
        if argument.required and name not in given:
            yield source.fault(place, f"{operation.name} needs the argument {name}")
    for name, value in given.items():
        if name not in operation.arguments:
            yield source.fault((*place, name), f"{operation.name} has no such argument")
        else:
            yield from _check_argument(source, operation, name, value)
    for name in source.file.ask:
        if f"${name}" not in given.values():
            yield source.fault(("ask", name), f"is asked for nothing: no argument is ${name}")


def _check_argument(source: Source[Service], operation: Operation, name: str, value: str) -> Iterator[Fault]:
    place, argument = ("call", "arguments", name), operation.arguments[name]
    if value == f"${PERSON}":
        if not source.file.identity:
            yield source.fault(place, "$person needs `identity: true`")
        return
    question = source.file.ask.get(value.removeprefix("$")) if value.startswith("$") else None
    if value.startswith("$") and question is None:
        yield source.fault(place, "nothing of this name is asked", repr(value))
        return
    if question is not None and question.secret and argument.place is not Where.BODY:
        yield source.fault(place, "a secret may stand only in a request's body, never in its address")
    words = question.choices.values() if isinstance(question, AskChoice) else () if question else (value,)
    for word in words:
        if argument.enum and word not in argument.enum:
            yield source.fault(place, f"{operation.name} knows only {_list(argument.enum)}", repr(word))


def _check_replies(source: Source[Service], operation: Operation) -> Iterator[Fault]:
    replies = source.file.replies
    for index, reply in enumerate(replies):
        place: Place = ("replies", str(index))
        yield from _check_when(source, (*place, "when"), reply, operation)
        for language in LANGUAGES:
            for said in reply.say[language]:
                if isinstance(said, Value):
                    yield from _check_value(source, (*place, "say"), said, operation)
        for text in (reply.sms or {}).values():
            for name in {found for _, found, _, _ in string.Formatter().parse(text) if found}:
                if name not in operation.answer:
                    yield source.fault((*place, "sms"), f"{operation.name} answers no {name}")
    if not _covers(replies, operation):
        last = ("replies", str(len(replies) - 1))
        yield source.fault(last, "no reply fits every other answer: end with one without `when`")


def _check_when(source: Source[Service], place: Place, reply: Reply, operation: Operation) -> Iterator[Fault]:
    for name, wanted in reply.when.items():
        field = operation.answer.get(name)
        if field is None:
            yield source.fault((*place, name), f"{operation.name} answers no {name}")
        elif field.enum and (unknown := {wanted} if isinstance(wanted, str) else set(wanted)) - field.enum:
            yield source.fault((*place, name), f"is only {_list(field.enum)}", _list(frozenset(unknown - field.enum)))


def _check_value(source: Source[Service], place: Place, said: Value, operation: Operation) -> Iterator[Fault]:
    for name, form in said.fields():
        field = operation.answer.get(name)
        if field is None or not field.always:
            yield source.fault(place, f"{operation.name} does not always answer {name}")
        elif (field.kind, field.form) != form:
            wanted = form[1] or form[0]
            yield source.fault(place, f"{name} is {field.form or field.kind}, and only {wanted} can be said so")
    if isinstance(said, SayChoice) and (field := operation.answer.get(said.choice)):
        missing = field.enum - said.prompts.keys() if field.enum else {"anything else: the contract lists no words"}
        if missing:
            yield source.fault(place, f"{said.choice} may also be {_list(frozenset(missing))}")


def _check_refusals(source: Source[Service], operation: Operation) -> Iterator[Fault]:
    spoken = source.file.refusals
    for word in sorted(operation.refusals - spoken.keys() - {ASKED_AGAIN}):
        yield source.fault(("refusals",), f"{operation.name} may refuse with {word}: say something then")
    for word in spoken:
        if word not in operation.refusals:
            yield source.fault(("refusals", word), f"{operation.name} never refuses so")


def _check_spoken(source: Source[Service], place: Place, reply: Reply, known: Known) -> Iterator[Fault]:
    for language in LANGUAGES:
        said = reply.say[language]
        prompts = [one for one in said if isinstance(one, str)]
        prompts += [prompt for one in said if isinstance(one, SayChoice) for prompt in one.prompts.values()]
        yield from _check_prompts(source, place, tuple(prompts), known)


def _check_prompts(source: Source[Service], place: Place, prompts: tuple[str, ...], known: Known) -> Iterator[Fault]:
    for prompt in prompts:
        if not known.has_prompt(prompt):
            reason = "no prompt of this name has a text or a recording in every language it is needed in"
            yield source.fault(place, reason, repr(prompt))


def _covers(replies: tuple[Reply, ...], operation: Operation) -> bool:
    """Whether there is a reply to every answer."""
    if not replies[-1].when:
        return True
    names = {name for reply in replies for name in reply.when}
    if len(names) != 1 or not (field := operation.answer.get(names.pop())):
        return False
    wanted = [one for reply in replies for one in reply.when.values()]
    said = {word for one in wanted for word in ((one,) if isinstance(one, str) else one)}
    return bool(field.enum) and field.enum <= said


def _list(words: frozenset[str]) -> str:
    return ", ".join(sorted(words))
