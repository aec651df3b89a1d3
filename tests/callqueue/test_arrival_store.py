"""What the planning of agents reads, on every database."""

from pathlib import Path

from callqueue.journal.importing import import_journal
from callqueue.ledger.arrival_store import count_refusals
from callqueue.ledger.stint import Origin
from callqueue.metrics.arrivals_tally import add_arrivals
from callqueue.metrics.rules import Rulebook, Rules
from callqueue.rollups.make import make_arrivals
from foundation.calendars import Interval
from foundation.database import Database

NOON = 1_800_000_000
"""A whole quarter of an hour."""
LINES = """
0    c1 medical NONE STINT       c1|09121112233|direct||1
0    c1 medical NONE ENTERQUEUE  |09121112233|1
30   c1 medical NONE ABANDON     1|1|30
899  c2 medical NONE STINT       c2|09121112234|direct||1
899  c2 medical NONE ENTERQUEUE  |09121112234|1
900  c3 medical NONE STINT       c3|09121112235|overflow||1
900  c3 medical NONE ENTERQUEUE  |09121112235|1
902  c3 medical NONE ABANDON     1|1|2
911  c2 medical a101 CONNECT     12|x1|2
950  c2 medical a101 COMPLETECALLER 12|39|1
1000 c4 operator NONE STINT      c4|09121112236|direct||1
1000 c4 operator NONE REFUSED_FULL c4
1100 c5 medical NONE STINT       c5|09121112237|callback|p1|1
1100 c5 medical NONE ENTERQUEUE  |09121112237|1
1160 c5 medical NONE ABANDON     1|1|60
"""


async def fill(database: Database, folder: Path) -> None:
    log = folder / "queue_log"
    rows = [line.split() for line in LINES.strip().splitlines()]
    log.write_text("".join("|".join([str(NOON + int(at)), *fields]) + "\n" for at, *fields in rows))
    await import_journal(database, log, journal="site")


async def test_arrivals_are_counted_by_the_quarter_they_came_in(ledger_database: Database, tmp_path: Path) -> None:
    await fill(ledger_database, tmp_path)
    first = NOON // 900
    async with ledger_database.read() as ledger:
        (tally,) = await make_arrivals(ledger, [Interval(NOON, NOON + 1800)], Rulebook())
        cut = await make_arrivals(
            ledger, [Interval(NOON, NOON + 899), Interval(NOON + 899, NOON + 901), Interval(NOON + 901, NOON + 1800)],
            Rulebook())
        assert await count_refusals(ledger, None, NOON, NOON + 1800) == 1
        assert await count_refusals(ledger, ["medical"], NOON, NOON + 1800) == 0
    for queues in (None, ["medical"]):
        assert dict(tally.quarters(queues, [Origin.DIRECT])) == {first: 2}
    assert dict(tally.quarters(["medical"], [Origin.OVERFLOW])) == {first + 1: 1}
    assert list(tally.quarters(["operator"], list(Origin))) == []
    assert tally.queues == {"medical"}
    assert add_arrivals(cut) == tally


async def test_waits_of_callers_count_beyond_the_short_ones(ledger_database: Database, tmp_path: Path) -> None:
    await fill(ledger_database, tmp_path)
    rules = Rulebook({"medical": Rules(short_abandon=5)}, Rules(short_abandon=100))
    async with ledger_database.read() as ledger:
        (tally,) = await make_arrivals(ledger, [Interval(NOON, NOON + 1800)], rules)
    # 30 − 5 of who gave up and 12 − 5 of the answered; the misdial and the one whom we called are left out.
    assert (tally.gave_up, tally.waited_ms) == ({"medical": 1}, {"medical": 32_000})
