"""Menus checked, drawn and tried without a telephone; and no walk, however the keys fall, goes on for ever."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.data_file import DataFileError
from ivr.actions import Ending, Outcome
from ivr.conditions import Facts
from ivr.menu.book import HANDLED
from ivr.menu.graph import columns, draw
from ivr.menu.lint import check_menus
from ivr.menu.menu import KEYS, Tree
from ivr.menu.tree import Known, load_tree
from ivr.menu.trial import Trial
from ivr.menu.walk import Ask, Do, Leave, begin, begin_busy, follow, walk, without_queue

QUEUES = frozenset({"operator", "medical"})
KNOWN = Known(
    QUEUES, "operator", lambda prompt: prompt != "unsaid", handled=frozenset(HANDLED),
    boxes=frozenset({"general"}), services=frozenset({"pension"}), agents=frozenset({"a101"}),
    subjects=frozenset({"records"}),
    provinces=frozenset({"yazd"}),
)
NOON = Facts(datetime(2026, 11, 22, 12, tzinfo=UTC), {})
GOOD = """call: {start: top}
hours:
  office: {days: {saturday: "08:00-12:00"}}
menus:
  top:
    say: [welcome]
    keys:
      1: {do: queue, queue: medical, when: {open: office}}
      2: {do: menu, menu: low}
      3:
        - {do: service, service: pension, when: {provinces: [yazd]}}
        - {do: voice_message, box: general, otherwise: {do: menu, menu: low}}
  low:
    say: [closed]
    keys:
      "*": {do: back}
      0: {do: operator}
"""


def write(folder: Path, text: str) -> list[Path]:
    path = folder / "main.yaml"
    path.write_text(text)
    return [path]


def test_sound_menus_have_no_findings(tmp_path: Path) -> None:
    assert check_menus(write(tmp_path, GOOD), KNOWN, lambda _prompt: True) == []


FINDINGS = [
    ("      2: {do: menu, menu: low}\n", "", "", 0),
    ("menus:\n", "  rest: {days: {sunday: '08:00-09:00'}}\nmenus:\n", "4: hours.rest: no condition asks", 1),
    ("0: {do: operator}", "0: {do: repeat}", "15: menus.low.keys: a dead end", 1),
    ('    keys:\n      "*"', '    keys:\n      1: [{do: operator}, {do: goodbye}]\n      "*"',
     "16: menus.low.keys.1.1: never taken", 1),
    ("  low:", "  lone: {say: [closed], keys: {1: {do: operator}}}\n  low:", "13: menus.lone: no caller can reach", 1),
    ("[closed]", "[mute]", "14: menus.low.say.0 = 'mute': has no sound yet", 1),
    ("[closed]", "[unsaid]", "14: menus.low.say.0 = 'unsaid': no prompt", 1),
    ("open: office", "open: school", "8: menus.top.keys.1.when.open = 'school': no file has `hours`", 2),
    ("[yazd]", "[texas]", "11: menus.top.keys.3.0.when.provinces = 'texas': there is no such province", 1),
    ("box: general", "box: attic", "12: menus.top.keys.3.1.box = 'attic': there is no such box", 1),
    ("service: pension", "service: tea", "11: menus.top.keys.3.0.service = 'tea': there is no such service", 1),
    ("do: queue, queue: medical", "do: callback, queue: dental", "8: menus.top.keys.1.queue = 'dental': there is", 1),
    ("do: queue, queue: medical", "do: callback, queue: medical", "", 0),
    ("do: queue, queue: medical", "do: transfer, number: a999", "8: menus.top.keys.1.number = 'a999': there is no", 1),
    ("do: queue, queue: medical", "do: transfer", "8: menus.top.keys.1: name a queue or a number", 1),
    ("do: queue, queue: medical", "do: case, subject: records", "", 0),
    ("do: queue, queue: medical", "do: case, subject: tea", "8: menus.top.keys.1.subject = 'tea': no case can be", 1),
    ("08:00-12:00", "8-12", "3: hours.office.days.saturday = '8-12'", 1),
]


@pytest.mark.parametrize(("old", "new", "finding", "count"), FINDINGS)
def test_a_finding_names_file_line_and_reason(tmp_path: Path, old: str, new: str, finding: str, count: int) -> None:
    assert old in GOOD
    found = [str(fault) for fault in check_menus(write(tmp_path, GOOD.replace(old, new)), KNOWN,
                                                 lambda prompt: prompt != "mute")]
    assert (len(found) > 0) == (count > 0), found
    assert not count or any(each.removeprefix(f"{tmp_path}/main.yaml:").startswith(finding) for each in found), found


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return load_tree(write(tmp_path, GOOD), KNOWN)


def test_the_drawing_is_one_picture_with_every_menu_key_and_condition(tree: Tree) -> None:
    picture = draw(tree, lambda prompt: f"متن <{prompt}> & بیشتر", "fa")
    root = ET.fromstring(picture)  # noqa: S314 - our own
    words = [text for each in root.iter("{http://www.w3.org/2000/svg}text") if (text := each.text)]
    assert {"top", "low", "service pension", "queue medical", "if office open", "if from yazd", "→ low"} <= set(words)
    assert any(each.get("direction") == "rtl" for each in root.iter("{http://www.w3.org/2000/svg}text"))
    assert columns(tree) == [["top"], ["low"]]


def test_a_trial_writes_what_would_be_heard_and_where_the_caller_comes_out(tree: Tree) -> None:
    keys, heard = iter(["2", "9", "*", "3", "f", "0"]), list[str]()
    facts = Facts(datetime(2026, 11, 22, 12, tzinfo=UTC), tree.hours)
    trial = Trial(tree, facts, "en", lambda _language, prompt: prompt.upper(), lambda _ask: next(keys), heard.append)
    ended = trial.run()
    assert ended == "queue operator"
    assert [line.strip() for line in heard if "──" in line or "[" in line] == [
        "── top", "── low", "── low", "── top", "[voice message to general]", "── low",
    ]
    assert "   CLOSED  (closed)" in heard


def test_a_trial_ends_when_the_caller_hangs_up(tree: Tree) -> None:
    facts = Facts(datetime(2026, 11, 22, 12, tzinfo=UTC), tree.hours)
    assert Trial(tree, facts, "en", lambda _l, prompt: prompt, lambda _ask: None, lambda _text: None).run() == "hung up"


BUSY = GOOD.replace("start: top", "start: top, busy: full").replace("  low:", """  full:
    say: [lines-busy]
    keys:
      1: {do: callback, queue: medical, then: {do: goodbye}, otherwise: {do: goodbye}}
  low:""")


@pytest.mark.parametrize(("keys", "ended"), [
    (["1", ""], "goodbye"), (["1", "f"], "goodbye"), (["1", "o"], "goodbye"), (["", "", ""], "goodbye"),
    ([], "hung up"),
])
def test_a_trial_may_begin_where_all_lines_are_taken(tmp_path: Path, keys: list[str], ended: str) -> None:
    assert check_menus(write(tmp_path, BUSY), KNOWN, lambda _prompt: True) == []
    tree, left, heard = load_tree(write(tmp_path, BUSY), KNOWN), iter(keys), list[str]()
    trial = Trial(tree, NOON, "en", lambda _l, prompt: prompt, lambda _ask: next(left, None), heard.append, busy=True)
    assert trial.run() == ended
    assert ("   [call back by medical]" in heard) == ("1" in keys)
    assert "call back by medical" in draw(tree, lambda prompt: prompt, "en")


def test_a_caller_without_a_free_line_comes_to_no_queue(tree: Tree) -> None:
    refused = begin_busy(tree)
    assert refused == Leave(("lines-busy", "goodbye"))
    assert without_queue(tree, Leave(("please-wait",), "operator")) == Leave(("goodbye",))


NAMES = ("a", "b", "c", "d")
ONWARDS = st.sampled_from([{"do": "operator"}, {"do": "goodbye"}, *({"do": "menu", "menu": name} for name in NAMES)])
ACTIONS = st.one_of(ONWARDS, st.sampled_from([
    {"do": "back"}, {"do": "repeat"}, {"do": "announce", "say": ["x"]}, {"do": "queue", "queue": "medical"},
    {"do": "service", "service": "pension"}, {"do": "voice_message", "box": "general", "then": {"do": "goodbye"}},
    {"do": "queue", "queue": "medical", "when": {"holiday": True}},
]))
MENU = st.fixed_dictionaries({
    "say": st.just(["x"]), "keys": st.dictionaries(st.sampled_from(KEYS), ACTIONS, min_size=1, max_size=5),
    "retries": st.integers(0, 3), "otherwise": ONWARDS,
})
FILES = st.fixed_dictionaries({
    "call": st.just({"start": "a"}), "menus": st.fixed_dictionaries(dict.fromkeys(NAMES, MENU)),
})
PRESSED = st.lists(st.sampled_from([*KEYS, ""]), max_size=30)
ENDINGS = st.sampled_from([Ending.HELPED, Ending.FAILED, Ending.CANCELLED, Ending.OPERATOR])
MOST_SILENCES = len(NAMES) * 5
"""A silent caller fails in each menu at most once more than it has retries."""


def loaded(folder: Path, content: dict[str, Any]) -> Tree | None:
    """None: refused, as a silent caller would go round in it."""
    try:
        return load_tree(write(folder, yaml.safe_dump(content)), KNOWN)
    except DataFileError as error:
        if {fault.reason.split(",")[0] for fault in error.faults} == {"leads round in a circle"}:
            return None
        raise


@settings(deadline=None, max_examples=150)
@given(FILES, PRESSED, ENDINGS)
def test_every_walk_ends_soon_after_the_last_key(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, Any], pressed: list[str], ending: Ending,
) -> None:
    tree = loaded(tmp_path_factory.getbasetemp(), content)
    if tree is None:
        return
    then: Ask | Leave | Do = begin(tree, NOON)
    for key in [*pressed, *[""] * MOST_SILENCES]:
        while isinstance(then, Do):
            then = follow(tree, NOON, then, Outcome(ending))
        if isinstance(then, Leave):
            break
        assert len(then.position.trail) < len(NAMES)
        then = walk(tree, NOON, then.position, key).then
    assert isinstance(then, Leave), "the caller is still in the menus"
    assert then.queue in {None, "operator", "medical"}
