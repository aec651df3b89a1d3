"""Keeps what was measured of each sound, with its outline for the eye."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from sqlalchemy import RowMapping, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from recordings.listening.tables import MEASURE
from recordings.measuring.measures import FULL_SCALE, Measures, Samples, Turn, measure

COLUMNS: Final = 800
"""Of an outline; a page draws them as wide as it is."""
FAINT: Final = 0.01
"""What is quieter than this part of full scale is not drawn as if it were loud."""
CHUNK: Final = 500
NOTHING: Final = Measures(0, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Outline:
    """How a sound looks: its measures, and how loud each side is over time, from 0 to 255."""

    measures: Measures
    caller_peaks: bytes = b""
    agent_peaks: bytes = b""
    readable: bool = True
    """False: the sound could not be decoded, and nothing is known of it."""


def outline_of(caller: Samples, agent: Samples) -> Outline:
    """Measure both sides and draw them over the same time; a side without sound has no columns."""
    step = max(1, -(-max(len(caller), len(agent)) // COLUMNS))
    sides = [_levels(side, step) for side in (caller, agent)]
    loudest = max((float(side.max()) for side in sides if side.size), default=0.0)
    caller_peaks, agent_peaks = (_drawn(side, max(loudest, FAINT)) for side in sides)
    return Outline(measure(caller, agent), caller_peaks, agent_peaks)


def _drawn(levels: npt.NDArray[np.float64], loudest: float) -> bytes:
    """The root lets quiet speech be seen beside loud."""
    return np.round(255 * np.sqrt(levels / loudest)).astype(np.uint8).tobytes()


def _levels(samples: Samples, step: int) -> npt.NDArray[np.float64]:
    """The loudest moment of every `step` samples, 0 to 1."""
    whole = np.zeros(-(-len(samples) // step) * step)
    whole[: len(samples)] = np.abs(samples.astype(np.float64)) / FULL_SCALE
    found: npt.NDArray[np.float64] = whole.reshape(-1, step).max(axis=1) if whole.size else whole
    return found


async def keep_outline(connection: AsyncConnection, recording_id: str, outline: Outline, now_ms: int) -> None:
    """Once for each recording; what is there already stays."""
    insert = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    found = outline.measures
    row = {
        "recording_id": recording_id, "measured_ms": now_ms, "readable": int(outline.readable),
        "duration_ms": found.duration_ms, "caller_talk_ms": found.caller_talk_ms,
        "agent_talk_ms": found.agent_talk_ms, "cross_talk_ms": found.cross_talk_ms, "silence_ms": found.silence_ms,
        "longest_silence_ms": found.longest_silence_ms, "hold_ms": found.hold_ms,
        "turns": json.dumps([[one.channel, one.start_ms, one.end_ms] for one in found.turns], separators=(",", ":")),
        "caller_peaks": outline.caller_peaks.hex(), "agent_peaks": outline.agent_peaks.hex(),
    }
    await connection.execute(insert(MEASURE).values(row).on_conflict_do_nothing())


async def outlines_of(connection: AsyncConnection, recording_ids: Collection[str]) -> Mapping[str, Outline]:
    """Of those recordings that were measured."""
    found: dict[str, Outline] = {}
    wanted = sorted(recording_ids)
    for start in range(0, len(wanted), CHUNK):
        query = select(MEASURE).where(MEASURE.c.recording_id.in_(wanted[start : start + CHUNK]))
        found |= {row["recording_id"]: _outline(row) for row in (await connection.execute(query)).mappings()}
    return found


async def quiet_times(
    connection: AsyncConnection, recording_ids: Collection[str],
) -> Mapping[str, tuple[int, int]]:
    """Milliseconds of hold and of the longest silence, of those recordings that were measured."""
    found: dict[str, tuple[int, int]] = {}
    wanted = sorted(recording_ids)
    columns = MEASURE.c
    for start in range(0, len(wanted), CHUNK):
        query = select(columns.recording_id, columns.hold_ms, columns.longest_silence_ms).where(
            columns.readable == 1, columns.recording_id.in_(wanted[start : start + CHUNK]))
        found |= {row[0]: (row[1], row[2]) for row in await connection.execute(query)}
    return found


def _outline(row: RowMapping) -> Outline:
    turns = tuple(Turn(*one) for one in json.loads(row["turns"]))
    times = {name: row[name] for name in Measures.__dataclass_fields__ if name != "turns"}
    peaks_of = {name: bytes.fromhex(row[name]) for name in ("caller_peaks", "agent_peaks")}
    return Outline(Measures(**times, turns=turns), readable=bool(row["readable"]), **peaks_of)


__all__ = ["NOTHING", "Outline", "keep_outline", "outline_of", "outlines_of", "quiet_times"]
