from pathlib import Path

import pytest
from typer.testing import CliRunner

from callqueue.records.bookmarks import MovedError
from pasokh.commands import journal
from pasokh.commands.journal import app
from pasokh.refusal import RefusedError

LINES = """\
1800000000|c1|medical|NONE|ENTERQUEUE||09120000000|1
nonsense
1800000007|c1|medical|NONE|ABANDON|1|1|7
2026-03-21 08:00:00|c2|medical|NONE|ENTERQUEUE||1|1
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PASOKH_HOME", str(tmp_path / "site"))
    path = tmp_path / "queue_log"
    path.write_text(LINES)
    return path


def test_bad_lines_are_told_with_their_number_and_the_rest_is_kept(log: Path) -> None:
    found = CliRunner().invoke(app, ["import", str(log)])
    assert found.exit_code == 1
    assert "4 lines of 'import': 2 new, 2 bad" in found.output
    assert "line 2: 1 of at least 5 fields: nonsense" in found.output
    assert "line 4: 2026-03-21 08:00:00 is a local time; say its time zone" in found.output


def test_a_time_zone_mends_local_times_and_nothing_counts_twice(log: Path) -> None:
    CliRunner().invoke(app, ["import", str(log)])
    found = CliRunner().invoke(app, ["import", str(log), "--timezone", "Asia/Tehran"])
    assert "4 lines of 'import': 1 new, 1 bad" in found.output
    assert "bad lines (the newest 1)" in CliRunner().invoke(app, ["status"]).output


def test_the_status_shows_files_bad_lines_and_gaps(log: Path) -> None:
    CliRunner().invoke(app, ["import", str(log)])
    found = CliRunner().invoke(app, ["status"])
    assert found.exit_code == 0, found.output
    assert f"{log}:2: 1 of at least 5 fields: nonsense" in found.output
    assert "open stints: 0" in found.output
    assert "gaps of the last 24 h: none" in found.output


def test_a_time_zone_that_does_not_exist_is_refused(log: Path) -> None:
    found = CliRunner().invoke(app, ["import", str(log), "--timezone", "Asia/Nowhere"])
    assert isinstance(found.exception, RefusedError)
    assert "no such time zone" in str(found.exception)


def test_a_file_without_any_line_of_a_queue_log_is_refused_and_leaves_nothing(log: Path) -> None:
    log.write_text("{\n}\n")
    found = CliRunner().invoke(app, ["import", str(log)])
    assert isinstance(found.exception, RefusedError)
    assert "none of its first 2 lines is one of a queue_log; line 1: 1 of" in str(found.exception)
    assert "bad lines" not in CliRunner().invoke(app, ["status"]).output


def test_an_import_beside_another_of_the_same_file_is_refused_with_what_to_do(
    log: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def overtaken(*_args: object, **_kwargs: object) -> None:
        raise MovedError

    monkeypatch.setattr(journal, "import_journal", overtaken)
    found = CliRunner().invoke(app, ["import", str(log)])
    assert isinstance(found.exception, RefusedError)
    assert str(found.exception).startswith(f"{log}: another import of this file is under way")
    assert "wait for the other or begin this one again" in str(found.exception)


def test_a_database_that_is_away_is_said_in_words(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    CliRunner().invoke(app, ["import", str(log)])
    monkeypatch.setenv("PASOKH_DATABASE__URL", "postgresql+asyncpg://me:secret@127.0.0.1:1/none")
    for words in (["status"], ["import", str(log)]):
        found = CliRunner().invoke(app, words)
        assert isinstance(found.exception, RefusedError)
        assert "database cannot be used" in str(found.exception)
