"""The shipped menus, walked by tables: keys pressed, and where the caller comes out."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr.conditions import Facts
from ivr.menu.menu import Tree
from ivr.menu.tree import load_tree
from ivr.menu.walk import Ask, Leave, Move, Result, begin, to_operator, walk
from tests.support.shipped_menus import KNOWN, SHIPPED

NOON = Facts(datetime(2026, 11, 22, 12, tzinfo=UTC), {})


@pytest.fixture
def tree() -> Tree:
    return load_tree(SHIPPED, KNOWN)


def journey(tree: Tree, keys: str) -> list[Move]:
    """Every move of a caller who presses these keys; `-` is silence."""
    ask, moves = begin(tree, NOON), []
    for key in keys:
        move = walk(tree, NOON, ask.position, key.replace("-", ""))
        moves.append(move)
        if isinstance(move.then, Leave):
            break
        assert isinstance(move.then, Ask)
        ask = move.then
    return moves


WAYS_OUT = """
 keys    language  queue      results
 11      fa        insurance  chosen chosen
 12      fa        medical    chosen chosen
 13      fa        pensions   chosen chosen
 21      tr        insurance  chosen chosen
 33      en        pensions   chosen chosen
 10      fa        operator   chosen chosen
 0       none      operator   chosen
 --      none      operator   no_input gave_up
 77      none      operator   wrong_key gave_up
 -7      none      operator   no_input gave_up
 1---    fa        operator   chosen no_input no_input gave_up
 1989    fa        operator   chosen wrong_key wrong_key gave_up
 19-2    fa        medical    chosen wrong_key no_input chosen
 1*23    tr        pensions   chosen back chosen chosen
 1#1     fa        insurance  chosen repeat chosen
 1*-3*21 tr        insurance  chosen back no_input chosen back chosen chosen
 **11    fa        insurance  repeat repeat chosen chosen
"""


@pytest.mark.parametrize("row", WAYS_OUT.strip().splitlines()[1:])
def test_every_row_of_keys_ends_with_a_person(tree: Tree, row: str) -> None:
    keys, language, queue, *results = row.split()
    moves = journey(tree, keys)
    chosen = [str(move.language) for move in moves if move.language]
    assert [move.result for move in moves] == results
    assert (chosen or ["none"])[-1] == language
    last = moves[-1].then
    assert isinstance(last, Leave)
    assert last.queue == queue
    assert last.prompts == ("recorded", "please-wait")


def test_a_call_begins_in_all_three_languages(tree: Tree) -> None:
    assert begin(tree, NOON).prompts == ("welcome", "fa/choose-language", "tr/choose-language", "en/choose-language")


def test_a_hint_comes_before_the_menu_is_said_again(tree: Tree) -> None:
    silent, wrong = (journey(tree, "1" + key)[-1].then for key in "-9")
    assert isinstance(silent, Ask)
    assert isinstance(wrong, Ask)
    assert silent.prompts == ("no-input", "menu-subject")
    assert wrong.prompts == ("wrong-key", "menu-subject")


def test_a_repeat_costs_no_retry_and_gives_none_back(tree: Tree) -> None:
    assert [move.result for move in journey(tree, "19##99")][-1] is Result.GAVE_UP


def test_the_way_back_starts_the_retries_anew(tree: Tree) -> None:
    back = journey(tree, "19*")[-1].then
    assert isinstance(back, Ask)
    assert back.position.failures == 0


def test_the_operator_is_the_sites_default_queue(tree: Tree) -> None:
    assert to_operator(tree).queue == "operator"


WIDE = """
call: {start: top, before_queue: []}
menus:
  top:
    say: [welcome]
    keys:
      1: {do: menu, menu: deep}
      2: {do: announce, say: [closed]}
      3: {do: goodbye}
      4: {do: queue, queue: medical, priority: 7}
    otherwise: {do: goodbye}
  deep:
    say: [menu-subject]
    retries: 0
    keys:
      1: {do: menu, menu: top}
      "*": {do: back}
    otherwise: {do: menu, menu: top}
"""


@pytest.fixture
def wide(tmp_path: Path) -> Tree:
    (tmp_path / "main.yaml").write_text(WIDE)
    return load_tree([tmp_path / "main.yaml"], KNOWN)


def test_an_announcement_is_followed_by_its_menu(wide: Tree) -> None:
    said = journey(wide, "2")[0].then
    assert isinstance(said, Ask)
    assert said.prompts == ("closed", "welcome")


def test_a_goodbye_leaves_without_a_queue(wide: Tree) -> None:
    assert journey(wide, "3")[0].then == Leave(("goodbye",))


def test_a_priority_goes_with_the_queue(wide: Tree) -> None:
    assert journey(wide, "4")[0].then == Leave((), "medical", 7)


def test_going_round_does_not_lengthen_the_way_back(wide: Tree) -> None:
    last = journey(wide, "11" * 50)[-1].then
    assert isinstance(last, Ask)
    assert last.position.trail == ()


def test_a_silent_caller_may_be_led_on_instead_of_out(wide: Tree) -> None:
    moved = journey(wide, "1-")[-1]
    assert moved.result is Result.GAVE_UP
    assert isinstance(moved.then, Ask)
    assert moved.then.position.menu == "top"
