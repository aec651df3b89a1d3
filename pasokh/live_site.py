"""What the commands about the present moment share: the site, its texts, its bus, its agents' desk."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiomqtt
import structlog
from sqlalchemy.exc import SQLAlchemyError

import callqueue
from callqueue.agents.desk import AgentDesk, AgentRefusalError, AsteriskAwayError
from callqueue.floor.bus import AGENTS, FLOOR_TOPIC, QUEUES
from callqueue.live import ami_link
from callqueue.outbound.refusals import OutboundRefusalError
from callqueue.queues.refusals import QueueRefusalError
from foundation.asterisk.ami import AmiError
from foundation.bus import Broker, read_retained
from foundation.catalogue import Texts, load_catalogue
from foundation.database import Database, Store, store_url
from foundation.paths import Home
from foundation.settings import Settings, load_settings
from pasokh.floor_view import FloorView
from pasokh.refusal import RefusedError

TOPICS = (FLOOR_TOPIC, f"{QUEUES}+", f"{AGENTS}+")
AMI_SECONDS = 3.0

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class LiveSite:
    home: Home
    settings: Settings
    texts: Texts

    @classmethod
    def open(cls) -> "LiveSite":
        home = Home.from_environment()
        settings = load_settings(home)
        folder = Path(callqueue.__path__[0])
        names = ("texts.yaml", "routing.yaml", "outbound.yaml", "promises.yaml")
        catalogue = load_catalogue([folder / name for name in names])
        return cls(home, settings, catalogue.texts(settings.site.language))

    @property
    def broker(self) -> Broker:
        return Broker(self.settings.ports.of("mqtt"))

    def view(self) -> FloorView:
        """How pictures are shown at this moment."""
        return FloorView(self.texts, self.settings, time.time())

    def pictures(self) -> dict[str, dict[str, Any]]:
        """Everything the bus shows now."""
        return self.run(read_retained(self.broker, *TOPICS))

    def check_queue(self, queue: str) -> None:
        if queue not in self.settings.queues:
            raise RefusedError(self.texts("agent.refused.unknown-queue", queue=queue))

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do the work; what can go wrong with a running line becomes a refusal in the site's language."""
        try:
            return asyncio.run(work)
        except aiomqtt.MqttError as error:
            raise RefusedError(self.texts("floor.broker-away", port=str(self.broker.port))) from error
        except AgentRefusalError as error:
            raise RefusedError(self.texts(f"agent.refused.{error.name}", **error.values)) from error
        except OutboundRefusalError as error:
            raise RefusedError(self.texts(f"outbound.refused.{error.name}", **error.values)) from error
        except QueueRefusalError as error:
            raise RefusedError(self.texts(f"queue.refused.{error.name}", **error.values)) from error
        except SQLAlchemyError as error:
            raise RefusedError(f"{type(error).__name__}: {error}; `bin/pasokh doctor` says more") from error

    @asynccontextmanager
    async def desk(self) -> AsyncIterator[AgentDesk]:
        """Where agents' wishes are heard, by a link of our own to Asterisk.

        Raises:
            AsteriskAwayError: no link in `AMI_SECONDS`.
        """
        database = Database(store_url(self.home, self.settings, Store.MAIN))
        try:
            async with ami_link(self.home, self.settings) as link:
                try:
                    await link.connected(AMI_SECONDS)
                except AmiError as error:
                    raise AsteriskAwayError(reason=str(error)) from error
                yield AgentDesk(self.settings, database, link)
        finally:
            await database.close()


def quiet_logs() -> None:
    """A command speaks by its own words; the link's log lines would only stand between them."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
