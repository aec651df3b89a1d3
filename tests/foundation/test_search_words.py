"""Spellings of one word are one word to who searches."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.search_words import HALF_SPACE, LONGEST, fold, forms_of, indexed, search_forms, tokens

MARKS = "\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0640"
PERSIAN = "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"
words = st.text(PERSIAN, min_size=1, max_size=8)


@pytest.mark.parametrize(("typed", "meant"), [
    ("مستمري", "مستمری"), ("كارگر", "کارگر"), ("موسى", "موسی"),
    ("بیمۀ", "بیمه"), ("بیمهٔ", "بیمه"), ("بیمه‌ی", "بیمه"), ("بیمه ی", "بیمه"), ("نامة", "نامه"),
    ("بـــیمه", "بیمه"), ("حِسابْ", "حساب"), ("مؤسسه", "موسسه"), ("آدرس", "ادرس"), ("شیء", "شی"),
    ("۱۴۲۰", "1420"), ("١٤٢٠", "1420"),
    ("می‌شود", "می شود"), ("میشود", "می‌شود"), ("نمی توانم", "نمی‌توانم"), ("کتاب ها", "کتاب‌ها"), ("کتابها", "کتاب ها"),
    ("خسته‌ام", "خسته ام"), ("بزرگ‌ترین", "بزرگترین"), ("تامین‌اجتماعی", "تأمین اجتماعی"),
    ("ﺑﯿﻤﻪ", "بیمه"), ("«بیمه؟»", "بیمه"),
    ("SİGORTA", "sigorta"), ("Emeklilik Aylığı", "emeklilik ayligi"), ("Çağrı", "cagri"), ("İŞSİZLİK", "işsizlik"),
    ("Pension-plan", "pension plan"), ("보험", unicodedata.normalize("NFD", "보험")),
])
def test_spellings_that_are_one(typed: str, meant: str) -> None:
    assert search_forms(typed) == search_forms(meant)


@pytest.mark.parametrize(("one", "other"), [("بیمه", "بیم"), ("می", "ما"), ("sol", "son"), ("12", "21")])
def test_words_that_are_two(one: str, other: str) -> None:
    assert search_forms(one) != search_forms(other)


@pytest.mark.parametrize(("asked", "said"), [
    ("کتاب", "کتاب‌هایش"), ("کتاب", "کتابهای"), ("شود", "می‌شود"), ("توان", "نمی توان"), ("پرداخت", "پرداخت‌ها"),
])
def test_a_stem_finds_the_word_with_its_endings(asked: str, said: str) -> None:
    assert set(search_forms(asked)) <= {form for token in tokens([said]) for form in forms_of(token.form)}


def test_an_ending_is_not_found_in_short_words() -> None:
    assert forms_of("سلام") == {"سلام"}
    assert forms_of("میز") == {"میز"}


def test_a_token_knows_the_words_that_it_stands_for() -> None:
    found = tokens(["من", "نمی", "توانم", "خانه", "های", "تأمین‌اجتماعی"])
    assert [(token.form, token.first, token.last) for token in found] == [
        ("من", 0, 0), ("نمیتوانم", 1, 2), ("خانههای", 3, 4), ("تامین", 5, 5), ("اجتماعی", 5, 5)]


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    once = fold(text)
    assert fold(once) == once
    assert all(sign.isalnum() or sign == " " for sign in once)
    assert search_forms(once) == search_forms(text)


@given(st.lists(words, min_size=1, max_size=6), st.data())
def test_marks_and_arabic_letters_and_half_spaces_change_nothing(said: list[str], data: st.DataObject) -> None:
    plain = " ".join(said)
    other = "".join(
        data.draw(st.sampled_from({"ی": "یيى", "ک": "کك"}.get(sign, sign)))
        + data.draw(st.text(MARKS, max_size=1)) for sign in HALF_SPACE.join(said)
    )
    assert search_forms(other) == search_forms(plain)


@given(st.lists(st.text(max_size=80), max_size=8))
def test_every_form_is_one_word_for_a_database(said: list[str]) -> None:
    found = tokens(said)
    kept = indexed(found).split(" ") if found else []
    assert set(kept) == {form for token in found for form in forms_of(token.form)}
    assert all(0 < len(form) <= LONGEST and form.isalnum() for form in kept)
    assert all(token.first <= token.last for token in found)
    assert [token.first for token in found] == sorted(token.first for token in found)
