"""What became of calls of ours: from Asterisk's word where it is certain, else from the two durable records."""

from dataclasses import dataclass

import structlog

from callqueue.dialler.calls import Watched, watch
from callqueue.dialler.gauges import DiallerGauges
from callqueue.dialler.telephone import Telephone
from callqueue.journal.status import read_status
from callqueue.ledger.promise_store import AttemptEvidence, read_attempt_evidence
from callqueue.outbound.evidence import Verdict, is_complete, judge
from callqueue.outbound.store import find_attempt
from callqueue.outbound.upkeep import Upkeep
from callqueue.outbound.worker import OutboundWorker
from foundation.database import Database

log = structlog.get_logger()


@dataclass(frozen=True)
class Records:
    """Writes down how attempts end. `watched` (by channel) loses those that are written."""

    worker: OutboundWorker
    upkeep: Upkeep
    telephone: Telephone
    ledger: Database
    gauges: DiallerGauges
    watched: dict[str, Watched]

    async def adopt(self) -> None:
        """Go on with what a predecessor, or a worker that is gone, left behind."""
        known = {one.call.id for one in self.watched.values()}
        for adopted in await self.upkeep.adopt(known):
            log.info("attempt adopted", attempt=adopted.attempt.channel_id)
            self.watched[adopted.attempt.channel_id] = watch(adopted.call, adopted.attempt)

    async def settle(self) -> None:
        """Write what is certain; what only the records know waits until they have been read."""
        for one in [one for one in self.watched.values() if one.verdict is not None]:
            await self._write(one, one.verdict, None)
        over = [one for one in self.watched.values() if one.over]
        if not over:
            return
        # The ends of both files first: what stands before them is then surely in the evidence.
        async with self.ledger.read() as connection:
            status = await read_status(connection)
            evidence = await read_attempt_evidence(connection, [one.channel_id for one in over])
        own, now_ms = self.worker.settings.site.name, self.worker.now_ms()
        for one in over:
            known = evidence.get(one.channel_id)
            complete = is_complete(status.sources, one.attempt, own, now_ms)
            await self._write(one, judge(known, alive=False, complete=complete), known)

    async def _write(self, one: Watched, verdict: Verdict | None, known: AttemptEvidence | None) -> None:
        if verdict is None:
            return
        if await self._is_open(one.channel_id):
            await self.worker.note(
                one.channel_id, answered_ms=one.answered_ms, confirmed_ms=one.joined_ms, joined_ms=one.joined_ms)
            if known is None or known.tried is None or known.tried.outcome is None:
                await self.telephone.say_result(one.call, one.attempt, verdict)
            after = await self.worker.record(
                one.channel_id, verdict.outcome, cause=verdict.cause, idle_ms=one.idle_ms)
            self.gauges.ended(one.call.purpose, verdict.outcome)
            log.info("attempt ended", attempt=one.channel_id, outcome=str(verdict.outcome), cause=verdict.cause,
                     state=str(after.state))
        self.watched.pop(one.channel_id, None)

    async def _is_open(self, channel_id: str) -> bool:
        async with self.worker.database.read() as connection:
            attempt = await find_attempt(connection, channel_id)
        return attempt is not None and attempt.ended_ms is None
