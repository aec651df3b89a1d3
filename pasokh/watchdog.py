"""Who has fallen silent: the pure core of the watchdog.

Silence is counted in the watchdog's own ticks, each worth no more than `LONGEST_TICK`. On a machine that stood still
for a while everybody was silent, the watchdog too, and nobody hangs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

LONGEST_TICK = 0.25
"""Seconds of silence that one tick may add."""


@dataclass(frozen=True)
class Process:
    """A process, told from a later one with the same pid by when it began (clock ticks since the machine started)."""

    pid: int
    began: int


@dataclass(frozen=True)
class Pulse:
    """The last that was heard of a service."""

    process: Process
    silence: float = 0.0
    """Seconds."""


@dataclass(frozen=True)
class Watch:
    """The services that have been heard, by name. One that has never been heard is left alone."""

    pulses: Mapping[str, Pulse] = field(default_factory=dict)

    def process_of(self, service: str) -> Process | None:
        pulse = self.pulses.get(service)
        return pulse.process if pulse else None


def on_beat(watch: Watch, service: str, process: Process) -> Watch:
    """`process` says that `service` is ready, or that it is alive."""
    return Watch({**watch.pulses, service: Pulse(process)})


def on_leave(watch: Watch, service: str) -> Watch:
    """The service stops in an orderly way: its silence means nothing from now on."""
    return Watch({name: pulse for name, pulse in watch.pulses.items() if name != service})


def on_tick(watch: Watch, seconds: float, limits: Mapping[str, float]) -> tuple[Watch, dict[str, Process]]:
    """`seconds` have passed; returns those whose silence is over their limit, which are then forgotten.

    A service that is not in `limits` may be silent for ever.
    """
    passed = min(max(seconds, 0.0), LONGEST_TICK)
    pulses = {name: replace(pulse, silence=pulse.silence + passed) for name, pulse in watch.pulses.items()}
    silent = {name for name, pulse in pulses.items() if name in limits and pulse.silence > limits[name]}
    heard = {name: pulse for name, pulse in pulses.items() if name not in silent}
    return Watch(heard), {name: pulses[name].process for name in silent}
