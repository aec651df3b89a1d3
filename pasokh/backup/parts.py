"""What belongs to a backup, in the order in which it is copied while the line runs.

First what is on its way into the databases (raw sound, spools), then the databases, then journal and CEL, then the
rest. So whatever has left the first is in the second; the journal has all that the ledger has read, and what it has
more is read after a restore; and a sound that the database knows is still there to be copied.
"""

from collections.abc import Iterator
from pathlib import Path

from foundation.paths import Home

NOT_KEPT = frozenset({
    "run", "logs", "database", "asterisk", "reserve", "callback-offers", "mosquitto", "draining", "prompts",
})
"""Of the home: made anew at every start, or written by the parts that are copied otherwise."""
UNFINISHED = (".half", ".lock", ".open")


def arriving(home: Home) -> list[Path]:
    """What waits to be taken into the databases."""
    return [*_files(home.recordings_raw), *_files(home.spool, unfinished=True)]


def records(home: Home) -> list[Path]:
    """The journal and CEL, with what was rotated away; the live files last."""
    found = [path for live in (home.queue_log, home.cel_log) for path in _files(live.parent, beginning=live.name)]
    return sorted(found, key=lambda path: (path in {home.queue_log, home.cel_log}, path.name))


def rest(home: Home) -> Iterator[Path]:
    """Settings, secrets, menus, certificates, kept sound, papers of cases, and whatever else a room keeps here."""
    for top in sorted(home.root.iterdir()):
        if top.name in NOT_KEPT or top == home.spool:
            continue
        for path in _files(top) if top.is_dir() else [top]:
            if home.recordings_raw not in path.parents and not path.name.endswith(UNFINISHED):
                yield path


def _files(folder: Path, beginning: str = "", *, unfinished: bool = False) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(
        path for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and path.name.startswith(beginning)
        and (unfinished or not path.name.endswith(UNFINISHED))
    )


__all__ = ["arriving", "records", "rest"]
