"""Tables of the embedded back office, in a database file of its own."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

from foundation.database import NAMING

OFFICE = MetaData(naming_convention=NAMING)

person = Table(
    "person", OFFICE,
    Column("national_id", String(10), primary_key=True),
    Column("pin_hash", String(120), nullable=False),
    Column("insurance_number", String(10), nullable=False, unique=True),
    Column("province", String(40), nullable=False),
    Column("active", Boolean, nullable=False, comment="contributions are being paid"),
    Column("days", Integer, nullable=False, comment="insured days on record"),
    Column("wage_rials", BigInteger, nullable=False, comment="a month"),
    Column("contribution_rials", BigInteger, nullable=False, comment="the last one received"),
    Column("contribution_on", String(10), nullable=False, comment="ISO day"),
    Column("pension_rials", BigInteger, nullable=False, comment="a month; 0: no pensioner"),
    Column("pension_on", String(10), nullable=False, comment="ISO day of this month's payment"),
    Column("pension_paid", Boolean, nullable=False),
    Column("medicine_rials", BigInteger, nullable=False, comment="kept from this month's pension"),
    Column("dependants", Integer, nullable=False),
    Column("covered_until", String(10), nullable=False, comment="ISO day"),
    Column("benefit_kind", String(20), comment="unemployment, disability, sickness"),
    Column("benefit_status", String(20), nullable=False),
    Column("benefit_rials", BigInteger, nullable=False, comment="a month"),
)
workshop = Table(
    "workshop", OFFICE,
    Column("code", String(10), primary_key=True),
    Column("owner", String(10), ForeignKey("person.national_id"), nullable=False),
    Column("debt_rials", BigInteger, nullable=False),
    Column("due_on", String(10), nullable=False, comment="ISO day"),
)
prescription = Table(
    "prescription", OFFICE,
    Column("patient", String(10), ForeignKey("person.national_id"), primary_key=True),
    Column("code", String(8), primary_key=True),
    Column("status", String(20), nullable=False),
    Column("issued_on", String(10), nullable=False, comment="ISO day"),
    Column("items", Integer, nullable=False),
    Column("patient_share_rials", BigInteger, nullable=False),
)
branch = Table(
    "branch", OFFICE,
    Column("code", String(4), primary_key=True),
    Column("telephone", String(15), nullable=False),
    Column("opens", String(5), nullable=False),
    Column("closes", String(5), nullable=False),
)
session = Table(
    "session", OFFICE,
    Column("token_hash", String(64), primary_key=True, comment="the token itself is not kept"),
    Column("national_id", String(10), ForeignKey("person.national_id"), nullable=False),
    Column("ends_ms", BigInteger, nullable=False),
)
request = Table(
    "request", OFFICE,
    Column("tracking", String(12), primary_key=True),
    Column("key", String(64), nullable=False, unique=True, comment="the caller's Idempotency-Key"),
    Column("national_id", String(10), ForeignKey("person.national_id"), nullable=False),
    Column("kind", String(30), nullable=False),
    Column("ready_on", String(10), nullable=False, comment="ISO day"),
)
campaign = Table(
    "campaign", OFFICE,
    Column("id", String(40), primary_key=True),
    Column("open", Boolean, nullable=False, comment="false: nobody is registered, whatever the phase"),
    Column("waiting_places", Integer, nullable=False, comment="length of each province's waiting list"),
)
phase = Table(
    "phase", OFFICE,
    Column("campaign", String(40), ForeignKey("campaign.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("opens_ms", BigInteger, nullable=False),
    Column("closes_ms", BigInteger, nullable=False),
)
quota = Table(
    "quota", OFFICE,
    Column("campaign", String(40), ForeignKey("campaign.id"), primary_key=True),
    Column("phase", Integer, primary_key=True),
    Column("province", String(40), primary_key=True),
    Column("places", Integer, nullable=False),
)
registration = Table(
    "registration", OFFICE,
    Column("id", Integer, primary_key=True, autoincrement=True, comment="the order in which people came"),
    Column("campaign", String(40), ForeignKey("campaign.id"), nullable=False),
    Column("national_id", String(10), ForeignKey("person.national_id"), nullable=False),
    Column("province", String(40), nullable=False),
    Column("status", String(20), nullable=False, comment="registered or waiting"),
    Column("phase", Integer, comment="whose quota it has a place of; none while waiting"),
    Column("receipt", String(12), nullable=False, unique=True),
    Column("registered_by", String(40), nullable=False, comment="person, or an association's id"),
    Column("key", String(64), nullable=False, comment="Idempotency-Key of the request"),
    Column("created_ms", BigInteger, nullable=False),
    UniqueConstraint("campaign", "national_id"),
    Index("ix_registration_places", "campaign", "phase", "province"),
    Index("ix_registration_waiting", "campaign", "province", "status"),
)
association = Table(
    "association", OFFICE,
    Column("id", String(40), primary_key=True),
    Column("province", String(40), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True, comment="the token itself is not kept"),
)
