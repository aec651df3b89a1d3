"""Asterisk's speech protocol as text, its sound as samples, and Vosk's results."""

import json
import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.spoken import aeap
from ivr.spoken.aeap import AeapError, Get, Hearing, Response, Set, Setup, Unknown
from ivr.spoken.alaw import to_samples
from ivr.spoken.words import Words, grammar, keys_of_phrases, word_fault
from tests.support.spoken import alaw_tone


@pytest.mark.parametrize(("text", "message"), [
    ('{"request":"setup","version":"0.1.0","codecs":[{"name":"alaw"}],"id":"a"}', Setup("a", ("alaw",))),
    ('{"request":"set","id":"b","params":{"grammar":"بیمه|درمان"}}', Set("b", (("grammar", "بیمه|درمان"),))),
    ('{"request":"get","id":"c","params":["results"]}', Get("c", ("results",))),
    ('{"response":"set","id":"d"}', Response("d", "set", None)),
    ('{"response":"set","id":"d","error_msg":"no"}', Response("d", "set", "no")),
    ('{"request":"dance","id":"e"}', Unknown("e", "dance")),
    ('{"request":"set","id":"f","params":[1]}', Unknown("f", "set")),
    ('{"request":"setup","id":"g","codecs":"alaw"}', Setup("g", ())),
])
def test_messages_are_read(text: str, message: aeap.Message) -> None:
    assert aeap.decode(text) == message


@pytest.mark.parametrize("text", [
    "", "[]", "{}", '{"request":"set"}', '{"request":"set","id":7}', "[" * 9000, "x" * 20000,
])
def test_what_is_no_message_is_refused(text: str) -> None:
    with pytest.raises(AeapError):
        aeap.decode(text)


NAMES = st.sampled_from(["request", "response", "id", "params", "codecs", "name"]) | st.text(max_size=5)


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=10,
))
def test_any_json_is_a_message_or_refused(content: object) -> None:
    try:
        aeap.decode(json.dumps(content))
    except AeapError:
        return


def test_answers_have_the_requests_name_and_id() -> None:
    setup, wish = Setup("a", ("alaw",)), Set("b", ())
    assert json.loads(aeap.setup_done(setup)) == {"response": "setup", "id": "a", "codecs": [{"name": "alaw"}]}
    assert json.loads(aeap.set_done(wish)) == {"response": "set", "id": "b"}
    assert json.loads(aeap.refused(Unknown("e", "dance"), "no")) == {"response": "dance", "id": "e", "error_msg": "no"}
    assert json.loads(aeap.got(Get("c", ("language",)), ()))["error_msg"]


def test_what_was_heard_is_a_request_with_results() -> None:
    message = json.loads(aeap.heard("heard-1", (Hearing("بیمه", 91),)))
    assert message == {
        "request": "set", "id": "heard-1", "params": {"results": [{"text": "بیمه", "score": 91, "grammar": "grammar"}]},
    }


def test_a_law_becomes_samples() -> None:
    """G.711, table 1a: the largest, the smallest and their signs."""
    codes = bytes([0x2A ^ 0x80, 0x2A, 0xD5, 0x55])
    assert list(array("h", to_samples(codes))) == [32256, -32256, 8, -8]
    tone = array("h", to_samples(alaw_tone(500, 0.1)))
    assert max(abs(sample - 8000 * math.sin(2 * math.pi * 500 * n / 8000)) for n, sample in enumerate(tone)) < 400


WORDS: Words = {
    "1": {"fa": ("بیمه", "بیمه‌ها"), "tr": ("sigorta",)}, "2": {"fa": ("درمان",)},
}


def test_spellings_of_a_word_are_one() -> None:
    keys = keys_of_phrases(WORDS, "fa")
    assert keys == {"بیمه": "1", "بیمه ها": "1", "درمان": "2"}
    assert keys_of_phrases({"3": {"fa": ("مستمري",)}}, "fa") == {"مستمری": "3"}
    assert grammar(WORDS, "tr") == ("sigorta",)
    assert grammar(WORDS, "en") == ()


def test_a_word_for_two_keys_is_a_fault() -> None:
    assert word_fault(WORDS, "fa") is None
    fault = word_fault({**WORDS, "3": {"fa": ("بیمه",)}}, "fa")
    assert fault is not None
    assert "keys 1 and 3" in fault
    assert "bytes long" in str(word_fault({"1": {"en": tuple(f"{'a' * n}" for n in range(1, 60))}}, "en"))
