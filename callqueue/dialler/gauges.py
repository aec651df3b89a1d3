"""The dialler for Prometheus."""

from collections import Counter as Count
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge

from callqueue.outbound.model import AttemptOutcome, OutboundCall


class DiallerGauges:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._due = Gauge("pasokh_outbound_due", "Calls owed that may be dialled now", ["purpose"], registry=registry)
        self._out = Gauge("pasokh_outbound_in_flight", "Calls of ours that are out", ["purpose"], registry=registry)
        self._ended = Counter(
            "pasokh_outbound_attempts", "Attempts that have ended", ["purpose", "outcome"], registry=registry)
        self._purposes: set[str] = set()

    def show(self, due: Iterable[OutboundCall], in_flight: Iterable[OutboundCall]) -> None:
        waiting, out = Count(call.purpose for call in due), Count(call.purpose for call in in_flight)
        self._purposes |= {*waiting, *out}
        for purpose in self._purposes:
            self._due.labels(purpose).set(waiting[purpose])
            self._out.labels(purpose).set(out[purpose])

    def ended(self, purpose: str, outcome: AttemptOutcome) -> None:
        self._ended.labels(purpose, outcome.value).inc()
