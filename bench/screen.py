"""How a measurement looks on a terminal."""

from rich.console import Console
from rich.table import Table

from bench.ivr import Report

AIM_ADDED_MS = 1.5


def show(report: Report, console: Console) -> None:
    """A table of the figures over all rounds, and what they mean."""
    table = Table("", "least", "median", "most", box=None, title="Over all rounds", title_justify="left")
    rows = (
        ("new calls a second, through the menus", report.calls_per_second, 1),
        ("Asterisk's CPU a call, bare dialplan (ms)", report.asterisk_ms_bare, 2),
        ("Asterisk's CPU a call, the menus (ms)", report.asterisk_ms_ivr, 2),
        ("what the menus add in Asterisk (ms)", report.added_ms, 2),
        ("Asterisk's CPU, the menus ÷ bare dialplan", report.ratio, 3),
        ("the menus' own CPU a call (ms)", report.ivr_ms, 2),
    )
    for name, spread, decimals in rows:
        figures = (spread.least, spread.middle, spread.most)
        table.add_row(name, *(f"{figure:.{decimals}f}" for figure in figures))
    console.print(table)
    verdict = "met" if report.added_ms.middle < AIM_ADDED_MS else "missed"
    calls = sum(side.calls for each in report.rounds for side in (each.ivr, each.bare))
    console.print(f"Calls that did not come to the end: {report.lost} of {calls}.")
    console.print(f"Aim, under {AIM_ADDED_MS} ms added: {verdict}.")
