"""What callers heard and said, on its way to the database: first a file, then delivered from it, each exactly once.

A caller's `not solved` must not be lost because a database is away or a service is killed in this second. A file that
was delivered and not yet removed is delivered again, which changes nothing (`followups.telling.heard`).
"""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import structlog

from followups.cases.case import ToldBy
from followups.telling.heard import Answer, Heard, Hearing
from foundation.paths import Home

log = structlog.get_logger()


class HeardSpool:
    def __init__(self, home: Home) -> None:
        self.folder = home.spool / "results-heard"

    def keep(self, heard: Heard) -> None:
        """Write it down; it is on the disk when this returns.

        Raises:
            OSError: the disk is full or away.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{heard.id}.json"
        half = path.with_suffix(".half")
        with half.open("w", encoding="utf-8") as file:
            json.dump(asdict(heard), file)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)

    async def deliver(self, hearing: Hearing) -> int:
        """Bring every file that is there to its case; returns how many."""
        if not self.folder.exists():
            return 0
        for path in self.folder.glob("*.json"):
            # What is said later in the call makes a new file.
            path.replace(path.with_suffix(".taken"))
        taken = sorted(self.folder.glob("*.taken"))
        for path in taken:
            heard = _parse(path)
            if heard is not None:
                await hearing.take(heard)
                path.unlink()
        return len(taken)


def _parse(path: Path) -> Heard | None:
    """None of a file that is none of ours: it is put aside."""
    try:
        it: dict[str, Any] = json.loads(path.read_bytes())
        answer = Answer(it["answer"]) if it["answer"] else None
        return Heard(**{**it, "how": ToldBy(it["how"]), "answer": answer})
    except (ValueError, TypeError, KeyError) as error:
        log.error("a heard result was put aside", path=str(path), error=str(error))  # noqa: TRY400
        path.rename(path.with_suffix(".bad"))
        return None
