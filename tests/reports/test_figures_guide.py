"""docs/figures.md cannot go stale: its passports, its example and its words are checked."""

import re

from callqueue.metrics import passports
from foundation.settings import LANGUAGES
from reports.frame.tables import COLUMNS, EXPLAINED, report_texts
from reports.guide import GUIDE, renewed
from tests.support.stint_tables import figures_of


def _guide() -> str:
    return GUIDE.read_text(encoding="utf-8")


def test_the_passports_in_the_guide_are_those_of_the_program() -> None:
    assert _guide() == renewed(_guide()), "run `python -m reports.guide`"


def test_the_guide_explains_every_figure_above_its_table() -> None:
    prose = _guide().partition("## All passports")[0]
    counted_parts = {"entries", "stints_answered_within_threshold", "stints_unserved_within_threshold"}
    unexplained = [
        name for name in passports()
        if f"`{name}`" not in prose and name not in counted_parts and not name.startswith(("entries_", "agent_"))
    ]
    assert not unexplained


def test_the_worked_example_is_what_the_program_computes() -> None:
    calls = re.findall(r"^\| (\d) \| (\d+) s \| (.+) \|$", _guide(), re.MULTILINE)
    words = {"answered": "answered", "hung up": "abandoned", "reached": "timed_out", "left by": "left_by_key"}
    table = []
    for number, waited, story in calls:
        outcome = next(outcome for begun, outcome in words.items() if story.startswith(begun))
        talked = re.search(r"talked (\d+) s", story)
        table.append(f"c{number} ch{number} pensions direct 08:0{number}:00 {outcome} wait={waited}"
                     + (f" talk={talked[1]}" if talked else ""))
    figures = figures_of("\n".join(table))
    for name, share in re.findall(r"^\| `(\w+)` \| .+ \| \**([\d.]+) %\** \|$", _guide(), re.MULTILINE):
        assert round((figures[name] or 0) * 100, 1) == float(share), name
    assert (figures["offered"], figures["asa"], figures["aht"]) == (7, 17, 70)


def test_every_figure_has_a_title_and_every_shown_ratio_a_formula_in_every_language() -> None:
    for language in LANGUAGES:
        texts = report_texts(language)
        assert all(texts(f"figure.{name}") for name in passports())
        assert all(texts(f"column.{name}") for name in COLUMNS)
        assert all(texts(f"formula.{name}") for name in EXPLAINED)
