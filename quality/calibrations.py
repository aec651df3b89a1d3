"""Calibration: several evaluators judge one conversation, each for himself, and then look at where they differ."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from quality.refusals import CalibrationClosedError, NoSuchCalibrationError
from quality.scorecards import Scorecard
from quality.tables import CALIBRATION


@dataclass(frozen=True, slots=True)
class Calibration:
    id: str
    recording_id: str
    scorecard: str
    version: int
    begun_ms: int
    begun_by: str
    closed_ms: int | None = None
    """None: nobody sees another's answers yet."""
    closed_by: str | None = None


async def begin(connection: AsyncConnection, recording_id: str, card: Scorecard, by: str, now_ms: int) -> Calibration:
    made = Calibration(secrets.token_hex(8), recording_id, card.id, card.version, now_ms, by)
    await connection.execute(insert(CALIBRATION).values(asdict(made)))
    return made


async def find(connection: AsyncConnection, calibration_id: str) -> Calibration:
    """Raises NoSuchCalibrationError."""
    query = select(CALIBRATION).where(CALIBRATION.c.id == calibration_id)
    row = (await connection.execute(query)).mappings().first()
    if row is None:
        raise NoSuchCalibrationError(calibration=calibration_id[:20])
    return Calibration(**row)


async def find_open(connection: AsyncConnection, calibration_id: str) -> Calibration:
    """Raises NoSuchCalibrationError, CalibrationClosedError."""
    found = await find(connection, calibration_id)
    if found.closed_ms is not None:
        raise CalibrationClosedError
    return found


async def close(connection: AsyncConnection, calibration_id: str, by: str, now_ms: int) -> None:
    """From now on everybody sees all answers, and nobody adds any.

    Raises:
        NoSuchCalibrationError, CalibrationClosedError
    """
    await find_open(connection, calibration_id)
    await connection.execute(
        update(CALIBRATION).where(CALIBRATION.c.id == calibration_id, CALIBRATION.c.closed_ms.is_(None))
        .values(closed_ms=now_ms, closed_by=by))


async def newest(connection: AsyncConnection, limit: int = 20) -> Sequence[Calibration]:
    query = select(CALIBRATION).order_by(CALIBRATION.c.begun_ms.desc(), CALIBRATION.c.id).limit(limit)
    return [Calibration(**row) for row in (await connection.execute(query)).mappings()]
