"""The command line refuses in words, with the key, the value and the reason."""

from pathlib import Path

import pytest

from foundation.paths import CHECKOUT, Home
from pasokh.cli import ENTRIES, main
from pasokh.commands.test import MOST_AGAIN, again, checks, workers
from pasokh.refusal import RefusedError
from pasokh.site import make_home, write_first_settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("PASOKH_HOME", str(tmp_path / "site"))
    home = Home(tmp_path / "site")
    make_home(home)
    write_first_settings(home)
    return home


def _refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return said.err


def _answer(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 0
    return capsys.readouterr().out


def test_a_wrong_setting_is_refused_with_its_key_value_and_reason(
    home: Home, capsys: pytest.CaptureFixture[str],
) -> None:
    home.settings_file.write_text("ports: {sip: 99999}\n")
    said = _refused(capsys, "status")
    assert "ports.sip = 99999" in said
    assert "65535" in said


def test_a_variable_that_names_no_setting_is_refused(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PASOKH_PROTS__SIP", "5070")
    assert "PASOKH_PROTS__SIP: names no setting" in _refused(capsys, "accounts")


def test_a_site_without_settings_is_told_how_to_get_them(
    home: Home, capsys: pytest.CaptureFixture[str],
) -> None:
    home.settings_file.unlink()
    assert "`bin/pasokh up` writes them" in _refused(capsys, "status")


def test_a_site_that_is_not_up_says_so(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is not up" in _refused(capsys, "status")
    assert "is not up" in _refused(capsys, "restart", "ivr")
    assert "is not up" in _answer(capsys, "down")


def test_an_unknown_service_is_refused_with_the_known_ones(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no service 'ivrr'; there are mosquitto" in _refused(capsys, "restart", "ivrr")
    assert "there is no service 'ivrr'" in _refused(capsys, "service", "ivrr")


def test_the_accounts_hold_every_agent_and_its_password(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    text = _answer(capsys, "accounts")
    assert all(agent in text for agent in ("a101", "a102", "a103"))


def test_settings_are_written_once_and_then_left_alone(home: Home) -> None:
    home.settings_file.write_text("# mine\n")
    assert not write_first_settings(home)
    assert home.settings_file.read_text() == "# mine\n"


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RefusedError, match=r"PASOKH_HOME = .*file/site"):
        make_home(Home(tmp_path / "file/site"))


def test_the_help_names_every_command_without_loading_it(capsys: pytest.CaptureFixture[str]) -> None:
    text = _answer(capsys, "--help")
    assert all(entry.name in text for entry in ENTRIES if entry.name != "supervise")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_command_can_be_loaded(entry: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert "Usage" in _answer(capsys, getattr(entry, "name", ""), "--help")


def test_tests_come_after_the_checks_and_take_further_arguments() -> None:
    fast = checks("fast", ("-k", "journal"))
    assert [check.name for check in fast] == ["ruff", "mypy", "import-linter", "pytest"]
    kinds = "not live and not postgres and not browser and not soak"
    assert fast[-1].command[1:] == ("-m", kinds, "-n", "0", "-k", "journal")
    assert [check.name for check in checks("soak", ())] == ["pytest"]
    assert CHECKOUT.joinpath("pyproject.toml").exists()


@pytest.mark.parametrize(("kind", "words", "count"), [
    ("", (), 5),
    ("fast", (), 2),
    ("soak", (), 0),
    ("", ("-x", "--durations=30"), 5),
    ("fast", ("tests/pasokh",), 2),
    ("fast", ("tests/pasokh/test_command_line.py",), 0),
    ("", ("tests/pasokh/test_command_line.py::test_a_site", "tests/pasokh/test_command_line.py::test_b"), 0),
    ("fast", ("-k", "journal"), 0),
    ("", ("-n4",), 0),
    ("", ("--pdb",), 0),
])
def test_tests_run_side_by_side_unless_a_few_are_looked_at(kind: str, words: tuple[str, ...], count: int) -> None:
    assert workers(kind, words, processors=2) == count


def test_few_tests_that_failed_side_by_side_are_run_again_alone(tmp_path: Path) -> None:
    failures = tmp_path / "failed"
    assert again(failures, 1) == [], "pytest never came to its end"
    failures.write_text("tests/a.py::test_one\ntests/b.py::test_two[a b]\n", encoding="utf-8")
    assert again(failures, 1) == ["tests/a.py::test_one", "tests/b.py::test_two[a b]"]
    assert again(failures, 0) == []
    assert again(failures, 2) == [], "interrupted"
    failures.write_text("".join(f"tests/a.py::test_{number}\n" for number in range(MOST_AGAIN + 1)), encoding="utf-8")
    assert again(failures, 1) == []
