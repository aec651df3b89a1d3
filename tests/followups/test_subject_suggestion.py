"""What a voice message is about, by its words, and which of them say so."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followups.book.subject_suggestion import ENOUGH, Suggestion, suggest_subject
from followups.book.subjects import Subjects, load_subjects
from followups.book.units import load_units
from foundation.data_file import DataFileError
from foundation.settings import LANGUAGES, Language
from recordings.transcripts.transcripts import Side, Word

SUBJECTS = load_subjects(load_units())
NO_WORDS = {"other"}
"""What is about nothing else cannot be told by words."""


def said(text: str, sure: int = 100, side: Side = Side.CALLER) -> list[Word]:
    return [Word(side, 300 * number, 300 * number + 200, word, sure) for number, word in enumerate(text.split())]


def suggested(text: str, language: Language = "fa", sure: int = 100) -> Suggestion | None:
    return suggest_subject(said(text, sure), language, SUBJECTS)


@pytest.mark.parametrize(("text", "language", "subject", "clues"), [
    ("سلام مستمری من این ماه واریز نشده است", "fa", "pensions-payment", ["مستمری", "واریز نشده"]),
    ("برای بازنشستگی پیش از موعد چه کنم", "fa", "pensions-retirement", ["بازنشستگی پیش از موعد"]),
    ("نسخه الکترونيکی دکتر در داروخانه نیست", "fa", "medical-prescriptions",
     ["نسخه الکترونيکی", "دکتر", "داروخانه"]),
    ("می‌خواهم سوابق بیمه‌ام را ببینم", "fa", "insurance-records", ["سوابق", "بیمه‌ام"]),
    ("از کارمند شعبه شکایت دارم", "fa", "complaints-branch", ["کارمند شعبه", "شکایت"]),
    ("سلام بیمه دارم", "fa", "insurance", ["بیمه"]),
    ("emekliliğim hakkında maaşım yatmadı", "tr", "pensions-payment", ["emekliliğim", "maaşım", "yatmadı"]),
    ("my pension has not been paid", "en", "pensions-payment", ["pension", "not been paid"]),
    ("I want to thank you", "en", "praise", ["thank"]),
])
def test_words_lead_to_a_subject_and_are_named(
    text: str, language: Language, subject: str, clues: Sequence[str],
) -> None:
    found = suggested(text, language)
    assert found is not None
    assert found.subject == subject
    assert sorted(clue.words for clue in found.clues) == sorted(clues)
    assert all(clue.subject in {one.id for one in SUBJECTS.path(subject)} for clue in found.clues)


@pytest.mark.parametrize("text", ["", "سلام حال شما چطور است", "خداحافظ"])
def test_where_nothing_speaks_for_a_subject_none_is_suggested(text: str) -> None:
    assert suggested(text) is None


def test_what_the_recogniser_guessed_suggests_nothing() -> None:
    assert suggested("بیمه", sure=round(100 * ENOUGH) - 1) is None
    assert suggested("بیمه", sure=round(100 * ENOUGH)) is not None


def test_a_word_said_often_counts_once_where_it_was_surest() -> None:
    words = [*said("بیمه", 60), *said("x x بیمه", 90)]
    found = suggest_subject(words, "fa", SUBJECTS)
    assert found is not None
    assert (found.score, [clue.start_ms for clue in found.clues]) == (0.9, [600])


def test_only_the_caller_says_what_it_is_about() -> None:
    assert suggest_subject(said("بیمه", side=Side.AGENT), "fa", SUBJECTS) is None


def test_of_two_that_are_alike_the_one_above_both() -> None:
    found = suggested("بازنشستگی فوت")
    assert found is not None
    assert found.subject == "pensions"
    assert suggested("وام نسخه") is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_shipped_subject_is_suggested_by_its_own_words(language: Language) -> None:
    for subject in SUBJECTS.open_ones():
        if subject.id in NO_WORDS:
            continue
        words = " x ".join(word.rstrip("*") for word in subject.words[language])
        found = suggested(words, language)
        assert found is not None, subject.id
        assert found.subject == subject.id, (subject.id, found)


def test_words_without_a_letter_are_refused_with_their_line(tmp_path: Path) -> None:
    site = tmp_path / "subjects.yaml"
    site.write_text(
        "subjects:\n  lost:\n    title: {fa: گم‌شده, tr: Kayıp, en: Lost}\n    under: other\n"
        "    words: {fa: [گم شد, '*']}\n", encoding="utf-8")
    with pytest.raises(DataFileError, match=r"subjects.yaml:5: .*words.fa.*no letter"):
        load_subjects(load_units(), site)


@given(st.lists(st.sampled_from(["بیمه", "مستمری", "واریز", "نسخه", "شعبه", "x", "وام"]), max_size=6),
       st.integers(0, 100))
def test_the_score_is_the_sum_of_what_is_named(words: list[str], sure: int) -> None:
    found = suggested(" ".join(words), sure=sure)
    if found is None:
        return
    own = sum(clue.score for clue in found.clues if clue.subject == found.subject)
    above = sum(clue.score for clue in found.clues if clue.subject != found.subject)
    assert found.score == pytest.approx(own + above / 2) or found.score < ENOUGH
    assert [clue.start_ms for clue in found.clues] == sorted(clue.start_ms for clue in found.clues)


def test_without_words_of_the_language_nothing_is_suggested() -> None:
    bare = Subjects({name: replace(one, words={"tr": one.words.get("tr", ())}) for name, one in SUBJECTS.by_id.items()})
    assert suggest_subject(said("بیمه"), "fa", bare) is None
