"""What self-service keeps over many calls, and what it does for one."""

import asyncio
import time
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast
from uuid import uuid4

import structlog

from foundation.gateway import Outbox
from foundation.settings import Language, load_secrets
from ivr.actions.context import CallContext, Resources
from ivr.call import Call
from ivr.prompts.catalogue import CatalogueError
from ivr.self_service.back_office import BackOffice, OfficeDownError, Question, Refused, open_client
from ivr.self_service.book import ServiceBook
from ivr.self_service.contract import ContractError
from ivr.self_service.dialogue import Dialogue, LockedError
from ivr.self_service.lock_book import LockBook
from ivr.self_service.model import Reply, Service
from ivr.self_service.sentences import Answer

CHECK_IDENTITY = "checkIdentity"
CHECK_SECONDS = 3.5

log = structlog.get_logger()


@dataclass
class ServiceDesk:
    """One for all calls."""

    book: ServiceBook
    office: BackOffice
    locks: LockBook
    outbox: Outbox
    proved: "weakref.WeakKeyDictionary[Call, str]" = field(default_factory=weakref.WeakKeyDictionary)
    """The keys of callers who have proved who they are, for as long as their calls last."""

    def dialogue(self, call: Call, context: CallContext, service: Service) -> Dialogue:
        """A service on a call."""
        key = uuid4().hex
        sender = Sender(self.outbox, call, context.caller, key)
        return Dialogue(
            call, service, self.book.operations[service.call.operation], self.office,
            CallersProof(self, context.caller), key, self.proved.get(call), context.settings.identity.tries,
            sender.on_reply,
        )


@dataclass(frozen=True)
class CallersProof:
    """Asks the back office who a caller is, and counts his wrong tries."""

    desk: ServiceDesk
    caller: str

    async def prove(self, national_id: str, pin: str) -> str | None:
        """See `ivr.self_service.dialogue.Prover`."""
        locks = self.desk.locks
        keys = locks.keys_of(national_id, self.caller)
        if not await locks.begin(keys):
            raise LockedError
        operation = self.desk.book.operations[CHECK_IDENTITY]
        values = {"national_id": national_id, "pin": pin}
        try:
            found = await self.desk.office.ask(Question(operation, values, uuid4().hex, CHECK_SECONDS, retries=1))
        except OfficeDownError:
            await locks.take_back(keys)
            raise
        if isinstance(found, Refused):
            return None
        await locks.forgive(keys)
        return str(found["person"])


@dataclass(frozen=True)
class Sender:
    """Sends what a service has to say in writing."""

    outbox: Outbox
    call: Call
    caller: str
    key: str

    async def on_reply(self, reply: Reply, answer: Answer) -> None:
        text = reply.write(answer, cast("Language", self.call.language))
        if text is None or not self.caller:
            return
        try:
            await self.outbox.send_sms(self.caller, text, self.key)
        except OSError as error:
            log.error("an SMS is lost: neither the database nor the spool takes it", error=str(error))  # noqa: TRY400


@asynccontextmanager
async def service_desk(resources: Resources) -> AsyncIterator[ServiceDesk]:
    """Opens it; closed with the IVR."""
    home, settings = resources.home, resources.settings
    secrets = load_secrets(home, settings)
    outbox = Outbox(home, resources.main, settings.sms, _now_ms)
    locks = LockBook(resources.main, secrets.identity_key, settings.identity, _now_ms)
    # It reads every certificate that the machine trusts.
    client = await asyncio.to_thread(open_client, settings, secrets)
    book = ServiceBook(home)
    async with client:
        # Faults are said now, and no caller waits for the reading.
        await book.read()
        yield ServiceDesk(book, BackOffice(client, time.monotonic), locks, outbox)


async def open_desk(resources: Resources) -> None:
    """Make self-service ready before the first caller; what cannot be read is said, and calls are served without it."""
    try:
        await resources.get(service_desk)
    except (ContractError, CatalogueError) as error:
        log.error("no self-service", error=str(error))  # noqa: TRY400 - the reason says all


def _now_ms() -> int:
    return round(time.time() * 1000)
