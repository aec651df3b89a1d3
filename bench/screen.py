"""How a measurement looks on a terminal."""

from rich.console import Console
from rich.table import Table

from bench.ivr import Report
from bench.lines import Rebuilt
from bench.reports import Measured, TimedSheet, Took

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
    """A table of all reports, with what those say that refuse; below it some beside the same from the evidence."""
    times = list(dict.fromkeys(each.time for each in done.sheets))
    table = Table("report", *times, box=None, title_justify="left", title=(
        f"{done.days} of {done.filled_days} days with {done.stints:,} stints on {done.database}; seconds of the clock"
        " (of our processor)"))
    found = {(each.report, each.time): each for each in done.sheets}
    for report in dict.fromkeys(each.report for each in done.sheets):
        table.add_row(report, *(_cell(found.get((report, each))) for each in times))
    console.print(table)
    for each in done.sheets:
        if each.refusal:
            console.print(f"{each.report}, {each.time}: {each.refusal}")
    beside = Table("report", "seconds", "straight from the evidence", "ratio", box=None)
    for one in done.compared:
        straight = "" if one.straight is None else _took(one.straight)
        beside.add_row(one.name, _took(one.took), straight, "" if one.ratio is None else f"{one.ratio:.0f}")
    console.print(beside)
    filled = ", ".join(f"{store} {seconds:.0f} s" for store, seconds in done.fill_seconds.items())
    made = ", ".join(f"{what} {seconds:.0f} s" for what, seconds in done.made.items())
    console.print(f"filled: {filled}; made in this run: {made}")


def _cell(timed: TimedSheet | None) -> str:
    if timed is None:
        return ""
    return "refused" if timed.refusal else _took(timed.took)


def _took(took: Took) -> str:
    return f"{took.clock:.2f} ({took.cpu:.2f})"
