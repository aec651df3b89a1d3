"""What lets tests run side by side: ports and folders shared without a quarrel, and a hung test that says where."""

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.hung_test import fail_after
from tests.support.port_offsets import OFFSETS, NoOffsetError, lease_offset
from tests.support.shared_folder import shared_folder

CHANCE = random.SystemRandom()


def test_no_two_leases_are_of_the_same_ports_and_those_in_use_are_passed_over(tmp_path: Path) -> None:
    used = OFFSETS[:-3]
    first, second = (lease_offset(CHANCE, lambda offset: offset not in used, folder=tmp_path) for _ in range(2))
    assert {first.number, second.number} < set(OFFSETS[-3:])
    assert first.number != second.number
    first.give_back()
    second.give_back()


def test_a_machine_that_is_full_is_told_so() -> None:
    with pytest.raises(NoOffsetError, match="every offset"):
        lease_offset(CHANCE, lambda _: False)


def test_a_shared_folder_is_made_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "content").touch()

    tmp_path_factory.getbasetemp()  # each worker of pytest has its own factory; these threads share one
    with ThreadPoolExecutor(4) as workers:
        found = list(workers.map(lambda _: shared_folder("made-once", tmp_path_factory, make), range(4)))
    assert len(made) == 1
    assert all((folder / "content").exists() for folder in found)


def test_a_hung_test_says_at_which_line_it_waits() -> None:
    async def waits_for_nobody() -> None:
        await asyncio.Event().wait()

    async def hangs() -> None:
        await waits_for_nobody()

    cancel = fail_after(0.2)
    try:
        with pytest.raises(pytest.fail.Exception, match=r"(?s)await waits_for_nobody\(\).*await asyncio\.Event\(\)"):
            asyncio.run(hangs())
    finally:
        cancel()
