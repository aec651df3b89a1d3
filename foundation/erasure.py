"""Forgetting one caller: another number stands in the place of his, everywhere and always the same, so counts stay.

A room gives a `Step` for each thing that it knows of callers; whoever adds a table adds its step.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Column, RowMapping, Table, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.database import Store

HOME_CODES = ("0", "+98", "0098", "98", "")
FOREIGN_CODES = ("00", "+", "")
NOWHERE = "010"
"""No area of Iran's numbering plan has this code: what begins with it is nobody's number, and of no province."""
SHORTEST = 3
_HOME = re.compile(r"(?:\+98|0098|98|0)?([1-9][0-9]{9})")
_ABROAD = re.compile(r"(?:\+|00)([1-9][0-9]{7,13})")
_PLAIN = re.compile(r"[0-9]{3,24}")

Row = Mapping[str, Any]


def normal_form(text: str) -> str | None:
    """One form for each number: `0` and ten digits at home, `00` and more abroad, else as it is; None: no number."""
    if home := _HOME.fullmatch(text):
        return f"0{home[1]}"
    if abroad := _ABROAD.fullmatch(text):
        return f"00{abroad[1]}"
    return text if _PLAIN.fullmatch(text) else None


@dataclass(frozen=True)
class Alias:
    """A caller's number and the one that is put in its place, both in their normal form and of one length."""

    number: str
    digits: str

    @cached_property
    def forms(self) -> Mapping[str, str]:
        """Every way in which carriers and people write the number, with what is put there."""
        cut, codes = (2, FOREIGN_CODES) if self.number.startswith("00") else (1, HOME_CODES)
        if normal_form(self.number[cut:] if cut == 1 else self.number) != self.number:
            return {self.number: self.digits}  # a short one: written in one way
        return {f"{code}{self.number[cut:]}": f"{code}{self.digits[cut:]}" for code in codes}

    @property
    def both(self) -> frozenset[str]:
        """All forms of both: what was replaced before a crash is found again."""
        return frozenset({*self.forms, *self.forms.values()})

    @cached_property
    def certain(self) -> Mapping[str, str]:
        """The forms that are this number wherever they stand: ten bare digits, or few, may be anything."""
        return {form: instead for form, instead in self.forms.items() if len(form) > 10}

    @cached_property
    def back(self) -> "Alias":
        """What undoes it."""
        return Alias(self.digits, self.number)

    @cached_property
    def _in_text(self) -> re.Pattern[str]:
        longest_first = sorted(self.certain, key=len, reverse=True)
        return re.compile(rf"(?<![0-9A-Za-z+.])(?:{'|'.join(map(re.escape, longest_first))})(?![0-9A-Za-z.])")

    def within(self, text: str) -> str:
        """A text with every certain mention replaced; it is as long as before."""
        return self._in_text.sub(lambda found: self.certain[found.group()], text) if self.certain else text


def new_digits(number: str, area_codes: Collection[str], digit: Callable[[], str]) -> str:
    """What to put in a number's place: nobody's number, of the same length, and of the same province where it had one.

    Args:
        number: in its normal form.
        area_codes: of the country, without their 0.
        digit: a random one.
    """
    if number.startswith("00") or len(number) != 11:
        kept = number[:4] + "0" if number.startswith("00") else "0"
    else:
        # Subscribers' numbers begin with 2 to 9.
        kept = f"{number[:3]}0" if number[1:3] in area_codes else NOWHERE
    return kept + "".join(digit() for _ in range(len(number) - len(kept)))


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a room knows of a caller. Doing it again changes nothing."""

    name: str
    store: Store
    tables: frozenset[str]
    find: Callable[[AsyncConnection, Alias], Awaitable[list[Row]]]
    """All of it, for the caller to have."""
    erase: Callable[[AsyncConnection, Alias], Awaitable[int]]
    """How many rows it changed; the transaction is that of the whole step."""
    numbers: Callable[[AsyncConnection], Awaitable[set[str]]] | None = None
    """Every number that stands there; None where the same numbers stand elsewhere too."""


def number_step(
    name: str, store: Store, table: Table, *numbers: str, blank: Mapping[str, object] | None = None,
    certain: bool = False,
) -> Step:
    """A table that has the number in these columns; `blank` is what its other columns become.

    With `certain`, only forms count that can be nothing else: the column has other things too.
    """
    columns = [table.c[one] for one in numbers]

    def forms(alias: Alias) -> Mapping[str, str]:
        return alias.certain if certain else alias.forms

    async def find(connection: AsyncConnection, alias: Alias) -> list[Row]:
        query = select(table).where(or_(*(column.in_(list(forms(alias))) for column in columns)))
        return readable((await connection.execute(query)).mappings())

    async def erase(connection: AsyncConnection, alias: Alias) -> int:
        changed = 0
        for column in columns:
            for form, instead in forms(alias).items():
                values = {**(blank or {}), column.name: instead}
                changed += (await connection.execute(update(table).where(column == form).values(values))).rowcount
        return changed

    async def all_numbers(connection: AsyncConnection) -> set[str]:
        found: set[str] = set()
        for column in columns:
            query = select(column).where(column.is_not(None)).distinct()
            found.update((await connection.execute(query)).scalars())
        return found

    return Step(name, store, frozenset({table.name}), find, erase, None if certain else all_numbers)


def text_step(name: str, store: Store, table: Table, *texts: str) -> Step:
    """A table that may mention the number within texts."""
    columns = [table.c[one] for one in texts]
    keys: list[Column[Any]] = list(table.primary_key.columns)

    async def mentions(connection: AsyncConnection, alias: Alias) -> list[RowMapping]:
        part = alias.number[-10:]
        query = select(table).where(or_(*(column.contains(part, autoescape=True) for column in columns)))
        rows = (await connection.execute(query)).mappings()
        return [row for row in rows if any(alias.within(row[one] or "") != (row[one] or "") for one in texts)]

    async def find(connection: AsyncConnection, alias: Alias) -> list[Row]:
        return readable(await mentions(connection, alias))

    async def erase(connection: AsyncConnection, alias: Alias) -> int:
        found = await mentions(connection, alias)
        for row in found:
            values = {one: alias.within(row[one]) for one in texts if row[one]}
            await connection.execute(update(table).where(*(key == row[key.name] for key in keys)).values(values))
        return len(found)

    return Step(name, store, frozenset({table.name}), find, erase)


def readable(rows: Iterable[Mapping[Any, Any]]) -> list[Row]:
    """Rows as JSON can hold them; sealed and empty values are left out."""
    return [
        {str(key): value for key, value in row.items() if value is not None and not isinstance(value, bytes)}
        for row in rows
    ]


__all__ = ["Alias", "Row", "Step", "new_digits", "normal_form", "number_step", "readable", "text_step"]
