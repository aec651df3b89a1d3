"""The people whom cases are about: known by a national ID where one was given, else by where they are met."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from followups.cases.addresses import address as kept_address
from followups.cases.case import Channel
from followups.cases.refusals import TextTooLongError, WrongAddressError, WrongNationalIdError
from followups.cases.tables import ADDRESS, CONTACT
from followups.vault.vault import Vault
from foundation.identity_numbers import is_national_id
from foundation.settings import Language
from foundation.text import latin_digits

LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Address:
    channel: Channel
    address: str


@dataclass(frozen=True, slots=True)
class Person:
    """What somebody says of himself, as it was typed."""

    name: str = ""
    national_id: str = ""
    addresses: tuple[Address, ...] = ()

    @property
    def is_nobody(self) -> bool:
        return not (self.name.strip() or self.national_id.strip() or self.addresses)


@dataclass(frozen=True, slots=True)
class Contact:
    id: str
    name: str
    sealed_id: bytes | None
    province: str | None
    language: Language
    addresses: tuple[Address, ...]


def checked_person(person: Person) -> Person:
    """The same with every part in the form that is kept.

    Raises:
        WrongNationalIdError, WrongAddressError, TextTooLongError: a part of it cannot be.
    """
    national_id = latin_digits("".join(person.national_id.split()))
    if national_id and not is_national_id(national_id):
        raise WrongNationalIdError
    name = " ".join("".join(one if one.isprintable() else " " for one in person.name).split())
    if len(name) > LONGEST_NAME:
        raise TextTooLongError(what="name", longest=str(LONGEST_NAME))
    return Person(name, national_id, tuple(map(_checked_address, person.addresses)))


def _checked_address(one: Address) -> Address:
    found = kept_address(one.channel, one.address)
    if found is None:
        raise WrongAddressError(channel=one.channel.value)
    return Address(one.channel, found)


@dataclass(frozen=True, slots=True)
class ContactBook:
    """Finds and keeps people."""

    vault: Vault
    now_ms: Callable[[], int]
    new_id: Callable[[], str]

    async def keep(
        self, connection: AsyncConnection, person: Person, province: str | None, language: Language,
    ) -> str:
        """The id of this person's contact, found again or new; takes a `checked_person`."""
        found = await self._known(connection, person) or await self._add(connection, person, province, language)
        now = self.now_ms()
        # Whoever knows a national ID must not rename its owner: only what is not known yet is filled in.
        await connection.execute(update(CONTACT).where(CONTACT.c.id == found).values(
            name=func.coalesce(CONTACT.c.name, person.name or None), language=language, changed_ms=now,
            province=func.coalesce(CONTACT.c.province, province),
        ))
        for one in person.addresses:
            put = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
            row = {"contact_id": found, "channel": one.channel.value, "address": one.address, "added_ms": now}
            await connection.execute(put(ADDRESS).values(row).on_conflict_do_nothing())
        return found

    async def _known(self, connection: AsyncConnection, person: Person) -> str | None:
        if person.national_id:
            return await self.find(connection, person.national_id)
        # A telephone is a family's: only a contact without a name and a national ID is taken for the same person.
        for one in person.addresses if not person.name else ():
            query = select(CONTACT.c.id).join(ADDRESS).where(
                ADDRESS.c.address == one.address, CONTACT.c.national_id_hash.is_(None), CONTACT.c.name.is_(None),
            )
            found = (await connection.execute(query.order_by(CONTACT.c.changed_ms.desc()).limit(1))).scalar()
            if found is not None:
                return str(found)
        return None

    async def _add(
        self, connection: AsyncConnection, person: Person, province: str | None, language: Language,
    ) -> str:
        now, new_id = self.now_ms(), self.new_id()
        values: dict[str, Any] = {
            "id": new_id, "name": person.name or None, "province": province, "language": language, "created_ms": now,
            "changed_ms": now, "national_id_cipher": None, "national_id_hash": None,
        }
        if person.national_id:
            values["national_id_cipher"] = self.vault.seal(person.national_id)
            values["national_id_hash"] = self.vault.fingerprint(person.national_id)
        put = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
        done = await connection.execute(put(CONTACT).values(values).on_conflict_do_nothing())
        if done.rowcount:
            return new_id
        found = await self.find(connection, person.national_id)
        if found is None:
            raise RuntimeError("a contact is there and is not found")
        return found

    async def find(self, connection: AsyncConnection, national_id: str) -> str | None:
        """The contact of a national ID, by its keyed hash."""
        query = select(CONTACT.c.id).where(CONTACT.c.national_id_hash == self.vault.fingerprint(national_id))
        found = (await connection.execute(query)).scalar()
        return None if found is None else str(found)


async def contact(connection: AsyncConnection, contact_id: str) -> Contact | None:
    row = (await connection.execute(select(CONTACT).where(CONTACT.c.id == contact_id))).one_or_none()
    if row is None:
        return None
    query = select(ADDRESS).where(ADDRESS.c.contact_id == contact_id).order_by(ADDRESS.c.added_ms, ADDRESS.c.address)
    addresses = tuple(
        Address(Channel(one.channel), one.address) for one in (await connection.execute(query)).all()
    )
    return Contact(row.id, row.name or "", row.national_id_cipher, row.province, row.language, addresses)


async def contacts_at(connection: AsyncConnection, address: str) -> Sequence[str]:
    """Everybody who is met at a number or mailbox, in its kept form; the one met last first."""
    query = (
        select(CONTACT.c.id).join(ADDRESS).where(ADDRESS.c.address == address)
        .group_by(CONTACT.c.id, CONTACT.c.changed_ms).order_by(CONTACT.c.changed_ms.desc())
    )
    return [str(found) for found in (await connection.execute(query)).scalars()]
