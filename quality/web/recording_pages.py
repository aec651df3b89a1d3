"""Recordings to be listened to: the list, the player, why somebody listens, notes at a moment."""

import json
import secrets
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from foundation.text import latin_digits
from foundation.web.audit_log import Act, record
from foundation.web.guards import visitor_of
from foundation.web.pages import page
from quality.reach import Grant
from quality.refusals import EmptyNoteError, NotYourRoleError, ReasonNeededError, UnknownPurposeError
from quality.shelf import recordings_in_which, recordings_shown
from quality.speech import paragraphs
from quality.web.seat import AListener, RecordingId, Seat
from quality.web.sound_response import sound_response
from recordings.listening.listens import Listen, Purpose, add_listen, last_listen
from recordings.listening.listing import WantedRecordings
from recordings.listening.notes import SoundNote, add_note, notes_of
from recordings.measuring.store import Outline, outlines_of
from recordings.store import Recording
from recordings.transcripts.models import usable_models
from recordings.transcripts.search import EmptyQueryError
from recordings.transcripts.standing import why_missing
from recordings.transcripts.transcripts import find_transcript, read_transcript

router = APIRouter(prefix="/recordings")
PAGE = 30
HOUR_MS = 3_600_000
SITTING_MS = 600_000
"""Who asks for the sound so long after it was last written down that he listens, listens again."""
Line = Annotated[str, Query(max_length=60)]
Word = Annotated[str, Form(max_length=20)]


@router.get("", response_model=None)
async def show_recordings(  # noqa: PLR0917 - filters of the address
    seat: AListener, since: Annotated[str, Query(alias="from", max_length=40)] = "-7d",
    until: Annotated[str, Query(alias="to", max_length=40)] = "", queue: Line = "", agent: Line = "",
    number: Line = "", kind: Annotated[str, Query(pattern="^(|call|voice_message)$")] = "",
    words: Annotated[str, Query(max_length=200)] = "",
    before: Annotated[str, Query(pattern=r"^(|\d{1,15}_[A-Za-z0-9._-]{1,200})$")] = "",
) -> HTMLResponse:
    fields = {"from": since, "to": until, "queue": queue, "agent": agent, "number": number, "kind": kind,
              "words": words}
    at_ms, _, last = before.partition("_")
    wanted = WantedRecordings(
        tuple(grant.scope for grant in seat.grants), seat.moment_ms(since), seat.moment_ms(until), queue, agent,
        "".join(latin_digits(number).split()), kind, (int(at_ms), last) if before else None,
    )
    async with seat.web.database.read() as connection:
        try:
            found = (await recordings_in_which(connection, words, wanted, PAGE + 1) if words.strip()
                     else await recordings_shown(connection, wanted, PAGE + 1))
        except EmptyQueryError:
            found = []
    more = found[PAGE - 1].recording if len(found) > PAGE else None
    filters = {key: value for key, value in fields.items() if value}
    return page(
        seat.request, "quality/recordings.html", found=found[:PAGE], fields=fields, **seat.names(), **seat.choices(),
        may_hear=bool(seat.grants), narrowed=filters != {"from": "-7d"},
        older="?" + urlencode(filters | {"before": f"{more.started_ms}_{more.id}"}) if more else "",
    )


@router.get("/{recording}", response_model=None)
async def show_recording(
    seat: AListener, recording: RecordingId, at: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> HTMLResponse:
    found, grants = await seat.recording(recording)
    return page(
        seat.request, "quality/recording.html", at=at, **await player_values(seat, found, grants), **seat.names())


@router.post("/{recording}/open", response_model=None)
async def open_recording(  # noqa: PLR0917 - fields of the form
    seat: AListener, recording: RecordingId, purpose: Word = "", role: Word = "",
    reason: Annotated[str, Form(max_length=500)] = "", after: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """Say in which role and why; from then on the sound is given."""
    found, grants = await seat.recording(recording)
    if purpose not in {one.value for one in Purpose}:
        raise UnknownPurposeError(purpose=purpose)
    if role not in {grant.role.value for grant in grants}:
        raise NotYourRoleError(role=role)
    listen = Listen(found.id, seat.web.clock(), seat.user.id, role, purpose, reason.strip())
    act = Act(
        seat.user.actor, "recording.opened", found.id,
        {"purpose": purpose, "reason": listen.reason, "role": role}, visitor_of(seat.request).address,
    )
    async with seat.web.database.write() as connection:
        await add_listen(connection, listen)
        await record(connection, act, listen.at_ms)
    return RedirectResponse(own_address(after) or f"/recordings/{found.id}", 303)


@router.api_route("/{recording}/sound", methods=["GET", "HEAD"], response_model=None)
async def play(seat: AListener, recording: RecordingId) -> Response:
    """The sound or a part of it, for who has said why."""
    found, grants = await seat.recording(recording)
    now_ms = seat.web.clock()
    said = await reason_of(seat, found, grants)
    if said is None:
        raise ReasonNeededError
    answer = await sound_response(seat.request, found)
    if said.at_ms < now_ms - SITTING_MS:
        again = Listen(found.id, now_ms, said.listener, said.role, said.purpose, said.reason)
        async with seat.web.database.write() as connection:
            await add_listen(connection, again)
    return answer


@router.get("/{recording}/notes", response_model=None)
async def show_notes(seat: AListener, recording: RecordingId) -> HTMLResponse:
    found, _ = await seat.recording(recording)
    return await _notes_page(seat, found)


@router.post("/{recording}/notes", response_model=None)
async def write_note(
    seat: AListener, recording: RecordingId, text: Annotated[str, Form(max_length=2000)] = "",
    place: Annotated[int, Form(ge=0, le=10**9)] = 0,
) -> HTMLResponse:
    found, _ = await seat.recording(recording)
    if not text.strip():
        raise EmptyNoteError
    note = SoundNote(
        secrets.token_hex(8), found.id, min(place, found.duration_ms), seat.user.id, seat.web.clock(), text.strip())
    async with seat.web.database.write() as connection:
        await add_note(connection, note)
    return await _notes_page(seat, found)


async def _notes_page(seat: Seat, found: Recording) -> HTMLResponse:
    async with seat.web.database.read() as connection:
        notes = await notes_of(connection, found.id)
    return page(seat.request, "quality/notes.html", notes=notes)


async def reason_of(seat: Seat, found: Recording, grants: tuple[Grant, ...]) -> Listen | None:
    """What he said last when he was asked why he listens, in a role that he still has; None: he must be asked."""
    since_ms = seat.web.clock() - seat.web.settings.listening.again_hours * HOUR_MS
    async with seat.web.database.read() as connection:
        said = await last_listen(connection, found.id, seat.user.id, since_ms)
    roles = {grant.role.value for grant in grants}
    return said if said is not None and said.role in roles else None


async def player_values(seat: Seat, found: Recording, grants: tuple[Grant, ...]) -> dict[str, Any]:
    """What the player shows of a recording."""
    async with seat.web.database.read() as connection:
        outline = (await outlines_of(connection, [found.id])).get(found.id)
        notes, words = await notes_of(connection, found.id), await read_transcript(connection, found.id)
        facts = await find_transcript(connection, found.id)
    settings = seat.web.settings
    said = await reason_of(seat, found, grants)
    return {
        "recording": found, "outline": outline, "notes": notes, "opened": said, "purposes": list(Purpose),
        "turns": turns_text(outline),
        "speech": paragraphs(words) if said else [],
        "missing": why_missing(found, facts, settings, usable_models(settings), seat.web.clock()),
        "roles": [grant.role.value for grant in grants],
    }


def turns_text(outline: Outline | None) -> str:
    """For the player's script: channel, start and end of each turn, in milliseconds."""
    turns = outline.measures.turns if outline else ()
    return json.dumps([[one.channel, one.start_ms, one.end_ms] for one in turns])


def own_address(path: str) -> str:
    """A page of ours to go on to; empty for anything else."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else ""
