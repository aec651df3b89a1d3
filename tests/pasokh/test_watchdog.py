"""The watchdog's core, by tables; then real processes that are stopped by a signal."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from foundation.paths import Home
from pasokh.watchdog import LONGEST_TICK, Process, Watch, on_beat, on_leave, on_tick
from pasokh.watchdog_service import ReadyNotes, Watchdog, process_of

LIMITS = {"ivr": 2.0, "callqueue": 10.0}
IVR = Process(71, 1000)
NEXT_IVR = Process(71, 2000)
QUEUE = Process(72, 1001)

# Each line: what happens, and who must be killed then. "0.2 x 10" are ten ticks.
STORIES = {
    "a service that beats lives": "ivr; 0.2 x 9; ivr; 0.2 x 9; ivr; 0.2 x 9 ->",
    "silence beyond the limit is death": "ivr; 0.2 x 11 -> ivr",
    "silence at the limit is not": "ivr; 0.25 x 8 ->",
    "who was never heard is left alone": "0.2 x 100 ->",
    "each service has its own limit": "ivr; callqueue; 0.2 x 20 -> ivr",
    "and both may hang": "ivr; callqueue; 0.2 x 51 -> ivr callqueue",
    "without a limit silence means nothing": "asterisk; 0.2 x 500 ->",
    "a machine that stood still blames nobody": "ivr; callqueue; 60 x 1 ->",
    "nor if it stands still again and again": "ivr; 60 x 3; ivr; 60 x 3 ->",
    "a clock that goes back counts nothing": "ivr; -5 x 50 ->",
    "who stops in an orderly way may be silent": "ivr; 0.2 x 5; leave ivr; 0.2 x 100 ->",
    "who was killed is killed once": "ivr; 0.2 x 100 -> ivr",
    "its successor is watched from its first beat": "ivr; 0.2 x 100; ivr; 0.2 x 100 -> ivr ivr",
}


def _tell(story: str) -> list[str]:
    watch, killed = Watch(), []
    for part in story.partition("->")[0].split(";"):
        words = part.split()
        if words[0] == "leave":
            watch = on_leave(watch, words[1])
        elif "x" in words:
            for _ in range(int(words[2])):
                watch, silent = on_tick(watch, float(words[0]), LIMITS)
                killed += sorted(silent, reverse=True)
        else:
            watch = on_beat(watch, words[0], IVR)
    return killed


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_silence_is_judged(story: str) -> None:
    assert sorted(_tell(story)) == sorted(story.partition("->")[2].split())


def test_the_process_to_kill_is_the_last_that_was_heard() -> None:
    watch = on_beat(on_beat(on_beat(Watch(), "ivr", IVR), "callqueue", QUEUE), "ivr", NEXT_IVR)
    for _ in range(8):
        watch, silent = on_tick(watch, LONGEST_TICK, LIMITS)
        assert not silent
    _, silent = on_tick(watch, LONGEST_TICK, LIMITS)
    assert silent == {"ivr": NEXT_IVR}


SERVICE = """
import asyncio, sys
from foundation.service import alive
async def main():
    async with alive() as stop:
        await stop.wait()
    await asyncio.sleep(float(sys.argv[1]))
asyncio.run(main())
"""


@contextmanager
def _service(socket: Path, slow_stop: float = 0.0) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {**os.environ, "NOTIFY_SOCKET": str(socket)}
    with subprocess.Popen([sys.executable, "-c", SERVICE, str(slow_stop)], env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


async def _until(what: Callable[[], bool], seconds: float = 20.0) -> float:
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < seconds, "it never happened"
        await asyncio.sleep(0.02)
    return time.monotonic() - began


@contextmanager
def _watching(home: Home, limit: float) -> Iterator[ReadyNotes]:
    notes = ReadyNotes(home)
    dog = Watchdog({"ivr": home.root / "ivr.sock"}, {"ivr": limit}, notes, parent=os.getpid())
    task = asyncio.create_task(dog.run(), name="watch")
    try:
        yield notes
    finally:
        task.cancel()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


async def test_a_stopped_process_is_killed_after_its_limit(home: Home) -> None:
    with _watching(home, 1.0) as notes, _service(home.root / "ivr.sock") as process:
        await _until(lambda: notes.read("ivr") is not None)
        process.send_signal(signal.SIGSTOP)
        seconds = await _until(lambda: process.poll() is not None)
    assert process.returncode == -signal.SIGKILL
    assert seconds > 0.4
    assert notes.read("ivr") is None


async def test_a_watchdog_that_is_started_again_kills_nobody_and_still_knows_who_was_ready(home: Home) -> None:
    with _service(home.root / "ivr.sock") as process:
        with _watching(home, 1.0) as notes:
            await _until(lambda: notes.read("ivr") is not None)
        await asyncio.sleep(0)
        with _watching(home, 1.0):
            with suppress(AssertionError):
                await _until(lambda: process.poll() is not None, seconds=1.8)
            assert process.poll() is None
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(0)
        with _watching(home, 1.0):
            await _until(lambda: process.poll() is not None)
    assert process.returncode == -signal.SIGKILL


async def test_a_slow_but_orderly_stop_is_left_alone(home: Home) -> None:
    with _watching(home, 0.6) as notes, _service(home.root / "ivr.sock", slow_stop=1.5) as process:
        await _until(lambda: notes.read("ivr") is not None)
        process.terminate()
        await _until(lambda: process.poll() is not None)
    assert process.returncode == 0


async def test_a_stranger_is_not_heard(home: Home) -> None:
    beat = "import socket,sys; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'READY=1', sys.argv[1])"
    stranger = f"import subprocess,sys; subprocess.run([sys.executable, '-c', {beat!r}, sys.argv[1]], check=True)"
    with _watching(home, 0.5) as notes:
        ran = await asyncio.create_subprocess_exec(sys.executable, "-c", stranger, str(home.root / "ivr.sock"))
        assert await ran.wait() == 0
        with suppress(AssertionError):
            await _until(lambda: notes.read("ivr") is not None, seconds=0.5)
        assert notes.read("ivr") is None


def test_a_process_is_ours_only_while_it_lives_and_we_are_its_parent() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        found = process_of(child.pid, os.getpid())
        assert found is not None
        assert found.pid == child.pid
        assert process_of(child.pid, 1) is None
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert process_of(child.pid, os.getpid()) is None
    assert process_of(child.pid, os.getpid()) is None
