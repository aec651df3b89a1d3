"""A line's journal of some days, told to a ledger by its own follower: what reports' pages are tested on.

A call is a line of `HH:MM:SS queue outcome wait [talk] [number]`; its id is its day and its place in the table.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from foundation.database import Database
from tests.support.evidence_site import AT, Site

DAY = AT - AT % 86_400
"""The midnight (UTC) of the day on which `HONEST` happened; TRICKED ones a day later."""
HONEST = """
08:00:00 operator answered  10 60 0901
08:01:00 operator answered  60 60 0902
08:02:00 operator abandoned 90 -  0903
08:03:00 operator answered  15 60 0904
"""


@dataclass(frozen=True, slots=True)
class PlayedCall:
    id: str
    at: int
    queue: str
    outcome: str
    wait: int
    talk: int
    number: str
    agent: str = "a101"

    def lines(self) -> Iterator[tuple[int, str]]:
        """What an Asterisk writes of it, each line with its second."""
        head, end = f"{self.id}|{self.queue}", self.at + self.wait
        yield self.at, f"{head}|NONE|STINT|{self.id}|{self.number}|direct||1"
        if self.outcome.startswith("REFUSED"):
            yield self.at, f"{head}|NONE|{self.outcome}|{self.id}"
            return
        yield self.at, f"{head}|NONE|ENTERQUEUE||{self.number}|1"
        match self.outcome:
            case "answered":
                yield end, f"{head}|{self.agent}|CONNECT|{self.wait}|{self.id}b|2"
                yield end + self.talk, f"{head}|{self.agent}|COMPLETECALLER|{self.wait}|{self.talk}|1"
            case "abandoned":
                yield end, f"{head}|NONE|ABANDON|1|1|{self.wait}"
            case "callback":
                promise = f"cb-{self.id.replace('.', '')}"
                place = self.at * 1000
                yield end, (f"{head}|NONE|CALLBACK_REQUESTED|{promise}|{self.number}|{place}|0|fa|queue|{self.id}")
                yield end, f"{head}|NONE|EXITWITHKEY|1|1|1|{self.wait}"
            case "timed_out":
                yield end, f"{head}|NONE|EXITWITHTIMEOUT|1|1|{self.wait}"
            case "withdrawn":
                yield end, f"{head}|NONE|WITHDRAW|1|1|{self.wait}|"
            case "restart":
                yield end, "NONE|NONE|NONE|QUEUESTART"


def calls_of(table: str, day: int = 0) -> list[PlayedCall]:
    """The calls of a table, so many days after `DAY`."""
    found = []
    for place, line in enumerate(table.strip().splitlines(), 1):
        clock, queue, outcome, wait, talk, number = (*line.split(), "-", "")[:6]
        hours, minutes, seconds = (int(part) for part in clock.split(":"))
        at = DAY + day * 86_400 + hours * 3600 + minutes * 60 + seconds
        spoken = 0 if talk == "-" else int(talk)
        found.append(PlayedCall(f"d{day}.{place}", at, queue, outcome, int(wait), spoken, f"{number}{day}"))
    return found


def busy_days(days: int, queues: Sequence[str], *, seed: int = 1) -> list[PlayedCall]:
    """A line's usual days: busy mornings, quiet evenings, one queue busier than the next."""
    dice = Random(seed)  # noqa: S311 - no secret
    found: list[PlayedCall] = []
    for day in range(-days, 1):
        for number, queue in enumerate(queues):
            for hour in range(7, 21):
                calls = max(0, round((9 - abs(hour - 10)) / (number + 1) * dice.uniform(0.5, 1.3)))
                for _ in range(calls):
                    at = DAY + day * 86_400 + hour * 3600 + dice.randrange(3600)
                    waits = round(dice.expovariate(1 / (14 + 25 * (9 <= hour <= 11))))
                    outcome = "abandoned" if waits > 45 else "callback" if dice.random() < 0.06 else "answered"
                    place = len(found)
                    found.append(PlayedCall(
                        f"b{day + days}.{place}", at, queue, outcome, waits, 30 + round(dice.expovariate(1 / 120)),
                        f"0912{place % 900:07}", f"a10{1 + place % 4}"))
    return found


def shifts(days: int, agents: Sequence[str]) -> Iterator[tuple[int, str]]:
    """These agents work from half past six till nine on each of the days up to `DAY`, with a break."""
    for day in range(-days, 1):
        for place, agent in enumerate(agents):
            morning, noon = DAY + day * 86_400 + 23_400, DAY + day * 86_400 + 43_200 + 1800 * place
            yield morning, f"NONE|NONE|{agent}|AGENT_LOGIN|PJSIP/{agent}"
            yield morning, f"NONE|operator|{agent}|ADDMEMBER|"
            yield noon, f"NONE|operator|{agent}|PAUSE|lunch"
            yield noon + 1800, f"NONE|operator|{agent}|UNPAUSE|"
            yield morning + 52_200, f"NONE|NONE|{agent}|AGENT_LOGOUT|{agent}"


async def tell_journal(
    ledger: Database, folder: Path, calls: Iterable[PlayedCall], others: Iterable[tuple[int, str]] = (),
) -> None:
    """Let a follower read what an Asterisk would have written of these calls, in the order of time, and other lines."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - a test may wait
    # Of one second, a call's own lines keep their order.
    lines = sorted([*others, *(line for call in calls for line in call.lines())], key=lambda line: line[0])
    site = Site(ledger, folder)
    site.write("".join(f"{at}|{text}\n" for at, text in lines))
    try:
        await site.read()
    finally:
        site.close()


AREAS = ("021", "0912", "031", "051", "0935", "041")
"""What the numbers of `eventful_year` begin with."""
YEAR_DAYS, WEEKS = 380, 9


def eventful_year(queues: Sequence[str]) -> list[PlayedCall]:
    """A thin year, nine Sundays and two full weeks of `busy_days`, from everywhere.

    On the last day the first queue has lost most of its calls, and the last queue turns callers away and has thrice
    as many of them as usual.
    """
    found: list[PlayedCall] = []
    for place, call in enumerate(busy_days(YEAR_DAYS, queues)):
        ago = (DAY + 86_399 - call.at) // 86_400
        if ago > 13 and not (ago % 7 == 0 and ago <= WEEKS * 7) and place % 60:
            continue
        area = AREAS[place * 7 % len(AREAS)]
        told = replace(call, number=f"{area}{place % (9_000 if place % 4 else 40):0{11 - len(area)}}")
        if ago == 0 and call.queue == queues[0] and place % 4:
            continue
        found.append(told)
        if ago == 0 and call.queue == queues[-1]:
            found += [replace(told, id=f"{told.id}.{again}", at=told.at + 40 * again, outcome="REFUSED_FULL")
                      for again in (1, 2)]
    return found
