"""Legal hold: what is held is deleted by nothing, until a person lifts the hold by name and with a reason."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.database import Database
from foundation.web.audit_log import Act, record
from recordings.keeping.tables import HOLD


class HoldKind(StrEnum):
    """What a hold names; it holds everything that belongs to it."""

    RECORDING = "recording"
    """One recording or voice message, by its id."""
    CALL = "call"
    CALLER = "caller"
    """All that is kept of one number's calls, and the number itself."""
    CASE = "case"
    """By its tracking code: the calls, messages and recordings that are linked to it."""


@dataclass(frozen=True, slots=True)
class Hold:
    """The columns of `recordings.keeping.tables.HOLD`."""

    id: int
    kind: HoldKind
    reference: str
    reason: str
    placed_ms: int
    placed_by: str
    lifted_ms: int | None = None
    lifted_by: str | None = None
    lifted_why: str | None = None

    @property
    def shown(self) -> str:
        """`caller ***567`: enough to know it again, and no number."""
        whole = self.kind is not HoldKind.CALLER
        return f"{self.kind} {self.reference if whole else '***' + self.reference[-3:]}"


@dataclass(frozen=True, slots=True)
class Belongings:
    """What something that is kept belongs to; a hold on any of it is a hold on the thing."""

    recordings: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    callers: frozenset[str] = frozenset()
    """Numbers in their normal form."""
    cases: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    """Of its cases, and agents' words for its calls."""

    def joined(self, other: "Belongings") -> "Belongings":
        return Belongings(
            self.recordings | other.recordings, self.calls | other.calls, self.callers | other.callers,
            self.cases | other.cases, self.subjects | other.subjects,
        )

    def named(self, kind: HoldKind) -> frozenset[str]:
        return {
            HoldKind.RECORDING: self.recordings, HoldKind.CALL: self.calls, HoldKind.CALLER: self.callers,
            HoldKind.CASE: self.cases,
        }[kind]


class HeldError(Exception):
    """Something must not be deleted; the text names the hold and what to do."""

    def __init__(self, hold: Hold) -> None:
        self.hold = hold
        super().__init__(
            f"hold {hold.id} on {hold.shown} ({hold.reason}; placed by {hold.placed_by}); nothing of it is deleted"
            f" before `bin/pasokh hold lift {hold.id} --reason WHY`",
        )


class NoSuchHoldError(Exception):
    """There is none with that number, or it was lifted already."""


def holding(holds: Iterable[Hold], thing: Belongings) -> Hold | None:
    """The first hold that keeps the thing; None: it may go."""
    return next((hold for hold in holds if hold.reference in thing.named(hold.kind)), None)


async def holds_in_force(connection: AsyncConnection) -> list[Hold]:
    """Every hold that is not lifted. Inside a writing transaction none is placed until that ends."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("LOCK TABLE legal_hold IN SHARE MODE"))
    return await _holds(connection, only_in_force=True)


async def list_holds(database: Database, *, lifted: bool = False) -> list[Hold]:
    """The holds, oldest first; with `lifted`, those that hold no more too."""
    async with database.read() as connection:
        return await _holds(connection, only_in_force=not lifted)


async def place_hold(
    database: Database, kind: HoldKind, reference: str, reason: str, *, by: str, now_ms: int,
) -> Hold:
    """Hold something from now on; a deletion of it that has already begun is carried to its end."""
    values = {"kind": kind.value, "reference": reference, "reason": reason, "placed_ms": now_ms, "placed_by": by}
    async with database.write() as connection:
        found = (await connection.execute(insert(HOLD).values(values).returning(HOLD.c.id))).scalar_one()
        hold = Hold(found, kind, reference, reason, now_ms, by)
        await record(connection, Act(by, "hold.add", str(found), {"on": hold.shown, "reason": reason}), now_ms)
    return hold


async def lift_hold(database: Database, hold_id: int, reason: str, *, by: str, now_ms: int) -> Hold:
    """End a hold.

    Raises:
        NoSuchHoldError: it is not there, or was lifted before.
    """
    async with database.write() as connection:
        here = (HOLD.c.id == hold_id) & HOLD.c.lifted_ms.is_(None)
        row = (await connection.execute(select(HOLD).where(here).with_for_update())).mappings().one_or_none()
        if row is None:
            raise NoSuchHoldError(f"hold {hold_id}: there is none in force; `bin/pasokh hold list` shows them")
        await connection.execute(
            update(HOLD).where(here).values(lifted_ms=now_ms, lifted_by=by, lifted_why=reason))
        hold = _hold(row)
        await record(connection, Act(by, "hold.lift", str(hold_id), {"on": hold.shown, "reason": reason}), now_ms)
    return hold


def unique(references: Collection[str | None]) -> frozenset[str]:
    """Those that are there."""
    return frozenset(one for one in references if one)


async def _holds(connection: AsyncConnection, *, only_in_force: bool) -> list[Hold]:
    query = select(HOLD).order_by(HOLD.c.id)
    rows = await connection.execute(query.where(HOLD.c.lifted_ms.is_(None)) if only_in_force else query)
    return [_hold(row) for row in rows.mappings()]


def _hold(row: object) -> Hold:
    values: dict[str, object] = dict(row)  # type: ignore[call-overload]
    return Hold(**{**values, "kind": HoldKind(values["kind"])})  # type: ignore[arg-type]


__all__ = [
    "Belongings", "HeldError", "Hold", "HoldKind", "NoSuchHoldError", "holding", "holds_in_force", "lift_hold",
    "list_holds", "place_hold", "unique",
]
