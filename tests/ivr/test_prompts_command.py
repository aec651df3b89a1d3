"""`bin/pasokh prompts`, as typed."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from foundation.paths import CHECKOUT
from ivr.prompts import Built, Refused
from pasokh.commands import prompts
from pasokh.refusal import RefusedError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PASOKH_HOME", str(tmp_path))
    (tmp_path / "site.yaml").write_text((CHECKOUT / "foundation" / "site.yaml").read_text())
    return tmp_path


def test_the_list_shows_texts_and_what_is_missing(home: Path) -> None:
    shown = CliRunner().invoke(prompts.app, ["list"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert "tr/no-input" in shown.output
    assert "missing" in shown.output
    assert "Herhangi bir tuşa basılmadı." in shown.output
    assert "number-19" not in shown.output


def test_a_refused_recording_is_an_error(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = Built(("fa/welcome",), 3, (Refused(Path("x.wav"), "silent"),))
    monkeypatch.setattr(prompts, "build_prompts", lambda *_: built)
    shown = CliRunner().invoke(prompts.app, ["build"])
    assert shown.exit_code == 1
    assert "1 made, 3 kept, 1 recordings refused\nx.wav: silent" in shown.output


def test_a_missing_program_is_refused_with_its_package(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    result = CliRunner().invoke(prompts.app, ["build"])
    assert isinstance(result.exception, RefusedError)
    assert "install the package" in str(result.exception)
