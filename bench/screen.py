"""How a measurement looks on a terminal."""

from rich.console import Console
from rich.table import Table

from bench.ivr import Report
from bench.lines import Rebuilt
from bench.reports import Measured

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


def show_rebuilt(done: Rebuilt, console: Console) -> None:
    console.print(
        f"{done.lines:,} lines into a ledger on {done.database} in {done.rebuild_seconds:.1f} s: "
        f"{done.lines_per_second:,.0f} lines a second; {done.ratio:.1f} × as long as understanding the lines alone "
        f"({done.parse_seconds:.1f} s)")


def show_reports(done: Measured, console: Console) -> None:
    """A table of the reports, with how many times as long the ledger takes."""
    table = Table("report", "seconds", "straight from the ledger", "ratio", box=None, title_justify="left", title=(
        f"{done.stints:,} stints of {done.days} days on {done.database}"))
    for each in done.reports:
        ledger = "" if each.from_ledger is None else f"{each.from_ledger:.2f}"
        table.add_row(each.name, f"{each.seconds:.3f}", ledger, "" if each.ratio is None else f"{each.ratio:.0f}")
    console.print(table)
    made, filled = done.make_seconds, done.fill_seconds
    console.print(f"filled in {filled:.0f} s; all roll-ups made from the ledger in {made:.0f} s")
