"""The interface of cases, asked whatever its description allows and what it does not: it never breaks."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.schemas import BaseSchema

import followups.web
from followups.cases.office import case_office
from foundation.web.accounts import By
from foundation.web.roles import Role
from tests.support.case_site import SARA, WISH
from tests.support.page_site import page_site

ROUTES = (
    "GET /cases", "POST /cases", "POST /cases/search", "POST /cases/from-message", "GET /cases/{code}",
    "POST /cases/{code}/assign", "POST /cases/{code}/hand-over", "POST /cases/{code}/reclassify",
    "POST /cases/{code}/wait-for-unit", "POST /cases/{code}/resume", "POST /cases/{code}/resolve",
    "POST /cases/{code}/tell", "POST /cases/{code}/close", "POST /cases/{code}/reopen", "POST /cases/{code}/notes",
    "POST /cases/{code}/links", "POST /cases/{code}/files", "GET /cases/{code}/files/{file_id}",
    "POST /cases/{code}/identity", "GET /case-subjects", "GET /case-units", "GET /case-units/{unit}/inbox",
)


@dataclass(frozen=True)
class Served:
    schema: BaseSchema
    token: str
    code: str
    """Of a case that is there."""


class Server(threading.Thread):
    """Serves in a loop of its own: schemathesis asks from this thread, and waits."""

    def __init__(self, folder: Path) -> None:
        super().__init__(name="pages")
        self._folder = folder
        self._ready, self._over = threading.Event(), asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self.address, self.token, self.code = "", "", ""

    def run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        async with page_site(self._folder, [followups.web.room()]) as site, site.served() as address:
            user = await site.add_user(Role.SUPERVISOR)
            self.token = await site.web.tokens.add(user, "fuzz", [Role.SUPERVISOR], 1, By("test"))
            office = case_office(site.web.home, site.web.settings, site.web.database, site.clock)
            self.code, self.address = (await office.opening.open(WISH, SARA)).code, address
            self._ready.set()
            await self._over.wait()

    def wait(self) -> None:
        assert self._ready.wait(60), "the pages do not come up"

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self.join(60)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = Server(tmp_path_factory.mktemp("fuzz"))
    server.start()
    try:
        server.wait()
        schema = schemathesis.openapi.from_url(f"{server.address}/api/v1/openapi.json")
        yield Served(schema, server.token, server.code)
    finally:
        server.stop()


@pytest.mark.parametrize("route", ROUTES)
def test_every_question_has_an_answer_that_the_description_names(served: Served, route: str) -> None:
    method, path = route.split(" ", 1)
    operation = served.schema[path][method]

    @settings(
        max_examples=8, deadline=None, suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate], derandomize=True,
    )
    @given(case=operation.as_strategy(), there=st.booleans())
    def ask(case: Any, there: bool) -> None:
        if there and "code" in case.path_parameters:
            case.path_parameters["code"] = served.code
        answer = case.call(headers={"Authorization": f"Bearer {served.token}"}, timeout=120)
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            assert answer.headers["content-type"][0].startswith("application/problem+json")
        else:
            case.validate_response(answer)

    ask()


def test_every_route_of_cases_is_asked(served: Served) -> None:
    document: dict[str, Any] = dict(served.schema.raw_schema)["paths"]
    described = {
        f"{method.upper()} {path}" for path, methods in document.items() if path.startswith(("/cases", "/case-"))
        for method in methods
    }
    assert described - set(ROUTES) <= {"POST /cases/{code}/wait-for-caller"}
