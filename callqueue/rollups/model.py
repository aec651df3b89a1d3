"""What a kind of roll-up is: how its tallies are made of the ledger, added, kept, and told apart by a site's rules."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from json import dumps
from typing import Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.metrics.rules import Rulebook
from callqueue.rollups.people import People
from callqueue.rollups.store import Kind, Stored, read_contents
from foundation.calendars import Interval

Part = TypeVar("Part")
Kept = tuple[str, bytes]
"""Counts as text, and numbers."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a site lays down that tallies depend on."""

    rules: Rulebook
    shared: Collection[str] = ()
    """Numbers behind which many people stand."""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    """In which hours of the day are told."""


@dataclass(frozen=True, slots=True)
class Made(Generic[Part]):
    """Tallies of several intervals side by side."""

    parts: Sequence[Part]
    growing: frozenset[int] = frozenset()
    """Those of them that the passing of time alone will change."""


Make = Callable[[AsyncConnection, Sequence[Interval], Terms, int], Awaitable[Made[Part]]]
"""Of intervals side by side, as they stand at a moment (epoch seconds)."""


OfPeople = Callable[[AsyncConnection, People, Sequence[Interval], Terms, int], Awaitable[Made[Part]]]
"""As `Make`, of those who called in the intervals."""


class ReadKind(Protocol):
    """Tallies of one kind that make up each of several intervals side by side."""

    async def __call__(self, rollup: "Rollup[Part]", intervals: Sequence[Interval], /) -> list[list[Part]]: ...


def no_rules(_terms: Terms) -> tuple[object, ...]:
    return ()


def as_it_is(part: Part) -> Part:
    return part


@dataclass(frozen=True)
class Rollup(Generic[Part]):
    """One kind."""

    kind: Kind
    make: Make[Part]
    add: Callable[[Sequence[Part], int], Part]
    """The part that all of them are together; what is final by that moment is not kept as if it could change."""
    encode: Callable[[Part], Kept]
    decode: Callable[[str, bytes], Part]
    rules: Callable[[Terms], tuple[object, ...]] = no_rules
    """All that a tally cannot be asked for afterwards."""
    ordered: Callable[[Part], Part] = as_it_is
    """With its lists in one order, for they are put together in several."""
    of_people: OfPeople[Part] | None = None
    """Where it is made of what callers did, who need not be read again for it."""
    put_together: Callable[[Sequence[Interval], Terms, ReadKind], Awaitable[Sequence[Part]]] | None = None
    """The same as `make` of other kinds' tallies, where it follows from them; time alone changes nothing of it."""

    def rules_hash(self, terms: Terms) -> str:
        """Of the terms that it depends on; empty where there are none."""
        said = self.rules(terms)
        return blake2b(dumps(said, sort_keys=True).encode(), digest_size=16).hexdigest() if said else ""

    async def read(self, connection: AsyncConnection, wanted: Sequence[Stored]) -> dict[Stored, Part]:
        """The content of roll-ups that there are."""
        kept = await read_contents(connection, self.kind, wanted)
        return {stored: self.decode(*content) for stored, content in kept.items()}
