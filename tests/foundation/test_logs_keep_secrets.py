"""What a caller typed must not come into the logs by way of a traceback."""

import pytest
import structlog

from foundation.logs import configure_logs


def take(digits: str) -> None:
    raise ValueError(f"{len(digits)} digits are too few")


@pytest.mark.parametrize("terminal", [False, True])
def test_a_traceback_shows_no_local_variables(
    terminal: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    monkeypatch.setattr("logging.basicConfig", lambda **_: None)
    configure_logs("test")
    secret = str(4700 + 11)
    try:
        take(secret)
    except ValueError:
        structlog.get_logger().exception("a call failed")
    finally:
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()
    shown = capsys.readouterr().err
    assert "4 digits are too few" in shown
    assert secret not in shown
