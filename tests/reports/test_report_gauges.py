"""What Prometheus reads of the day, the stores and the disk."""

from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from reports.web.gauges import Operations, measure
from reports.web.wallboard_day import make_day, read_day
from tests.support.wallboard_site import fill_day, wallboard_site

NOON_MS = 1_795_336_200_000
"""22 November 2026, 12:00 in Tehran."""


def read(operations: Operations) -> dict[tuple[str, str], float]:
    """Each gauge with its label's value."""
    registry = CollectorRegistry()
    registry.register(operations)
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in families for sample in family.samples
    }


async def test_the_gauges_are_the_figures_of_the_wallboards_day(tmp_path: Path) -> None:
    async with wallboard_site(tmp_path) as (site, _):
        site.clock.at_ms = NOON_MS
        await fill_day(site)
        operations = Operations(site.web.home)
        assert {name for name, _ in read(operations)} == {"pasokh_disk_free_bytes"}, "nothing was measured yet"
        operations.measured = await measure(site.web, make_day)
        found, day = read(operations), await read_day(site.web.home, site.web.settings, NOON_MS // 1000)
        for name, gauge in (("service_level", "pasokh_service_level_today"), ("offered", "pasokh_offered_today")):
            assert found[gauge, "all"] == day.total[name]
            told = {queue: value for (one, queue), value in found.items() if one == gauge and queue != "all"}
            assert told == {queue: each[name] for queue, each in day.queues.items() if each[name] is not None}
        assert found["pasokh_day_balanced", ""] == found["pasokh_store_up", "ledger"] == 1
        assert (found["pasokh_report_mails_waiting", ""], found["pasokh_disk_free_bytes", "home"] > 0) == (0, True)
        assert {queue for (name, queue) in found if name == "pasokh_callbacks_open"} == set(day.owed)


async def test_a_store_that_is_away_is_told_and_nothing_else_is_lost(tmp_path: Path) -> None:
    async with wallboard_site(tmp_path) as (site, _):
        operations = Operations(site.web.home)
        ledger = site.web.home.database / "ledger.sqlite"
        await site.web.ledger.close()
        ledger.unlink()
        ledger.mkdir()
        operations.measured = await measure(site.web, make_day)
        found = read(operations)
        assert (found["pasokh_store_up", "main"], found["pasokh_store_up", "ledger"]) == (1, 0)
        assert ("pasokh_offered_today", "all") not in found
