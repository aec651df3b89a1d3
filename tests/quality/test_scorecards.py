"""Scorecards: faults told with their place, scores recomputed another way, agreement by a published example."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.data_file import DataFileError
from quality.agreement import agreement, krippendorff_alpha, spreads
from quality.scorecards import Kind, Question, Scorecard, Section, card_content, card_of, load_scorecards
from quality.scoring import WrongAnswerError, score

CARD = Scorecard("card", 1, {"en": "Card"}, (), (
    Section("one", {}, (
        Question("greeting", {}, Kind.YES_NO, 10), Question("identity", {}, Kind.YES_NO, 10, fatal=True, may_skip=True),
    )),
    Section("two", {}, (Question("answer", {}, Kind.SCALE, 20, highest=5), Question("tone", {}, Kind.SCALE, 0))),
))
ALL_WELL = {"greeting": "yes", "identity": "yes", "answer": "5", "tone": "1"}
TITLE = "{fa: a, tr: b, en: c}"


def test_the_shipped_card_is_sound_and_survives_being_kept() -> None:
    cards = load_scorecards()
    assert cards["conversation"].questions
    for card in cards.values():
        assert card_of(card_content(card)) == card


def test_scores_by_hand() -> None:
    assert score(CARD, ALL_WELL).ratio == 1
    assert score(CARD, ALL_WELL | {"greeting": "no"}).ratio == 0.75
    assert score(CARD, ALL_WELL | {"answer": "3"}).ratio == 0.75
    assert score(CARD, ALL_WELL | {"identity": "na", "answer": "1"}).ratio == pytest.approx(1 / 3)
    failed = score(CARD, ALL_WELL | {"identity": "no"})
    assert (failed.ratio, failed.failed) == (0, ("identity",))
    assert score(CARD, {"tone": "5"}).ratio is None
    assert score(CARD, {"greeting": "yes"}).missing == ("identity", "answer", "tone")
    with pytest.raises(WrongAnswerError, match="greeting"):
        score(CARD, {"greeting": "na"})


@given(st.fixed_dictionaries({one.id: st.sampled_from(one.choices) for one in CARD.questions}))
def test_a_score_is_the_part_of_the_points_that_could_be_had(answers: dict[str, str]) -> None:
    points = {"yes": 1.0, "no": 0.0}
    had, whole = 0.0, 0.0
    for name, weight in (("greeting", 10), ("identity", 10), ("answer", 20)):
        if answers[name] != "na":
            had += weight * points.get(answers[name], (int(answers[name]) - 1) / 4 if answers[name].isdigit() else 0)
            whole += weight
    expected = 0.0 if answers["identity"] == "no" else had / whole
    assert score(CARD, answers).ratio == pytest.approx(expected)


def card_file(title: str = TITLE, question: str = "kind: yes_no", more: str = "") -> str:
    section = f"{{title: {TITLE}, questions: {{q: {{title: {TITLE}, {question}}}}}}}"
    sections = f"{{s: {section}{more.replace('SECTION', section)}}}"
    return f"scorecards: {{a: {{version: 1, title: {title}, sections: {sections}}}}}"


@pytest.mark.parametrize(("text", "told"), [
    (card_file(title="{fa: x}"), "scorecards.a.title: has no text in tr, en"),
    (card_file(question="kind: stars"), "scorecards.a.sections.s.questions.q.kind = 'stars'"),
    (card_file(question="kind: scale, fatal: true"), "only a question of kind yes_no can fail"),
    (card_file(more=", r: SECTION"), "stands in the section s too"),
    (card_file(question="kind: yes_no, weight: 0"), "no question has a weight"),
])
def test_a_faulty_card_is_told_with_file_line_and_reason(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "scorecards.yaml"
    file.write_text(text)
    with pytest.raises(DataFileError) as raised:
        load_scorecards(file)
    assert told in str(raised.value)
    assert f"{file}:1:" in str(raised.value)


def test_agreement_is_krippendorffs_published_example() -> None:
    coders = (
        "1 2 3 3 2 1 4 1 2 . . .", "1 2 3 3 2 2 4 1 2 5 . 3", ". 3 3 3 2 3 4 2 2 5 1 .", "1 2 3 3 2 4 4 1 2 5 1 .",
    )
    columns = zip(*(line.split() for line in coders), strict=True)
    units = [[float(value) for value in column if value != "."] for column in columns]
    found = krippendorff_alpha(units)
    assert found is not None
    assert round(found, 3) == 0.849


def test_full_agreement_is_one_and_one_evaluator_agrees_with_nobody() -> None:
    other = ALL_WELL | {"answer": "3"}
    assert agreement(CARD, {"a": other, "b": other}) == 1
    assert agreement(CARD, {"a": other}) is None
    assert agreement(CARD, {"a": {"greeting": "yes"}, "b": {"greeting": "yes"}}) is None
    first = spreads(CARD, {"a": ALL_WELL, "b": other})[0]
    assert (first.question.id, first.spread, first.answers) == ("answer", 0.5, {"a": "5", "b": "3"})
