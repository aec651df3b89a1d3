"""Seals every national ID anew under a new key, while the line works."""

import asyncio
from dataclasses import dataclass

from sqlalchemy import select, update

from followups.cases.tables import CONTACT, SEALED
from followups.vault.keys import add_key, drop_old_keys, key_source
from followups.vault.vault import Vault
from foundation.database import Database
from foundation.paths import Home

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Rotated:
    people: int
    texts: int


async def rotate(home: Home, database: Database) -> Rotated:
    """Make a new key, seal everything with it, and forget the keys that nothing needs any more.

    Killed in between, it is simply run again: the older keys stay until everything is sealed anew.

    Raises:
        SealBrokenError: something was sealed with a key that is lost; nothing is forgotten then.
        KeysUnreadableError: the keys' file is damaged.
    """
    await asyncio.to_thread(add_key, home)
    vault = Vault(key_source(home))
    people = await _renew_people(database, vault)
    texts = await _renew_texts(database, vault)
    await asyncio.to_thread(drop_old_keys, home)
    return Rotated(people, texts)


async def _renew_people(database: Database, vault: Vault) -> int:
    count, last = 0, ""
    while True:
        async with database.write() as connection:
            query = select(CONTACT.c.id, CONTACT.c.national_id_cipher).where(
                CONTACT.c.id > last, CONTACT.c.national_id_cipher.is_not(None),
            ).order_by(CONTACT.c.id).limit(AT_ONCE).with_for_update()
            rows = (await connection.execute(query)).all()
            for row in rows:
                renewed = vault.renewed(row.national_id_cipher)
                await connection.execute(
                    update(CONTACT).where(CONTACT.c.id == row.id).values(national_id_cipher=renewed),
                )
        if not rows:
            return count
        count, last = count + len(rows), rows[-1].id


async def _renew_texts(database: Database, vault: Vault) -> int:
    count = 0
    last = ("", 0)
    while True:
        async with database.write() as connection:
            after = (SEALED.c.code > last[0]) | ((SEALED.c.code == last[0]) & (SEALED.c.number > last[1]))
            query = select(SEALED).where(after).order_by(SEALED.c.code, SEALED.c.number).limit(AT_ONCE)
            rows = (await connection.execute(query.with_for_update())).all()
            for row in rows:
                here = (SEALED.c.code == row.code) & (SEALED.c.number == row.number)
                await connection.execute(update(SEALED).where(here).values(cipher=vault.renewed(row.cipher)))
        if not rows:
            return count
        count, last = count + len(rows), (rows[-1].code, rows[-1].number)
