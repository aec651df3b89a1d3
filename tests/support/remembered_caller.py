"""A site that has kept everything that can be kept of one caller, and something of another."""

import asyncio
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from agent_softphone.desk.tables import DESK_CALL, DESK_TASK
from callqueue.cel.feed import CelSink
from callqueue.journal.feed import JournalSink
from callqueue.ledger.reconcile_store import Reconciler
from callqueue.outbound.tables import OUTBOUND_ATTEMPT, OUTBOUND_CALL
from callqueue.records.follow import Follower
from followups.cases.actor import Actor
from followups.cases.case import Case, Channel, LinkKind
from followups.cases.contacts import Address, Person
from followups.cases.lifecycle import Closing
from followups.cases.office import case_office
from followups.cases.opening import NewCase
from followups.surveys.tables import SURVEY_ANSWER, SURVEY_REQUEST
from foundation.gateway_tables import email_outbox, sms_outbox
from foundation.paths import CHECKOUT, Home
from foundation.settings import Settings, load_secrets, load_settings
from ivr.tables import ivr_step
from pasokh.keeping import Keeping, keeping
from pasokh.migrations import migrate
from recordings.listening.tables import MEASURE, NOTE
from recordings.messages.messages import Message, add_message
from recordings.store import Recording, add_recording
from recordings.transcripts.tables import transcript

AT = 1_700_000_000
"""Long ago by any clock: what has its days has had them."""
NOW = AT * 1000 + 86_400_000
NUMBER, OTHER = "09122222222", "02188776655"
NAME, WORDS, NOTES = "زهرا محمدی", "حقوق بازنشستگی", "speaks of her son"
MAILBOX, NATIONAL_ID = "zahra@example.org", "0084575948"
CALL, MESSAGE, CALLBACK = "pasokh-1795311460.1", "message-77", "cb-aaaaaaaaaa"
SARA = Actor("sara")

JOURNAL = f"""\
{AT}|{CALL}|insurance|NONE|STINT|{CALL}|{NUMBER}|direct||1
{AT}|{CALL}|insurance|NONE|ENTERQUEUE||{NUMBER}|1
{AT + 5}|{CALL}|insurance|a101|CONNECT|5|{CALL}9|0
{AT + 65}|{CALL}|insurance|a101|COMPLETECALLER|5|60|1
{AT + 100}|pasokh-1795311560.2|insurance|NONE|STINT|pasokh-1795311560.2|+98{NUMBER[1:]}|direct||1
{AT + 100}|pasokh-1795311560.2|insurance|NONE|ENTERQUEUE||+98{NUMBER[1:]}|1
{AT + 130}|pasokh-1795311560.2|insurance|NONE|ABANDON|1|1|30
{AT + 200}|pasokh-1795311660.3|insurance|NONE|STINT|pasokh-1795311660.3|{OTHER}|direct||1
{AT + 200}|pasokh-1795311660.3|insurance|NONE|ENTERQUEUE||{OTHER}|1
{AT + 206}|pasokh-1795311660.3|insurance|a101|CONNECT|6|pasokh-1795311660.39|0
{AT + 230}|pasokh-1795311660.3|insurance|a101|COMPLETEAGENT|6|24|1
{AT + 300}|NONE|insurance|NONE|CALLBACK_REQUESTED|{CALLBACK}|{NUMBER}|{AT + 300}000|0|fa|web||||
"""


@dataclass
class RememberedCaller:
    site: Keeping
    case: Case

    @property
    def home(self) -> Home:
        return self.site.home

    async def follow(self) -> None:
        """Read the journal to its end, as the service does."""
        name = self.site.settings.site.name
        for path, kind, sink in (
            (self.home.queue_log, "journal", JournalSink()), (self.home.cel_log, "cel", CelSink()),
        ):
            follower = Follower(self.site.ledger, path, name, kind, sink)
            while await follower.step():
                pass
            follower.close()
        reconciler = Reconciler(self.site.ledger, name, lambda: NOW / 1000, lambda: NOW / 1000)
        while await reconciler.step():
            pass

    async def close_case(self) -> None:
        desk = case_office(self.home, self.site.settings, self.site.main, lambda: NOW).desk
        await desk.close(self.case.code, Closing.WITHDRAWN, SARA, reason=f"{NAME} has paid")


def prepare_home(folder: Path, url: str | None = None) -> tuple[Home, Settings]:
    home = Home(folder)
    home.make()
    text = (CHECKOUT / "foundation/site.yaml").read_text(encoding="utf-8")
    if url is not None and url.startswith("postgresql"):
        text += f'\ndatabase: {{url: "{url}"}}\n'
    home.settings_file.write_text(text, encoding="utf-8")
    settings = load_settings(home)
    load_secrets(home, settings)
    return home, settings


@asynccontextmanager
async def remembered_caller(folder: Path, url: str | None = None) -> AsyncIterator[RememberedCaller]:
    """The whole site, read to the end of its journal."""
    home, settings = prepare_home(folder, url)
    await migrate(home, settings)
    async with keeping(home, settings, lambda: NOW) as site:
        await asyncio.to_thread(home.queue_log.write_text, JOURNAL)
        await _fill_main(site)
        found = RememberedCaller(site, await _open_case(site))
        await found.follow()
        yield found


async def _open_case(site: Keeping) -> Case:
    office = case_office(site.home, site.settings, site.main, lambda: NOW)
    addresses = (Address(Channel.CALL, NUMBER), Address(Channel.WEB, MAILBOX))
    case = await office.opening.open(NewCase(
        subject="insurance-records", summary=f"{WORDS} of {NATIONAL_ID}", channel=Channel.CALL,
        person=Person(NAME, NATIONAL_ID, addresses), province="yazd",
    ), SARA)
    await office.desk.note(case.code, f"{NAME} called again", SARA)
    await office.desk.attach(case.code, f"{NAME}.txt", f"{WORDS}\n".encode(), SARA)
    await office.desk.link(case.code, LinkKind.CALL, CALL, SARA)
    return case


async def _fill_main(site: Keeping) -> None:
    async with site.main.write() as connection:
        await add_recording(connection, keep_sound(site.home, f"{CALL}_{CALL}_1", "call", CALL))
        await add_recording(connection, keep_sound(site.home, MESSAGE, "voice_message", "pasokh-1795311400.7"))
        await add_recording(connection, keep_sound(site.home, "other_1", "call", "pasokh-1795311660.3", OTHER))
        await add_message(connection, Message(
            id=MESSAGE, kind="voice_message", box="general", call_id="pasokh-1795311400.7", caller=NUMBER,
            callback_number=NUMBER, language="fa", tracking="123456782", taken_ms=NOW, duration_ms=2000,
            recording_id=MESSAGE, state="closed",
        ))
        for table, values in _rows():
            await connection.execute(insert(table).values(values))


def keep_sound(home: Home, name: str, kind: str, call_id: str, caller: str = NUMBER) -> Recording:
    """Two seconds of silence in the store."""
    path = home.recordings_store / f"{name}.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2 if kind == "call" else 1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(32000))
    return Recording(
        id=name, kind=kind, call_id=call_id, channel_id=call_id, stint=1, started_ms=AT * 1000, duration_ms=2000,
        path=path.name, bytes=path.stat().st_size, sha256="7" * 64, caller=caller, queue="insurance",
    )


def _rows() -> list[tuple[Any, dict[str, Any]]]:
    sound = f"{CALL}_{CALL}_1"
    step = {"at_ms": AT * 1000, "kind": "call", "name": "main", "result": "begun", "ms": 1, "key": None}
    measure = dict.fromkeys(
        ("measured_ms", "duration_ms", "caller_talk_ms", "agent_talk_ms", "cross_talk_ms", "silence_ms",
         "longest_silence_ms", "hold_ms"), 1)
    owed = {
        "purpose": "callback", "reference": None, "queue": "insurance", "number": NUMBER, "language": "fa",
        "channel": "web", "place_ms": NOW, "priority": 0, "asked_ms": NOW, "state": "closed", "attempts": 1,
        "next_attempt_ms": NOW, "closed_ms": NOW, "result": "reached", "closed_by": "dialler", "closing": 1,
        "told_ms": NOW,
    }
    return [
        (transcript, {"recording_id": sound, "language": "fa", "model": "m", "state": "made", "tries": 1,
                      "begun_ms": NOW, "word_count": 1, "words": f'[[0,0,1,99,"{WORDS}"]]', "spoken": WORDS}),
        (NOTE, {"id": "n-1", "recording_id": sound, "place_ms": 0, "author": "reza", "written_ms": NOW, "text": NOTES}),
        (MEASURE, {"recording_id": sound, "readable": 1, "turns": "[]", "caller_peaks": "", "agent_peaks": "",
                   **measure}),
        (ivr_step, {"call_id": CALL, "number": 1, "caller": NUMBER, **step}),
        (ivr_step, {"call_id": "pasokh-1795311660.3", "number": 1, "caller": OTHER, **step}),
        (OUTBOUND_CALL, {"id": CALLBACK, **owed}),
        (OUTBOUND_ATTEMPT, {"channel_id": f"{CALLBACK}-1", "outbound_id": CALLBACK, "n": 1, "worker": "w",
                            "claimed_ms": NOW, "ended_ms": NOW, "outcome": "reached", "idle_ms": 0}),
        (sms_outbox, {"id": "s-1", "number": NUMBER, "text": NAME, "state": "sent", "tries": 1, "created_ms": NOW,
                      "next_ms": NOW}),
        (email_outbox, {"id": "e-1", "address": MAILBOX, "subject": NAME, "text": WORDS, "state": "waiting",
                        "tries": 0, "created_ms": NOW, "next_ms": NOW}),
        (DESK_CALL, {"call_id": CALL, "agent": "a101", "queue": "insurance", "number": NUMBER, "language": "fa",
                     "proved": True, "began_ms": AT * 1000, "notes": NOTES, "typed_ms": NOW, "subject": "pensions",
                     "disposition": None, "settled_ms": NOW}),
        (DESK_TASK, {"kind": "message", "item": MESSAGE, "agent": "a101", "taken_ms": NOW, "closed_ms": NOW,
                     "result": "done", "note": NOTES}),
        (SURVEY_REQUEST, {"id": "q-1", "survey": "after-call", "occasion": "call", "asked_ms": NOW, "call_id": CALL,
                          "queue": "insurance", "agent": "a101", "language": "fa"}),
        (SURVEY_ANSWER, {"request_id": "q-1", "question": "speed", "key": 5, "answered_ms": NOW}),
    ]
