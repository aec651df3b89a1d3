"""What the detail of a gap says: kept as an English sentence of a known form, to be told in other words again."""

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Form(StrEnum):
    """Which sentence; in a reader's words it is the text `gap.detail.<form>`."""

    NO_STAY = "no_stay"
    NO_JOIN = "no_join"
    NO_END = "no_end"
    NO_CONNECT = "no_connect"
    NO_END_OF_WAITING = "no_end_of_waiting"
    NO_END_OF_TALK = "no_end_of_talk"
    NO_TALK = "no_talk"
    WAIT_DIFFERS = "wait_differs"
    TALK_DIFFERS = "talk_differs"
    BOTH_DIFFER = "both_differ"
    ORDERLY_STOP = "orderly_stop"
    SUDDEN_STOP = "sudden_stop"
    SHUTTING_DOWN = "shutting_down"
    NO_FILE = "no_file"
    DISK_FULL = "disk_full"
    NOBODY_WATCHED = "nobody_watched"


_WAIT = "wait: journal {wait} s, CEL {wait_ms} ms"
_TALK = "talk: journal {talk} s, CEL {talk_ms} ms"
_ENDED = ("that began {began} ended {ended} by CEL; the journal, read to its end {patience} s later, had no line of"
          " the end")
SENTENCES: Mapping[Form, str] = {
    Form.NO_STAY: "CEL knows a stay in a queue on channel {channel}; the journal has no line of it",
    Form.NO_JOIN: "joined {queue} on channel {channel}; the journal has no line of it",
    Form.NO_END: "queue {queue}: the journal has no end of the waiting that began {began}",
    Form.NO_CONNECT: "queue {queue}: the journal has no CONNECT of the conversation with {agent}",
    Form.NO_END_OF_WAITING: f"queue {{queue}}: the waiting {_ENDED}",
    Form.NO_END_OF_TALK: f"queue {{queue}}: the conversation with {{agent}} {_ENDED}",
    Form.NO_TALK: "queue {queue}: CEL has nothing about the conversation with {agent}",
    Form.WAIT_DIFFERS: f"queue {{queue}}: {_WAIT}",
    Form.TALK_DIFFERS: f"queue {{queue}}: {_TALK}",
    Form.BOTH_DIFFER: f"queue {{queue}}: {_WAIT}; {_TALK}",
    Form.ORDERLY_STOP: "Asterisk began again after an orderly stop",
    Form.SUDDEN_STOP: "Asterisk began again without an orderly stop",
    Form.SHUTTING_DOWN: "Asterisk is shutting down",
    Form.NO_FILE: "{path}: nowhere any more; read to byte {position}, lines behind it may be lost",
    Form.DISK_FULL: "the disk was full; the journal may lack lines",
    Form.NOBODY_WATCHED: "nobody was watching",
}
"""As ledgers have them: kept rows are read by these, so a sentence never changes. Moments are epoch seconds."""
WORDS = frozenset({"queue", "agent", "channel", "path"})
"""Fields that hold words; the others hold whole numbers."""


@dataclass(frozen=True, slots=True)
class Detail:
    form: Form
    words: Mapping[str, str]
    numbers: Mapping[str, int]


def write_detail(form: Form, **values: str | int | None) -> str:
    """The sentence of `form`; values that it has no place for are left out."""
    return SENTENCES[form].format(**values)


def read_detail(sentence: str) -> Detail | None:
    """What a kept detail says; None: it has no form, like the reason why a connection was lost."""
    for form, pattern in SENTENCES.items():
        found = re.fullmatch(_expression(pattern), sentence, re.DOTALL)
        if found:
            values = found.groupdict()
            numbers = {name: int(value) for name, value in values.items() if name not in WORDS}
            return Detail(form, {name: value for name, value in values.items() if name in WORDS}, numbers)
    return None


def _expression(pattern: str) -> str:
    return "".join(
        re.escape(text) + (f"(?P<{name}>{'.+?' if name in WORDS else '-?[0-9]+'})" if name else "")
        for text, name, _, _ in string.Formatter().parse(pattern))
