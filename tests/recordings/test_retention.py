"""What has had its time goes, once and for good; what is held stays; a kill at any step loses nothing twice."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

from foundation.database import MAIN, Database
from foundation.paths import Home
from foundation.settings import Retention, RetentionRule
from foundation.web.audit_log import Wanted, read_audit
from recordings.keeping.holds import (
    Belongings,
    HeldError,
    Hold,
    HoldKind,
    NoSuchHoldError,
    lift_hold,
    list_holds,
    place_hold,
)
from recordings.keeping.keeping import ACTION, Deleter, Order, Shelf, Thing
from recordings.keeping.retention import DAY_MS, Keeper, UnknownSubjectError, check_subjects, sentence
from recordings.keeping.sound_shelf import sound_shelves
from recordings.keeping.tables import DELETION
from recordings.messages.messages import Message, MessageState, add_message, close_message
from recordings.store import Recording, add_recording
from recordings.tables import recording, voice_message
from recordings.transcripts.tables import transcript
from tests.support.stores import make_tables

NOW = 1_795_330_000_000
ORDER = Order("retention.days.call: 30", "service:recordings")
SOUND = b"RIFF what was said"


class KilledError(Exception):
    """As if the process had been killed here."""


async def quiet(things: Sequence[Thing]) -> list[Belongings]:
    return [Belongings() for _ in things]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "home")
    found.make()
    return found


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    import foundation.gateway_tables  # noqa: F401, PLC0415

    found = Database(database_url)
    await make_tables(found, MAIN)
    yield found
    await found.close()


async def kept(home: Home, database: Database, name: str, days: int, **other: object) -> Path:
    """A recording that is so many days old."""
    path = home.recordings_store / f"{name}.wav"
    path.write_bytes(SOUND)
    row = Recording(
        id=name, kind="call", call_id=f"call-{name}", channel_id=name, stint=1, started_ms=NOW - days * DAY_MS,
        duration_ms=4000, path=path.name, bytes=len(SOUND), sha256="5" * 64, caller="09121234567", queue="operator",
    )
    async with database.write() as connection:
        await add_recording(connection, replace(row, **other))  # type: ignore[arg-type]
        await connection.execute(insert(transcript).values(
            recording_id=name, language="fa", model="m", state="made", tries=1, begun_ms=NOW, word_count=1,
            words='[[0,0,1,99,"سلام"]]', spoken="سلام"))
    return path


def deleter_of(home: Home, database: Database) -> Deleter:
    return Deleter(database, sound_shelves(home, database, lambda: NOW), quiet, lambda: NOW)


def keeper_of(home: Home, database: Database, retention: Retention) -> Keeper:
    return Keeper(database, deleter_of(home, database), retention, lambda: NOW)


async def left(database: Database) -> list[str]:
    async with database.read() as connection:
        query = select(recording.c.id).where(recording.c.deleted_ms.is_(None)).order_by(recording.c.id)
        return list((await connection.execute(query)).scalars())


async def certificates(database: Database) -> list[dict[str, object]]:
    return [dict(entry.act.detail or {}) for entry in await read_audit(database, Wanted(action=ACTION))]


async def test_what_has_had_its_time_goes_with_all_that_was_made_of_it_and_a_certificate_stays(
    home: Home, database: Database,
) -> None:
    old, young = await kept(home, database, "old", 31), await kept(home, database, "young", 29)
    done = await keeper_of(home, database, Retention(days={"call": 30})).run()
    assert (done.deleted, done.held) == (1, 0)
    assert (old.exists(), young.exists()) == (False, True)
    assert await left(database) == ["young"]
    async with database.read() as connection:
        words = (await connection.execute(select(transcript.c.recording_id))).scalars().all()
        row = (await connection.execute(select(recording).where(recording.c.id == "old"))).one()
    assert words == ["young"]
    assert (row.caller, row.deleted_ms, row.duration_ms) == (None, NOW, 4000)  # counts and times stay
    assert await certificates(database) == [{
        "kind": "call", "id": "old", "rule": "retention.days.call: 30", "bytes": len(SOUND), "sha256": "5" * 64,
        "from_ms": NOW - 31 * DAY_MS,
    }]
    again = await keeper_of(home, database, Retention(days={"call": 30})).run()
    assert (again.deleted, len(await certificates(database))) == (0, 1)


async def test_words_may_go_before_their_sound_and_are_not_made_again(home: Home, database: Database) -> None:
    path = await kept(home, database, "talk", 31)
    retention = Retention(days={"call": 365, "transcript": 30})
    assert (await keeper_of(home, database, retention).run()).deleted == 1
    assert path.exists()
    async with database.read() as connection:
        row = (await connection.execute(select(transcript))).one()
    assert (row.words, row.spoken, row.state) == ("[]", "", "made")
    assert (await keeper_of(home, database, retention).run()).deleted == 0


async def test_a_message_that_nobody_has_seen_to_stays_whatever_its_age(home: Home, database: Database) -> None:
    path = await kept(home, database, "message-1", 400, kind="voice_message")
    message = Message(
        id="message-1", kind="voice_message", box="general", call_id="call-message-1", caller="09121234567",
        callback_number=None, language="fa", tracking="123456782", taken_ms=NOW, duration_ms=4000,
        recording_id="message-1", state=MessageState.HEARD,
    )
    async with database.write() as connection:
        await add_message(connection, message)
    retention = Retention(days={"voice_message": 30})
    assert (await keeper_of(home, database, retention).run()).deleted == 0
    async with database.write() as connection:
        await close_message(connection, message.id, "sara", NOW)
    assert (await keeper_of(home, database, retention).run()).deleted == 1
    assert not path.exists()
    async with database.read() as connection:
        row = (await connection.execute(select(voice_message))).one()
    assert (row.recording_id, row.duration_ms) == (None, 4000)


@pytest.mark.parametrize(("kind", "reference"), [
    (HoldKind.RECORDING, "old"), (HoldKind.CALL, "call-old"), (HoldKind.CALLER, "09121234567"),
])
async def test_what_is_held_is_deleted_by_nothing_until_somebody_lifts_the_hold(
    home: Home, database: Database, kind: HoldKind, reference: str,
) -> None:
    path = await kept(home, database, "old", 400)
    await kept(home, database, "other", 400, caller="09120000000")
    hold = await place_hold(database, kind, reference, "a court asks", by="sara", now_ms=NOW)
    keeper = keeper_of(home, database, Retention(days={"call": 30, "transcript": 30}))
    done = await keeper.run()
    assert (done.deleted, done.held) == (1, 2)  # the other; its words went with it
    with pytest.raises(HeldError, match=f"hold {hold.id} on .*a court asks; placed by sara"):
        await deleter_of(home, database).delete(Thing("call", "old", 0, "call-old", belongs=Belongings(
            frozenset({"old"}), frozenset({"call-old"}), frozenset({"09121234567"}))), ORDER)
    assert path.exists()
    await lift_hold(database, hold.id, "the court is done", by="reza", now_ms=NOW + 1)
    assert await list_holds(database) == []
    with pytest.raises(NoSuchHoldError):
        await lift_hold(database, hold.id, "again", by="reza", now_ms=NOW + 2)
    assert (await keeper.run()).deleted >= 1
    assert not path.exists()
    acts = [(one.act.action, one.act.actor) for one in await read_audit(database, Wanted(action="hold"))]
    assert acts == [("hold.lift", "reza"), ("hold.add", "sara")]
    entries = json.dumps([one.act.detail for one in await read_audit(database, Wanted(), 200)], ensure_ascii=False)
    assert "09121234567" not in entries


class DyingShelf:
    """A shelf in whose work the process is killed at one step."""

    def __init__(self, shelf: Shelf, step: str) -> None:
        self._shelf, self._step = shelf, step
        self.kind, self.older, self.find = shelf.kind, shelf.older, shelf.find
        self._sweeps = 0

    async def remove_files(self, thing: Thing) -> None:
        self._sweeps += 1
        self._die("before files" if self._sweeps == 1 else "after the certificate")
        await self._shelf.remove_files(thing)
        self._die("after files")

    async def remove_rows(self, connection: object, thing: Thing, now_ms: int) -> None:
        await self._shelf.remove_rows(connection, thing, now_ms)  # type: ignore[arg-type]
        self._die("in the transaction")

    def _die(self, here: str) -> None:
        if here == self._step:
            raise KilledError


@pytest.mark.parametrize("step", ["before files", "after files", "in the transaction", "after the certificate"])
async def test_killed_at_any_step_it_is_deleted_once_with_one_certificate(
    home: Home, database: Database, step: str,
) -> None:
    path = await kept(home, database, "old", 400)
    shelves = [DyingShelf(shelf, step) for shelf in sound_shelves(home, database, lambda: NOW)]
    with pytest.raises(KilledError):
        await Keeper(database, Deleter(database, shelves, quiet, lambda: NOW), Retention(days={"call": 30}),
                     lambda: NOW).run()
    # A hold that comes now is too late for what has begun, and must not leave half of it.
    await place_hold(database, HoldKind.CALL, "call-old", "too late", by="sara", now_ms=NOW)
    await keeper_of(home, database, Retention()).run()
    assert not path.exists()
    assert await left(database) == []
    assert [one["sha256"] for one in await certificates(database)] == ["5" * 64]
    async with database.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(DELETION))).scalar_one() == 0
        assert (await connection.execute(select(func.count()).select_from(transcript))).scalar_one() == 0


QUEUES, SUBJECTS = ("insurance", "medical"), ("complaints", "pensions")
RULES = st.builds(
    RetentionRule, kind=st.sampled_from(["call", "voice_message"]), queue=st.sampled_from([None, *QUEUES]),
    subject=st.sampled_from([None, *SUBJECTS]), days=st.sampled_from([None, 1, 30, 365]),
)


@given(
    rules=st.lists(RULES, max_size=4), usual=st.sampled_from([None, 7, 90]), queue=st.sampled_from([None, *QUEUES]),
    subjects=st.frozensets(st.sampled_from(SUBJECTS)), age=st.integers(0, 400),
)
def test_the_first_rule_that_fits_decides_and_else_the_days_of_the_kind(
    rules: list[RetentionRule], usual: int | None, queue: str | None, subjects: frozenset[str], age: int,
) -> None:
    retention = Retention.model_construct(days={"call": usual}, rules=rules, at="03:30")
    found = sentence(
        Thing("call", "x", NOW - age * DAY_MS, queue=queue, belongs=Belongings(subjects=subjects)), retention)
    fitting = [
        rule.days for rule in rules
        if rule.kind == "call" and rule.queue in {None, queue} and (not rule.subject or rule.subject in subjects)
    ]
    days = (fitting or [usual])[0]
    assert found.goes_by(NOW) == (days is not None and age >= days)


def test_a_held_thing_does_not_go_and_a_rule_for_no_subject_stops_everything() -> None:
    thing = Thing("call", "x", 0, belongs=Belongings(cases=frozenset({"123456782"})))
    hold = Hold(1, HoldKind.CASE, "123456782", "why", NOW, "sara")
    assert not sentence(thing, Retention(days={"call": 1}), [hold]).goes_by(NOW)
    rule = RetentionRule(kind="call", subject="compliants", days=30)
    with pytest.raises(UnknownSubjectError, match=r"rules\.0\.subject = 'compliants'"):
        check_subjects(Retention(rules=[rule]), SUBJECTS)
