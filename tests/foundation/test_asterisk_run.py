"""Our own lines in the journal look like Asterisk's."""

import re
import threading
from pathlib import Path

from foundation.asterisk.run import append_to_journal


def test_a_line_of_ours_has_asterisks_fields(tmp_path: Path) -> None:
    append_to_journal(tmp_path / "queue_log", "STOPPING", "pasokh")
    assert re.fullmatch(r"\d{10}\|NONE\|NONE\|NONE\|STOPPING\|pasokh\n", (tmp_path / "queue_log").read_text())


def test_lines_written_at_once_never_mix(tmp_path: Path) -> None:
    path = tmp_path / "queue_log"

    def write_many() -> None:
        for _ in range(50):
            append_to_journal(path, "STOPPING", "x" * 200)

    writers = [threading.Thread(target=write_many) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    lines = path.read_text().splitlines()
    assert len(lines) == 200
    assert {line.split("|", 1)[1] for line in lines} == {"NONE|NONE|NONE|STOPPING|" + "x" * 200}
