from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from panoramisk.actions import Action

from foundation.asterisk.ami_protocol import LONGEST_MESSAGE, AmiInjection, Decoder, Event, Response, encode, fields_of

STREAM = (
    "Asterisk Call Manager/11.0.0\r\n"
    "Response: Success\r\nActionID: 1\r\nMessage: Authentication accepted\r\n\r\n"
    "Event: FullyBooted\r\nPrivilege: system,all\r\n\r\n"
    "Event: QueueCallerJoin\r\nQueue: درمان\r\nCallerIDName: ضحی ğüş\r\nPausedReason: \r\n\r\n"
    "Event: Hangup\r\nChanVariable: a=1\r\nChanVariable: b=2\r\n\r\n"
    "Response: Success\r\nActionID: 2\r\nOutput: یک\r\nOutput: two\r\n\r\n"
).encode()


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def decode(chunks: list[bytes]) -> tuple[list[Event | Response], int, str | None]:
    decoder = Decoder()
    messages = [message for chunk in chunks for message in decoder.feed(chunk)]
    return messages, decoder.dropped, decoder.version


def test_the_stream_is_read() -> None:
    messages, dropped, version = decode([STREAM])
    assert version == "11.0.0"
    assert dropped == 0
    login, booted, join, hangup, command = messages
    assert isinstance(login, Response)
    assert login.succeeded
    assert isinstance(booted, Event)
    assert booted.name == "FullyBooted"
    assert (join.get("queue"), join.get("CallerIDName"), join.get("PausedReason", "?")) == ("درمان", "ضحی ğüş", "")
    assert hangup.all("ChanVariable") == ("a=1", "b=2")
    assert isinstance(command, Response)
    assert command.output == ("یک", "two")


def test_a_letter_cut_in_two_survives() -> None:
    letter = STREAM.index("ض".encode())
    messages, _, _ = decode([STREAM[:letter + 1], STREAM[letter + 1:]])
    assert messages[2].get("CallerIDName") == "ضحی ğüş"


@given(st.lists(st.integers(0, len(STREAM)), max_size=60))
def test_any_cutting_gives_the_same_messages(places: list[int]) -> None:
    assert decode(cut(STREAM, places)) == decode([STREAM])


def test_byte_by_byte_gives_the_same_messages() -> None:
    assert decode([bytes([byte]) for byte in STREAM]) == decode([STREAM])


PIECES = st.sampled_from([b"\r\n", b"\r\n\r\n", b"Event: ", b"Response: Fail", b": "])


@given(st.lists(st.binary(max_size=40) | PIECES, max_size=40))
def test_garbage_never_raises_and_its_cutting_does_not_matter(parts: list[bytes]) -> None:
    whole = b"".join(parts)
    assert decode(parts) == decode([whole])


@given(st.lists(st.binary(max_size=30), max_size=10))
def test_a_good_message_after_garbage_is_read(parts: list[bytes]) -> None:
    messages, _, _ = decode([*parts, b"\r\n\r\nEvent: Hangup\r\nUniqueid: 1\r\n\r\n"])
    assert isinstance(messages[-1], Event)
    assert messages[-1].name == "Hangup"


@pytest.mark.parametrize("length", [LONGEST_MESSAGE - 20, LONGEST_MESSAGE, LONGEST_MESSAGE + 1, LONGEST_MESSAGE + 9])
def test_a_message_that_is_too_long_is_dropped_however_it_comes(length: int) -> None:
    head = b"Event: Long\r\nText: "
    data = head + b"x" * (length - len(head)) + b"\r\n\r\nEvent: Hangup\r\n\r\n"
    whole = decode([data])
    assert decode([data[:length - 7], data[length - 7:length + 3], data[length + 3:]]) == whole
    assert whole[1] == (1 if length > LONGEST_MESSAGE else 0)
    last = whole[0][-1]
    assert isinstance(last, Event)
    assert last.name == "Hangup"


def test_percent_signs_in_results_stay_as_they_came() -> None:
    messages, _, _ = decode([b"Event: AsyncAGIExec\r\nResult: 200%20result%0D%0AEvent: Forged\r\n\r\n"])
    assert messages[0].get("Result") == "200%20result%0D%0AEvent: Forged"


@pytest.mark.parametrize("value", ["a\r\nAction: Originate", "a\nb", "a\rb", "a\0b"])
async def test_a_value_with_a_line_end_is_refused(value: str) -> None:
    with pytest.raises(AmiInjection, match="line end"):
        encode(Action({"Action": "QueueLog", "Message": value}))
    with pytest.raises(AmiInjection, match="line end"):
        encode(Action({"Action": "QueueLog", "Variable": ["good", value]}))


def test_an_event_that_tells_of_a_response_is_an_event() -> None:
    [message], _, _ = decode([b"Event: OriginateResponse\r\nActionID: 9\r\nResponse: Failure\r\nReason: 3\r\n\r\n"])
    assert isinstance(message, Event)
    assert (message.name, message.get("Response"), message.get("Reason")) == ("OriginateResponse", "Failure", "3")


async def test_fields_are_written_as_asterisk_reads_them() -> None:
    fields = fields_of({"Paused": True, "Queue": None, "Penalty": 0, "Variable": ["a=1", "b=ض"]})
    data = encode(Action({"Action": "QueueAdd", **fields, "ActionID": "7"}))
    assert data.decode().split("\r\n") == [
        "Action: QueueAdd", "ActionID: 7", "Paused: true", "Penalty: 0", "Variable: a=1", "Variable: b=ض", "", "",
    ]
