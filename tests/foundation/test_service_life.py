"""A service says that it is alive, and waits longer each time it has to wait."""

import asyncio
import os
import socket
from pathlib import Path

import pytest

from foundation.service import back_off, heartbeat, keep_trying


async def test_a_service_says_ready_then_beats_and_names_its_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(path))
        ear.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        loop = asyncio.get_running_loop()
        async with heartbeat(), asyncio.timeout(60):
            heard = [(await loop.sock_recv(ear, 200)).decode() for _ in range(3)]
    assert [word.splitlines()[0] for word in heard] == ["READY=1", "WATCHDOG=1", "WATCHDOG=1"]
    assert {word.splitlines()[1] for word in heard} == {f"MAINPID={os.getpid()}"}


async def test_a_watchdog_that_is_away_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    async with heartbeat():
        await asyncio.sleep(0)


def test_waits_grow_to_a_limit() -> None:
    wait = back_off(first=1.0, longest=4.0)
    waits = [wait() for _ in range(5)]
    for seconds, middle in zip(waits, (1, 2, 4, 4, 4), strict=True):
        assert 0.8 * middle <= seconds <= 1.2 * middle


async def test_what_fails_at_first_is_tried_again_and_other_errors_are_not_hidden() -> None:
    errors: list[Exception] = [ConnectionRefusedError("no"), ValueError("real fault")]

    async def attempt() -> None:
        raise errors.pop(0)

    with pytest.raises(ValueError, match="real fault"):
        await keep_trying("the broker", attempt, OSError)
    assert errors == []
