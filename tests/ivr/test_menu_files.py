"""Menu files: faults are named with their place, and a broken change never reaches a caller."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.data_file import DataFileError
from foundation.paths import Home
from foundation.settings import Queue, Settings
from ivr.menu.book import SHIPPED, MenuBook, load_menus
from ivr.menu.tree import Known, load_tree

GOOD = """call: {start: top}
menus:
  top:
    say: [welcome]
    keys:
      1: {do: queue, queue: medical}
"""
PROMPTS = {"welcome", "please-wait", "no-input", "wrong-key", "goodbye"}
SHIPPED_MENUS = {"language", "all-busy", "subject", "services-insurance", "services-pensions"}
KNOWN = Known(frozenset({"operator", "medical"}), "operator", PROMPTS.__contains__)


def faults(tmp_path: Path, text: str, *others: str) -> list[str]:
    paths = []
    for number, content in enumerate((text, *others)):
        path = tmp_path / f"{number}.yaml"
        path.write_text(content)
        paths.append(path)
    with pytest.raises(DataFileError) as error:
        load_tree(paths, KNOWN)
    return [str(fault).removeprefix(f"{tmp_path}/") for fault in error.value.faults]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("queue: medical", "queue: dental", "0.yaml:6: menus.top.keys.1.queue = 'dental': there is no such queue"),
        ("start: top", "start: low", "0.yaml:1: call.start.menu = 'low': there is no such menu"),
        ("[welcome]", "[wellcome]", "0.yaml:4: menus.top.say.0 = 'wellcome': no prompt"),
        ("[welcome]", "[de/welcome]", "0.yaml:4: menus.top.say.0 = 'de/welcome': 'de' is none"),
        ("1: {do", "12: {do", "0.yaml:6: menus.top.keys.12 = 12: a telephone has the keys"),
        ("do: queue", "do: queues", "0.yaml:6: menus.top.keys.1: Input tag 'queues'"),
        (", queue: medical", "", "0.yaml:6: menus.top.keys.1.queue: Field required"),
        ("queue: medical", "queue: medical, prio: 3", "0.yaml:6: menus.top.keys.1.prio = 3: no such setting"),
        ("    keys:", "    retries: many\n    keys:", "0.yaml:5: menus.top.retries = 'many': Input should be a valid"),
        ("    keys:", "    say: [goodbye]\n    keys:", "0.yaml:5: menus.top.say: this key is here twice"),
        ("{do: queue, queue: medical}", "{do: menu, menu: x}", "0.yaml:6: menus.top.keys.1.menu = 'x': there is no"),
        ("say: [welcome]", "say: [welcome", "0.yaml:5: file: not YAML"),
        ("call: {start: top}", "", "0.yaml:1: call: no file says where a call starts"),
        (GOOD, "- a\n- b\n", "0.yaml:1: file: Input should be a valid dictionary"),
        (GOOD, "&a [*a]", "0.yaml:1: file: an anchor (&) contains itself"),
        ("    keys:", "    otherwise: {do: menu, menu: top}\n    keys:", "0.yaml:5: menus.top.otherwise: leads round"),
    ],
)
def test_a_fault_is_named_with_file_line_key_value_and_reason(tmp_path: Path, old: str, new: str, fault: str) -> None:
    [found] = faults(tmp_path, GOOD.replace(old, new))
    assert found.startswith(fault)


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("medical", "x").replace("welcome", "y").replace("start: top", "start: z")
    assert len(faults(tmp_path, text)) == 3


def test_two_files_may_not_have_one_menu(tmp_path: Path) -> None:
    found = faults(tmp_path, GOOD, GOOD)
    assert "another file has these rules already" in found[0]
    assert "has this menu already" in found[1]


def test_a_file_beside_the_first_may_add_menus(tmp_path: Path) -> None:
    (tmp_path / "main.yaml").write_text(GOOD.replace("{do: queue, queue: medical}", "{do: menu, menu: more}"))
    (tmp_path / "more.yaml").write_text("menus: {more: {say: [welcome], keys: {2: {do: operator}}}}")
    tree = load_tree([tmp_path / "main.yaml", tmp_path / "more.yaml"], KNOWN)
    assert set(tree.menus) == {"top", "more"}


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_file_is_read_or_refused_with_faults(
    tmp_path_factory: pytest.TempPathFactory, content: str | bytes,
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(content.encode(errors="replace") if isinstance(content, str) else content)
    with pytest.raises(DataFileError):
        load_tree([path], KNOWN)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "menus").mkdir()
    return Home(tmp_path)


@pytest.fixture
def settings() -> Settings:
    return Settings(queues={name: Queue() for name in ("operator", "insurance", "medical", "pensions")})


def write(home: Home, text: str, moment: int) -> None:
    path = home.root / "menus" / "main.yaml"
    path.write_text(text)
    os.utime(path, ns=(moment, moment))


def test_the_shipped_menus_fit_the_shipped_settings_and_prompts(home: Home, settings: Settings) -> None:
    assert set(load_menus(home, settings).menus) == SHIPPED_MENUS


def test_a_sites_file_replaces_the_shipped_one_from_the_next_call(home: Home, settings: Settings) -> None:
    book = MenuBook(home, settings)
    before = book.current()
    write(home, GOOD, 1)
    after = book.current()
    assert before
    assert after
    assert (set(before.menus), set(after.menus)) == (SHIPPED_MENUS, {"top"})


def test_a_broken_change_is_refused_and_said_once(
    home: Home, settings: Settings, capsys: pytest.CaptureFixture[str],
) -> None:
    write(home, GOOD, 1)
    book = MenuBook(home, settings)
    good = book.current()
    write(home, GOOD.replace("medical", "dental"), 2)
    assert [book.current() for _ in range(3)] == [good] * 3
    assert capsys.readouterr().out.count("menus refused") == 1


def test_a_mended_file_is_taken_again(home: Home, settings: Settings) -> None:
    write(home, "broken: [", 1)
    book = MenuBook(home, settings)
    assert book.current() is None
    write(home, GOOD, 2)
    assert book.current() is not None


def test_menus_that_fit_no_queue_of_the_site_leave_callers_to_the_operator(home: Home) -> None:
    assert MenuBook(home, Settings(queues={"operator": Queue()})).current() is None


def test_unchanged_files_are_not_read_again(home: Home, settings: Settings) -> None:
    book = MenuBook(home, settings, SHIPPED)
    assert book.current() is book.current()
