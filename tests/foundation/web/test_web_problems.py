"""What is told to whom when a file of the site is broken, or the database is away: no bare fault, no trace."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from structlog.testing import capture_logs

from foundation.data_file import read_source
from foundation.web.guards import signed_in
from foundation.web.roles import Role, User
from foundation.web.rooms import WebRoom
from foundation.web.site import web_of
from tests.support.page_site import PageSite, page_site

NOWHERE = ("postgresql+asyncpg://x@/x?host=/nowhere", "postgresql+asyncpg://x@127.0.0.1:1/x", "sqlite+aiosqlite:////no/x")
BROKEN = "days: many\nsecret: grey-heron\n"
Anybody = Annotated[User, Depends(signed_in())]


class DaysFile(BaseModel, extra="forbid"):
    days: int = 1


def read_days(request: Request) -> DaysFile:
    return read_source(web_of(request).home.root / "days.yaml", DaysFile).file


def sample_room() -> WebRoom:
    """Its rules are read before anybody asks who comes."""
    router, api = APIRouter(), APIRouter()

    @router.get("/days", response_model=None)
    async def show(days: Annotated[DaysFile, Depends(read_days)], _user: Anybody) -> HTMLResponse:
        return HTMLResponse(str(days.days))

    @router.get("/cut/{how}", response_model=None)
    async def cut(_user: Anybody, how: str) -> HTMLResponse:
        raise DBAPIError("SELECT 1", {}, Exception("gone"), connection_invalidated=how == "off")

    @api.get("/days")
    async def tell(days: Annotated[DaysFile, Depends(read_days)], _user: Anybody) -> int:
        return days.days

    return WebRoom("days", router, api)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[PageSite]:
    async with page_site(tmp_path, [sample_room()]) as made:
        yield made


async def test_who_may_mend_a_broken_file_sees_where_and_why_and_others_a_general_sentence(site: PageSite) -> None:
    file = site.web.home.root / "days.yaml"
    file.write_text(BROKEN)
    with capture_logs() as said:
        for role in (Role.MANAGER, Role.ADMINISTRATOR):
            client = await site.client(role)
            page = await client.get("/days?lang=en")
            assert page.status_code == 503
            for part in ("days.yaml:1", "<code>days</code>", "valid integer", "days.yaml:2", "no such setting"):
                assert part in page.text
            assert "grey-heron" not in page.text
            assert str(site.web.home.root) not in page.text
            told = await client.get("/api/v1/days")
            assert (told.status_code, told.headers["content-type"]) == (503, "application/problem+json")
            assert told.json()["name"] == "files-wrong"
            assert [(one["file"], one["line"], one["key"]) for one in told.json()["faults"]] == [
                ("days.yaml", 1, "days"), ("days.yaml", 2, "secret")]
        for other in (await site.client(Role.AGENT), site.stranger()):
            page = await other.get("/days?lang=en")
            assert (page.status_code, "A file of this site is wrong" in page.text) == (503, True)
            assert "days.yaml" not in page.text
            assert "faults" not in (await other.get("/api/v1/days")).json()
    assert [one["event"] for one in said].count("a file of the site is wrong") == 1
    file.write_text("days: 3")
    assert (await (await site.client(Role.AGENT)).get("/days")).text == "3"


@pytest.mark.parametrize("url", NOWHERE)
async def test_a_database_that_is_away_is_told_in_ones_language_and_when_to_ask_again(site: PageSite, url: str) -> None:
    client = await site.client(Role.MANAGER)
    await site.web.database.close()
    site.web.database.engine = create_async_engine(url)
    for language, told in (("fa", "پایگاه داده"), ("tr", "Veritabanına"), ("en", "The database is away")):
        page = await client.get("/account?page=2", headers={"accept-language": language})
        assert (page.status_code, page.headers["retry-after"], told in page.text) == (503, "10", True)
        assert 'href="/account?page=2"' in page.text
        assert "Traceback" not in page.text
        assert "/nowhere" not in page.text
    answer = await client.get("/api/v1/me")
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["name"]) == (503, "10", "database-away")


async def test_a_connection_that_was_cut_is_the_database_away_and_a_wrong_statement_our_fault(site: PageSite) -> None:
    client = await site.client(Role.MANAGER)
    assert (await client.get("/cut/off")).status_code == 503
    assert (await client.get("/cut/wrong")).status_code == 500
