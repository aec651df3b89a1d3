"""What is said of a wrong setting: where it stands, its value, and what to write instead. Secrets are never shown."""

import os
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

ENVIRONMENT_PREFIX = "PASOKH_"
_SECRET = ("url", "token", "password", "client_secret")
_LONGEST_VALUE = 80
_WORDS = {
    "string_type": "must be text; put it in quotes",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list, written like [one, another]",
    "dict_type": "must be a mapping: keys with their values, indented below it",
    "model_type": "must be a mapping: keys with their values, indented below it",
    "missing": "is missing",
}


def explain(path: Path, error: ValidationError, settings: type[BaseModel]) -> Iterator[str]:
    """A line for each problem: place, key, value, reason."""
    for problem in error.errors():
        loc = tuple(str(part) for part in problem["loc"] if part != "[key]")
        value = _shown(problem["input"], loc) if problem["loc"] else ""
        yield f"{_place(path, loc)}: {'.'.join(loc) or 'settings'}{value}: {_reason(problem, loc, settings)}"


def explain_secrets(path: Path, error: ValidationError) -> Iterator[str]:
    """A line for each problem, without the values."""
    for problem in error.errors(include_input=False):
        place = ".".join(str(part) for part in problem["loc"])
        yield f"{path}: {place}: {_WORDS.get(problem['type'], problem['msg'])}"


def _place(path: Path, loc: tuple[str, ...]) -> str:
    variable = ENVIRONMENT_PREFIX + "__".join(loc).upper()
    return f"environment variable {variable}" if loc and variable in os.environ else str(path)


def _shown(value: object, loc: tuple[str, ...]) -> str:
    hidden = loc[-1] in _SECRET or isinstance(value, Mapping | list | tuple | BaseModel)
    shown = repr(value)
    return "" if hidden or len(shown) > _LONGEST_VALUE else f" = {shown}"


def _reason(problem: Any, loc: tuple[str, ...], settings: type[BaseModel]) -> str:
    if problem["type"] == "extra_forbidden":
        near = get_close_matches(loc[-1], _siblings(settings, loc), n=1)
        return f"no such setting; did you mean {near[0]}?" if near else "no such setting"
    said: str = problem["msg"].removeprefix("Value error, ")
    said = said.replace("Input should be", "must be").replace("String should match pattern", "must match the pattern")
    return _WORDS.get(problem["type"], said)


def _siblings(model: type[BaseModel], loc: tuple[str, ...]) -> list[str]:
    """The settings that there are where `loc` stands."""
    kind: Any = model
    for part in loc[:-1]:
        fields = getattr(kind, "model_fields", None)
        kind = fields[part].annotation if fields else get_args(kind)[-1]
    return list(getattr(kind, "model_fields", ()))
