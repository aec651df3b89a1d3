"""Everything the grammar can say has a prompt, and every prompt of it is said by something."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.calendars import Calendar
from foundation.paths import Home
from foundation.settings import LANGUAGES, Language
from ivr.prompts import Prompt, load_catalogue
from ivr.prompts.catalogue import NAME
from ivr.speech import GRAMMARS, LARGEST, PAUSE, Grammar, Phrase, Unit

NUMBERS = st.integers(-LARGEST, LARGEST)


def _everything(grammar: Grammar) -> Iterator[Phrase]:
    scales = [10**power for power in (3, 6, 9, 12, 15)]
    numbers = [*range(-1, 1000), *scales, *(scale + step for scale in scales for step in (1, 100, 1000))]
    for value in numbers:
        yield grammar.number(value)
        yield grammar.ordinal(max(value, 1))
    for start in (date(1999, 12, 1), date(2023, 12, 1)):
        for day in (start + timedelta(days) for days in range(800)):
            for calendar in Calendar:
                yield grammar.date(day, calendar, weekday=True)
    yield grammar.date(date(2021, 3, 1), Calendar.JALALI)  # still 1399
    yield grammar.date(date(2021, 4, 1), Calendar.JALALI)  # 1400
    yield from (grammar.time(time(minute // 60, minute % 60)) for minute in range(24 * 60))
    for unit in Unit:
        for count in (1, 2):
            yield grammar.quantities((count, unit))
            if unit not in {Unit.SECOND, Unit.RIAL}:
                yield grammar.quantities((count, unit), (2, Unit.SECOND))
    yield grammar.tomans(12_345)
    yield grammar.percent(Decimal("12.5"))
    yield grammar.phone("+15551234567")
    yield grammar.digits("1234567890")


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_is_said_has_a_prompt_and_every_prompt_is_said(language: Language) -> None:
    said = {name for phrase in _everything(GRAMMARS[language]) for name in phrase}
    assert said == set(GRAMMARS[language].texts)


@st.composite
def _phrases(draw: st.DrawFn) -> tuple[Language, Phrase]:
    language = draw(st.sampled_from(LANGUAGES))
    grammar = GRAMMARS[language]
    # The Jalali calendar begins in 622.
    days = st.builds(grammar.date, st.dates(date(623, 1, 1)), st.sampled_from(Calendar), weekday=st.booleans())
    return language, draw(days | st.one_of(
        NUMBERS.map(grammar.number), NUMBERS.map(grammar.rials), NUMBERS.map(grammar.tomans),
        st.integers(1, LARGEST).map(grammar.ordinal), st.times().map(grammar.time),
        st.integers(0, 10**9).map(grammar.duration),
        st.decimals(-100, 100, allow_nan=False, places=4).map(grammar.percent),
        st.text("0123456789۰۱۲۳۴۵۶۷۸۹", min_size=1, max_size=20).map(grammar.digits),
        st.text("0123456789", min_size=3, max_size=13).map(grammar.phone),
    ))


@settings(max_examples=300, deadline=None)
@given(said=_phrases())
def test_no_value_can_be_said_without_its_prompts(said: tuple[Language, Phrase]) -> None:
    language, phrase = said
    assert phrase
    assert set(phrase) <= set(GRAMMARS[language].texts)
    assert GRAMMARS[language].written(phrase).strip()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_renders_every_part_in_the_language_it_is_said_in(language: Language, tmp_path: Path) -> None:
    catalogue = load_catalogue(Home(tmp_path))
    for name in set(GRAMMARS[language].texts) - {PAUSE}:
        assert NAME.fullmatch(name)
        assert catalogue.texts[Prompt(language, name)]
        assert catalogue.parts[Prompt(language, name)]


def test_a_persian_and_is_spoken_as_a_vowel_of_the_word_before_it() -> None:
    persian = GRAMMARS["fa"]
    assert persian.texts["number-400-and"] == "چهارصد و"
    assert persian.pronounced("number-400-and") == "چهارصدُ"
    assert persian.pronounced("number-37") == "سیُ هفت"


@pytest.mark.parametrize(("name", "spoken"), [
    ("number-9", "نُه"), ("number-29", "بیستُ نُه"), ("number-9-and", "نُهُ"), ("ordinal-9", "نُهم"), ("day-9", "نُهمِ"),
    ("number-900", "نهصد"), ("number-2", "دو"),
])
def test_the_persian_nine_is_not_spoken_as_no(name: str, spoken: str) -> None:
    assert GRAMMARS["fa"].pronounced(name) == spoken
