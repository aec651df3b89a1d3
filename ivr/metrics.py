"""What the IVR tells Prometheus about itself."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """The FastAGI server's observer."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._calls = Counter(
            "pasokh_ivr_calls", "Calls by how they left the menus", ["ending"], registry=registry,
        )
        self._active = Gauge("pasokh_ivr_calls_active", "Calls in the menus now", registry=registry)
        self._refusals = Counter(
            "pasokh_ivr_refusals", "Sessions turned away or cut, by reason", ["reason"], registry=registry,
        )
        self._commands = Histogram(
            "pasokh_ivr_command_seconds", "Asterisk's answer to a command that does not wait for the caller",
            buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5), registry=registry,
        )

    def on_begin(self) -> None:
        self._active.inc()

    def on_end(self, ending: str) -> None:
        self._active.dec()
        self._calls.labels(ending).inc()

    def on_refusal(self, reason: str) -> None:
        self._refusals.labels(reason).inc()

    def on_command(self, name: str, seconds: float) -> None:  # noqa: ARG002 - one figure for all commands
        self._commands.observe(seconds)
