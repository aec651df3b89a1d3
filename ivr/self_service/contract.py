"""The back office's contract: what docs/back-office.openapi.yaml says of each operation."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from foundation.paths import CHECKOUT

CONTRACT = CHECKOUT / "docs" / "back-office.openapi.yaml"
METHODS = ("get", "post")
KEY_HEADER = "Idempotency-Key"


class ContractError(Exception):
    """The contract's file cannot be used."""


class Place(StrEnum):
    """Where an argument stands in the request."""

    PATH = "path"
    QUERY = "query"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class Argument:
    place: Place
    kind: str
    """integer or string."""
    required: bool
    enum: frozenset[str]
    """The only values it may have; empty where there is no such list."""


@dataclass(frozen=True, slots=True)
class AnswerField:
    """A value in the answer."""

    kind: str
    """integer or string."""
    form: str
    """date, time or empty."""
    enum: frozenset[str]
    always: bool


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    method: str
    path: str
    """Like /v1/people/{person}/insurance-days."""
    arguments: Mapping[str, Argument]
    answer: Mapping[str, AnswerField]
    refusals: frozenset[str]
    """Words of refusal, with any 4xx but 401."""
    keyed: bool
    """Whether it takes an Idempotency-Key; without one it changes nothing and may be repeated."""


def load_contract(path: Path = CONTRACT) -> Mapping[str, Operation]:
    """Every operation by its name.

    Raises:
        ContractError: the file is missing or is no such description.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        reader = _Reader(document)
        return MappingProxyType({one.name: one for one in reader.operations()})
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise ContractError(f"{path}: cannot be read as a contract: {error!r}") from error


@dataclass(frozen=True, slots=True)
class _Reader:
    document: Any

    def operations(self) -> Iterator[Operation]:
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield self._operation(path, method, item[method], item.get("parameters", []))

    def _operation(self, path: str, method: str, content: Any, shared: list[Any]) -> Operation:
        parameters = [self._look(one) for one in (*shared, *content.get("parameters", []))]
        arguments = {
            one["name"]: Argument(
                Place(one["in"]), one["schema"].get("type", ""), one.get("required", False), _enum(one["schema"]),
            )
            for one in parameters if one["in"] != "header"
        }
        return Operation(
            content["operationId"], method.upper(), path, {**arguments, **self._body(content)}, self._answer(content),
            frozenset(self._refusals(content)), any(one["name"] == KEY_HEADER for one in parameters),
        )

    def _body(self, content: Any) -> dict[str, Argument]:
        if "requestBody" not in content:
            return {}
        schema = self._schema(content["requestBody"])
        return {
            name: Argument(Place.BODY, one.get("type", ""), name in schema.get("required", []), _enum(one))
            for name, one in schema["properties"].items()
        }

    def _answer(self, content: Any) -> dict[str, AnswerField]:
        schema = next(self._schema(self._look(one)) for code, one in content["responses"].items() if code[0] == "2")
        return {
            name: AnswerField(one.get("type", ""), one.get("format", ""), _enum(one), name in schema["required"])
            for name, one in schema["properties"].items()
        }

    def _refusals(self, content: Any) -> Iterator[str]:
        for code, one in content["responses"].items():
            if code[0] == "4" and code != "401":
                yield from _enum(self._schema(self._look(one))["properties"]["error"])

    def _schema(self, content: Any) -> Any:
        return self._look(content["content"]["application/json"]["schema"])

    def _look(self, content: Any) -> Any:
        found = content
        while "$ref" in found:
            place = self.document
            for part in found["$ref"].removeprefix("#/").split("/"):
                place = place[part]
            found = place
        return found


def _enum(schema: Any) -> frozenset[str]:
    return frozenset(map(str, schema.get("enum", ())))
