"""What Asterisk and a recogniser say to each other: the messages of AEAP's `speech_to_text`, without any I/O.

Source: Asterisk's res/res_speech_aeap.c and res/res_aeap/message_json.c. Messages are JSON texts; sound comes
between them as binary frames. Every request gets a response with its name and id.
"""

import json
from dataclasses import dataclass
from typing import Any

CODEC = "alaw"
GRAMMAR = "grammar"
"""The parameter with the phrases to expect."""
LANGUAGE = "language"
SEPARATOR = "|"
"""Between the phrases."""
LONGEST_MESSAGE = 16_384


class AeapError(Exception):
    """The peer does not speak this protocol."""


@dataclass(frozen=True, slots=True)
class Setup:
    """The first request: Asterisk's codecs."""

    id: str
    codecs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Set:
    """Parameters are given."""

    id: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Get:
    """Parameters are asked for."""

    id: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A request that this protocol has not."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Response:
    """To a request of ours."""

    id: str
    name: str
    error: str | None


Message = Setup | Set | Get | Unknown | Response


@dataclass(frozen=True, slots=True)
class Hearing:
    """What was understood."""

    text: str
    confidence: int
    """In per cent."""


def decode(text: str) -> Message:
    """One message of Asterisk's.

    Raises:
        AeapError: it is none.
    """
    if len(text) > LONGEST_MESSAGE:
        raise AeapError(f"a message of {len(text)} characters; {LONGEST_MESSAGE} is the limit")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AeapError(f"not JSON: {error}") from error
    if not isinstance(content, dict):
        raise AeapError("not an object of JSON")
    if "response" in content:
        error_text = content.get("error_msg")
        return Response(_id(content), str(content["response"]), None if error_text is None else str(error_text))
    if "request" not in content:
        raise AeapError("neither a request nor a response")
    return _request(content)


def _request(content: dict[str, Any]) -> Message:
    name, parameters = str(content["request"]), content.get("params")
    match name:
        case "setup":
            codecs = content.get("codecs")
            names = [one.get("name") for one in codecs if isinstance(one, dict)] if isinstance(codecs, list) else []
            return Setup(_id(content), tuple(map(str, names)))
        case "set" if isinstance(parameters, dict):
            return Set(_id(content), tuple((str(key), str(value)) for key, value in parameters.items()))
        case "get" if isinstance(parameters, list):
            return Get(_id(content), tuple(map(str, parameters)))
        case _:
            return Unknown(_id(content), name)


def _id(content: dict[str, Any]) -> str:
    found = content.get("id")
    if not isinstance(found, str) or not found:
        raise AeapError("no id")
    return found


def setup_done(request: Setup) -> str:
    return _encode({"response": "setup", "id": request.id, "codecs": [{"name": CODEC}]})


def set_done(request: Set) -> str:
    return _encode({"response": "set", "id": request.id})


def got(request: Get, hearings: tuple[Hearing, ...]) -> str:
    """The answer to a `get`: there is nothing to ask for but the results so far."""
    if request.names != ("results",):
        return refused(request, f"only results can be asked for, not {request.names}")
    return _encode({"response": "get", "id": request.id, "params": {"results": _results(hearings)}})


def refused(request: Setup | Set | Get | Unknown, reason: str) -> str:
    name = request.name if isinstance(request, Unknown) else type(request).__name__.lower()
    return _encode({"response": name, "id": request.id, "error_msg": reason})


def heard(message_id: str, hearings: tuple[Hearing, ...]) -> str:
    """A request of ours: this was said. It ends Asterisk's listening."""
    return _encode({"request": "set", "id": message_id, "params": {"results": _results(hearings)}})


def _results(hearings: tuple[Hearing, ...]) -> list[dict[str, Any]]:
    return [{"text": one.text, "score": one.confidence, "grammar": GRAMMAR} for one in hearings]


def _encode(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False)
