"""The report of quality: every figure counted a second way, calibrations left out, and read like any other report."""

from pathlib import Path
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.catalogue import load_catalogue
from foundation.paths import Home
from foundation.settings import Agent, Queue, Settings
from quality.evaluations import Evaluation, Sheet, submit
from quality.results import Dimension, tell_quality
from quality.scorecards import load_scorecards
from quality.scoring import score
from recordings.store import Recording
from reports.catalog import find_report
from reports.frame.report import Context, make_sheet
from reports.frame.sheets import sheet_content
from reports.frame.tables import TEXTS
from tests.support.page_site import page_site

NOW = 1_795_328_580
CARD = load_scorecards()["conversation"]
CARDS = {(CARD.id, CARD.version): CARD}
ANSWERS = st.fixed_dictionaries({one.id: st.sampled_from(one.choices) for one in CARD.questions})
SETTINGS = Settings(
    queues={"operator": Queue(title={"fa": "اپراتور", "tr": "Operatör", "en": "Operator"}), "insurance": Queue()},
    agents={"a101": Agent(name="Sara", queues={"operator": 0}), "a102": Agent(queues={"operator": 0})},
)


def evaluation(number: int, agent: str, answers: dict[str, str], calibration: str = "") -> Evaluation:
    found = score(CARD, answers)
    return Evaluation(
        number, f"r{number % 3}", "c", agent, "operator", 0, CARD.id, CARD.version, "mina", calibration, 0, found.ratio,
        bool(found.failed), answers, "")


JUDGED = st.tuples(st.sampled_from(["a101", "a102"]), ANSWERS, st.sampled_from(["", "", "f" * 16]))


@given(st.lists(JUDGED, max_size=12))
def test_figures_agree_with_a_count_by_hand(given_answers: list[tuple[str, dict[str, str], str]]) -> None:
    found = [evaluation(number, *one) for number, one in enumerate(given_answers)]
    counted = [one for one in found if not one.calibration]
    by_agent = {line.name: line for line in tell_quality(found, Dimension.AGENT, CARDS)}
    assert set(by_agent) == {one.agent for one in counted}
    for name, line in by_agent.items():
        own = [one for one in counted if one.agent == name]
        scores = [one.score for one in own if one.score is not None]
        assert (line.evaluations, line.calls) == (len(own), len({one.recording_id for one in own}))
        assert line.failed == sum(one.answers["respect"] == "no" or one.answers["identity"] == "no" for one in own)
        assert line.score == (pytest.approx(fmean(scores)) if scores else None)
        assert line.lowest == min(scores, default=None)
    answer = next((one for one in tell_quality(found, Dimension.QUESTION, CARDS) if one.name.endswith(".answer")), None)
    values = [(int(one.answers["answer"]) - 1) / 4 for one in counted]
    assert (answer.score if answer else None) == (pytest.approx(fmean(values)) if values else None)


async def test_the_report_is_asked_for_like_any_other(tmp_path: Path) -> None:
    async with page_site(tmp_path, settings=SETTINGS) as site:
        for number, agent in enumerate(("a101", "a101", "a102")):
            kept = Recording(f"r{number}", "call", f"c{number}", f"c{number}", 1, 0, 60_000, "x.wav", 1, "0" * 64,
                             queue="operator", agent=agent)
            answers = {one.id: one.choices[0] for one in CARD.questions} | {"answer": str(3 + number)}
            filled = Sheet(kept.id, CARD.id, "mina", "", CARD.version, answers)
            await submit(site.web.database, kept, CARD, filled, (NOW - 60) * 1000)
        context = Context(Home(site.web.home.root), SETTINGS, load_catalogue(TEXTS).texts("en"), NOW)
        report = find_report("quality")
        sheet = await make_sheet(report, context, report.read([], context))
        rows = {row["name"]: row for row in sheet_content(sheet)["rows"]}
        assert (rows["a101"]["evaluations"], rows["a102"]["evaluations"]) == (2, 1)
        assert sheet.rows[0].shown["name"] == "Sara"
        pairs = [("by", "question"), ("agent", "a102"), ("queue", "operator")]
        asked = await make_sheet(report, context, report.read(pairs, context))
        values = {row["name"]: row["quality_score"] for row in sheet_content(asked)["rows"]}
        assert values["conversation.answer"] == 1
        assert values["conversation.understanding"] == 0
