"""The FastAGI parser and encoder, against Asterisk's own forms and against anything at all."""

import re
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.agi.protocol import (
    LONGEST_LINE,
    MOST_HEADERS,
    CommandError,
    DeadChannel,
    HeaderError,
    HungUp,
    LineTooLongError,
    Message,
    Opening,
    Parser,
    ProtocolError,
    Reply,
    ReplyError,
    Trying,
    UnknownCommand,
    Usage,
    encode,
    quote,
)

OPENING = (
    b"agi_network: yes\nagi_network_script: call?site=t%C3%BCrk&empty=\nagi_request: agi://127.0.0.1:25000/call\n"
    b"agi_channel: PJSIP/trunk-00000001\nagi_language: fa\nagi_uniqueid: pasokh-1700000000.1\nagi_calleridname: \n"
    b"agi_arg_1: first\nagi_arg_2: \n\n"
)
CONVERSATION = OPENING + (
    b"200 result=0\n200 result=1 (a (nested) value)\n200 result=49 endpos=8160\n200 result= (timeout)\n"
    b"100 result=0 Trying...\nHANGUP\n"
    b"520-Invalid command syntax.  Proper usage follows:\n Usage: STREAM FILE\nHANGUP\n\n520 End of proper usage.\n"
    b"510 Invalid or unknown command\n511 Command Not Permitted on a dead channel\n200 result=-1 (hangup) endpos=0\n"
)
EXPECTED: list[Message] = [
    Reply("0"), Reply("1", "a (nested) value"), Reply("49", None, 8160), Reply("", "timeout"), Trying(), HungUp(),
    HungUp(), Usage("Invalid command syntax.  Proper usage follows:\n Usage: STREAM FILE\n"), UnknownCommand(),
    DeadChannel(),
    Reply("-1", "hangup", 0),
]


def read(*chunks: bytes) -> list[Message]:
    parser = Parser()
    return [message for chunk in chunks for message in parser.feed(chunk)]


def test_the_opening_block_becomes_script_query_and_arguments() -> None:
    [opening] = read(OPENING)
    assert isinstance(opening, Opening)
    assert opening.script == "call"
    assert opening.query == {"site": "türk", "empty": ""}
    assert opening.arguments == ("first", "")
    assert (opening.call_id, opening.language) == ("pasokh-1700000000.1", "fa")


@given(st.lists(st.integers(0, len(CONVERSATION)), max_size=30))
def test_any_chunking_gives_the_same_messages(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(CONVERSATION)]
    chunks = [CONVERSATION[start:end] for start, end in pairwise(edges)]
    _, *messages = read(*chunks)
    assert messages == EXPECTED


@given(st.lists(st.binary(max_size=200)), st.booleans())
def test_garbage_gives_messages_or_a_named_error(chunks: list[bytes], opened: bool) -> None:
    with suppress(ProtocolError):
        read(*([OPENING] if opened else []), *chunks)


@given(st.lists(st.sampled_from([*CONVERSATION.splitlines(keepends=True), b"\n", b"HANGUP", b"200 result="])))
def test_asterisk_lines_in_any_order_give_messages_or_a_named_error(lines: list[bytes]) -> None:
    with suppress(ProtocolError):
        read(*lines)


def test_a_variable_said_twice_is_refused_because_a_caller_may_have_forged_it() -> None:
    with pytest.raises(HeaderError, match="agi_uniqueid"):
        read(b"agi_uniqueid: 1.1\nagi_calleridname: x\nagi_uniqueid: 2.2\n\n")


@pytest.mark.parametrize("block", [b"GET / HTTP/1.1\n", b"agi_channel\n", b"\n", b"\x00\xff\n"])
def test_an_opening_of_something_else_is_refused(block: bytes) -> None:
    with pytest.raises(HeaderError):
        read(block)


def test_an_endless_line_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(LineTooLongError):
        read(*[b"x" * 1000] * 6)
    with pytest.raises(LineTooLongError):
        read(b"agi_x: " + b"x" * LONGEST_LINE + b"\n")


def test_an_endless_opening_is_refused() -> None:
    with pytest.raises(HeaderError, match=str(MOST_HEADERS)):
        read(*[b"agi_x%d: y\n" % number for number in range(MOST_HEADERS + 1)])


def test_an_endless_usage_text_is_refused() -> None:
    with pytest.raises(ReplyError, match="usage"):
        read(OPENING, b"520-Usage\n" + b"more\n" * 1000)


def test_a_value_with_a_line_break_is_refused_instead_of_putting_replies_out_of_step() -> None:
    with pytest.raises(ReplyError):
        read(OPENING, b"200 result=1 (one\ntwo)\n")


def parse_args(line: str) -> list[str]:
    """What Asterisk's parse_args makes of a quoted line."""
    return [re.sub(r"\\(.)", r"\1", word) for word in re.findall(r'"((?:[^"\\]|\\.)*)"', line, re.DOTALL)]


@given(st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"]), max_size=200))
def test_asterisk_reads_back_what_was_quoted(argument: str) -> None:
    assert parse_args(quote(argument)) == [argument]


def test_a_command_is_one_line() -> None:
    assert encode("SET VARIABLE", "A", 'say "x" \\') == b'SET VARIABLE "A" "say \\"x\\" \\\\"\n'


@pytest.mark.parametrize("argument", ["a\nEXEC System", "a\r", "a\0b", "x" * 3000])
def test_words_that_would_not_stay_one_command_are_refused(argument: str) -> None:
    with pytest.raises(CommandError):
        encode("SET VARIABLE", "A", argument)
