"""What the planning of agents reads, on every database."""

from pathlib import Path

from callqueue.arrival_store import count_arrivals, count_refusals, queues_of, sum_waits
from callqueue.journal_import import import_journal
from callqueue.stint import Origin
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
        for queues in (None, ["medical"]):
            direct = await count_arrivals(ledger, queues, [Origin.DIRECT], start=NOON, end=NOON + 1800, step=900)
            assert direct == {first: 2}
        both = await count_arrivals(
            ledger, ["medical"], [Origin.DIRECT, Origin.OVERFLOW], start=NOON, end=NOON + 1800, step=900)
        assert both == {first: 2, first + 1: 1}
        assert await queues_of(ledger, NOON, NOON + 1800) == ["medical"]
        assert await count_refusals(ledger, None, NOON, NOON + 1800) == 1
        assert await count_refusals(ledger, ["medical"], NOON, NOON + 1800) == 0


async def test_waits_of_callers_count_beyond_the_short_ones(ledger_database: Database, tmp_path: Path) -> None:
    await fill(ledger_database, tmp_path)
    async with ledger_database.read() as ledger:
        # 30 − 5 of who gave up and 12 − 5 of the answered; the misdial and the one whom we called are left out.
        assert await sum_waits(ledger, "medical", NOON, NOON + 1800, 5) == (1, 32)
        assert await sum_waits(ledger, "operator", NOON, NOON + 1800, 5) == (0, 0)
