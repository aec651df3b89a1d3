"""Asks the back office over HTTP: in time, again when it may, and not at all while it is known to be down."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import structlog

from foundation.settings import Secrets, Settings
from ivr.self_service.breaker import Breaker, State, admit, on_failure, on_success
from ivr.self_service.contract import KEY_HEADER, Operation, Place
from ivr.self_service.sentences import Answer

TOTAL_SECONDS = 4.0
"""All attempts together: a caller hears within 5 s what became of his question."""
PAUSE_SECONDS = 0.1
TYPES: Mapping[str, type] = {"integer": int, "string": str}

log = structlog.get_logger()


class OfficeDownError(Exception):
    """The back office does not answer, or not as the contract says. The text names no argument."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The back office's word of refusal."""

    word: str


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """One request; its repetitions have the same key. Not shown: its values may be secrets."""

    operation: Operation
    values: Mapping[str, str]
    key: str
    """Idempotency-Key."""
    timeout_seconds: float = 2.0
    retries: int = 1


class BackOffice:
    """One for all calls."""

    def __init__(self, client: httpx.AsyncClient, clock: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock
        self._breaker = Breaker()

    @property
    def state(self) -> State:
        return self._breaker.state(self._clock())

    async def ask(self, question: Question) -> Answer | Refused:
        """The answer, or a refusal.

        Raises:
            OfficeDownError: no answer in `TOTAL_SECONDS`, or at once while it is known to be down.
        """
        breaker = admit(self._breaker, self._clock())
        if breaker is None:
            raise OfficeDownError(f"{question.operation.name}: the back office is down")
        self._breaker = breaker
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                found = await self._try_all(question)
        except (OfficeDownError, TimeoutError) as error:
            self._fail(question.operation.name, error)
            raise OfficeDownError(str(error) or "no answer in time") from error
        self._breaker = on_success(self._breaker)
        return found

    async def _try_all(self, question: Question) -> Answer | Refused:
        for left in reversed(range(question.retries + 1)):
            try:
                return await self._try(question)
            except OfficeDownError as error:
                if not left:
                    raise
                log.info("back office asked again", operation=question.operation.name, error=str(error))
                await asyncio.sleep(PAUSE_SECONDS)
        raise AssertionError("unreachable")

    async def _try(self, question: Question) -> Answer | Refused:
        name = question.operation.name
        try:
            async with asyncio.timeout(question.timeout_seconds):
                response = await self._client.send(self._request(question))
        except TimeoutError as error:
            raise OfficeDownError(f"{name}: no answer within {question.timeout_seconds} s") from error
        except httpx.HTTPError as error:
            raise OfficeDownError(f"{name}: {type(error).__name__}") from error
        return read_response(question.operation, response)

    def _request(self, question: Question) -> httpx.Request:
        operation, placed = question.operation, _placed(question)
        path = operation.path.format_map({name: quote(value, safe="") for name, value in placed[Place.PATH].items()})
        return self._client.build_request(
            operation.method, path, params=placed[Place.QUERY] or None,
            json=placed[Place.BODY] if operation.method == "POST" else None,
            headers={KEY_HEADER: question.key} if operation.keyed else None,
        )

    def _fail(self, name: str, error: Exception) -> None:
        before = self._breaker
        self._breaker = on_failure(before, self._clock())
        log.warning(
            "back office failed", operation=name, error=str(error) or "no answer in time", breaker=self.state.value,
        )


def read_response(operation: Operation, response: httpx.Response) -> Answer | Refused:
    """What a response says.

    Raises:
        OfficeDownError: something that the contract has not.
    """
    try:
        content = response.json()
    except ValueError as error:
        raise OfficeDownError(f"{operation.name}: status {response.status_code} without JSON") from error
    if response.is_success and isinstance(content, dict):
        for name, field in operation.answer.items():
            if field.always and not isinstance(content.get(name), TYPES.get(field.kind, object)):
                raise OfficeDownError(f"{operation.name}: the answer's {name} is no {field.kind}")
        return content
    word = content.get("error") if isinstance(content, dict) else None
    if 400 <= response.status_code < 500 and word in operation.refusals:
        return Refused(word)
    raise OfficeDownError(f"{operation.name}: status {response.status_code}")


def open_client(settings: Settings, secrets: Secrets) -> httpx.AsyncClient:
    """A client of the site's back office, or of the embedded one."""
    # It would log every address, and an address holds the key of a session.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    embedded = f"http://127.0.0.1:{settings.ports.of('back_office')}"
    token = settings.back_office.token or secrets.back_office
    return httpx.AsyncClient(
        base_url=settings.back_office.url or embedded, headers={"Authorization": f"Bearer {token}"}, trust_env=False,
        timeout=TOTAL_SECONDS, limits=httpx.Limits(max_connections=200, max_keepalive_connections=50),
    )


def _placed(question: Question) -> dict[Place, dict[str, Any]]:
    placed: dict[Place, dict[str, Any]] = {place: {} for place in Place}
    for name, value in question.values.items():
        argument = question.operation.arguments[name]
        placed[argument.place][name] = int(value) if argument.kind == "integer" else value
    return {**placed, Place.PATH: {name: str(value) for name, value in placed[Place.PATH].items()}}
