"""What goes on beside the floor's pages: the link to Asterisk, messages on the bus, shifts that end, priorities."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from agent_softphone import supervisor_messages as messages
from agent_softphone.supervisor_desk import SupervisorDesk
from agent_softphone.supervisor_shift_desk import ShiftDesk
from callqueue.agents.refusals import AgentRefusalError, AsteriskAwayError
from callqueue.floor.bus import QUEUES
from callqueue.live import ami_link
from foundation.asterisk.ami import AmiLink
from foundation.bus import Broker, Publisher
from foundation.settings import Settings
from foundation.web.site import Web

LOOK_SECONDS: Final = 1.0

log = structlog.get_logger()


class Floor:
    """`run` beside the pages; the rest is asked by them."""

    def __init__(self) -> None:
        self._desk: SupervisorDesk | None = None
        self._told = asyncio.Event()
        self.priorities: Mapping[str, int] = {}
        """Call to the priority of those who wait."""

    @property
    def desk(self) -> SupervisorDesk:
        """Where wishes are heard.

        Raises:
            AsteriskAwayError: the service is only starting.
        """
        if self._desk is None:
            raise AsteriskAwayError(reason="the service is only starting")
        return self._desk

    @property
    def shifts(self) -> ShiftDesk:
        return ShiftDesk(self.desk)

    def told(self) -> None:
        """A message was sent or read."""
        self._told.set()

    def join(self, web: Web, link: AmiLink, clock: Callable[[], float] | None = None) -> None:
        """Use this link from now on."""
        self._desk = SupervisorDesk(web.settings, web.database, link, clock or (lambda: web.clock() / 1000))

    async def run(self, web: Web) -> None:
        """For ever."""
        publisher = message_publisher(web.settings)
        async with ami_link(web.home, web.settings) as link:
            self.join(web, link)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(publisher.run(), name="floor-bus")
                tasks.create_task(self._publish(web, publisher), name="floor-messages")
                tasks.create_task(self._end_shifts(), name="floor-shifts")
                tasks.create_task(self._learn_priorities(web), name="floor-priorities")

    async def _publish(self, web: Web, publisher: Publisher) -> None:
        while True:
            self._told.clear()
            try:
                async with web.database.read() as connection:
                    shown = await messages.pictures(connection)
            except (SQLAlchemyError, OSError) as error:
                log.warning("messages_unread", error=str(error))
            else:
                for topic, picture in shown.items():
                    publisher.show(topic, picture)
                publisher.settle({*shown})
            await _either(self._told, LOOK_SECONDS)

    async def _end_shifts(self) -> None:
        while True:
            try:
                for shift in await self.shifts.end_all():
                    log.info("shift_over", agent=shift.agent, user=shift.user)
            except (AgentRefusalError, SQLAlchemyError, OSError) as error:
                log.warning("shifts_later", error=str(error))
            await asyncio.sleep(LOOK_SECONDS)

    async def _learn_priorities(self, web: Web) -> None:
        """The bus does not tell them; asked while somebody waits."""
        while True:
            somebody = any(
                picture.get("waiting") for topic, picture in web.live.pictures.items() if topic.startswith(QUEUES)
            )
            try:
                self.priorities = await self._priorities() if somebody else {}
            except AsteriskAwayError:
                self.priorities = {}
            await asyncio.sleep(LOOK_SECONDS)

    async def _priorities(self) -> Mapping[str, int]:
        return {place.call_id: place.priority for place in await self.desk.queues.places()}


def message_publisher(settings: Settings) -> Publisher:
    """The publisher of who has unread messages."""
    return Publisher(
        Broker(settings.ports.of("mqtt")), f"pasokh-{settings.site.name}-messages", prefixes=(messages.TOPIC,),
        last_will=(messages.STATUS, {"status": "blind"}),
    )


async def _either(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
