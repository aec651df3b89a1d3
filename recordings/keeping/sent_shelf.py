"""SMS and e-mails that were sent: their texts stay no longer than they may."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Table, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.database import Store
from foundation.erasure import Alias, Step, number_step
from foundation.gateway_tables import email_outbox, sms_outbox
from foundation.settings import Kept
from recordings.keeping.holds import Belongings, unique
from recordings.keeping.keeping import Thing
from recordings.keeping.sound_shelf import PAGE, behind

WAITING, REFUSED = "waiting", "refused"
TABLES = {"sms": sms_outbox, "email": email_outbox}
_SMS = number_step("SMS", Store.MAIN, sms_outbox, "number", blank={"text": ""})


async def _erase_sms(connection: AsyncConnection, alias: Alias) -> int:
    table = sms_outbox.c
    await connection.execute(
        update(sms_outbox).where(table.number.in_(list(alias.forms)), table.state == WAITING).values(state=REFUSED))
    return await _SMS.erase(connection, alias)


STEPS: tuple[Step, ...] = (replace(_SMS, erase=_erase_sms),)
"""What still waits is not sent any more."""


@dataclass(frozen=True, slots=True)
class SentShelf:
    """Messages that wait for nothing any more; a thing's id is `sms:ID` or `email:ID`."""

    kind: Kept = "sent_message"

    async def older(self, connection: AsyncConnection, before_ms: int, after: tuple[int, str]) -> Sequence[Thing]:
        found: list[Thing] = []
        for name, table in TABLES.items():
            key = f"{name}:" + table.c.id
            query = select(table).where(
                table.c.state != WAITING, table.c.created_ms < before_ms, behind(table.c.created_ms, key, after),
            ).order_by(table.c.created_ms, table.c.id).limit(PAGE)
            found += [self._thing(name, row) for row in await connection.execute(query)]
        return sorted(found, key=lambda thing: (thing.at_ms, thing.id))[:PAGE]

    async def find(self, connection: AsyncConnection, thing_id: str) -> Thing | None:
        name, table, key = self._place(thing_id)
        row = (await connection.execute(select(table).where(table.c.id == key))).first()
        return None if row is None else self._thing(name, row)

    async def remove_files(self, thing: Thing) -> None:
        """It has none."""

    async def remove_rows(self, connection: AsyncConnection, thing: Thing, now_ms: int) -> None:  # noqa: ARG002
        _, table, key = self._place(thing.id)
        await connection.execute(delete(table).where(table.c.id == key))

    def _place(self, thing_id: str) -> tuple[str, Table, str]:
        name, _, key = thing_id.partition(":")
        return name, TABLES[name], key

    def _thing(self, name: str, row: Any) -> Thing:
        belongs = Belongings(callers=unique([getattr(row, "number", None)]))
        return Thing(self.kind, f"{name}:{row.id}", row.created_ms, bytes=len(row.text.encode()), belongs=belongs)


__all__ = ["STEPS", "SentShelf"]
