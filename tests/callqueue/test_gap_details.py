"""Details of gaps are kept as English sentences, and read again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callqueue.ledger.gap_details import SENTENCES, WORDS, Detail, Form, read_detail, write_detail

NAMES = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters=";:,"), min_size=1, max_size=12)


@given(st.sampled_from(Form), st.fixed_dictionaries(dict.fromkeys(sorted(WORDS), NAMES)), st.integers(0, 2**40))
def test_what_is_written_is_read_again(form: Form, words: dict[str, str], number: int) -> None:
    numbers = {name: number + place for place, name in enumerate(
        ("began", "ended", "patience", "wait", "wait_ms", "talk", "talk_ms", "position"))}
    sentence = SENTENCES[form]
    assert read_detail(write_detail(form, **words, **numbers)) == Detail(
        form, {name: word for name, word in words.items() if f"{{{name}}}" in sentence},
        {name: value for name, value in numbers.items() if f"{{{name}}}" in sentence})


@pytest.mark.parametrize("said", ["", "the peer closed the connection", "queue medical: something else"])
def test_what_has_no_form_is_not_read(said: str) -> None:
    assert read_detail(said) is None
