"""Causes of cases, as `causes.yaml` and the site's own file have them, and the word that is said about one case."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from followups.cases.actor import Actor, check_adds
from followups.cases.case import Deed
from followups.cases.change import Changes
from followups.cases.refusals import CaseRefusalError
from followups.faults.corrective_tables import CAUSE
from foundation.data_file import DataFileError, Fault, Source, read_source
from foundation.paths import Home
from foundation.settings import LANGUAGES, Language
from foundation.settings.values import Name

SHIPPED = Path(__file__).parent / "causes.yaml"
LONGEST_ID = 40


class UnknownCauseError(CaseRefusalError):
    name = "unknown-cause"
    status = 422


class _Cause(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: dict[Language, str]


class CausesFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    causes: dict[Name, _Cause] = {}


Causes = Mapping[str, Mapping[Language, str]]
"""Title by language, by cause."""


def load_causes(home: Home | None = None) -> Causes:
    """The shipped causes, those replaced that the site's file names again, and the site's others.

    Raises:
        DataFileError: with every fault.
    """
    own = None if home is None else home.root / "followups" / "causes.yaml"
    files = [SHIPPED, *([own] if own is not None and own.exists() else [])]
    sources = [read_source(path, CausesFile) for path in files]
    faults = [fault for source in sources for fault in _faults(source)]
    if faults:
        raise DataFileError(faults)
    return {name: cause.title for source in sources for name, cause in source.file.causes.items()}


def _faults(source: Source[CausesFile]) -> Iterator[Fault]:
    for name, cause in source.file.causes.items():
        if missing := [language for language in LANGUAGES if not cause.title.get(language, "").strip()]:
            yield source.fault(("causes", name, "title"), f"has no text in {', '.join(missing)}")


async def set_cause(changes: Changes, causes: Causes, code: str, cause: str, actor: Actor) -> None:
    """Say what ailed the organisation that this case had to be; the last word counts, the history has them all.

    Raises:
        UnknownCauseError, and the refusals of every change.
    """
    if cause not in causes:
        raise UnknownCauseError(cause=cause[:LONGEST_ID])
    async with changes.of(code, actor) as change:
        check_adds(actor, change.case)
        before = (await change.connection.execute(select(CAUSE.c.cause).where(CAUSE.c.code == code))).scalar()
        if before == cause:
            return
        insert = postgresql_insert if change.connection.dialect.name == "postgresql" else sqlite_insert
        row = {"cause": cause, "set_ms": change.now_ms, "set_by": actor.name}
        put = insert(CAUSE).values(code=code, **row)
        await change.connection.execute(put.on_conflict_do_update(index_elements=["code"], set_=row))
        await change.tell(Deed.NOTED, detail={"cause": f"{before or '–'} → {cause}"})
