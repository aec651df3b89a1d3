"""`bin/pasokh campaign`: the campaigns of the embedded back office, their quotas, and the associations."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from back_office.associations import (
    Place,
    UnknownError,
    add_association,
    list_associations,
    list_places,
    set_open,
    set_quota,
)
from back_office.campaigns import BY_PERSON
from back_office.service import present
from back_office.store import Moment, open_office, prepare
from foundation.calendars import moment_text
from foundation.catalogue import Texts, load_catalogue
from foundation.paths import CHECKOUT
from foundation.text import number_text
from pasokh.refusal import RefusedError
from pasokh.site import Site, open_site

app = typer.Typer(no_args_is_help=True, help="Campaigns: open, close, set quotas; associations and their tokens.")
associations = typer.Typer(no_args_is_help=True, help="Pensioners' associations that register their members.")
app.add_typer(associations, name="associations")

Result = TypeVar("Result")
Campaign = Annotated[str, typer.Argument(help="The campaign, like loan.")]


@app.command("list")
def list_campaigns() -> None:
    """Every phase and province: places, taken, waiting."""
    site = open_site()
    texts, zone = _texts(site), ZoneInfo(site.settings.site.timezone)
    table = Table(*(texts(f"campaign.column.{name}") for name in (
        "campaign", "state", "phase", "opens", "closes", "province", "places", "taken", "waiting",
    )))
    for place in _run(site, list_places):
        table.add_row(*_row(place, texts, zone))
    Console().print(table)


@app.command("open")
def open_campaign(campaign: Campaign) -> None:
    """Let people register while a phase lasts."""
    _open(campaign, is_open=True)


@app.command("close")
def close_campaign(campaign: Campaign) -> None:
    """Register nobody, whatever the phases say."""
    _open(campaign, is_open=False)


@app.command("quota")
def quota(
    campaign: Campaign, phase: Annotated[int, typer.Argument(help="The phase's number.")],
    province: Annotated[str, typer.Argument(help="Like tehran.")],
    places: Annotated[int, typer.Argument(min=0, help="Places from now on; those given stay given.")],
) -> None:
    """Set a province's places in a phase; who waits longest gets those that are free."""
    site = open_site()
    now_ms = _now(site).ms
    promoted = _run(site, lambda connection: set_quota(connection, campaign, phase, province, places, now_ms=now_ms))
    print(_texts(site)("campaign.quota", province=province, places=places, promoted=promoted))


@associations.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The association: lower-case Latin letters, digits and '-'.")],
    province: Annotated[str, typer.Argument(help="Whose quota it registers for.")],
) -> None:
    """Enter an association and show its token, this one time. For one that is there, a new token."""
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,38}", name) or name == BY_PERSON:
        raise RefusedError(f"{name!r}: use lower-case Latin letters, digits and '-', and not {BY_PERSON!r}")
    site = open_site()
    token = _run(site, lambda connection: add_association(connection, name, province))
    print(_texts(site)("campaign.token", name=name, province=province, token=token))


@associations.command("list")
def list_all() -> None:
    """The associations, and how many people each has registered."""
    site = open_site()
    texts = _texts(site)
    table = Table(*(texts(f"campaign.column.{name}") for name in ("association", "province", "registered")))
    for one in _run(site, list_associations):
        table.add_row(one.id, one.province, number_text(one.registered, texts.language))
    Console().print(table)


def _open(campaign: str, *, is_open: bool) -> None:
    site = open_site()
    _run(site, lambda connection: set_open(connection, campaign, is_open=is_open))
    print(_texts(site)(f"campaign.{'opened' if is_open else 'closed'}", campaign=campaign))


def _now(site: Site) -> Moment:
    return present(ZoneInfo(site.settings.site.timezone))


def _texts(site: Site) -> Texts:
    catalogue = load_catalogue([CHECKOUT / "pasokh" / "commands" / "campaign.yaml"])
    return catalogue.texts(site.settings.site.language)


def _row(place: Place, texts: Texts, zone: ZoneInfo) -> list[str]:
    def at(moment_ms: int) -> str:
        return moment_text(datetime.fromtimestamp(moment_ms / 1000, zone), texts.language)

    counts = (place.standing.places, place.standing.taken, place.standing.waiting)
    return [
        place.campaign, texts(f"campaign.state.{'open' if place.is_open else 'closed'}"),
        number_text(place.phase, texts.language), at(place.opens_ms), at(place.closes_ms), place.province,
        *(number_text(count, texts.language) for count in counts),
    ]


def _run(site: Site, work: Callable[[AsyncConnection], Awaitable[Result]]) -> Result:
    if site.settings.back_office.url is not None:
        raise RefusedError(f"campaigns are kept by the site's own back office, {site.settings.back_office.url}")
    try:
        return asyncio.run(_at_office(site, work))
    except UnknownError as error:
        raise RefusedError(str(error)) from error
    except SQLAlchemyError as error:
        raise RefusedError(f"the back office's database: {error}") from error


async def _at_office(site: Site, work: Callable[[AsyncConnection], Awaitable[Result]]) -> Result:
    database = open_office(site.home)
    try:
        await prepare(database, _now(site))
        async with database.write() as connection:
            return await work(connection)
    finally:
        await database.close()
