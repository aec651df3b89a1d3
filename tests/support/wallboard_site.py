"""A wallboard on a small site: a ledger with a day's stints, and pictures as the bus would show them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import reports.web
from callqueue.ledger.stint import Outcome, Stint
from callqueue.ledger.tables import STINT
from callqueue.outbound.model import Channel, OutboundCall, State
from callqueue.outbound.store import insert_call
from foundation.settings import Agent, Language, Queue, Settings
from reports.web.wallboard_day import DayKeeper
from tests.support.desk_site import instant, stint
from tests.support.page_site import PageSite, page_site

TITLES: dict[str, dict[Language, str]] = {
    "operator": {"fa": "اپراتور", "tr": "Operatör", "en": "Operator"},
    "insurance": {"fa": "بیمه‌پردازی", "tr": "Sigorta primleri", "en": "Insurance records"},
    "pensions": {"fa": "مستمری", "tr": "Emeklilik", "en": "Pensions"},
    "medical": {"fa": "درمان", "tr": "Sağlık", "en": "Medical"},
    "employers": {"fa": "کارفرمایان", "tr": "İşverenler", "en": "Employers"},
    "complaints": {"fa": "شکایت‌ها", "tr": "Şikâyetler", "en": "Complaints"},
}


def wallboard_settings() -> Settings:
    return Settings(
        queues={name: Queue(title=title) for name, title in TITLES.items()},
        agents={f"a{n}": Agent(queues=dict.fromkeys(TITLES, 0)) for n in (101, 102)},
    )


@asynccontextmanager
async def wallboard_site(folder: Path) -> AsyncIterator[tuple[PageSite, DayKeeper]]:
    """Empty, with the keeper that makes its figures."""
    keeper = DayKeeper()
    async with page_site(folder, [reports.web.room(keeper)], settings=wallboard_settings()) as site:
        yield site, keeper


async def show_floor(site: PageSite) -> None:
    """Callers and agents everywhere; `medical` has not been seen, in `insurance` somebody waits too long."""
    take, now = site.web.live.take, site.clock()
    waits = {"operator": (2, 15), "insurance": (7, 415), "pensions": (0, 0), "employers": (1, 4), "complaints": (0, 0)}
    for queue, (waiting, seconds) in waits.items():
        since = instant(now - 1000 * seconds)
        await take(f"pasokh/queues/{queue}", {
            "queue": queue, "waiting": [{"position": n} for n in range(1, waiting + 1)],
            "longest_wait_since": since if waiting else None,
            "agents": {"ready": ["a101"], "talking": ["a102"] * 12, "ringing": [], "wrap-up": ["a103"],
                       "paused": ["a104", "a105"], "unreachable": ["a106"] if queue == "pensions" else []},
        })
    await beat(site)


async def beat(site: PageSite) -> None:
    """The floor is alive."""
    await site.web.live.take("pasokh/floor", {
        "status": "live", "at": instant(site.clock()), "waiting": 10,
        "agents": {"talking": 41, "ringing": 2, "wrap-up": 5, "paused": 7, "ready": 1, "unreachable": 1, "offline": 3},
    })


async def fill_day(site: PageSite) -> None:
    """Of `insurance` six in ten are answered in time; one promised call is late."""
    now = site.clock() // 1000
    stints = [
        *(stint(f"good.{n}", now - 60 - n, answered=now - 50 - n, finished=now - 20, wait=10, talk=30, caller=None)
          for n in range(6)),
        *(stint(f"lost.{n}", now - 60 - n, Outcome.ABANDONED, wait=40, finished=now - 20 - n, caller=None)
          for n in range(4)),
        stint("fast.1", now - 60, queue="operator", answered=now - 57, finished=now - 30, wait=3, talk=27, caller=None),
    ]
    async with site.web.ledger.write() as connection:
        for number, one in enumerate(stints):
            values = {name: getattr(one, name) for name in Stint.__dataclass_fields__}
            await connection.execute(STINT.insert().values(
                **values, journal="test", source_id=1, offset=number, reconciled=True))
    async with site.web.database.write() as connection:
        for phone, due in (("09351112233", -60_000), ("09351112244", 900_000)):
            await insert_call(connection, OutboundCall(
                f"cb-{phone}", "callback", phone, "fa", Channel.QUEUE, now * 1000 - 600_000, now * 1000 - 600_000,
                State.OPEN, now * 1000, queue="insurance", due_ms=now * 1000 + due))
