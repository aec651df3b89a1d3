"""Draws of conversations for evaluation: from what is known of them to a list with the reason of each."""

import json
import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.stint import Stint
from callqueue.ledger.store import read_stints_of_callers, read_stints_of_calls
from followups.surveys.satisfaction_store import read_answers_of_calls
from followups.surveys.surveys import Survey
from foundation.database import Database
from quality.refusals import NoSuchDrawError
from quality.sampling import Candidate, Pick, Reason, Rule, SamplingRules, draw, rules_content
from quality.tables import DRAW, EVALUATION, PICK
from recordings.listening.listing import WantedRecordings, find_recordings
from recordings.measuring.store import quiet_times
from recordings.store import Recording

DAY_SECONDS = 86_400
MOST_CANDIDATES = 500_000


@dataclass(frozen=True, slots=True)
class Draw:
    id: str
    drawn_ms: int
    drawn_by: str
    since_ms: int
    until_ms: int
    seed: str
    candidates: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """A conversation of a draw."""

    draw_id: str
    recording_id: str
    agent: str
    queue: str | None
    started_ms: int
    reasons: tuple[Reason, ...]
    evaluated: bool = False


@dataclass(frozen=True, slots=True)
class Sampler:
    """Draws over what the stores tell."""

    main: Database
    ledger: Database
    surveys: Mapping[str, Survey]

    async def candidates(self, wanted: WantedRecordings, rules: SamplingRules) -> list[Candidate]:
        """The recorded conversations with an agent, and what the rules look at."""
        async with self.main.read() as connection:
            found = await find_recordings(connection, wanted, MOST_CANDIDATES)
            recordings = [one for one in found if one.kind == "call" and one.agent]
            quiet = await quiet_times(connection, [one.id for one in recordings])
            low = await self._low_answers(connection, {one.call_id for one in recordings})
        held = await self._held({one.call_id for one in recordings})
        repeats = await self._repeats(recordings, rules)
        return [_candidate(one, quiet.get(one.id, (0, 0)), held, low, repeats) for one in recordings]

    async def draw(
        self, wanted: WantedRecordings, rules: SamplingRules, seed: str, by: str, now_ms: int,
    ) -> str:
        """Draw and keep the result; returns the draw's id."""
        candidates = await self.candidates(wanted, rules)
        since_ms, until_ms = wanted.since_ms or 0, wanted.until_ms or now_ms
        picks = draw(candidates, rules, seed, since_ms)
        draw_id = secrets.token_hex(8)
        async with self.main.write() as connection:
            await connection.execute(insert(DRAW).values(
                id=draw_id, drawn_ms=now_ms, drawn_by=by, since_ms=since_ms, until_ms=until_ms, seed=seed,
                rules=json.dumps(rules_content(rules)), candidates=len(candidates)))
            if picks:
                await connection.execute(insert(PICK), [_pick_row(draw_id, pick) for pick in picks])
        return draw_id

    async def _low_answers(self, connection: AsyncConnection, call_ids: Collection[str]) -> Counter[str]:
        found: Counter[str] = Counter()
        for answer in await read_answers_of_calls(connection, call_ids):
            survey = self.surveys.get(answer.survey)
            question = next((one for one in survey.questions if one.id == answer.question), None) if survey else None
            if question is not None and answer.key not in question.good:
                found[answer.call_id] += 1
        return found

    async def _held(self, call_ids: Collection[str]) -> Mapping[tuple[str, int], int]:
        """Hold by CEL, where it has spoken: exact, whatever the telephone sends."""
        async with self.ledger.read() as connection:
            stints = await read_stints_of_calls(connection, sorted(call_ids))
        return {(one.channel_id, one.number): one.hold_ms for one in stints if one.hold_ms is not None}

    async def _repeats(self, recordings: Sequence[Recording], rules: SamplingRules) -> Mapping[str, int]:
        callers = {one.caller for one in recordings if one.caller}
        if not callers or rules.repeat_caller is None:
            return {}
        first, last = (chosen(one.started_ms for one in recordings) // 1000 for chosen in (min, max))
        days = rules.repeat_caller.days
        async with self.ledger.read() as connection:
            stints = await read_stints_of_callers(connection, callers, first - days * DAY_SECONDS, last + 1)
        return _calls_before(recordings, stints, days)


def _calls_before(recordings: Iterable[Recording], stints: Iterable[Stint], days: int) -> Mapping[str, int]:
    """Of each recording how many calls its caller made within the days up to it."""
    began: dict[str, dict[str, int]] = {}
    for stint in stints:
        calls = began.setdefault(stint.caller or "", {})
        calls[stint.call_id] = min(stint.entered, calls.get(stint.call_id, stint.entered))
    found = {}
    for one in recordings:
        at = one.started_ms // 1000
        calls = began.get(one.caller or "", {})
        found[one.id] = sum(at - days * DAY_SECONDS < entered <= at for entered in calls.values())
    return found


def _candidate(
    one: Recording, quiet: tuple[int, int], held: Mapping[tuple[str, int], int], low: Mapping[str, int],
    repeats: Mapping[str, int],
) -> Candidate:
    measured_hold, longest_silence = quiet
    return Candidate(
        one.id, one.agent or "", one.queue, one.started_ms, one.duration_ms,
        held.get((one.channel_id, one.stint), measured_hold), longest_silence, low.get(one.call_id, 0),
        repeats.get(one.id, 1),
    )


def _pick_row(draw_id: str, pick: Pick) -> dict[str, object]:
    one = pick.candidate
    return {
        "draw_id": draw_id, "recording_id": one.recording_id, "agent": one.agent, "queue": one.queue,
        "started_ms": one.started_ms, "reasons": json.dumps([[why.rule.value, why.value] for why in pick.reasons]),
    }


async def draws(connection: AsyncConnection, limit: int = 10) -> Sequence[Draw]:
    """The newest first."""
    query = select(DRAW).order_by(DRAW.c.drawn_ms.desc(), DRAW.c.id).limit(limit)
    names = Draw.__dataclass_fields__
    return [Draw(**{name: row[name] for name in names}) for row in (await connection.execute(query)).mappings()]


async def find_draw(connection: AsyncConnection, draw_id: str) -> Draw:
    """Raises NoSuchDrawError."""
    row = (await connection.execute(select(DRAW).where(DRAW.c.id == draw_id))).mappings().first()
    if row is None:
        raise NoSuchDrawError(draw=draw_id[:20])
    return Draw(**{name: row[name] for name in Draw.__dataclass_fields__})


async def picks_of(connection: AsyncConnection, draw_id: str) -> Sequence[Drawn]:
    """The conversations of a draw, the oldest first."""
    judged = select(EVALUATION.c.recording_id).where(EVALUATION.c.calibration == "").distinct().subquery()
    query = (
        select(PICK, judged.c.recording_id.label("judged"))
        .outerjoin(judged, judged.c.recording_id == PICK.c.recording_id)
        .where(PICK.c.draw_id == draw_id).order_by(PICK.c.started_ms, PICK.c.recording_id)
    )
    return [
        Drawn(row.draw_id, row.recording_id, row.agent, row.queue, row.started_ms,
              tuple(Reason(Rule(rule), value) for rule, value in json.loads(row.reasons)), row.judged is not None)
        for row in (await connection.execute(query)).all()
    ]


__all__ = ["Draw", "Drawn", "Sampler", "draws", "find_draw", "picks_of"]
