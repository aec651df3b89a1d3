"""One change of one case: its row is held, the rules are asked, and what was done stands in the history."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from followups.cases.actor import Actor
from followups.cases.case import Case, Deed, Event
from followups.cases.lifecycle import Step, after
from followups.cases.refusals import (
    ChangedMeanwhileError,
    EmptyTextError,
    NotInThisStateError,
    TextTooLongError,
    UnknownCaseError,
)
from followups.cases.store import add_event, add_sealed_ids, load_case, save_case, sealed_ids
from followups.vault.sealed_text import SealedText, take_out
from followups.vault.vault import Vault
from foundation.database import Database

LONGEST_TEXT = 4000


@dataclass(slots=True)
class Change:
    """A case in the hands of one actor, until the transaction ends."""

    connection: AsyncConnection
    case: Case
    actor: Actor
    vault: Vault
    now_ms: int

    async def take(self, step: Step, deed: Deed, text: str = "", /, **changes: Any) -> Case:
        """Go a step of the lifecycle.

        Raises:
            NotInThisStateError: the step cannot be taken from here.
        """
        state = after(self.case.state, step)
        if state is None:
            raise NotInThisStateError(state=self.case.state.value, step=step.value)
        return await self.alter(deed, text, state=state, **changes)

    async def alter(
        self, deed: Deed, text: str = "", /, *, detail: Mapping[str, str] | None = None, **changes: Any,
    ) -> Case:
        """Change the case's own facts, and tell it in the history; what changed is told by itself."""
        found = {name: value for name, value in changes.items() if getattr(self.case, name) != value}
        told = {name: f"{_word(getattr(self.case, name))} → {_word(value)}" for name, value in found.items()
                if name in TOLD}
        self.case = replace(self.case, **found, version=self.case.version + 1, changed_ms=self.now_ms)
        await save_case(self.connection, self.case)
        await self.tell(deed, text, {**told, **(detail or {})})
        return self.case

    async def tell(self, deed: Deed, text: str = "", detail: Mapping[str, str] | None = None) -> None:
        """Add a line to the history; the case stays as it is."""
        await add_event(self.connection, Event(
            self.case.code, self.now_ms, self.actor.name, deed, self.case.version, self.case.state,
            text, dict(detail or {}),
        ))

    async def seal(self, text: str, *, needed: bool = True, what: str = "text") -> str:
        """What somebody wrote, as it may be kept: without national IDs.

        Raises:
            EmptyTextError, TextTooLongError: it cannot be kept.
        """
        plain = checked_text(text, needed=needed, what=what)
        known = await sealed_ids(self.connection, self.case.code)
        found = take_out(plain, max(known, default=0) + 1)
        await keep_ids(self.connection, self.case.code, found, self.vault)
        return found.text


TOLD = frozenset({"unit", "tier", "assignee", "subject", "due_ms", "due_provisional", "province"})


def _word(value: object) -> str:
    return "–" if value is None else str(value)


def checked_text(text: str, *, needed: bool, what: str) -> str:
    """Without what no database keeps and without space at its ends.

    Raises:
        EmptyTextError, TextTooLongError
    """
    plain = "".join(letter for letter in text if letter in "\n\t" or not _is_control(letter)).strip()
    if needed and not plain:
        raise EmptyTextError(what=what)
    if len(plain) > LONGEST_TEXT:
        raise TextTooLongError(what=what, longest=str(LONGEST_TEXT))
    return plain


def _is_control(letter: str) -> bool:
    return ord(letter) < 0x20 or 0x7F <= ord(letter) < 0xA0 or 0xD800 <= ord(letter) < 0xE000


async def keep_ids(connection: AsyncConnection, code: str, found: SealedText, vault: Vault) -> None:
    await add_sealed_ids(connection, code, {number: vault.seal(one) for number, one in found.ids.items()})


@dataclass(frozen=True, slots=True)
class Changes:
    """Begins changes: one at a time for each case."""

    database: Database
    vault: Vault
    now_ms: Callable[[], int]

    @asynccontextmanager
    async def of(self, code: str, actor: Actor, version: int | None = None) -> AsyncIterator[Change]:
        """Hold the case; with `version`, only if it is still the one that the actor saw.

        Raises:
            UnknownCaseError, ChangedMeanwhileError: nothing has changed.
        """
        async with self.database.write() as connection:
            case = await load_case(connection, code, lock=True)
            if case is None:
                raise UnknownCaseError(code=code[:20])
            if version is not None and version != case.version:
                raise ChangedMeanwhileError(code=code, seen=str(version), now=str(case.version))
            yield Change(connection, case, actor, self.vault, self.now_ms())
