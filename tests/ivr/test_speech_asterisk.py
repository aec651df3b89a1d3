"""What Asterisk itself says in a queue: say.conf, read here as app_playback reads it, speaks like the grammar."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.asterisk.install import Installation
from foundation.asterisk.render import rendered_files
from foundation.paths import CHECKOUT, Home
from foundation.settings import LANGUAGES, Language, Secrets, Settings
from ivr.prompts.catalogue import TEXTS, Prompt, load_catalogue
from ivr.speech import GRAMMARS

RULES = CHECKOUT / "asterisk-config" / "pasokh" / "say.conf"
DEEPEST = 10
"""How often app_playback looks a part up again before it gives up."""
QUEUE_SOUNDS = (
    "queue-youarenext", "queue-thereare", "queue-callswaiting", "queue-quantity1", "queue-quantity2", "queue-holdtime",
    "queue-minute", "queue-minutes", "queue-seconds", "queue-thankyou",
)
"""Sounds that app_queue plays unless queues.conf names others."""


def _sections(path: Path) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    rules: list[tuple[str, str]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if head := re.match(r"\[([\w-]+)\](?:\(([\w-]+|!)\))?", line):
            rules = found[head[1]] = list(found.get(head[2] or "", []))
        elif " => " in line:
            pattern, _, parts = line.partition(" => ")
            rules.append((pattern, parts))
    return found


def _expression(pattern: str) -> re.Pattern[str]:
    """An extension's pattern: `X` any digit, `.` the rest, other letters themselves."""
    return re.compile(re.sub(r"X|\.", lambda sign: {"X": "[0-9]", ".": ".+"}[sign[0]], pattern.removeprefix("_")))


def _heard(language: Language, said: str, depth: int = 0) -> Iterator[str]:
    assert depth <= DEEPEST, said
    value = said.rpartition(":")[2]
    parts = next(parts for pattern, parts in SECTIONS[language] if pattern.fullmatch(said))
    for part in parts.split(", "):
        filled = re.sub(r"\$\{SAY(?::(\d+))?(?::(\d+))?\}", lambda cut: _cut(value, cut[1], cut[2]), part)
        if ":" in filled:
            yield from _heard(language, filled, depth + 1)
        else:
            yield filled


def _cut(value: str, start: str | None, length: str | None) -> str:
    first = int(start or 0)
    return value[first : first + int(length)] if length else value[first:]


SECTIONS = {
    language: [(_expression(pattern), parts) for pattern, parts in rules]
    for language, rules in _sections(RULES).items()
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_asterisk_says_a_place_in_the_queue_as_our_own_prompts_do(language: Language) -> None:
    for value in range(11_000):
        assert tuple(_heard(language, f"num:{value}")) == GRAMMARS[language].number(value), value


@pytest.mark.parametrize("language", LANGUAGES)
@given(value=st.integers(0, 999_999_999) | st.integers(0, 999).map(lambda count: count * 1_000_000 + 5))
def test_asterisk_says_any_number_as_our_own_prompts_do(language: Language, value: int) -> None:
    assert tuple(_heard(language, f"num:{value}")) == GRAMMARS[language].number(value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_asterisk_says_digits_one_by_one(language: Language) -> None:
    assert tuple(_heard(language, "digit:1420")) == ("number-1", "number-4", "number-2", "number-0")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", QUEUE_SOUNDS)
def test_every_sound_of_a_queue_has_a_text(language: Language, name: str, tmp_path: Path) -> None:
    assert load_catalogue(Home(tmp_path), TEXTS).texts[Prompt(language, name)]


@pytest.mark.parametrize(("language", "place", "wait"), [
    ("fa", "نوبت شما در صف پنج است.", "زمان تقریبی انتظار شما، دو دقیقه"),
    ("tr", "Bekleme sırasında beş numaradasınız.", "Tahmini bekleme süreniz iki dakika"),
    ("en", "You are number five in the queue.", "Your estimated waiting time is two minutes"),
])
def test_a_queues_sounds_read_right_in_asterisks_fixed_order(
    language: Language, place: str, wait: str, tmp_path: Path,
) -> None:
    texts = load_catalogue(Home(tmp_path), TEXTS).texts
    row = ("queue-thereare", *_heard(language, "num:5"), "queue-callswaiting")
    assert " ".join(texts[Prompt(language, name)] for name in row) == place
    row = ("queue-holdtime", *_heard(language, "num:2"), "queue-minutes")
    assert " ".join(texts[Prompt(language, name)] for name in row) == wait


@pytest.mark.parametrize(("queue", "lines"), [
    ({}, ("announce-frequency = 0", "announce-position = no", "announce-holdtime = no")),
    ({"announce_position": True, "announce_seconds": 45},
     ("announce-frequency = 45", "announce-position = yes", "announce-holdtime = no")),
    ({"announce_wait": True}, ("announce-frequency = 60", "announce-position = no", "announce-holdtime = yes")),
])
def test_a_queue_says_a_place_only_where_the_settings_want_it(
    queue: dict[str, object], lines: tuple[str, ...], tmp_path: Path,
) -> None:
    site = Settings(queues={"operator": queue})  # type: ignore[dict-item]
    asterisk = Installation(command=("asterisk",), modules=Path("/m"), data=Path("/d"))
    files = rendered_files(Home(tmp_path), site, Secrets(ami="secret", agents={}), asterisk)
    assert set(lines) <= set(files["pasokh/queues.conf"].splitlines())
    assert "mode = new" in files["say.conf"]
    assert files["pasokh/say.conf"] == RULES.read_text(encoding="utf-8")
