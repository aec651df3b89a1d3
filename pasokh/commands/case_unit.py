"""`bin/pasokh case unit`: the units that work on cases, and their members."""

import asyncio
import getpass
from collections.abc import Mapping
from typing import Annotated

import typer
from rich.table import Table

from followups.cases.office import CaseOffice
from foundation.text import number_text
from pasokh.case_site import CaseSite, console

app = typer.Typer(no_args_is_help=True, help="The units that work on cases, what they owe, and their members.")

UnitName = Annotated[str, typer.Argument(help="As `case unit list` shows them.")]
Member = Annotated[str, typer.Argument(help="Name of a user of the pages, or id of an agent.")]


@app.command("list")
def list_units(
    *,
    province: Annotated[str | None, typer.Option("--province", help="Only the offices of this province.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also offices of provinces that owe nothing.")] = False,
) -> None:
    """The units, what each owes, and who works there."""
    site = CaseSite.open()
    words = site.words
    owed, members = site.work(_state)
    names = ("unit", "tier", "owed", "overdue", "members")
    table = Table("", *(words.t(f"case.field.{name}") for name in names))
    for unit in words.book.units.by_id.values():
        wanted = unit.province == province if province else (
            everything or unit.province is None or unit.id in owed or unit.id in members
        )
        if wanted:
            count, late = owed.get(unit.id, (0, 0))
            figures = (number_text(count, words.language), number_text(late, words.language))
            table.add_row(unit.id, words.unit(unit.id), words.of("tier", unit.tier.value), *figures,
                          ", ".join(members.get(unit.id, ())))
    console().print(table)


@app.command("add")
def add_member(unit: UnitName, member: Member) -> None:
    """Let somebody work on a unit's cases."""
    site = CaseSite.open()
    site.work(lambda office: office.units.add(unit, member, getpass.getuser()))
    print(site.words.t("case.done.member-added", member=member, unit=site.words.unit(unit)))


@app.command("remove")
def remove_member(unit: UnitName, member: Member) -> None:
    """Take somebody out of a unit; his cases stay his until they are given to another."""
    site = CaseSite.open()
    site.work(lambda office: office.units.remove(unit, member))
    print(site.words.t("case.done.member-removed", member=member, unit=site.words.unit(unit)))


async def _state(office: CaseOffice) -> tuple[Mapping[str, tuple[int, int]], Mapping[str, tuple[str, ...]]]:
    owed, members = await asyncio.gather(office.reading.owed(), office.units.members())
    return owed, members
