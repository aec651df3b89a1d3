"""Tables of cases and of the people they are about, in the main store. Names ending in `_ms` are epoch milliseconds."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from foundation.append_only import append_only
from foundation.database import MAIN

CODE, WHO, UNIT, SUBJECT = 9, 80, 60, 40

CONTACT = Table(
    "followup_contact", MAIN,
    Column("id", String(40), primary_key=True),
    Column("name", String(120)),
    Column("national_id_cipher", LargeBinary, comment="under the site's key"),
    Column("national_id_hash", String(64), comment="keyed: it is found by this alone"),
    Column("province", String(40)),
    Column("language", String(2), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    Index("uq_followup_contact_national_id_hash", "national_id_hash", unique=True),
)
"""A person who made contact."""

ADDRESS = Table(
    "followup_contact_address", MAIN,
    Column("contact_id", String(40), ForeignKey(CONTACT.c.id), primary_key=True),
    Column("channel", String(20), primary_key=True, comment="followups.cases.case.Channel"),
    Column("address", String(254), primary_key=True, comment="a number in its dialling form, or an e-mail"),
    Column("added_ms", BigInteger, nullable=False),
    Index("ix_followup_contact_address_address", "address"),
)
"""Where a person is met, on each channel."""

CASE = Table(
    "followup_case", MAIN,
    Column("code", String(CODE), primary_key=True, comment="tracking code"),
    Column("version", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("subject", String(SUBJECT), nullable=False),
    Column("unit", String(UNIT), nullable=False),
    Column("tier", String(20), nullable=False),
    Column("assignee", String(WHO)),
    Column("province", String(40)),
    Column("channel", String(20), nullable=False),
    Column("language", String(2), nullable=False),
    Column("contact_id", String(40), ForeignKey(CONTACT.c.id)),
    Column("reply_number", String(20), comment="where the result is told, in its dialling form"),
    Column("reply_mailbox", String(254), comment="the same in writing"),
    Column("summary", Text, nullable=False),
    Column("opened_ms", BigInteger, nullable=False),
    Column("opened_by", String(WHO), nullable=False),
    Column("contact_ms", BigInteger, nullable=False),
    Column("deadline_name", String(40), nullable=False),
    Column("deadline_days", Integer, nullable=False),
    Column("deadline_count", String(20), nullable=False),
    Column("deadline_starts", String(20), nullable=False),
    Column("clock_ms", BigInteger, nullable=False, comment="what the rule counts from: the contact, or a reopening"),
    Column("due_ms", BigInteger),
    Column("due_provisional", Boolean, nullable=False),
    Column("result", Text),
    Column("result_recording", String(200)),
    Column("resolved_ms", BigInteger),
    Column("told_ms", BigInteger),
    Column("told_by", String(20)),
    Column("closed_ms", BigInteger),
    Column("closing", String(20)),
    Column("reopened", Integer, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    Column("request_key", String(200), comment="asked twice with it, opened once"),
    Index("uq_followup_case_request_key", "request_key", unique=True),
    Index("ix_followup_case_unit", "unit", "state", "due_ms"),
    Index("ix_followup_case_due", "state", "due_ms"),
    Index("ix_followup_case_due_ms", "due_ms"),
    Index("ix_followup_case_contact_id", "contact_id"),
    Index("ix_followup_case_subject", "subject", "opened_ms"),
    Index("ix_followup_case_opened", "opened_ms"),
)

EVENT = append_only(Table(
    "followup_event", MAIN,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("code", String(CODE), ForeignKey(CASE.c.code), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("who", String(WHO), nullable=False),
    Column("deed", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("text", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Index("ix_followup_event_code", "code", "id"),
    Index("ix_followup_event_at", "at_ms"),
))
"""The history. The database refuses to change or remove a line."""

SEALED = Table(
    "followup_sealed_id", MAIN,
    Column("code", String(CODE), ForeignKey(CASE.c.code), primary_key=True),
    Column("number", Integer, primary_key=True, comment="n of the mark ⟦n⟧ that stands for it in the case's texts"),
    Column("cipher", LargeBinary, nullable=False),
)
"""National IDs that somebody wrote into a case's texts."""

ATTACHMENT = Table(
    "followup_attachment", MAIN,
    Column("id", String(40), primary_key=True),
    Column("code", String(CODE), ForeignKey(CASE.c.code), nullable=False),
    Column("name", String(120), nullable=False),
    Column("media_type", String(60), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False, comment="its file's name under the home"),
    Column("added_ms", BigInteger, nullable=False),
    Column("added_by", String(WHO), nullable=False),
    Index("ix_followup_attachment_code", "code"),
)

LINK = Table(
    "followup_link", MAIN,
    Column("code", String(CODE), ForeignKey(CASE.c.code), primary_key=True),
    Column("kind", String(20), primary_key=True, comment="followups.cases.case.LinkKind"),
    Column("reference", String(200), primary_key=True),
    Column("added_ms", BigInteger, nullable=False),
    Column("added_by", String(WHO), nullable=False),
    Index("ix_followup_link_reference", "reference"),
)

MEMBER = Table(
    "followup_member", MAIN,
    Column("unit", String(UNIT), primary_key=True),
    Column("member", String(WHO), primary_key=True, comment="name of a user or id of an agent"),
    Column("added_ms", BigInteger, nullable=False),
    Column("added_by", String(WHO), nullable=False),
    Index("ix_followup_member_member", "member"),
)

__all__ = ["ADDRESS", "ATTACHMENT", "CASE", "CONTACT", "EVENT", "LINK", "MEMBER", "SEALED"]
