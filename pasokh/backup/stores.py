"""Both databases as files: SQLite by its own online backup, PostgreSQL by pg_dump. The line goes on meanwhile."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, make_url

from foundation.paths import Home
from foundation.settings import Settings
from pasokh.refusal import RefusedError

PROGRAMS = "/usr/lib/postgresql"
DUMP = "database/postgresql.dump"
SAID = 300
"""Characters of what a program said that are shown."""


def uses_postgresql(settings: Settings) -> bool:
    return settings.database.url is not None


def dump_stores(home: Home, settings: Settings, stage: Path) -> Sequence[tuple[str, Path]]:
    """Names within the home and the files that have them now; each is one moment of its database.

    Raises:
        RefusedError: pg_dump is not there, or does not do it.
    """
    found = [(f"database/{path.name}", path) for path in sorted(home.database.glob("*.sqlite"))]
    copies = [(name, _copy_sqlite(path, stage / path.name)) for name, path in found]
    if not uses_postgresql(settings):
        return copies
    target = stage / "postgresql.dump"
    _run("pg_dump", settings, "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")
    return [*copies, (DUMP, target)]


def check_empty(settings: Settings) -> None:
    """Refuse a PostgreSQL database in which there is something.

    Raises:
        RefusedError: it is not empty, or cannot be reached.
    """
    said = _run("psql", settings, "--no-psqlrc", "--tuples-only", "--no-align", "--command",
                "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")
    if said.strip() != "0":
        raise RefusedError(f"the database {_url(settings).database!r} has tables; an empty one is needed")


def restore_postgresql(settings: Settings, dump: Path) -> None:
    """All of it or, after a crash, nothing."""
    _run("pg_restore", settings, "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
         f"--dbname={_url(settings).database}", str(dump))


def _copy_sqlite(source: Path, target: Path) -> Path:
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)  # in one step: a moment of the database, and writers are not kept waiting
    target.chmod(0o600)
    return target


def _url(settings: Settings) -> URL:
    return make_url(settings.database.url or "")


def _run(program: str, settings: Settings, *words: str) -> str:
    url = _url(settings)
    place = {"PGHOST": url.host, "PGPORT": url.port, "PGUSER": url.username, "PGPASSWORD": url.password,
             "PGDATABASE": url.database}
    known = {key: str(value) for key, value in place.items() if value is not None}
    done = subprocess.run([_find(program), *words], env={**os.environ, **known}, capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise RefusedError(f"{program}: {done.stderr.strip()[:SAID]}")
    return done.stdout


def _find(program: str) -> str:
    newest_first = sorted(Path(PROGRAMS).glob(f"*/bin/{program}"), key=lambda path: int(path.parts[-3]), reverse=True)
    found = next(iter(newest_first), None) or shutil.which(program)
    if found is None:
        raise RefusedError(f"{program} is not on this machine; `apt install postgresql-client` brings it")
    return str(found)


__all__ = ["DUMP", "check_empty", "dump_stores", "restore_postgresql", "uses_postgresql"]
