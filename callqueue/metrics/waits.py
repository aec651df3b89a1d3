"""How long the answered waited."""

from collections.abc import Sequence
from dataclasses import dataclass

from callqueue.ledger.stint import Outcome
from callqueue.metrics.arithmetic import mean_of_milliseconds, nearest_rank
from callqueue.metrics.entries import Entry


@dataclass(frozen=True, slots=True)
class WaitFigures:
    """Seconds."""

    asa: float | None
    wait_p50: float | None
    wait_p90: float | None
    wait_p95: float | None
    wait_max: float | None


def wait_figures(entries: Sequence[Entry], now: float) -> WaitFigures:
    waits = sorted(entry.wait(now) for entry in entries if entry.outcome is Outcome.ANSWERED)
    return WaitFigures(
        asa=mean_of_milliseconds(waits),
        wait_p50=nearest_rank(waits, 50),
        wait_p90=nearest_rank(waits, 90),
        wait_p95=nearest_rank(waits, 95),
        wait_max=nearest_rank(waits, 100),
    )
