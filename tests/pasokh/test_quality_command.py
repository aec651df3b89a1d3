"""`bin/pasokh quality check`: sound files are listed, faulty ones told with their place."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from foundation.paths import CHECKOUT, Home
from pasokh.commands.quality import app
from pasokh.refusal import RefusedError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    found = Home(tmp_path / "home")
    found.make()
    found.settings_file.write_text((CHECKOUT / "foundation/site.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setenv("PASOKH_HOME", str(found.root))
    return found


def test_sound_files_are_listed(home: Home) -> None:
    said = CliRunner().invoke(app, ["check"], catch_exceptions=False).stdout
    assert "conversation  version 1  7 questions  every queue" in said
    assert "random: {'per_agent_and_week': 2}" in said


def test_a_fault_is_told_with_its_place(home: Home) -> None:
    file = home.root / "quality" / "scorecards.yaml"
    file.parent.mkdir()
    file.write_text("scorecards:\n  ours: {version: 0}\n")
    with pytest.raises(RefusedError, match=r"scorecards.yaml:2: scorecards.ours.version = 0"):
        CliRunner().invoke(app, ["check"], catch_exceptions=False)
