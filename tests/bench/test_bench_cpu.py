"""Processor time of a process and the spread of a figure."""

import os
from pathlib import Path

import pytest

from bench.cpu import Spread, cpu_seconds, parse_cpu_seconds

FIELDS = "S 1 2 2 0 -1 4194560 100 0 0 0 250 125 0 0 20 0 1 0 100 0 0"


def test_user_and_system_time_are_added() -> None:
    assert parse_cpu_seconds(f"7 (asterisk) {FIELDS}", ticks_per_second=100) == 3.75


def test_a_name_with_spaces_and_brackets_shifts_no_field() -> None:
    assert parse_cpu_seconds(f"7 (a) b (c) {FIELDS}", ticks_per_second=100) == 3.75


def test_another_text_is_refused() -> None:
    with pytest.raises(ValueError, match="not the text"):
        parse_cpu_seconds("cpu  1 2 3")


def test_this_process_has_used_some_time() -> None:
    used = cpu_seconds(os.getpid())
    assert used > 0
    assert used <= sum(os.times()[:4]) + 1
    assert Path(f"/proc/{os.getpid()}").exists()


def test_a_spread_has_the_least_the_median_and_the_most() -> None:
    assert Spread.of([3.0, 1.0, 2.0]) == Spread(1.0, 2.0, 3.0)
    assert Spread.of([3.0, 1.0, 2.0]).text() == "1.00 / 2.00 / 3.00"


def test_no_rounds_have_no_spread() -> None:
    with pytest.raises(ValueError, match="no rounds"):
        Spread.of([])
