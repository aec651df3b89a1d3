"""The demo on a running line, and the bench on a line of its own: they do their work and leave nothing behind."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from bench.ivr import Plan, measure_menus
from foundation.paths import CHECKOUT
from tests.support.live_line import LiveLine

pytestmark = pytest.mark.live


async def channels_end(line: LiveLine) -> None:
    await asyncio.wait_for(line.quiet(), 30)



async def test_the_demo_brings_calls_and_leaves_the_line_as_it_was(line: LiveLine) -> None:
    since = line.now()
    told = await asyncio.to_thread(
        line.command, "demo", "--minutes", "0.3", "--callers-per-minute", "30", "--agents", "2",
    )
    assert "called" in told.splitlines()[-2]
    await channels_end(line)
    agents = {each.agent for each in line.events("AGENT_LOGIN", since)}
    assert len(agents) == 2
    assert {each.agent for each in line.events("AGENT_LOGOUT", since)} == agents
    assert line.events("STINT", since)
    assert "no members" in (await asyncio.to_thread(line.console, "queue show insurance")).lower()


async def test_a_demo_that_is_interrupted_hangs_up_and_logs_out(line: LiveLine) -> None:
    since = line.now()
    demo = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "pasokh", "demo", "--callers-per-minute", "60", cwd=CHECKOUT,
        env={**os.environ, "PASOKH_HOME": str(line.home.root)}, stdout=asyncio.subprocess.DEVNULL,
    )
    await line.written("STINT", since)
    demo.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(demo.wait(), 60) == 0
    await channels_end(line)
    assert {each.agent for each in line.events("AGENT_LOGOUT", since)} == {
        each.agent for each in line.events("AGENT_LOGIN", since)
    }


async def test_a_demo_without_a_line_says_what_to_do(line: LiveLine) -> None:
    demo = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "pasokh", "demo", cwd=CHECKOUT, stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PASOKH_HOME": str(line.home.root), "PASOKH_PORTS__AMI": "1"},
    )
    _, errors = await asyncio.wait_for(demo.communicate(), 60)
    assert demo.returncode == 2
    assert b"bin/pasokh up" in errors


@pytest.mark.soak
async def test_the_bench_of_the_menus_runs_and_reports_every_figure(
    model: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PASOKH_HOME", str(model))
    said: list[str] = []
    report = await measure_menus(Plan(rate=10, calls=20, rounds=1), 24000, said.append)
    assert report.lost == 0
    assert report.asterisk_ms_bare.middle > 0
    assert report.asterisk_ms_ivr.middle > 0
    assert report.ivr_ms.middle > 0
    assert report.ratio.middle > 0
    assert report.calls_per_second.middle > 0
    assert len(said) == 3
