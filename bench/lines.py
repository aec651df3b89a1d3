"""How fast a ledger is rebuilt from raw journals: lines of a second, beside reading the same lines alone."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from bench.year import DAY, Plan
from callqueue.journal.importing import import_journal
from callqueue.journal.parser import parse_line
from callqueue.records.lines import LineSplitter
from foundation.database import LEDGER, Database

QUEUES = ("operator", "pensions", "medical")
AGENTS = 250


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """Seconds, and lines of a second."""

    database: str
    lines: int
    parse_seconds: float
    """The baseline: every line split and understood, nothing kept."""
    rebuild_seconds: float

    @property
    def lines_per_second(self) -> float:
        return self.lines / self.rebuild_seconds

    @property
    def ratio(self) -> float:
        """How many times as long as understanding the lines alone."""
        return self.rebuild_seconds / self.parse_seconds

    def as_json(self) -> str:
        return json.dumps({**asdict(self), "lines_per_second": self.lines_per_second, "ratio": self.ratio}, indent=2)


def write_journal(path: Path, plan: Plan) -> int:
    """A queue_log of the plan's days as our Asterisk writes it, in the order of time; how many lines it has."""
    random = Random(plan.seed)  # noqa: S311 - figures, no secrets
    lines: list[tuple[int, str]] = []
    for number in range(plan.days * plan.calls):
        lines += _call(plan.start + int(random.random() * plan.days * DAY), number, random)
    lines.sort(key=lambda line: line[0])
    path.write_text("".join(f"{at}|{text}\n" for at, text in lines))
    return len(lines)


def _call(at: int, number: int, random: Random) -> list[tuple[int, str]]:
    call, queue = f"bench-{at}.{number}", random.choice(QUEUES)
    caller, agent = f"09{int(random.random() * 10 ** 9):09d}", f"a{int(random.random() * AGENTS)}"
    wait, talk = int(random.expovariate(1 / 14)), int(random.expovariate(1 / 180)) + 5
    entered = [(at, f"{call}|{queue}|NONE|STINT|{call}|{caller}|direct||1"),
               (at, f"{call}|{queue}|NONE|ENTERQUEUE||{caller}|1")]
    if random.random() < 0.08:
        return [*entered, (at + wait, f"{call}|{queue}|NONE|ABANDON|1|1|{wait}")]
    end = at + wait + talk
    return [
        *entered, (at + wait, f"{call}|{queue}|{agent}|CONNECT|{wait}|{call}9|1"),
        (end, f"{call}|{queue}|{agent}|COMPLETECALLER|{wait}|{talk}|1"),
        (end, f"NONE|NONE|{agent}|PAUSEALL|wrap-up"), (end + 20, f"NONE|NONE|{agent}|UNPAUSEALL|wrap-up"),
    ]


async def measure_rebuilding(database: Database, journal: Path, tell: Callable[[str], None]) -> Rebuilt:
    """Import the journal into an empty ledger."""
    async with database.write() as connection:
        await connection.run_sync(LEDGER.create_all)
    tell("reading the lines alone")
    began = time.perf_counter()
    with journal.open("rb") as file:
        lines = [parse_line(line.text) for line in LineSplitter().feed(file.read())]
    parsed = time.perf_counter() - began
    tell(f"{len(lines):,} lines into the ledger")
    began = time.perf_counter()
    done = await import_journal(database, journal)
    return Rebuilt(database.engine.dialect.name, done.lines, parsed, time.perf_counter() - began)
