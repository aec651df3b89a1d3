"""Numbers and ordinals against independent libraries: num2words, CLDR's rules (unicode-rbnf) and persiantools.

Where a library writes otherwise, `_as_we_say` brings its text to ours and says why. Where it is wrong, it is not asked:
each `Witness` says how far it goes and what it gets wrong.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from num2words import num2words
from persiantools.digits import to_word
from unicode_rbnf import RbnfEngine

from foundation.settings import LANGUAGES, Language
from ivr.speech import GRAMMARS, LARGEST, SpeechError

Writer = Callable[[int], str]
ENGINES: dict[Language, Any] = {language: RbnfEngine.for_language(language) for language in LANGUAGES}
ROUND = [10**power for power in range(18)]
TABLE = sorted({
    *range(1200), *range(1390, 1420), *range(1900, 2101), *(999 * number for number in ROUND if number < 10**12),
    *(number + step for number in ROUND for step in (-1, 0, 1, 21, 100, 1000)), *(30 * number for number in ROUND[:16]),
    12_300_000, 85_412_936, 1_234_567_890, 999_999_999_999, 100_000_000_001_000, LARGEST,
})
WIDE = st.one_of(st.integers(0, 10**6), st.integers(0, 10**15), st.integers(0, LARGEST))


def _by_rules(language: Language, rules: str) -> Writer:
    return lambda value: str(ENGINES[language].format_number(value, ruleset_names=[rules]).text)


def _by_num2words(language: Language, kind: str = "cardinal") -> Writer:
    return lambda value: str(num2words(value, lang=language, to=kind))


def _as_we_say(language: Language, written: str) -> str:
    if language == "fa":
        # «یکصد» and «یک هزار» are for cheques; people say «صد» and «هزار», alone or after millions.
        return re.sub(r"\bیک ?صد|(^|(?<=یون و )|(?<=یارد و ))یک (?=هزار)", _without_one, written)
    # Commas between thousands are not spoken. num2words writes Turkish in one word, as on cheques.
    return written.replace(",", "") if language == "en" else written.replace(" ", "")


def _ordinal_as_we_say(language: Language, written: str) -> str:
    if language == "fa":
        # After a long vowel the ending needs its «ا»; and «یکم» alone is «اول».
        written = "اول" if written == "یکم" else re.sub("سیم$", "سی‌ام", written)
    return _as_we_say(language, written)


def _without_one(found: re.Match[str]) -> str:
    return found[0].replace("یک ", "").replace("یکصد", "صد")


def _ours(language: Language, names: tuple[str, ...]) -> str:
    text = GRAMMARS[language].written(names)
    return text.replace(" ", "") if language == "tr" else text


def _never(_: int) -> bool:
    return False


def _drops_a_turkish_one(value: int) -> bool:
    """num2words 0.5.14 writes 131,001 without the "bir" before "bin", and 1,005,000,000 without its five millions."""
    groups = [value // 1000**power % 1000 for power in range(7)]
    top = max((power for power, group in enumerate(groups) if group), default=0)
    return (groups[1] > 100 and groups[1] % 10 == 1) or any(0 < group < 10 for group in groups[2:top])


@dataclass(frozen=True)
class Witness:
    language: Language
    name: str
    write: Writer
    up_to: int
    wrong: Callable[[int], bool] = _never

    def values(self, values: list[int]) -> Iterator[int]:
        return (value for value in values if value <= self.up_to and not self.wrong(value))

    def __str__(self) -> str:
        return f"{self.language}-{self.name}"


CARDINALS = [
    # It calls 10^15 «تریلیارد», which nobody says.
    Witness("fa", "num2words", _by_num2words("fa"), 10**15 - 1),
    # Its words end there.
    Witness("fa", "persiantools", to_word, 10**15 - 1),
    # From 10^12 on it counts in «هزار میلیارد»; ours says «تریلیون» like the other two.
    Witness("fa", "CLDR", _by_rules("fa", "spellout-cardinal"), 10**12 - 1),
    # Beyond, it writes nothing at all.
    Witness("tr", "num2words", _by_num2words("tr"), 10**15 - 1, _drops_a_turkish_one),
    # It counts in floats, which end before LARGEST.
    Witness("tr", "CLDR", _by_rules("tr", "spellout-cardinal"), 10**17),
    Witness("en", "num2words", _by_num2words("en"), LARGEST),
    Witness("en", "CLDR", _by_rules("en", "spellout-cardinal-verbose"), 10**17),
]
ORDINALS = [
    # CLDR has no Persian ordinals.
    Witness("fa", "num2words", _by_num2words("fa", "ordinal"), 10**15 - 1),
    Witness("tr", "num2words", _by_num2words("tr", "ordinal"), 10**15 - 1, _drops_a_turkish_one),
    Witness("tr", "CLDR", _by_rules("tr", "spellout-ordinal"), 10**17),
    Witness("en", "num2words", _by_num2words("en", "ordinal"), LARGEST),
    Witness("en", "CLDR", _by_rules("en", "spellout-ordinal-verbose"), 10**17),
]


@pytest.mark.parametrize("witness", CARDINALS, ids=str)
def test_numbers_are_said_as_an_independent_library_writes_them(witness: Witness) -> None:
    language = witness.language
    for value in witness.values(TABLE):
        assert _ours(language, GRAMMARS[language].number(value)) == _as_we_say(language, witness.write(value)), value


@pytest.mark.parametrize("witness", CARDINALS, ids=str)
@settings(max_examples=100, deadline=None)
@given(wide=WIDE)
def test_any_number_is_said_as_an_independent_library_writes_it(witness: Witness, wide: int) -> None:
    language, value = witness.language, wide % (witness.up_to + 1)
    assume(not witness.wrong(value))
    assert _ours(language, GRAMMARS[language].number(value)) == _as_we_say(language, witness.write(value))


@pytest.mark.parametrize("witness", ORDINALS, ids=str)
def test_ordinals_are_said_as_an_independent_library_writes_them(witness: Witness) -> None:
    language = witness.language
    for value in witness.values(TABLE[1:]):
        expected = _ordinal_as_we_say(language, witness.write(value))
        assert _ours(language, GRAMMARS[language].ordinal(value)) == expected, value


@pytest.mark.parametrize("language", LANGUAGES)
@given(value=st.integers(-LARGEST, LARGEST) | st.integers(-3000, 3000))
def test_a_caller_who_hears_a_number_knows_it_exactly(language: Language, value: int) -> None:
    assert heard_number(GRAMMARS[language].number(value)) == value


@pytest.mark.parametrize("language", LANGUAGES)
@given(value=st.integers(1, LARGEST) | st.integers(1, 3000))
def test_a_caller_who_hears_an_ordinal_knows_it_exactly(language: Language, value: int) -> None:
    names = GRAMMARS[language].ordinal(value)
    assert heard_number(tuple(name.replace("ordinal", "number") for name in names)) == value


def heard_number(names: tuple[str, ...]) -> int:
    """What a listener makes of a row of prompts: hundreds and less add up, thousands and more multiply."""
    if names[0] == "minus":
        return -heard_number(names[1:])
    whole, group = 0, 0
    for name in names:
        value = 1 if name == "first" else int(name.removeprefix("number-").removesuffix("-and"))
        if value < 1000:
            group += value
        else:
            whole, group = whole + (group or 1) * value, 0
    return whole + group


@pytest.mark.parametrize(("language", "value", "expected"), [
    ("fa", 0, "صفر"), ("fa", 1000, "هزار"), ("fa", 1_001_000, "یک میلیون و هزار"), ("fa", -21, "منفی بیست و یک"),
    ("fa", 10**15, "یک کوادریلیون"), ("tr", 1000, "bin"), ("tr", 1_001_000, "bir milyon bin"), ("tr", -5, "eksi beş"),
    ("tr", 2147, "iki bin yüz kırk yedi"), ("en", 105, "one hundred and five"), ("en", 1005, "one thousand and five"),
    ("en", 1100, "one thousand one hundred"), ("en", -1, "minus one"),
])
def test_what_a_number_sounds_like(language: Language, value: int, expected: str) -> None:
    assert GRAMMARS[language].written(GRAMMARS[language].number(value)) == expected


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("value", [10**18, -(10**18)])
def test_a_number_beyond_the_words_is_refused_and_not_cut(language: Language, value: int) -> None:
    with pytest.raises(SpeechError, match=str(value)):
        GRAMMARS[language].number(value)


@pytest.mark.parametrize("value", [0, -3])
def test_there_is_no_ordinal_below_first(value: int) -> None:
    with pytest.raises(SpeechError, match="begin with 1"):
        GRAMMARS["en"].ordinal(value)
