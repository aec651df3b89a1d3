"""What the menus cost: the same calls through the real IVR and through a dialplan alone, in turn.

Both sides: the caller dials, the number is validated, Asterisk answers; the languages' prompts play until he presses 1,
the subjects' prompt until he presses 1 (insurance), and `recorded` and `please-wait` until he presses 5. Then the call
comes to where the queue would begin; there it is noted in the journal and hung up. Keys are RFC 4733 events (SIP INFO
where we are not root), about `KEY_SECONDS` apart. The IVR's side runs `python -m pasokh service ivr`, its menus and its
prompts; the bare side (bench/bare.conf) has the same prompts and keys as Background() and WaitExten().

Both run on one private Asterisk that is configured as a site is, with its journal, CEL and an AMI listener as the
floor is one. A round is one run of each side; which comes first changes from round to round. CPU is what
`/proc/PID/stat` says, user and system, before the first call and after the last one has gone.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from bench.bare import bare_number, count_served, lay_over
from bench.cpu import Spread, cpu_seconds
from bench.line import Line, private_line
from bench.sipp import Caller, CallTruth, Keys, Target, calling
from foundation.asterisk.ami import AmiLink

KEY_SECONDS = 0.8
"""Between the answer and the first key, and between keys: long enough for prompts to play, short enough to cut in."""
KEYS = ("1", "1", "5")
QUEUE = "insurance"
SETTLE_SECONDS = 1.0
"""After the last call, for what Asterisk still has to write down."""
PATIENCE_SECONDS = 20.0
"""For the last call to end."""
WARM_UP_CALLS = 20

Progress = Callable[[str], None]


class Side(StrEnum):
    IVR = "ivr"
    BARE = "bare"


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    rate: float = 100.0
    """New calls a second."""
    calls: int = 1000
    """On each side, in each round."""
    rounds: int = 3


@dataclass(frozen=True, slots=True)
class Measure:
    """One side of one round."""

    side: Side
    calls: int
    served: int
    """Calls that came to the end with the right queue."""
    calls_per_second: float
    """New calls a second as SIPp really made them."""
    most_at_once: int
    asterisk_ms: float
    """Asterisk's CPU a call, in milliseconds."""
    ivr_ms: float
    """The IVR's own CPU a call, in milliseconds."""


@dataclass(frozen=True, slots=True)
class Round:
    ivr: Measure
    bare: Measure

    @property
    def added_ms(self) -> float:
        """What the IVR adds to Asterisk's CPU a call, in milliseconds."""
        return self.ivr.asterisk_ms - self.bare.asterisk_ms

    @property
    def ratio(self) -> float:
        """Asterisk's CPU with the IVR ÷ without."""
        return self.ivr.asterisk_ms / self.bare.asterisk_ms


@dataclass(frozen=True, slots=True)
class Report:
    """All rounds, and each figure's least, median and most."""

    plan: Plan
    rounds: tuple[Round, ...]
    calls_per_second: Spread
    asterisk_ms_bare: Spread
    asterisk_ms_ivr: Spread
    added_ms: Spread
    ratio: Spread
    ivr_ms: Spread
    lost: int
    """Calls of either side that did not come to the end."""

    @classmethod
    def of(cls, plan: Plan, rounds: Sequence[Round]) -> "Report":
        """Sum the rounds up.

        Raises:
            ValueError: there are none.
        """
        return cls(
            plan, tuple(rounds),
            calls_per_second=Spread.of([each.ivr.calls_per_second for each in rounds]),
            asterisk_ms_bare=Spread.of([each.bare.asterisk_ms for each in rounds]),
            asterisk_ms_ivr=Spread.of([each.ivr.asterisk_ms for each in rounds]),
            added_ms=Spread.of([each.added_ms for each in rounds]),
            ratio=Spread.of([each.ratio for each in rounds]),
            ivr_ms=Spread.of([each.ivr.ivr_ms for each in rounds]),
            lost=sum(side.calls - side.served for each in rounds for side in (each.ivr, each.bare)),
        )

    def as_json(self) -> str:
        return json.dumps(asdict(self), indent=2)


async def measure_menus(plan: Plan, first_port: int, progress: Progress) -> Report:
    """Start a private line, run all rounds on it, and end it.

    Raises:
        LineError: the line could not be started.
        SippError: SIPp could not call.
    """
    async with private_line(lay_over, first_port) as line, _listening(line):
        progress("warming up")
        for side in Side:
            await _measure(line, side, Plan(min(plan.rate, 20), WARM_UP_CALLS))
        rounds = [await _round(line, plan, number, progress) for number in range(plan.rounds)]
    return Report.of(plan, rounds)


def _listening(line: Line) -> AmiLink:
    return AmiLink("127.0.0.1", line.settings.ports.of("ami"), "pasokh", line.secrets.ami)


async def _round(line: Line, plan: Plan, number: int, progress: Progress) -> Round:
    order = [Side.IVR, Side.BARE] if number % 2 == 0 else [Side.BARE, Side.IVR]
    found: dict[Side, Measure] = {}
    for side in order:
        found[side] = one = await _measure(line, side, plan)
        progress(
            f"round {number + 1} of {plan.rounds}  {side.value:<4}  {one.served} of {one.calls} served, "
            f"{one.calls_per_second:.0f} calls/s, {one.most_at_once} at once, "
            f"Asterisk {one.asterisk_ms:.2f} ms a call, IVR {one.ivr_ms:.2f} ms",
        )
    return Round(found[Side.IVR], found[Side.BARE])


async def _measure(line: Line, side: Side, plan: Plan) -> Measure:
    number = line.settings.site.number if side is Side.IVR else bare_number(line.settings)
    target = Target("127.0.0.1", line.sip_port, number)
    callers = [Caller(f"0912{n:07d}", tuple(Keys(KEY_SECONDS, key) for key in KEYS)) for n in range(plan.calls)]
    before = _Reading.of(line)
    calls = await _call_all(target, callers, line.home.root / "sipp", plan)
    await asyncio.sleep(SETTLE_SECONDS)
    after = _Reading.of(line)
    return Measure(
        side, plan.calls, after.served - before.served, call_rate(calls), most_at_once(calls),
        asterisk_ms=(after.asterisk - before.asterisk) * 1000 / plan.calls,
        ivr_ms=(after.ivr - before.ivr) * 1000 / plan.calls,
    )


async def _call_all(target: Target, callers: Sequence[Caller], folder: Path, plan: Plan) -> list[CallTruth]:
    """Let all of them call; a call that does not end is hung up, and missing in what was served."""
    async with calling(target, callers, folder, rate=plan.rate) as runs:
        with suppress(TimeoutError):
            async with asyncio.timeout(plan.calls / plan.rate + PATIENCE_SECONDS):
                for run in runs:
                    await run.process.wait()
        return [truth for run in runs for truth in run.calls()]


@dataclass(frozen=True, slots=True)
class _Reading:
    asterisk: float
    ivr: float
    served: int

    @classmethod
    def of(cls, line: Line) -> "_Reading":
        served = count_served(_read(line.home.queue_log), QUEUE)
        return cls(cpu_seconds(line.asterisk_pid), cpu_seconds(line.ivr_pid), served)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def call_rate(calls: Sequence[CallTruth]) -> float:
    """New calls a second between the first and the last; 0 for fewer than two."""
    began = sorted(each.invited for each in calls)
    return (len(began) - 1) / (began[-1] - began[0]) if len(began) > 1 and began[-1] > began[0] else 0.0


def most_at_once(calls: Sequence[CallTruth]) -> int:
    """The most calls that were up at the same moment."""
    ends = [each.ended for each in calls if each.ended is not None]
    steps = sorted([(each.invited, 1) for each in calls] + [(end, -1) for end in ends])
    up = most = 0
    for _, step in steps:
        up += step
        most = max(most, up)
    return most
