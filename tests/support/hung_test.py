"""What a test that takes too long was doing: pytest-timeout alone shows an asynchronous one only as waiting."""

import asyncio
import linecache
import signal
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest
from pytest_timeout import is_debugging


def fail_after(seconds: float) -> Callable[[], None]:
    """Let the test fail in so many seconds, wherever it then is, unless what is returned is called before."""

    def on_alarm(_number: int, _frame: FrameType | None) -> None:
        if is_debugging():
            return
        pytest.fail("\n".join([f"not over within {seconds:.0f} seconds", *_running_tasks()]))

    def cancel() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)

    signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    return cancel


def _running_tasks() -> Iterator[str]:
    """Each task of the loop that the signal interrupted, with the lines at which it waits."""
    try:
        tasks = asyncio.all_tasks()
    except RuntimeError:
        return  # no loop: the traceback tells where the test is
    for task in tasks:
        yield f"task {task.get_name()} waits at"
        yield from _lines_of(task.get_coro())


def _lines_of(awaited: Any) -> Iterator[str]:
    """From the outermost coroutine to what it waits for; a task itself knows only the outermost."""
    while awaited is not None:
        kind = next((kind for kind in ("cr", "ag", "gi") if hasattr(awaited, f"{kind}_frame")), None)
        frame = getattr(awaited, f"{kind}_frame", None)
        if frame is None:
            return
        name, number = frame.f_code.co_filename, frame.f_lineno
        yield f"  {name}:{number}: {linecache.getline(name, number).strip()}"
        awaited = getattr(awaited, "gi_yieldfrom" if kind == "gi" else f"{kind}_await")
