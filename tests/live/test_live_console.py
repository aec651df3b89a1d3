"""Asterisk starts clean: a warning at the start is either a fault of our configuration or hides one."""

import re

import pytest

from tests.support.live_line import LiveLine

pytestmark = pytest.mark.live

FAULTS = re.compile(r"WARNING|ERROR|Could not|Unable|failed", re.IGNORECASE)
ASTERISKS_OWN = ("Could not find option 'minimum_size' with type 'threadpool' in module 'stasis'",)
"""Debian's Asterisk 22.10.1 misses a line in its own documentation file, and says so before it reads any setting."""


def test_asterisk_starts_without_a_warning(line: LiveLine) -> None:
    said = line.said_at_start
    assert any("Asterisk" in text for text in said)
    assert [text for text in said if FAULTS.search(text) and not any(known in text for known in ASTERISKS_OWN)] == []
