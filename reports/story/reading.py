"""Reads what every room knows of one call."""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.call_reading import CallEvidence, read_call
from callqueue.outbound.store import find_call
from followups.cases.call_traces import read_call_traces
from ivr.steps.store import read_path
from recordings.messages.messages import Wanted, messages
from recordings.store import Recording, recordings_of
from recordings.transcripts.transcripts import TranscriptState, find_transcript
from reports.frame.parameters import ParameterError
from reports.story.compose import Evidence, compose_story
from reports.story.model import Story

HOUR_MS = 3_600_000
LONGEST_ID = 200


class UnknownCallError(ParameterError):
    """No record knows a call of this id."""

    name = "unknown-call"
    status = 404


async def call_story(
    ledger: AsyncConnection | None, main: AsyncConnection | None, call_id: str, now_ms: int,
) -> Story:
    """Everything about a call, from both stores; a store that is not there (None) adds nothing.

    Raises:
        UnknownCallError
    """
    known = CallEvidence(call_id)
    if ledger is not None:
        known = await read_call(ledger, call_id, now_ms // 1000)
    evidence = Evidence(known) if main is None else await _with_main(main, known, now_ms)
    if evidence.is_empty:
        raise UnknownCallError(call=call_id[:LONGEST_ID])
    return compose_story(evidence, now_ms)


async def _with_main(main: AsyncConnection, known: CallEvidence, now_ms: int) -> Evidence:
    calls = {known.call_id, *known.joined}
    steps = await read_path(main, known.call_id)
    sounds = await recordings_of(main, calls | {stint.channel_id for stint in known.stints})
    moments = [round(step.at * 1000) for step in steps] + [one.started_ms for one in sounds]
    moments += [stint.entered * 1000 for stint in known.stints] + ([known.call.started_ms] if known.call else [])
    since, until = min(moments, default=now_ms) - HOUR_MS, max(moments, default=now_ms) + HOUR_MS
    left = [one for one in await messages(main, Wanted(since_ms=since, until_ms=until)) if one.call_id in calls]
    own = next((one for one in known.attempts if one.channel_id == known.call_id), None)
    made = await find_call(main, own.promise) if own else None
    traces = await read_call_traces(
        main, calls, {one.id for one in sounds}, {one.id for one in left}, own.promise if own else None)
    return Evidence(known, steps, sounds, left, traces, made.number if made else None, await _transcribed(main, sounds))


async def _transcribed(main: AsyncConnection, sounds: Sequence[Recording]) -> Mapping[str, int]:
    """Recording to how many words its transcript has."""
    found = [await find_transcript(main, one.id) for one in sounds]
    return {one.recording_id: one.word_count for one in found if one is not None and one.state is TranscriptState.MADE}
